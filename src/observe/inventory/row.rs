use std::{borrow::Cow, time::Duration};

use serde::Serialize;

use super::super::{Direction, Event, EventKind, mask::masked};
use crate::policy::{Category, CookieDeclaration, SameSite, TrackerKind};

/// The number of paths, and of different attributes of one kind, that are kept for a name.
const A_FEW: usize = 5;

/// The length to which paths and domains are cut.
const MOST_BYTES: usize = 128;

/// The observations of one cookie name in an [`InventoryReport`](crate::observe::InventoryReport).
/// Times are in seconds since 1970, lifetimes in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct InventoryRow {
    /// The name as shown by an [`Event`]: with a `*` from the part that looks generated. Names that
    /// match one declared pattern are shown as the pattern.
    pub name: String,
    /// A cookie, or a header that browsers store.
    #[serde(skip_serializing_if = "TrackerKind::is_cookie")]
    pub kind: TrackerKind,
    /// The id of the category that declares it; `None` if it is undeclared (and for the preferences
    /// cookie, which does not have to be declared).
    pub category: Option<String>,
    /// The policy knows it.
    pub declared: bool,
    /// The number of times the service set it, even if it was withheld; removals do not count.
    pub set: u64,
    /// The number of times the browser sent it.
    pub received: u64,
    /// The number of times it was withheld or hidden, or would have been.
    pub withheld: u64,
    /// The number of times the service set it for an undecided visitor.
    pub set_before_choice: u64,
    /// The number of times the browser sent it more than an hour after it was refused.
    pub survived: u64,
    /// When it was first set or received.
    pub first_seen: u64,
    /// When it was last set or received.
    pub last_seen: u64,
    /// Some of the paths where it was set or received.
    pub paths: Vec<String>,
    /// The attributes that the service set it with.
    pub attributes: AttributeCounts,
    /// The longest lifetime that it was set with; `None` if it was always the session.
    pub longest_lifetime: Option<u64>,
    /// The declared retention; `None` if none is declared, and for the session.
    pub declared_retention: Option<u64>,
    /// It was set for longer than the policy declares.
    pub longer_than_declared: bool,
}

/// The attributes of a cookie in an [`InventoryReport`](crate::observe::InventoryReport), with
/// their counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AttributeCounts {
    /// With `Secure`.
    pub secure: u64,
    /// With `HttpOnly`.
    pub http_only: u64,
    /// With `Partitioned`.
    pub partitioned: u64,
    /// The values of `SameSite`.
    pub same_site: Vec<SameSite>,
    /// Some of the values of `Domain`.
    pub domains: Vec<String>,
    /// Some of the values of `Path`.
    pub paths: Vec<String>,
}

impl InventoryRow {
    pub(super) fn new(name: String, event: &Event<'_>) -> Self {
        Self {
            name,
            kind: event.tracker_kind(),
            category: event.category().map(Category::id).map(str::to_owned),
            declared: event.is_declared(),
            set: 0,
            received: 0,
            withheld: 0,
            set_before_choice: 0,
            survived: 0,
            first_seen: event.now(),
            last_seen: event.now(),
            paths: Vec::new(),
            attributes: AttributeCounts::default(),
            longest_lifetime: None,
            declared_retention: declared_retention(event),
            longer_than_declared: false,
        }
    }

    /// Returns `true` if the service never set it (a removal does not count) and the policy does
    /// not know it.
    pub(super) fn may_be_made_up(&self) -> bool {
        self.set == 0 && !self.declared
    }

    pub(super) fn take(&mut self, event: &Event<'_>) {
        self.first_seen = self.first_seen.min(event.now());
        self.last_seen = self.last_seen.max(event.now());
        // The policy may have changed at run time.
        self.declared = event.is_declared();
        self.declared_retention = declared_retention(event);
        let category = event.category().map(Category::id);
        if self.category.as_deref() != category {
            self.category = category.map(str::to_owned);
        }
        if event.kind() == EventKind::Survived {
            self.survived += 1;
            return;
        }
        // The site's own hook may have provided it, so it is not masked again.
        if let Some(path) = event.path() {
            add(&mut self.paths, path);
        }
        let withheld = matches!(event.kind(), EventKind::Withheld(_) | EventKind::Hidden(_));
        self.withheld += u64::from(withheld);
        match event.direction() {
            Direction::Request => self.received += 1,
            Direction::Response => self.take_attributes(event),
        }
    }

    fn take_attributes(&mut self, event: &Event<'_>) {
        if event.tracker_kind() == TrackerKind::Header {
            self.set += 1;
            self.set_before_choice += u64::from(event.before_choice());
        }
        let Some(attributes) = event.attributes() else {
            return;
        };
        if attributes.lifetime == Some(Duration::ZERO) || event.kind() == EventKind::Replaced {
            return;
        }
        self.set += 1;
        self.set_before_choice += u64::from(event.before_choice());
        let seen = &mut self.attributes;
        seen.secure += u64::from(attributes.secure);
        seen.http_only += u64::from(attributes.http_only);
        seen.partitioned += u64::from(attributes.partitioned);
        if let Some(same_site) = attributes.same_site
            && !seen.same_site.contains(&same_site)
        {
            seen.same_site.push(same_site);
        }
        if let Some(domain) = attributes.domain {
            add(&mut seen.domains, &masked(domain));
        }
        if let Some(path) = attributes.path {
            add(&mut seen.paths, &masked(cut(path).as_ref()));
        }
        let lifetime = attributes.lifetime.map(|lifetime| lifetime.as_secs());
        self.longest_lifetime = self.longest_lifetime.max(lifetime);
        let declared = event
            .declaration()
            .and_then(CookieDeclaration::get_retention)
            .map(|retention| retention.duration().unwrap_or_default().as_secs());
        self.longer_than_declared |= declared.is_some_and(|declared| lifetime > Some(declared));
    }
}

fn declared_retention(event: &Event<'_>) -> Option<u64> {
    let retention = event.declaration()?.get_retention()?;
    Some(retention.duration()?.as_secs())
}

/// Keeps a few different texts.
pub(super) fn add(texts: &mut Vec<String>, text: &str) {
    let text = cut(text);
    if texts.len() < A_FEW && !texts.iter().any(|kept| *kept == text) {
        texts.push(text.into_owned());
    }
}

/// Cuts a long text between two characters and marks it, so that nobody takes it for the whole.
fn cut(text: &str) -> Cow<'_, str> {
    if text.len() <= MOST_BYTES {
        return text.into();
    }
    let kept = (0..=MOST_BYTES).rev().find_map(|end| text.get(..end));
    format!("{}…", kept.unwrap_or_default()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        policy::{CookiePolicy, Retention},
        wire::DAY,
    };

    #[test]
    fn a_few_texts_are_kept_each_once_and_cut_between_characters() {
        let mut texts = Vec::new();
        for number in [1, 1, 2, 3, 4, 5, 6] {
            add(&mut texts, &format!("/{number}"));
        }
        assert_eq!(texts, ["/1", "/2", "/3", "/4", "/5"]);
        assert_eq!(cut(&"é".repeat(100)), format!("{}…", "é".repeat(64)));
        assert_eq!(
            cut(&format!("/{}", "é".repeat(64))),
            format!("/{}…", "é".repeat(63))
        );
        assert_eq!(cut(&"é".repeat(64)), "é".repeat(64));
        assert_eq!(cut(""), "");
    }

    #[test]
    fn a_row_follows_changes_of_the_declaration() {
        let without = CookiePolicy::new([Category::consent("ads")]).unwrap();
        let declared = CookieDeclaration::new("_ga").retention(Retention::days(1));
        let with = CookiePolicy::new([Category::consent("ads").cookie(declared)]).unwrap();
        let seen = |policy| Event::new(EventKind::Passed, Direction::Request, policy);
        let before = seen(&without).of(b"_ga", without.find(b"_ga"));
        let after = seen(&with).of(b"_ga", with.find(b"_ga"));

        let mut row = InventoryRow::new("_ga".to_owned(), &before);
        row.take(&before);
        assert_eq!((row.declared, &row.category), (false, &None));
        row.take(&after);
        assert_eq!((row.declared, row.category.as_deref()), (true, Some("ads")));
        assert_eq!(row.declared_retention, Some(DAY));
        row.take(&before);
        assert_eq!((row.declared, &row.category), (false, &None));
        assert_eq!((row.received, row.declared_retention), (3, None));
        assert_eq!(row.name, "_ga");
    }
}
