use std::fmt;

use cookie::time::{OffsetDateTime, format_description::well_known::Rfc3339};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A time in whole seconds since 1970, in UTC, written as of RFC 3339: `2026-11-29T13:05:00Z`.
///
/// ```
/// use tower_cookie_consent::records::Instant;
///
/// let instant = Instant::from_unix_seconds(1_790_000_000);
/// assert_eq!(instant.to_string(), "2026-09-21T14:13:20Z");
/// assert_eq!(instant.unix_seconds(), 1_790_000_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

/// The last second of the year 9999, after which RFC 3339 has no writing.
const LAST: u64 = 253_402_300_799;

impl Instant {
    /// Creates one. After the year 9999 it is the last second of that year.
    #[must_use]
    pub const fn from_unix_seconds(seconds: u64) -> Self {
        Self(if seconds > LAST { LAST } else { seconds })
    }

    /// Returns the seconds since 1970.
    #[must_use]
    pub const fn unix_seconds(self) -> u64 {
        self.0
    }

    fn date(self) -> OffsetDateTime {
        let seconds = i64::try_from(self.0).unwrap_or_default();
        OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.date().format(&Rfc3339).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let date = OffsetDateTime::parse(&text, &Rfc3339).map_err(D::Error::custom)?;
        let instant = u64::try_from(date.unix_timestamp()).map(Self::from_unix_seconds);
        match instant {
            // Only one writing of each instant.
            Ok(instant) if instant.to_string() == text => Ok(instant),
            _ => Err(D::Error::custom(
                "write whole seconds in UTC, as 2026-11-29T13:05:00Z",
            )),
        }
    }
}
