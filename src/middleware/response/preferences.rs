//! The limits of what a response may set as the preferences cookie.

use super::{decided::Fate, filter::SetCookieFilter};
use crate::{
    consent::{PreferencesValues, Reading, Withheld, read},
    wire::{self, Lifetime, MAX_COOKIE_SECONDS, Removal},
};

/// Restricts what a response may set as the preferences cookie: a choice, and nothing else.
impl<Now: Fn() -> u64> SetCookieFilter<'_, Now> {
    /// This cookie is sent whatever the visitor chose, so it must not be a way to store what they
    /// did not choose. It passes if the policy's codec can read it, and if it only contains the
    /// choice and the members that the policy keeps.
    #[inline(never)]
    pub(super) fn preferences(&self, field: &[u8]) -> Fate {
        if self.policy.is_read_only() {
            // It is another tool's, which knows its format better than a codec that only reads.
            return Fate::Pass;
        }
        match wire::classify_removal(field, &self.now, || self.served()) {
            Removal::Certain => return Fate::Pass,
            // Python's `http.cookies` writes these. A browser that stores it stores an empty value.
            Removal::Disputed if matches!(wire::value(field), b"" | b"\"\"") => return Fate::Pass,
            _ => {}
        }
        if self.policy.is_for_minors() {
            return Fate::Withhold(Withheld::Undecided);
        }
        let alone = self.read_alone(field);
        let fault = self
            .together
            .unwrap_or_else(|| alone.fault.map(Withheld::from));
        let is_covered = self
            .recorded
            .is_none_or(|recorded| recorded.covers(alone.choice, self.policy));
        match fault {
            None if !is_covered => self.unless_removal(field, Withheld::Unrecorded),
            None => self.for_400_days(field),
            Some(why) => self.unless_removal(field, why),
        }
    }

    fn read_alone<'f>(&'f self, field: &'f [u8]) -> Reading<'f> {
        let mut values = PreferencesValues::default();
        if let Ok(name) = wire::name(field) {
            values.offer(self.policy, name, wire::value(field));
        }
        read(self.policy, &values, (self.now)())
    }

    /// Returns `true` if it carries the choice of an outer or inner layer.
    #[inline(never)]
    pub(super) fn is_a_neighbours(&self, field: &[u8]) -> bool {
        let neighbours = [self.around, self.within];
        let now = || (self.now)();
        neighbours
            .iter()
            .any(|neighbours| !neighbours.are_none() && neighbours.carry(field, now()))
    }

    /// Passes it, for at most that long. A header that can't be shortened in a way that all
    /// browsers understand passes too, so that no refusal is lost: its date is in the value.
    fn for_400_days(&self, field: &[u8]) -> Fate {
        let now = (self.now)();
        match wire::lifetime(field, self.served().earliest(now)) {
            Lifetime::Seconds(seconds)
                if seconds > MAX_COOKIE_SECONDS && wire::appended_max_age_wins(field) =>
            {
                match wire::meant_lifetime(field, now) {
                    0 => Fate::Pass,
                    meant => Fate::Clamp(meant.min(MAX_COOKIE_SECONDS)),
                }
            }
            _ => Fate::Pass,
        }
    }
}
