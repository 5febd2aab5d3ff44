use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Trouble that was not there for as long begins anew.
const QUIET: Duration = Duration::from_secs(60);

/// The time at which something went wrong last: its beginning is worth a line in the log, and the rest of it is not.
#[derive(Debug, Default)]
pub(super) struct Onset(Mutex<Option<Instant>>);

impl Onset {
    /// Notes that it goes wrong now. Returns `true` if that is the beginning.
    pub(super) fn begins(&self) -> bool {
        self.begins_at(Instant::now())
    }

    fn begins_at(&self, now: Instant) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = last.replace(now);
        last.is_none_or(|last| now.saturating_duration_since(last) >= QUIET)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_begins_anew_after_a_quiet_minute() {
        let (onset, start) = (Onset::default(), Instant::now());
        for (seconds, expected) in [
            (0, true),
            (1, false),
            (60, false),
            (119, false),
            (179, true),
        ] {
            let now = start + Duration::from_secs(seconds);
            assert_eq!(onset.begins_at(now), expected, "{seconds}");
        }
    }
}
