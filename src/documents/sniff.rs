//! The charset of a document that the network brings: the HTML standard, "determining the character
//! encoding". A byte order mark counts first, then `Content-Type`, then a `<meta>` at the start.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252, X_USER_DEFINED};
use html5gum::{Token, Tokenizer};

/// How much of a document browsers look through for a `<meta>`.
pub(crate) const PRESCAN: usize = 1024;

/// Returns the charset of a byte order mark.
pub(crate) fn mark(start: &[u8]) -> Option<&'static Encoding> {
    Encoding::for_bom(start).map(|(encoding, _)| encoding)
}

/// Returns the charset that `Content-Type` names.
pub(crate) fn of_content_type(value: &str) -> Option<&'static Encoding> {
    let mut rest = value.split_once(';')?.1;
    loop {
        let (name, value) = rest.split_once('=')?;
        let value = value.trim_start_matches([' ', '\t']);
        let (label, after) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => (value.split(';').next().unwrap_or_default(), value),
        };
        let name = name.rsplit(';').next().unwrap_or_default().trim();
        if name.eq_ignore_ascii_case("charset") {
            return Encoding::for_label(label.as_bytes());
        }
        rest = after.split_once(';')?.1;
    }
}

/// Returns the charset that the start of a document names in a `<meta>`.
pub(crate) fn prescan(start: &[u8]) -> Option<&'static Encoding> {
    let start = &start[..start.len().min(PRESCAN)];
    let ascii: String = start
        .iter()
        .map(|&byte| {
            if byte.is_ascii() {
                char::from(byte)
            } else {
                '_'
            }
        })
        .collect();
    for Ok(token) in Tokenizer::new(&ascii) {
        let Token::StartTag(tag) = token else {
            continue;
        };
        if **tag.name != *b"meta" {
            continue;
        }
        let get = |name: &[u8]| {
            let value = tag.attributes.get(name)?;
            Some(String::from_utf8_lossy(value).into_owned())
        };
        let label = get(b"charset").or_else(|| {
            let is_type = get(b"http-equiv")?.eq_ignore_ascii_case("content-type");
            is_type.then(|| in_content(&get(b"content")?)).flatten()
        });
        match label.and_then(|label| Encoding::for_label(label.as_bytes())) {
            // A document whose ASCII could be read is in neither.
            Some(encoding) if encoding == X_USER_DEFINED => return Some(WINDOWS_1252),
            Some(encoding) if encoding.output_encoding() != encoding => return Some(UTF_8),
            Some(encoding) => return Some(encoding),
            None => {}
        }
    }
    None
}

/// Returns the charset of a document that names none: what it can only be, or what browsers take.
pub(crate) fn guess(start: &[u8], is_all: bool) -> &'static Encoding {
    match std::str::from_utf8(start) {
        Ok(_) => UTF_8,
        // A character that was cut off.
        Err(error) if error.error_len().is_none() && !is_all => UTF_8,
        Err(_) => WINDOWS_1252,
    }
}

/// The HTML standard, "extracting a character encoding from a `meta` element".
fn in_content(content: &str) -> Option<String> {
    let lower = content.to_ascii_lowercase();
    let mut rest = &lower[..];
    loop {
        rest = rest.split_once("charset")?.1.trim_start();
        let Some(value) = rest.strip_prefix('=') else {
            continue;
        };
        let value = value.trim_start();
        let label = match value.chars().next()? {
            quote @ ('"' | '\'') => value[1..].split_once(quote)?.0,
            _ => value.split([';', ' ', '\t', '\n', '\r', '\x0c']).next()?,
        };
        return Some(label.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::{guess, mark, of_content_type, prescan};

    #[test]
    fn content_type_names_a_charset() {
        for (value, name) in [
            ("text/html", None),
            ("text/html;charset=UTF-8", Some("UTF-8")),
            (
                "text/html; a=\"b;charset=gbk\"; Charset=\"latin1\"",
                Some("windows-1252"),
            ),
            ("text/html; charset=unknown", None),
            ("text/html; charset=utf-16", Some("UTF-16LE")),
            ("text/html; boundary; charset=gbk", Some("GBK")),
        ] {
            assert_eq!(
                of_content_type(value).map(encoding_rs::Encoding::name),
                name,
                "{value}"
            );
        }
    }

    #[test]
    fn meta_names_a_charset() {
        for (start, name) in [
            ("<meta charset=gbk>", Some("GBK")),
            (
                "<!--<meta charset=gbk>--><META charset='utf-16'>",
                Some("UTF-8"),
            ),
            (
                "<meta http-equiv=Content-Type content='text/html; charset = \"big5\"'>",
                Some("Big5"),
            ),
            (
                "<meta content='charset=gbk'><meta name=x charset=x-user-defined>",
                Some("windows-1252"),
            ),
            ("<title>x</title>", None),
            ("<meta charset=gbk", None),
        ] {
            assert_eq!(
                prescan(start.as_bytes()).map(encoding_rs::Encoding::name),
                name,
                "{start}"
            );
        }
        let late = format!("{}<meta charset=gbk>", " ".repeat(1020));
        assert_eq!(prescan(late.as_bytes()), None);
    }

    #[test]
    fn byte_order_mark_and_guess() {
        assert_eq!(mark(b"\xef\xbb\xbf<p>"), Some(encoding_rs::UTF_8));
        assert_eq!(mark(b"\xfe\xff\0<"), Some(encoding_rs::UTF_16BE));
        assert_eq!(mark(b"<p>"), None);
        assert_eq!(guess("é".as_bytes(), true), encoding_rs::UTF_8);
        assert_eq!(guess(b"a\xc3", false), encoding_rs::UTF_8);
        assert_eq!(guess(b"a\xe9", true), encoding_rs::WINDOWS_1252);
    }
}
