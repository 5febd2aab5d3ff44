use std::{fmt, str::FromStr, time::SystemTime};

use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use crate::preferences::unix_seconds;

/// The id of a record: a UUID of version 7 (RFC 9562), ordered by whole seconds. What is below the
/// second is random, since milliseconds would join records to access logs.
///
/// ```
/// use tower_cookie_consent::records::RecordId;
///
/// let id = RecordId::at(1_790_000_000, [7; 10]);
/// assert_eq!(id.to_string().parse::<RecordId>()?, id);
/// assert_eq!(id.unix_seconds(), 1_790_000_000);
/// # Ok::<(), tower_cookie_consent::records::InvalidRecordId>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordId(Uuid);

impl RecordId {
    /// Creates an id from seconds since 1970 and random bytes.
    #[must_use]
    pub fn at(unix_seconds: u64, random: [u8; 10]) -> Self {
        // The first two bytes are for the part of a second, evenly.
        let part = u64::from(u16::from_be_bytes([random[8], random[9]])) * 1000 / 65_536;
        let milliseconds = unix_seconds.saturating_mul(1000).saturating_add(part);
        Self(Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid())
    }

    /// Creates a new one, as of the system's clock. Returns `None` without random bytes: ids of one second
    /// would be the same.
    pub(super) fn now() -> Option<Self> {
        let mut random = [0; 10];
        getrandom::fill(&mut random).ok()?;
        Some(Self::at(unix_seconds(SystemTime::now()), random))
    }

    /// Creates one from its bytes.
    ///
    /// ```
    /// # use tower_cookie_consent::records::RecordId;
    /// let id = RecordId::at(1_790_000_000, [7; 10]);
    /// assert_eq!(RecordId::from_bytes(*id.as_bytes()), id);
    /// ```
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// Returns its bytes.
    ///
    /// ```
    /// # use tower_cookie_consent::records::RecordId;
    /// assert_eq!(RecordId::from_bytes([0; 16]).as_bytes(), &[0; 16]);
    /// ```
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// Returns the second of the record, since 1970.
    #[must_use]
    pub fn unix_seconds(&self) -> u64 {
        self.0.get_timestamp().map_or(0, |time| time.to_unix().0)
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The error of a text that does not parse as a [`RecordId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a record: write it as a UUID, with hyphens")]
#[non_exhaustive]
pub struct InvalidRecordId;

impl FromStr for RecordId {
    type Err = InvalidRecordId;

    fn from_str(text: &str) -> Result<Self, InvalidRecordId> {
        // Only one writing is an id: others could hide that two are the same.
        let id = Uuid::try_parse(text).map_err(|_| InvalidRecordId)?;
        let same = id.to_string() == text;
        same.then_some(Self(id)).ok_or(InvalidRecordId)
    }
}
