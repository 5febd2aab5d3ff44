//! The lines of an export: JSON, each canonical (RFC 8785). Those of documents and purges are also the
//! bytes of their leaves.

use serde::{Deserialize, Serialize};

use super::{Checkpoint, StoredRecord};
use crate::records::{Digest, Document, Instant, canonical, row::Row};

/// The end of a leaf's line. No member comes behind it.
const LEAF: &[u8] = b",\"type\":\"leaf\"}";

/// A line, with its `type`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Line {
    Key(KeyChange),
    Leaf(LeafLine),
    Record(Box<Row>),
    Document(DocumentLine),
    Purge(PurgeNote),
    Checkpoint(Checkpoint),
}

/// Announces the hash of a leaf. The line after it is what was hashed, unless that was purged.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LeafLine {
    // In the order of RFC 8785.
    pub(super) hash: Digest,
    pub(super) leaf: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DocumentLine {
    pub(super) sha256: Digest,
    pub(super) media_type: String,
    pub(super) content: String,
}

/// Says which leaves' records were dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PurgeNote {
    pub(super) time: Instant,
    pub(super) records: u64,
    /// The first and the last leaf of each run, in order.
    pub(super) leaves: Vec<(u64, u64)>,
    /// The number of leaves of the signed tree that they were proven to be in, and its root: in another history,
    /// the note excuses nothing.
    pub(super) size: u64,
    pub(super) root: Digest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) signature: Option<String>,
}

/// Replaces the key that signs checkpoints of trees larger than `size`. Both keys sign the line: the one before
/// vouches for the next one, and the next one says which it follows, since a verifier may only know that one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyChange {
    pub(super) size: u64,
    pub(super) time: Instant,
    pub(super) previous: String,
    pub(super) key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) signature: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) countersignature: Option<String>,
}

impl Line {
    /// Reads a line of the most frequent kinds. `None` for any other, and where it is not certain that the
    /// line is canonical.
    pub(super) fn read_plain(line: &[u8]) -> Option<Self> {
        if let Some(row) = Row::read(line) {
            return Some(Self::Record(Box::new(row)));
        }
        let members = line.strip_suffix(LEAF)?;
        let leaf: LeafLine = serde_json::from_slice(&[members, b"}"].concat()).ok()?;
        let written = serde_json::to_vec(&leaf).ok()?;
        let is_plain = leaf.leaf < 1 << 53 && written.strip_suffix(b"}") == Some(members);
        is_plain.then_some(Self::Leaf(leaf))
    }

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
    String::from_utf8(Row::of_line(stored).bytes()).unwrap_or_default()
}
