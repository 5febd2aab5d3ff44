//! Values of attributes: character references read, and written.

use std::{borrow::Cow, fmt::Write as _};

use html5gum::{Token, Tokenizer};

/// Returns the value that a browser reads where the markup says `raw`.
pub(crate) fn decode(raw: &str) -> Cow<'_, str> {
    if !raw.bytes().any(|byte| matches!(byte, b'&' | b'\r' | 0)) {
        return raw.into();
    }
    // A value has both kinds of quotes at most where it was written without: quotes of this kind are
    // escaped, which ends no reference that the quote itself would not end.
    let tag = format!("<a b=\"{}\">", raw.replace('"', "&quot;"));
    for Ok(token) in Tokenizer::new(&tag) {
        if let Token::StartTag(start) = token
            && let Some(value) = start.attributes.values().next()
        {
            return String::from_utf8_lossy(value).into_owned().into();
        }
    }
    raw.into()
}

/// Returns the value as markup, to stand between double quotes or single ones, in any charset.
pub(crate) fn escape(value: &str) -> String {
    let mut markup = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' | '"' | '\'' | '<' | '>' | '\r' | '\u{80}'.. => {
                let _infallible = write!(markup, "&#{};", u32::from(c));
            }
            _ => markup.push(c),
        }
    }
    markup
}

#[cfg(test)]
mod tests {
    use super::{decode, escape};

    #[test]
    fn references_are_read_as_in_attributes() {
        for (raw, value) in [
            ("https://a/?b&c=d", "https://a/?b&c=d"),
            ("&#104;ttps&colon;&sol;&sol;h", "https://h"),
            ("&#x68ttp://h", "\u{68}ttp://h"),
            ("//h/?a&ampb", "//h/?a&ampb"),
            ("//h/?a&amp", "//h/?a&"),
            ("//h/?a&amp\"", "//h/?a&\""),
            ("&#0;&#x80;", "\u{fffd}\u{20ac}"),
            ("a&Tab;b&NewLine;c", "a\tb\nc"),
            ("'\"&lt", "'\"<"),
            ("\r\nx", "\nx"),
        ] {
            assert_eq!(decode(raw), value, "{raw:?}");
        }
    }

    #[test]
    fn escaped_values_are_read_back() {
        for value in ["", "a&b;\"'<>", "\u{e9}\u{1f980}", "&amp;"] {
            assert_eq!(decode(&escape(value)), value);
        }
    }
}
