//! The policy of most tests, and the preferences of its visitors.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tower_cookie_consent::{Category, CookieConsentLayer, CookieDeclaration, CookiePolicy};

/// The clock of the tests, 2026-11-23T12:00:00Z: the day on which the corpora were measured.
pub(crate) const NOW: u64 = 1_795_435_200;

pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// One category of each basis and a second one for consent, exact names and patterns.
pub(crate) fn policy() -> CookiePolicy {
    CookiePolicy::new([
        Category::necessary("base")
            .cookies(["session", "lang", "__Host-sid"].map(CookieDeclaration::new)),
        Category::exempt("stats").cookies(["_pk_ses", "_pk_id.*"].map(CookieDeclaration::new)),
        Category::consent("tiers").cookies(["_ga", "_ga_*"].map(CookieDeclaration::new)),
        Category::consent("ads").cookie(CookieDeclaration::new("_fbp")),
    ])
    .unwrap()
}

/// The layer of [`policy`] at [`NOW`], with every switch at its default.
pub(crate) fn layer() -> CookieConsentLayer {
    CookieConsentLayer::new(policy()).with_clock(|| at(NOW))
}

/// A preferences cookie as a browser sends it.
#[derive(Clone)]
pub(crate) struct Prefs {
    members: Vec<String>,
    timestamp: u64,
}

impl Prefs {
    /// Decided an hour ago, with these answers.
    pub(crate) fn of(answers: &[(&str, bool)]) -> Self {
        Self {
            members: answers
                .iter()
                .map(|(id, granted)| format!("\"{id}\":{granted}"))
                .collect(),
            timestamp: NOW - 3_600,
        }
    }

    pub(crate) fn accept() -> Self {
        Self::of(&[("stats", true), ("tiers", true), ("ads", true)])
    }

    pub(crate) fn refuse() -> Self {
        Self::of(&[("stats", false), ("tiers", false), ("ads", false)])
    }

    pub(crate) fn decided(mut self, timestamp: u64) -> Self {
        self.timestamp = timestamp;
        self
    }

    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.members.push(format!("\"{key}\":{value}"));
        self
    }

    pub(crate) fn value(&self) -> String {
        let mut members = self.members.clone();
        members.push(format!("\"timestamp\":{}", self.timestamp));
        format!("{{{}}}", members.join(","))
    }

    /// Returns the pair as in a `Cookie` header.
    pub(crate) fn pair(&self) -> String {
        format!("cookies_preferences={}", self.value())
    }

    /// Returns the header that sets it in the way that the policy requires.
    pub(crate) fn set_cookie(&self) -> String {
        format!(
            "{}; SameSite=Lax; Secure; Path=/; Max-Age=15724800",
            self.pair()
        )
    }
}
