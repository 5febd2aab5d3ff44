//! Changes to the bytes of one start tag; every other byte of it stays.

use super::attribute;

/// Before the name of a held attribute.
pub(crate) const PREFIX: &str = "data-consent-";

#[derive(Debug)]
enum Edit {
    Insert {
        at: usize,
        text: String,
    },
    Value {
        start: usize,
        end: usize,
        value: String,
    },
}

impl Edit {
    fn at(&self) -> usize {
        match self {
            Self::Insert { at, .. } => *at,
            Self::Value { start, .. } => *start,
        }
    }
}

/// The changes in one start tag. Offsets count from its `<`.
#[derive(Debug, Default)]
pub(crate) struct Edits(Vec<Edit>);

impl Edits {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Renames the attribute at this offset.
    pub(crate) fn rename(&mut self, at: usize) {
        self.insert(at, PREFIX);
    }

    pub(crate) fn has_renamed(&self, at: usize) -> bool {
        let mut edits = self.0.iter();
        edits.any(|edit| matches!(edit, Edit::Insert { at: other, text } if *other == at && text == PREFIX))
    }

    pub(crate) fn insert(&mut self, at: usize, text: impl Into<String>) {
        let text = text.into();
        self.0.push(Edit::Insert { at, text });
    }

    /// Replaces the value between these offsets, which do not include quotes.
    pub(crate) fn value(&mut self, (start, end): (usize, usize), value: String) {
        self.0.push(Edit::Value { start, end, value });
    }

    /// Writes the tag with the changes.
    pub(crate) fn apply(mut self, tag: &[u8], out: &mut Vec<u8>) {
        self.0.sort_by_key(Edit::at);
        let mut done = 0;
        for edit in &self.0 {
            out.extend_from_slice(tag.get(done..edit.at()).unwrap_or_default());
            done = edit.at();
            match edit {
                Edit::Insert { text, .. } => out.extend_from_slice(text.as_bytes()),
                Edit::Value { start, end, value } => {
                    let quoted = *start > 0 && matches!(tag.get(start - 1), Some(b'"' | b'\''));
                    let quote = if quoted { "" } else { "\"" };
                    let markup = attribute::escape(value);
                    out.extend_from_slice(format!("{quote}{markup}{quote}").as_bytes());
                    done = *end;
                }
            }
        }
        out.extend_from_slice(tag.get(done..).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::Edits;

    #[test]
    fn edits_keep_every_other_byte() {
        let tag = b"<img  a='1'\tsrc=x\xff style=y>";
        let mut edits = Edits::default();
        edits.value((25, 26), "\u{e9}\"".into());
        edits.rename(12);
        edits.insert(4, " b");
        let mut out = Vec::new();
        edits.apply(tag, &mut out);
        assert_eq!(
            out,
            b"<img b  a='1'\tdata-consent-src=x\xff style=\"&#233;&#34;\">"
        );
    }
}
