use crate::records::{ConsentRecord, RecordId, SubjectId};

/// A record as it is stored, which an [`Archive`](crate::records::Archive) returns.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredRecord {
    /// The record.
    pub record: ConsentRecord,
    /// The record before, of the same visitor, until it is erased.
    pub previous: Option<RecordId>,
    /// The account of the visitor, until it is erased.
    pub subject: Option<SubjectId>,
    /// Its index in the Merkle tree. `None` until the next checkpoint.
    pub leaf: Option<u64>,
}

impl From<ConsentRecord> for StoredRecord {
    fn from(record: ConsentRecord) -> Self {
        Self {
            record,
            previous: None,
            subject: None,
            leaf: None,
        }
    }
}
