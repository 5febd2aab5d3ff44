//! What a response may set as the preferences cookie: a choice, and nothing else.

use super::{Fate, Filter};
use crate::{
    consent::{PreferencesValues, read},
    wire::{self, DAY, Lifetime, Removal, ServerDate},
};

/// Browsers keep no cookie longer (RFC 6265bis, section 5.5).
const LONGEST_PREFERENCES: u64 = 400 * DAY;

impl<Now: Fn() -> u64> Filter<'_, Now> {
    /// The one cookie that leaves whatever the visitor chose must not be a way to keep what they did not
    /// choose: it passes where the policy's codec reads it, and reads nothing beside the choice and what
    /// the policy keeps by name.
    #[inline(never)]
    pub(super) fn preferences(&self, field: &[u8]) -> Fate {
        match wire::classify_removal(field, &self.now, || self.served()) {
            Removal::Certain => return Fate::Pass,
            // As Python's `http.cookies` writes one. Whoever keeps it keeps nothing.
            Removal::Disputed if matches!(wire::value(field), b"" | b"\"\"") => return Fate::Pass,
            _ => {}
        }
        let fault = self.together.unwrap_or_else(|| {
            let mut values = PreferencesValues::default();
            if let Ok(name) = wire::name(field) {
                values.offer(self.policy, name, wire::value(field));
            }
            read(self.policy, &values, (self.now)())
                .fault
                .map(Into::into)
        });
        match fault {
            None => self.for_400_days(field),
            Some(why) => self.unless_removal(field, why),
        }
    }

    /// Whether it carries the choice of another layer, further out or further in.
    #[inline(never)]
    pub(super) fn is_a_neighbours(&self, field: &[u8]) -> bool {
        let neighbours = [self.around, self.within];
        let now = || (self.now)();
        neighbours
            .iter()
            .any(|neighbours| !neighbours.are_none() && neighbours.carry(field, now()))
    }

    /// Passes, for no longer than that. What can't be cut in a way that all browsers agree on passes too,
    /// so that no refusal is lost: its date is in the value.
    fn for_400_days(&self, field: &[u8]) -> Fate {
        let now = (self.now)();
        let from = match self.served() {
            ServerDate::At(served) => served.min(now),
            ServerDate::Absent => now,
            ServerDate::Unreadable => 0,
        };
        match wire::lifetime(field, from) {
            Lifetime::Seconds(seconds)
                if seconds > LONGEST_PREFERENCES && wire::appended_max_age_wins(field) =>
            {
                match wire::meant_lifetime(field, now) {
                    0 => Fate::Pass,
                    meant => Fate::Clamp(meant.min(LONGEST_PREFERENCES)),
                }
            }
            _ => Fate::Pass,
        }
    }
}
