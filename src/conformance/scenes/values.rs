//! The values of the preferences cookie, as the policy's codec writes them.

use std::time::SystemTime;

use crate::{
    Category, Choice, Consent, CookiePolicy,
    preferences::{encoded_value, unix_seconds},
};

pub(super) struct CookieValues<'a> {
    pub(super) policy: &'a CookiePolicy,
    pub(super) consent: Consent,
    pub(super) now: u64,
}

impl<'a> CookieValues<'a> {
    pub(super) fn new(policy: &'a CookiePolicy, now: SystemTime) -> Self {
        Self {
            policy,
            consent: Consent::undecided(policy.clone()),
            now: unix_seconds(now),
        }
    }

    pub(super) fn of(&self, mut choice: Choice, age: u64) -> String {
        choice.decided_at = self.now.saturating_sub(age);
        // If a codec panics, nobody reads what it wrote.
        encoded_value(self.policy, &choice, None).unwrap_or_default()
    }

    pub(super) fn accepted(&self, age: u64) -> String {
        self.of(self.consent.accept_all(), age)
    }

    pub(super) fn refused(&self, age: u64) -> String {
        self.of(self.consent.refuse_all(), age)
    }

    /// Returns a value that the policy's codec can't read.
    pub(super) fn malformed(&self) -> Option<String> {
        let candidates = ["%7Bmalformed", "malformed", "!", "0"];
        self.unreadable(candidates.map(str::to_owned))
    }

    /// Returns consent to everything in another tool's format: the right ids, but no time.
    pub(super) fn foreign(&self) -> Option<String> {
        let ids = self.policy.categories().map(Category::id);
        let answers: Vec<_> = ids.map(|id| format!("%22{id}%22%3Atrue")).collect();
        self.unreadable([format!("%7B{}%7D", answers.join("%2C")), "ALLOW".to_owned()])
    }

    pub(super) fn unreadable(
        &self,
        candidates: impl IntoIterator<Item = String>,
    ) -> Option<String> {
        let mut candidates = candidates.into_iter();
        candidates.find(|value| self.read(value).is_none())
    }

    /// Returns what the policy's codec reads from the value alone; a format need not preserve all
    /// of a choice.
    pub(super) fn read(&self, value: &str) -> Option<Choice> {
        let preferences = self.policy.preferences_cookie();
        let own = preferences.name();
        let values: Vec<_> = self
            .policy
            .preferences_names()
            .map(|name| (name == own).then_some(value.as_bytes()))
            .collect();
        let decoded = preferences.decode(self.policy, &values, self.now).ok()?;
        (!decoded.undecided).then_some(decoded.choice)
    }
}
