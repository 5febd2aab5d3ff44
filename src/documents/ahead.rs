//! What browsers that scan ahead of their parser read in another way.

/// Looks for the end tag of an element of SVG or `MathML` where there is none: browsers that scan ahead read
/// such an element as one of HTML, up to the first that looks like its end tag.
#[derive(Debug)]
pub(crate) struct Ahead {
    end: String,
    /// The start tag has come by.
    begun: bool,
    last: Vec<u8>,
}

impl Ahead {
    pub(crate) fn of(name: &str) -> Self {
        Self {
            end: format!("</{name}"),
            begun: false,
            last: Vec::new(),
        }
    }

    pub(crate) fn is_of(&self, name: &str) -> bool {
        &self.end[2..] == name
    }

    /// Returns `true` at the end tag. The first piece is the start tag.
    pub(crate) fn sees(&mut self, bytes: &[u8]) -> bool {
        if !std::mem::replace(&mut self.begun, true) {
            return false;
        }
        let (end, kept) = (self.end.as_bytes(), self.end.len() - 1);
        let is_end = |window: &[u8]| window.eq_ignore_ascii_case(end);
        let before = self.last.len();
        self.last.extend(&bytes[..bytes.len().min(kept)]);
        if self.last.windows(end.len()).any(is_end) {
            return true;
        }
        if bytes.len() > kept {
            self.last = bytes[bytes.len() - kept..].to_vec();
        } else {
            let all = before + bytes.len();
            self.last.drain(..all.saturating_sub(kept));
        }
        memchr::memchr_iter(b'<', bytes).any(|at| bytes[at..].get(..end.len()).is_some_and(is_end))
    }
}

#[cfg(test)]
mod tests {
    use super::Ahead;

    #[test]
    fn end_tags_are_seen_in_any_pieces() {
        for (text, seen) in [
            ("a<!--</STYLE", true),
            ("<</style>", true),
            ("</st</style", true),
            ("</script>a</st", false),
        ] {
            for size in [1, 2, 3, 5, 1000] {
                let mut ahead = Ahead::of("style");
                assert!(!ahead.sees(b"<style a='</style>'>"));
                let mut pieces = text.as_bytes().chunks(size);
                assert_eq!(pieces.any(|piece| ahead.sees(piece)), seen, "{text} {size}");
            }
        }
    }
}
