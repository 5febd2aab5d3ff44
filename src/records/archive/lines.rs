//! The lines of an export: JSON, each canonical (RFC 8785). Those of documents and purges are also the
//! bytes of their leaves.

use serde::{Deserialize, Serialize};

use super::{Checkpoint, StoredRecord};
use crate::records::{ConsentRecord, Digest, Document, Instant, canonical};

/// A line, with its `type`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Line {
    Key(KeyChange),
    Leaf(LeafLine),
    Record(Box<RecordLine>),
    Document(DocumentLine),
    Purge(PurgeNote),
    Checkpoint(Checkpoint),
}

/// Announces the hash of a leaf. The line after it is what was hashed, unless that was purged.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LeafLine {
    pub(super) leaf: u64,
    pub(super) hash: Digest,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RecordLine {
    /// `None` until the next checkpoint.
    pub(super) leaf: Option<u64>,
    /// `None` where the site keeps none, or it was erased.
    pub(super) subject: Option<String>,
    #[serde(flatten)]
    pub(super) record: ConsentRecord,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DocumentLine {
    pub(super) sha256: Digest,
    pub(super) media_type: String,
    pub(super) content: String,
}

/// Says which leaves' records were dropped, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PurgeNote {
    pub(super) time: Instant,
    pub(super) records: u64,
    /// The first and the last leaf of each run.
    pub(super) leaves: Vec<(u64, u64)>,
}

/// Replaces the key that signs checkpoints of trees larger than `size`. The key before signs the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyChange {
    pub(super) size: u64,
    pub(super) time: Instant,
    pub(super) previous: String,
    pub(super) key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) signature: Option<String>,
}

impl Line {
    /// Returns the line, without its end.
    pub(super) fn text(&self) -> String {
        canonical(self)
    }
}

/// Returns the line of a document.
pub(super) fn document(document: &Document) -> String {
    Line::Document(DocumentLine {
        sha256: document.digest(),
        media_type: document.media_type().to_owned(),
        content: document.content().to_owned(),
    })
    .text()
}

/// Returns the line of a record.
pub(super) fn record(stored: &StoredRecord) -> String {
    Line::Record(Box::new(RecordLine {
        leaf: stored.leaf,
        subject: None,
        record: stored.record.clone(),
    }))
    .text()
}
