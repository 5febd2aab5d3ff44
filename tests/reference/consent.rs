//! The meaning of a request's preferences: rules 3 to 5, 12 and 13.

use tower_cookie_consent::Basis;

use super::{
    DAY, name,
    preferences::{self, Said},
    site::{Declared, Site},
};

/// More preferences cookies than these are not read.
const MOST_COOKIES: usize = 16;

/// The signals besides the cookies.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signals {
    /// `Sec-GPC: 1`, and the site honours it.
    pub gpc: bool,
    /// Preferences may only be lacking because the request comes from another site.
    pub cross_site: bool,
}

/// The preferences cookies of one message.
#[derive(Clone, Debug, Default)]
pub struct Preferences {
    /// `None` for a value that can't be read, or has no usable date.
    pub said: Vec<Option<Said>>,
    /// The categories that some value denies, whatever its date.
    denied: Vec<usize>,
    /// Some value contains something that is neither part of the choice nor kept.
    others: bool,
}

impl Preferences {
    /// Reads those in the `Cookie` headers of a request.
    pub fn of_request(site: &Site<'_>, fields: &[Vec<u8>], now: u64) -> Self {
        let pairs = fields.iter().flat_map(|field| name::pairs(field));
        let values = pairs
            .filter_map(name::of_pair)
            .filter(|(name, _)| *name == site.preferences)
            .map(|(_, value)| value);
        Self::of(site, values, now)
    }

    /// Reads these values.
    #[allow(
        single_use_lifetimes,
        reason = "an anonymous one is unstable in this place"
    )]
    pub fn of<'a>(site: &Site<'_>, values: impl Iterator<Item = &'a [u8]>, now: u64) -> Self {
        let ids = site.ids();
        // If the date is missing or in the future, only the denials remain.
        let date = |said: &Said| said.timestamp.is_some_and(|at| at <= now + DAY);
        let read: Vec<_> = values
            .map(|value| preferences::decode(&ids, site.keep, value))
            .collect();
        Self {
            denied: (0..ids.len())
                .filter(|&number| {
                    let mut said = read.iter().flatten();
                    said.any(|said| said.answers[number] == Some(false))
                })
                .collect(),
            others: read.iter().flatten().any(|said| said.others),
            said: read.into_iter().map(|said| said.filter(date)).collect(),
        }
    }

    /// Returns `true` if a response may set them: all can be read, with a date or because they deny
    /// something, and they contain nothing else.
    pub fn are_only_a_choice(&self, site: &Site<'_>) -> bool {
        // The fuzz targets check several of them one at a time.
        let denies = self
            .denied
            .iter()
            .any(|&number| site.categories[number].basis != Basis::Necessary);
        !self.others && (denies || !self.unreadable())
    }

    /// Returns `true` if none were received.
    pub fn are_none(&self) -> bool {
        self.said.is_empty()
    }

    fn unreadable(&self) -> bool {
        self.said.len() > MOST_COOKIES || self.said.iter().any(Option::is_none)
    }

    fn answers(&self, category: usize) -> Vec<Option<bool>> {
        let said = self.said.iter().flatten();
        said.map(|said| said.answers[category]).collect()
    }

    /// What all grant is granted.
    pub fn all_grant(&self, category: usize) -> bool {
        let answers = self.answers(category);
        !self.unreadable() && !self.are_none() && answers.iter().all(|answer| *answer == Some(true))
    }

    /// What any denies is denied.
    pub fn any_denies(&self, category: usize) -> bool {
        self.said.len() <= MOST_COOKIES && self.denied.contains(&category)
    }

    /// Returns `true` if `category` may be denied: it is, or that can't be read.
    pub fn may_deny(&self, site: &Site<'_>, category: usize, cross_site: bool) -> bool {
        let unknown = self.unreadable() || (self.are_none() && cross_site);
        match site.categories[category].basis {
            Basis::Necessary => false,
            Basis::Exempt | Basis::OptOut => unknown || self.any_denies(category),
            Basis::Consent => self.any_denies(category),
        }
    }

    /// Whether some value answers `category`.
    pub fn answers_to(&self, category: usize) -> bool {
        self.any_denies(category) || self.answers(category).contains(&Some(true))
    }

    /// Only what all deny is expired.
    pub fn all_deny(&self, category: usize) -> bool {
        let answers = self.answers(category);
        !self.unreadable()
            && !self.are_none()
            && answers.iter().all(|answer| *answer == Some(false))
    }

    /// Whether the choice is too old to count.
    pub fn are_expired(&self, site: &Site<'_>, now: u64) -> bool {
        let dates = self.said.iter().flatten().filter_map(|said| said.timestamp);
        let oldest = dates.min().unwrap_or(now);
        now.saturating_sub(oldest) > site.choice_lifetime_days * DAY
    }

    /// Returns whether each category is allowed.
    pub fn allowed(&self, site: &Site<'_>, signals: Signals, now: u64) -> Vec<bool> {
        let unreadable = self.unreadable();
        let with_signal = self.said.iter().flatten().all(|said| said.gpc);
        let in_force = !self.are_none()
            && !unreadable
            && !self.are_expired(site, now)
            && (!signals.gpc || with_signal);
        let revisions = self.said.iter().flatten().map(|said| said.revision);
        let revision = revisions.clone().min().unwrap_or(0);
        // Nobody here knows what a newer policy asked.
        let known = revisions.max().unwrap_or(0) <= site.revision;
        let lacking = self.are_none() && signals.cross_site;

        let decide = |(number, category): (usize, &Declared<'_>)| {
            let granted = in_force && known && self.all_grant(number) && revision >= category.since;
            match category.basis {
                Basis::Necessary => true,
                Basis::Exempt => {
                    let refused_by_signal = signals.gpc && category.gpc && !granted;
                    !unreadable && !lacking && !refused_by_signal && !self.any_denies(number)
                }
                Basis::OptOut => {
                    let refused_by_signal = signals.gpc && !granted;
                    !unreadable && !lacking && !refused_by_signal && !self.any_denies(number)
                }
                Basis::Consent => granted,
            }
        };
        site.categories.iter().enumerate().map(decide).collect()
    }
}
