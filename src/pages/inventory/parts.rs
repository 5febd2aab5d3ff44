//! Times and drafts, as the template gets them.

use std::fmt::Display;

use cookie::time::OffsetDateTime;
use serde::Serialize;

/// The height of a draft, in lines; a longer one scrolls.
const MOST_LINES: usize = 24;

/// A time in UTC.
#[derive(Serialize)]
pub(super) struct Moment {
    /// For `datetime="…"`.
    iso: String,
    shown: String,
}

/// JSON to copy.
#[derive(Serialize)]
pub(super) struct DraftView {
    text: String,
    lines: usize,
}

impl Moment {
    pub(super) fn new(seconds: u64) -> Self {
        // The layer's clock may be the site's own, and say anything.
        let time = i64::try_from(seconds).unwrap_or_default();
        let time = OffsetDateTime::from_unix_timestamp(time).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (date, (hour, minute, second)) = (time.date(), time.to_hms());
        Self {
            iso: format!("{date}T{hour:02}:{minute:02}:{second:02}Z"),
            shown: format!("{date} {hour:02}:{minute:02}"),
        }
    }
}

impl DraftView {
    pub(super) fn new(draft: &dyn Display) -> Self {
        let text = draft.to_string();
        let lines = text.lines().count().min(MOST_LINES);
        Self { text, lines }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_seconds_is_a_moment() {
        for (seconds, iso) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_790_000_000, "2026-09-21T14:13:20Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
            (253_402_300_800, "1970-01-01T00:00:00Z"),
            (u64::MAX, "1970-01-01T00:00:00Z"),
        ] {
            assert_eq!(Moment::new(seconds).iso, iso);
        }
    }
}
