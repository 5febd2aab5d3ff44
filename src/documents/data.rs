//! What a `data:` URL brings along.

use encoding_rs::{Encoding, UTF_8};
use percent_encoding::percent_decode_str;
use url::Url;

/// The content of a `data:` URL (the Fetch standard, "`data:` URL processor").
#[derive(Debug)]
pub(crate) struct Data {
    /// Type and parameters, in lower case.
    kind: String,
    bytes: Vec<u8>,
}

impl Data {
    /// Returns `None` for another URL.
    pub(crate) fn of(url: &Url) -> Option<Self> {
        let url = url.as_str().strip_prefix("data:")?;
        let (url, _) = url.split_once('#').unwrap_or((url, ""));
        let (kind, text) = url.split_once(',')?;
        let kind = kind.trim().to_ascii_lowercase();
        let bytes: Vec<u8> = percent_decode_str(text).collect();
        let without = |end| kind.strip_suffix(end).map(str::trim_end);
        let is_base64 = without("base64").is_some_and(|kind| kind.ends_with(';'));
        Some(Self {
            bytes: if is_base64 { of_base64(&bytes) } else { bytes },
            kind,
        })
    }

    /// May a browser take it for a style sheet? One without a type, or of an unknown one.
    pub(crate) fn may_be_sheet(&self) -> bool {
        let others = ["image/", "font/", "audio/", "video/", "application/"];
        self.kind.starts_with("application/x-unknown")
            || !others.iter().any(|other| self.kind.starts_with(other))
    }

    /// Returns the text, in each charset that browsers may read it in. Without a parameter, that is what `@charset`
    /// says, or that of the document (CSS Syntax, section 3.2), or UTF-8.
    pub(crate) fn texts(&self, document: &'static Encoding) -> Vec<String> {
        let mut parameters = self.kind.split(';').skip(1);
        let label = parameters.find_map(|it| it.trim().strip_prefix("charset="));
        let label = label.map(|label| label.trim_matches('"').as_bytes());
        let mut encodings = vec![label.and_then(Encoding::for_label).unwrap_or(UTF_8)];
        // Only escape sequences make something else of ASCII.
        let is_plain = self.bytes.is_ascii() && !self.bytes.contains(&0x1b);
        if label.is_none() && !is_plain {
            let own = at_charset(&self.bytes).and_then(Encoding::for_label);
            encodings.extend(own.into_iter().chain([document]));
        }
        let decode = |encoding: &'static Encoding| encoding.decode(&self.bytes).0.into_owned();
        let mut texts: Vec<_> = encodings.into_iter().map(decode).collect();
        texts.dedup();
        texts
    }
}

/// Returns the charset that a style sheet begins with.
fn at_charset(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(b"@charset \"")?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    Some(&rest[..end])
}

/// Decodes Base64. What is none of it is left out: browsers load nothing then, or less.
fn of_base64(text: &[u8]) -> Vec<u8> {
    let sextets = text.iter().filter_map(|byte| {
        Some(u32::from(match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        }))
    });
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0, 0);
    for sextet in sextets {
        (bits, count) = (bits << 6 | sextet, count + 6);
        if count >= 8 {
            count -= 8;
            let [.., byte] = (bits >> count).to_be_bytes();
            bytes.push(byte);
            bits &= (1 << count) - 1;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use url::Url;

    use encoding_rs::{SHIFT_JIS, UTF_8};

    use super::Data;

    #[test]
    fn what_may_be_in_several_charsets_is_read_in_each() {
        let read = |text: &str, document| {
            let url = Url::parse(&format!("data:text/css{text}")).unwrap();
            Data::of(&url).unwrap().texts(document)
        };
        assert_eq!(read(",a", SHIFT_JIS), ["a"]);
        assert_eq!(read(",%81%5C", UTF_8), ["\u{fffd}\\"]);
        assert_eq!(read(",%81%5C", SHIFT_JIS), ["\u{fffd}\\", "\u{2015}"]);
        assert_eq!(read(";charset=utf-8,%81%5C", SHIFT_JIS), ["\u{fffd}\\"]);
        let named = read(",@charset%20%22shift_jis%22;%81%5C", UTF_8);
        assert!(named.iter().any(|it| it.ends_with('\u{2015}')), "{named:?}");
    }

    #[test]
    fn data_is_read_as_browsers_do() {
        for (url, text) in [
            ("data:,a%20b#c", "a b"),
            ("data:text/css;base64,YSB7fQ==", "a {}"),
            ("data:text/css; BASE64 ,YS%42%37f%51", "a {}"),
            ("da\nta:text/css;ba\tse64,Y S B7fQ", "a {}"),
            ("data:base64,YQ", "YQ"),
            ("data:text/css;charset=utf-16le;base64,YQBiAA==", "ab"),
            ("data:text/css;base64,//5hAA==", "a"),
            ("data:text/css;base64,!", ""),
        ] {
            let data = Data::of(&Url::parse(url).unwrap()).unwrap();
            assert_eq!(data.texts(UTF_8), [text], "{url}");
        }
        assert!(Data::of(&Url::parse("https://own.example/,").unwrap()).is_none());
    }
}
