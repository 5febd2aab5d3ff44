//! The lines of a spool: `VERSION CHECKSUM JSON`.

use std::{borrow::Cow, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::records::{Account, ConsentRecord, Digest, Document, Entry, RecordId, Withdrawal};

/// The version of the format, at the start of each line.
const START: &[u8] = b"1 ";
/// The length of the checksum, in hex digits.
const CHECKSUM: usize = 16;

/// The content of one line.
#[allow(clippy::large_enum_variant, reason = "one at a time, and not for long")]
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Line<'a> {
    /// A document, before the first entry that refers to it.
    Document {
        media_type: Cow<'a, str>,
        content: Cow<'a, str>,
    },
    /// An entry, numbered in order.
    Entry {
        number: u64,
        record: Cow<'a, ConsentRecord>,
        documents: Vec<Digest>,
        previous: Option<RecordId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<Cow<'a, Account>>,
        #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
        withdrawals: Cow<'a, [Withdrawal]>,
    },
    /// The store has every entry up to this number.
    Acknowledged(u64),
}

/// A line as it is read.
#[allow(clippy::large_enum_variant, reason = "one at a time, and not for long")]
pub(super) enum ReadLine {
    Whole(Line<'static>),
    /// The checksum does not fit.
    Damaged,
    /// The checksum fits, but this version of the crate can't read it.
    Unknown,
}

impl<'a> Line<'a> {
    pub(super) fn of_document(document: &'a Document) -> Self {
        Self::Document {
            media_type: document.media_type().into(),
            content: document.content().into(),
        }
    }

    pub(super) fn of_entry(number: u64, entry: &'a Entry) -> Self {
        Self::Entry {
            number,
            record: Cow::Borrowed(entry.record.as_ref()),
            documents: entry.documents.iter().map(Document::digest).collect(),
            previous: entry.previous,
            account: entry.account.as_ref().map(Cow::Borrowed),
            withdrawals: Cow::Borrowed(&entry.withdrawals),
        }
    }

    /// Returns the documents that an entry refers to.
    pub(super) fn documents(&self) -> &[Digest] {
        match self {
            Self::Entry { documents, .. } => documents,
            Self::Document { .. } | Self::Acknowledged(_) => &[],
        }
    }

    /// Appends the line, with its end.
    pub(super) fn write(&self, to: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        let mut line = START.to_vec();
        serde_json::to_writer(&mut line, self)?;
        to.extend_from_slice(START);
        to.extend_from_slice(checksum(&line).as_bytes());
        to.push(b' ');
        to.extend_from_slice(&line[START.len()..]);
        to.push(b'\n');
        Ok(())
    }
}

/// Returns the lines of entries and their documents, without their ends.
pub(super) fn of_entries(entries: &[Entry]) -> Result<Vec<Vec<u8>>, serde_json::Error> {
    let mut lines = Vec::new();
    for (number, entry) in (1..).zip(entries) {
        let documents = entry.documents.iter().map(Line::of_document);
        for line in documents.chain([Line::of_entry(number, entry)]) {
            let mut bytes = Vec::new();
            line.write(&mut bytes)?;
            bytes.pop();
            lines.push(bytes);
        }
    }
    Ok(lines)
}

/// Reads a line, without its end.
pub(super) fn read(line: &[u8]) -> ReadLine {
    let Some((version, rest)) = split_at_space(line) else {
        return ReadLine::Damaged;
    };
    let Some((sum, json)) = split_at_space(rest) else {
        return ReadLine::Damaged;
    };
    if checksum(&[version, b" ", json].concat()).as_bytes() != sum {
        return ReadLine::Damaged;
    }
    match serde_json::from_slice(json) {
        Ok(line) if version == &START[..START.len() - 1] => ReadLine::Whole(line),
        _ => ReadLine::Unknown,
    }
}

/// Returns `true` if this may be a line, or the start of one, even if it is damaged: and not a file of
/// another kind, which must not be touched.
pub(super) fn is_like_a_line(bytes: &[u8]) -> bool {
    let json = START.len() + CHECKSUM;
    bytes.starts_with(START)
        || START.starts_with(bytes)
        || bytes.get(json..json + 2) == Some(b" {")
        // Blocks that a crash left without their content.
        || bytes.iter().all(|byte| *byte == 0)
}

/// Puts an entry together again, with those of its documents that are there. `None` for another line.
pub(super) fn entry(line: Line<'static>, documents: Vec<Document>) -> Option<Entry> {
    let Line::Entry {
        record,
        previous,
        account,
        withdrawals,
        ..
    } = line
    else {
        return None;
    };
    let mut entry = Entry::new(Arc::new(record.into_owned()), documents);
    entry.previous = previous;
    entry.account = account.map(Cow::into_owned);
    entry.withdrawals = withdrawals.into_owned();
    Some(entry)
}

fn split_at_space(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|byte| *byte == b' ')?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

/// The start of the SHA-256 of the line without it: against accidents, not against people.
fn checksum(line: &[u8]) -> String {
    let digest = *Digest::of(line).as_bytes();
    let start = digest[..CHECKSUM / 2].iter();
    start.map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{CHECKSUM, START, is_like_a_line};

    #[test]
    fn damaged_lines_are_not_taken_for_files_of_another_kind() {
        let without_start = [vec![b'x'; START.len() + CHECKSUM], b" {".to_vec()].concat();
        for (bytes, is_like_one) in [
            (&b""[..], true),
            (&START[..1], true),
            (START, true),
            (&without_start, true),
            (&[0; 100], true),
            (&without_start[1..], false),
            (b"{}", false),
            (b"SQLite format 3\0", false),
        ] {
            assert_eq!(is_like_a_line(bytes), is_like_one, "{bytes:?}");
        }
    }
}
