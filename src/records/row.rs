//! A record as JSON, with its members in the order of RFC 8785: so serde's own output is canonical.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Answer, Cause, ConsentRecord, Digest, Instant, RecordId, StoredRecord, Surface};

/// Numbers up to here are the same in every reader of JSON (RFC 8785, appendix D).
const MOST: u64 = 1 << 53;

/// The end of a record's line. No member comes behind it.
const TYPE: &[u8] = b",\"type\":\"record\"}";

/// A member that a leaf does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Member<T> {
    Absent,
    Present(Option<T>),
}

impl<T> Member<T> {
    const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<T: Serialize> Serialize for Member<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Present(None) => serializer.serialize_none(),
            Self::Present(Some(value)) => value.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Member<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::Present)
    }
}

/// A record, as a line of an export or as the bytes of its leaf. In this order.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) answers: BTreeMap<String, Answer>,
    pub(super) cause: Cause,
    pub(super) decided_at: Instant,
    pub(super) gpc: bool,
    pub(super) id: RecordId,
    pub(super) key: Option<String>,
    pub(super) language: Option<String>,
    /// `None` until the next checkpoint.
    #[serde(skip_serializing_if = "Member::is_absent")]
    pub(super) leaf: Member<u64>,
    pub(super) policy: Digest,
    pub(super) recorded_at: Instant,
    pub(super) regime: Option<String>,
    pub(super) shown: Option<Digest>,
    pub(super) site: String,
    /// Of an account. `None` where the site keeps none, or it was erased.
    #[serde(skip_serializing_if = "Member::is_absent")]
    pub(super) subject: Member<String>,
    pub(super) surface: Surface,
}

impl Row {
    /// Returns the leaf of a record.
    pub(super) fn of_leaf(record: &ConsentRecord) -> Self {
        // A new field is an error here.
        let ConsentRecord {
            id,
            recorded_at,
            decided_at,
            site,
            policy,
            shown,
            surface,
            language,
            regime,
            gpc,
            cause,
            answers,
            key,
        } = record.clone();
        Self {
            answers,
            cause,
            decided_at,
            gpc,
            id,
            key,
            language,
            leaf: Member::Absent,
            policy,
            recorded_at,
            regime,
            shown,
            site,
            subject: Member::Absent,
            surface,
        }
    }

    /// Returns the line of a record.
    pub(super) fn of_line(stored: &StoredRecord) -> Self {
        Self {
            leaf: Member::Present(stored.leaf),
            subject: Member::Present(stored.subject.map(|subject| subject.to_string())),
            ..Self::of_leaf(&stored.record)
        }
    }

    /// Returns the leaf of a line.
    pub(super) fn into_leaf(self) -> Self {
        Self {
            leaf: Member::Absent,
            subject: Member::Absent,
            ..self
        }
    }

    /// Reads a line whose bytes are those that [`bytes`](Self::bytes) writes. `None` for any other,
    /// which may be canonical all the same.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        let members = line.strip_suffix(TYPE)?;
        let object = [members, b"}"].concat();
        let row: Self = serde_json::from_slice(&object).ok()?;
        let is_line = !row.leaf.is_absent() && !row.subject.is_absent();
        (is_line && row.plain()? == line).then_some(row)
    }

    /// Returns the canonical JSON, with its type.
    pub(super) fn bytes(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Typed<'a> {
            r#type: &'static str,
            #[serde(flatten)]
            row: &'a Row,
        }

        self.plain().unwrap_or_else(|| {
            let typed = Typed {
                r#type: "record",
                row: self,
            };
            super::canonical(&typed).into_bytes()
        })
    }

    /// Returns the same at a fifth of the time, where the order of keys is that of their bytes.
    fn plain(&self) -> Option<Vec<u8>> {
        let is_plain = self.answers.keys().all(|id| id.is_ascii())
            && !matches!(self.leaf, Member::Present(Some(MOST..)));
        let mut bytes = is_plain.then(|| serde_json::to_vec(self).ok()).flatten()?;
        bytes.pop();
        bytes.extend_from_slice(TYPE);
        Some(bytes)
    }
}

impl ConsentRecord {
    /// Returns the bytes that the Merkle tree commits to.
    #[must_use]
    pub fn leaf(&self) -> Vec<u8> {
        Row::of_leaf(self).bytes()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::records::canonical;

    fn record(site: &str, id: &str, language: Option<String>) -> ConsentRecord {
        let mut record: ConsentRecord = serde_json::from_str(
            r#"{"id": "01a0c3e2-7a00-7000-8000-000000000000", "recorded_at": "2026-11-29T13:05:00Z",
                "decided_at": "2026-11-29T13:05:00Z", "site": "", "surface": "banner", "language": null,
                "policy": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "regime": null, "gpc": false, "shown": null, "cause": "choice", "key": null,
                "answers": {"leaf": {"state": "granted", "before": "not_asked"}}}"#,
        )
        .unwrap();
        site.clone_into(&mut record.site);
        record.answers.insert(id.to_owned(), record.answers["leaf"]);
        record.language = language;
        record
    }

    proptest! {
        #[test]
        fn its_bytes_are_canonical(site: String, id: String, language: Option<String>, leaf: Option<u64>) {
            let stored = StoredRecord { leaf, ..record(&site, &id, language).into() };
            for row in [Row::of_line(&stored), Row::of_leaf(&stored.record)] {
                let bytes = row.bytes();
                let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
                prop_assert_eq!(String::from_utf8(bytes).unwrap(), canonical(&value));
            }
        }

        #[test]
        fn its_own_bytes_are_read_back(site: String, language: Option<String>, leaf: Option<u32>) {
            let stored = StoredRecord { leaf: leaf.map(u64::from), ..record(&site, "ads", language).into() };
            let row = Row::of_line(&stored);
            let bytes = row.bytes();
            let read = Row::read(&bytes);
            prop_assert_eq!(read.as_ref(), Some(&row));
            prop_assert_eq!(row.into_leaf().bytes(), Row::of_leaf(&stored.record).bytes());
        }
    }

    #[test]
    fn other_spellings_are_not_read() {
        let stored = record("a", "ads", None).into();
        let text = String::from_utf8(Row::of_line(&stored).bytes()).unwrap();
        for other in [
            text.replacen(',', ", ", 1),
            text.replace("\"gpc\":false", "\"gpc\":false,\"a\":1"),
            text.replace("\"site\":\"a\"", "\"site\":\"\\u0061\""),
            text.replace("\"leaf\":null,", ""),
            text.replace("\"subject\":null,", ""),
            text.replace("record\"", "leaf\""),
        ] {
            assert_ne!(other, text);
            assert_eq!(Row::read(other.as_bytes()), None, "{other}");
        }
    }
}
