//! The form of the inventory's page.

use serde::Serialize;

use crate::observe::InventoryRow;
#[cfg(feature = "documents")]
use crate::observe::ThirdPartyRow;
#[cfg(feature = "documents")]
use crate::policy::{Category, CookiePolicy};

/// The length to which a name to look for is cut, in characters: longer than any row's.
const LONGEST_NAME: usize = 300;

/// The rows to show; all of them by default, also for a query that is not the form's.
#[derive(Debug, Default, Serialize)]
pub(super) struct Filter {
    /// A part of the name or origin, in any case.
    name: String,
    show: Show,
    /// The id of a category; empty for all.
    category: String,
}

/// The properties of a row that can be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Show {
    #[default]
    Everything,
    Undeclared,
    Withheld,
    BeforeChoice,
    TooLong,
    Survived,
}

impl Show {
    /// Each with its word in the query and its text in the form.
    pub(super) const ALL: [(Self, &str, &str); 6] = [
        (Self::Everything, "everything", "everything"),
        (Self::Undeclared, "undeclared", "undeclared"),
        (Self::Withheld, "withheld", "withheld, held back or blocked"),
        (
            Self::BeforeChoice,
            "before_choice",
            "cookies set before a choice",
        ),
        (
            Self::TooLong,
            "too_long",
            "cookies set for longer than declared",
        ),
        (
            Self::Survived,
            "survived",
            "cookies still sent after a refusal",
        ),
    ];
}

impl Filter {
    /// Reads the query of a request.
    pub(super) fn read(query: Option<&str>) -> Self {
        let mut filter = Self::default();
        let query = query.unwrap_or_default().as_bytes();
        for (key, value) in form_urlencoded::parse(query) {
            match &*key {
                "name" => filter.name = value.trim().chars().take(LONGEST_NAME).collect(),
                "category" => filter.category = value.chars().take(LONGEST_NAME).collect(),
                "show" => {
                    let known = Show::ALL.into_iter().find(|(_, word, _)| *word == value);
                    filter.show = known.map_or(Show::Everything, |(show, ..)| show);
                }
                _ => {}
            }
        }
        filter
    }

    pub(super) fn has_cookie(&self, row: &InventoryRow) -> bool {
        let is_shown = match self.show {
            Show::Everything => true,
            Show::Undeclared => !row.declared,
            Show::Withheld => row.withheld > 0,
            Show::BeforeChoice => row.set_before_choice > 0,
            Show::TooLong => row.longer_than_declared,
            Show::Survived => row.survived > 0,
        };
        is_shown && self.has_name(&row.name) && self.has_category(row.category.as_deref())
    }

    #[cfg(feature = "documents")]
    pub(super) fn has_third_party(&self, row: &ThirdPartyRow, policy: &CookiePolicy) -> bool {
        let is_shown = match self.show {
            Show::Everything => true,
            Show::Undeclared => row.service.is_none(),
            Show::Withheld => row.held.saturating_add(row.blocked) > 0,
            Show::BeforeChoice | Show::TooLong | Show::Survived => false,
        };
        let category = row
            .service
            .as_deref()
            .and_then(|id| category_of(policy, id));
        is_shown && self.has_name(&row.origin) && self.has_category(category)
    }

    fn has_name(&self, name: &str) -> bool {
        let wanted = self.name.to_lowercase();
        name.to_lowercase().contains(&wanted)
    }

    fn has_category(&self, category: Option<&str>) -> bool {
        self.category.is_empty() || category == Some(&*self.category)
    }
}

/// Returns the category of a service, or the category itself if the gate waits for one.
#[cfg(feature = "documents")]
fn category_of<'p>(policy: &'p CookiePolicy, id: &str) -> Option<&'p str> {
    let mut categories = policy.categories();
    let found = categories.find(|category| {
        category.id() == id
            || category
                .get_services()
                .iter()
                .any(|service| service.id() == id)
    });
    found.map(Category::id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_or_shows_everything() {
        let everything = ("", Show::Everything, "");
        for (query, expected) in [
            (None, everything),
            (Some(""), everything),
            (Some("name=&show=everything&category="), everything),
            (Some("show=what&x=y&&=%"), everything),
            (Some("%FF%00=%FF"), everything),
            (
                Some("name=+_Ga+&show=undeclared"),
                ("_Ga", Show::Undeclared, ""),
            ),
            (
                Some("show=survived&category=ads&show=too_long"),
                ("", Show::TooLong, "ads"),
            ),
        ] {
            let filter = Filter::read(query);
            let read = (&*filter.name, filter.show, &*filter.category);
            assert_eq!(read, expected, "{query:?}");
        }
        let long = format!("name={}", "\u{e9}".repeat(10_000));
        assert_eq!(Filter::read(Some(&long)).name.chars().count(), LONGEST_NAME);
    }
}
