use crate::records::{ConsentRecord, RecordId};

/// A record as it is stored, which an [`Archive`](crate::records::Archive) returns.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredRecord {
    /// The record.
    pub record: ConsentRecord,
    /// The record before, of the same visitor, until it is erased.
    pub previous: Option<RecordId>,
    /// Its index in the Merkle tree. `None` until the next checkpoint.
    pub leaf: Option<u64>,
}

impl From<ConsentRecord> for StoredRecord {
    fn from(record: ConsentRecord) -> Self {
        Self {
            record,
            previous: None,
            leaf: None,
        }
    }
}
