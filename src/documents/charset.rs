//! The document's charset. The parser reads every document as windows-1252, in which each byte is a
//! character of its own, so that bytes stay bytes; only what is judged is read as the charset says.

use std::borrow::Cow;

use encoding_rs::{Decoder, Encoding, WINDOWS_1252};

/// A charset in which ASCII bytes are ASCII characters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Charset(&'static Encoding);

impl Charset {
    /// Returns `None` for UTF-16, ISO-2022-JP and the replacement charset.
    pub(crate) fn new(encoding: &'static Encoding) -> Option<Self> {
        encoding.is_ascii_compatible().then_some(Self(encoding))
    }

    pub(crate) const UTF_8: Self = Self(encoding_rs::UTF_8);

    pub(crate) fn encoding(self) -> &'static Encoding {
        self.0
    }

    /// Returns the text of these bytes.
    pub(crate) fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        self.0.decode_without_bom_handling(bytes).0
    }

    /// Returns the text of what the parser read as windows-1252.
    pub(crate) fn of_parser(self, text: &str) -> Cow<'_, str> {
        if text.is_ascii() {
            return text.into();
        }
        let bytes = WINDOWS_1252.encode(text).0;
        self.decode(&bytes).into_owned().into()
    }
}

/// Replaces whatever is not ASCII by `_`, byte for byte: the same tokens of CSS, at the same
/// places. In `Shift_JIS`, Big5 and the like a character may end in the byte of a `\`: that is hidden
/// too.
#[derive(Debug)]
pub(crate) struct Mask {
    /// For charsets whose characters may contain ASCII bytes.
    decoder: Option<Decoder>,
}

impl Mask {
    pub(crate) fn new(charset: Charset) -> Self {
        let encoding = charset.encoding();
        let hides_ascii = encoding != encoding_rs::UTF_8 && !encoding.is_single_byte();
        Self {
            decoder: hides_ascii.then(|| encoding.new_decoder_without_bom_handling()),
        }
    }

    /// Appends as many bytes as it is given.
    pub(crate) fn write(&mut self, bytes: &[u8], out: &mut String) {
        let Some(decoder) = &mut self.decoder else {
            out.extend(bytes.iter().map(|&byte| ascii(byte)));
            return;
        };
        for &byte in bytes {
            let mut decoded = [0; 16];
            let (_, _, written, _) = decoder.decode_to_utf8(&[byte], &mut decoded, false);
            let is_itself = decoded[..written].last() == Some(&byte);
            out.push(if is_itself { ascii(byte) } else { '_' });
        }
    }
}

fn ascii(byte: u8) -> char {
    if byte.is_ascii() {
        char::from(byte)
    } else {
        '_'
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{BIG5, Encoding, GB18030, SHIFT_JIS, UTF_8, WINDOWS_1252};

    use super::{Charset, Mask};

    fn masked(encoding: &'static Encoding, bytes: &[u8]) -> String {
        let mut out = String::new();
        let mut mask = Mask::new(Charset::new(encoding).expect("ASCII-compatible"));
        for byte in bytes {
            mask.write(&[*byte], &mut out);
        }
        out
    }

    #[test]
    fn bytes_of_other_characters_are_hidden() {
        assert_eq!(masked(UTF_8, "a\u{e9}\"".as_bytes()), "a__\"");
        assert_eq!(masked(WINDOWS_1252, b"\x95\\\""), "_\\\"");
        assert_eq!(masked(SHIFT_JIS, b"\x95\\\""), "__\"");
        assert_eq!(masked(SHIFT_JIS, b"\x95\x95\\"), "__\\");
        assert_eq!(masked(SHIFT_JIS, b"\x95\"a"), "_\"a");
        assert_eq!(masked(BIG5, b"\xa5\\x"), "__x");
        assert_eq!(masked(GB18030, b"\x81\x5c\\"), "__\\");
    }

    #[test]
    fn each_byte_is_one_character_for_the_parser() {
        let bytes: Vec<u8> = (0..=255).collect();
        let text = WINDOWS_1252.decode_without_bom_handling(&bytes).0;
        assert_eq!(WINDOWS_1252.encode(&text).0, bytes);
        assert_eq!(text.chars().count(), 256);
    }

    #[test]
    fn other_charsets_are_refused() {
        assert!(Charset::new(encoding_rs::UTF_16LE).is_none());
        assert!(Charset::new(encoding_rs::ISO_2022_JP).is_none());
        assert!(Charset::new(encoding_rs::REPLACEMENT).is_none());
    }
}
