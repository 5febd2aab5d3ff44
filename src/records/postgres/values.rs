//! Values as the tables have them.

use tokio_postgres::Row;
use uuid::Uuid;

use super::error::Problem;
use crate::records::{Instant, RecordId};

/// The number of each kind in the tables of what is sequenced.
pub(super) const DOCUMENT: i16 = 0;
pub(super) const RECORD: i16 = 1;
pub(super) const PURGE: i16 = 2;

pub(super) fn uuid(id: RecordId) -> Uuid {
    Uuid::from_bytes(*id.as_bytes())
}

/// Every second fits: they end with the year 10889.
pub(super) fn seconds(instant: Instant) -> i64 {
    i64::try_from(instant.unix_seconds()).unwrap_or(i64::MAX)
}

/// Reads a number, which is never negative.
pub(super) fn number(row: &Row, at: usize) -> Result<u64, Problem> {
    let number: i64 = row.try_get(at)?;
    number
        .try_into()
        .map_err(|_| Problem::Damaged("consent_records"))
}

/// The largest one is more than there will ever be.
pub(super) fn bigint(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
