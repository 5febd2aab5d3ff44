//! The names that a cookie can have.

use crate::wire::{MAX_PAIR, is_name_byte};

/// Bytes of the longest name that any browser stores (RFC 6265bis, section 5.7).
pub(super) const MAX_NAME: usize = MAX_PAIR;

/// A fault in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameFault {
    Empty,
    TooLong,
    /// `*` alone: it would declare everything.
    Bare,
    /// A `*` anywhere but at the end.
    Star,
    Character(char),
}

/// Returns `true` for bytes of an HTTP token (RFC 9110, section 5.6.2).
pub(crate) const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

/// Returns the prefix of a pattern's names, or `None` for an exact name.
pub(crate) fn pattern_prefix(name: &str) -> Option<&str> {
    name.strip_suffix('*')
}

/// Checks a declared cookie name or pattern.
pub(crate) fn check_name(name: &str) -> Result<(), NameFault> {
    let stem = match pattern_prefix(name) {
        Some("") => return Err(NameFault::Bare),
        Some(prefix) => prefix,
        None => name,
    };
    if let Some(character) = first_other(stem, is_name_byte) {
        return Err(NameFault::Character(character));
    }
    if stem.is_empty() {
        Err(NameFault::Empty)
    } else if stem.contains('*') {
        Err(NameFault::Star)
    } else if stem.len() > MAX_NAME {
        Err(NameFault::TooLong)
    } else {
        Ok(())
    }
}

/// Checks the name of anything but a cookie (a storage key, a pixel). It is informational, so only
/// control characters are forbidden, which pages can't show.
pub(crate) fn check_other_name(name: &str) -> Result<(), NameFault> {
    if name.is_empty() {
        return Err(NameFault::Empty);
    }
    match name.chars().find(|character| character.is_control()) {
        Some(character) => Err(NameFault::Character(character)),
        None => Ok(()),
    }
}

/// Returns the first character that is not one of these bytes.
pub(crate) fn first_other(text: &str, allowed: impl Fn(u8) -> bool) -> Option<char> {
    text.chars()
        .find(|character| !u8::try_from(*character).is_ok_and(&allowed))
}

/// Returns the known word that `word` was probably meant to be: at most two letters away, ignoring
/// case.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    known
        .iter()
        .map(|candidate| (distance(&word, &candidate.to_ascii_lowercase()), *candidate))
        .filter(|(distance, candidate)| *distance <= 2 && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Computes Levenshtein's distance in bytes. Words of very different lengths are not compared, so
/// that a long key costs nothing.
fn distance(a: &str, b: &str) -> usize {
    if a.len().abs_diff(b.len()) > 2 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.bytes().enumerate() {
        let mut above_left = i;
        let mut last = i + 1;
        for (cell, right) in row.iter_mut().skip(1).zip(b.bytes()) {
            let best = (above_left + usize::from(left != right))
                .min(*cell + 1)
                .min(last + 1);
            above_left = *cell;
            *cell = best;
            last = best;
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_and_prefix_patterns() {
        for name in ["a", "sessionid", "_pk_id.*", "__Host-id", "a[b]", "(x)"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        assert_eq!(check_name(""), Err(NameFault::Empty));
        for byte in 0x21..0x7f_u8 {
            let name = format!("a{}b", char::from(byte));
            let fine = !b"\",;=\\*".contains(&byte);
            assert_eq!(check_name(&name).is_ok(), fine, "{name}");
        }
    }

    #[test]
    fn says_which_character() {
        for (name, character) in [
            ("a b", ' '),
            ("a\tb", '\t'),
            ("\0", '\0'),
            ("a\u{7f}", '\u{7f}'),
            ("é*", 'é'),
            ("x=1", '='),
            ("a;", ';'),
            ("a,b", ','),
            ("\"a\"", '"'),
            ("a\\b", '\\'),
            ("a\u{a0}", '\u{a0}'),
            ("a* b", ' '),
        ] {
            assert_eq!(
                check_name(name),
                Err(NameFault::Character(character)),
                "{name:?}"
            );
        }
    }

    #[test]
    fn takes_a_star_only_at_the_end() {
        assert_eq!(check_name("*"), Err(NameFault::Bare));
        for name in ["a*b", "*a", "a**", "**"] {
            assert_eq!(check_name(name), Err(NameFault::Star), "{name}");
        }
        assert_eq!(check_name(&"a".repeat(MAX_NAME)), Ok(()));
        assert_eq!(
            check_name(&"a".repeat(MAX_NAME + 1)),
            Err(NameFault::TooLong)
        );
    }

    #[test]
    fn takes_anything_visible_where_it_only_informs() {
        assert_eq!(check_other_name("Meta pixel: \"é\"; *"), Ok(()));
        assert_eq!(check_other_name(""), Err(NameFault::Empty));
        assert_eq!(check_other_name("a\nb"), Err(NameFault::Character('\n')));
    }

    #[test]
    fn finds_the_word_that_was_meant() {
        let known = [
            "path",
            "domain",
            "purpose",
            "provider",
            "same_site",
            "http_only",
            "id",
        ];
        for (word, meant) in [
            ("domian", Some("domain")),
            ("Domain", Some("domain")),
            ("paths", Some("path")),
            ("sameSite", Some("same_site")),
            ("httpOnly", Some("http_only")),
            ("porpose", Some("purpose")),
            ("banana", None),
            ("", None),
            ("xy", None),
            ("é", None),
        ] {
            assert_eq!(nearest(word, &known), meant, "{word}");
        }
    }
}
