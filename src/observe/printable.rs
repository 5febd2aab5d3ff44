use std::borrow::Cow;

/// Escapes characters that must not reach a terminal, a table or XML: control characters, those
/// that change the direction of writing, and noncharacters. Clients choose paths, and errors may
/// contain anything.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let is_plain = |character: char| matches!(character, '"' | '\'' | '\\' | ' '..='~');
    if text.chars().all(is_plain) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match is_plain(character) {
            true => escaped.push(character),
            false => escaped.extend(character.escape_debug()),
        }
    }
    escaped.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_printable_is_escaped() {
        for text in ["", "/a b?\"'\\", "/caf\u{e9}/\u{65e5}\u{672c}"] {
            assert_eq!(printable(text), text);
        }
        assert_eq!(
            printable("\u{e9}\u{1b}[2J\n\u{9b}\u{202e}\u{feff}\u{ffff}"),
            "\u{e9}\\u{1b}[2J\\n\\u{9b}\\u{202e}\\u{feff}\\u{ffff}"
        );
    }
}
