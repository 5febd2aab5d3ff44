//! Masks text that looks as if it was made for one person: numbers, hashes, tokens and addresses in
//! a name or a path that a client or the service chose.

use std::{borrow::Cow, ops::Range};

/// This many hexadecimal digits look generated if they include a decimal one …
const HEX: usize = 8;

/// … and this many decimal digits, or groups of them separated by dots.
const DIGITS: usize = 6;
const GROUPED_DIGITS: usize = 8;

/// Words do not get this long with so many changes between letters and digits.
const WORD: usize = 8;
const CHANGES: usize = 3;

/// A run of letters this long, of which every fifth is a capital after a small letter, is not a
/// word either.
const TOKEN: usize = 16;
const CAPITALS: usize = 5;

/// The longest local part of an address that is recognised, with the text before it (RFC 5321: 64).
const LOCAL: usize = 256;

/// The longest path that is shown: clients make them up, and logs keep them.
const LONGEST_PATH: usize = 256;

/// Returns the path of a request in a form that may be shown: with `*` in place of each part that
/// looks generated, and at most 256 bytes.
pub(crate) fn shown_path(path: &str) -> String {
    // A part that is split by the first of the two cuts is far after the second, unless many parts
    // before it are masked.
    let path = masked(cut(path, 2 * LONGEST_PATH));
    cut(&path, LONGEST_PATH).to_owned()
}

/// Returns the beginning of a text, cut between two characters.
fn cut(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let end = (0..=most).rev().find_map(|end| text.get(..end));
    end.unwrap_or_default()
}

/// Returns the text with `*` in place of each part that looks generated.
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    let mut rest = 0;
    while let Some(part) = first_generated(text.as_bytes(), rest) {
        // The ends of a part are ASCII, or the ends of the text.
        masked.push_str(text.get(rest..part.start).unwrap_or_default());
        masked.push('*');
        rest = part.end;
    }
    match rest {
        0 => text.into(),
        _ => (masked + text.get(rest..).unwrap_or_default()).into(),
    }
}

/// Returns the first part at or after `from` that looks generated.
pub(super) fn first_generated(text: &[u8], from: usize) -> Option<Range<usize>> {
    let is_telling = |byte: &u8| byte.is_ascii_digit() || *byte == b'@';
    if !text.get(from..)?.iter().any(is_telling) {
        return token(text, from);
    }
    [address, hash, number, numbers, token]
        .into_iter()
        .filter_map(|look| look(text, from))
        .min_by_key(|part| (part.start, usize::MAX - part.end))
}

/// Finds an e-mail address with anything that may belong to it: in `pref.jean.dupont@example.org`,
/// nobody can tell where the person's name begins.
fn address(text: &[u8], from: usize) -> Option<Range<usize>> {
    let is_local = |byte: &u8| {
        byte.is_ascii_alphanumeric() || b"!#$%&'*+-=?^_`{|}~.".contains(byte) || !byte.is_ascii()
    };
    // Percent-encoded ones too, and the result of a second `@`.
    let is_domain =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"-.%@".contains(byte) || !byte.is_ascii();
    let mut at = from;
    while let Some(rest) = text.get(at..) {
        let (sign, length) = rest.iter().enumerate().find_map(|(index, byte)| {
            let encoded = rest.get(index..index + 3) == Some(b"%40");
            match byte {
                b'@' => Some((at + index, 1)),
                b'%' if encoded => Some((at + index, 3)),
                _ => None,
            }
        })?;
        let before = text.get(from..sign).unwrap_or_default();
        let after = text.get(sign + length..).unwrap_or_default();
        let local = before
            .iter()
            .rev()
            .take(LOCAL)
            .take_while(|byte| is_local(byte))
            .count();
        at = sign + length;
        if local == 0 {
            continue;
        }
        let domain = after.iter().take_while(|byte| is_domain(byte)).count();
        // `package@1.2.3` is a version.
        let is_named = after
            .iter()
            .take(domain)
            .any(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii());
        if is_named {
            return Some(sign - local..at + domain);
        }
        at += domain;
    }
    None
}

/// Finds hexadecimal digits, with the dashes of a UUID. Words made of the letters a to f (`facade`)
/// do not count.
fn hash(text: &[u8], from: usize) -> Option<Range<usize>> {
    let is_part = |byte: &u8| byte.is_ascii_hexdigit() || *byte == b'-';
    runs(text, from, is_part).find_map(|run| {
        let run = without_words(text, run);
        let digits = text.get(run.clone()).unwrap_or_default();
        let count = digits.iter().filter(|byte| **byte != b'-').count();
        let has_number = digits.iter().any(u8::is_ascii_digit);
        (count >= HEX && has_number).then_some(run)
    })
}

/// Strips words, or ends of words, from both ends of a run, up to a dash.
fn without_words(text: &[u8], mut run: Range<usize>) -> Range<usize> {
    let is_in_word = |index: Option<usize>| {
        let byte = index.and_then(|index| text.get(index));
        byte.is_some_and(u8::is_ascii_alphanumeric)
    };
    let has_number = |range: Range<usize>| {
        text.get(range)
            .unwrap_or_default()
            .iter()
            .any(u8::is_ascii_digit)
    };
    let is_dash = |byte: &u8| *byte == b'-';
    while let Some(dash) = text
        .get(run.clone())
        .and_then(|run| run.iter().position(is_dash))
        && ((dash < HEX && is_in_word(run.start.checked_sub(1)))
            || !has_number(run.start..run.start + dash))
    {
        run.start += dash + 1;
    }
    while let Some(dash) = text
        .get(run.clone())
        .and_then(|run| run.iter().rposition(is_dash))
        && ((run.len() - dash <= HEX && is_in_word(Some(run.end)))
            || !has_number(run.start + dash..run.end))
    {
        run.end = run.start + dash;
    }
    run
}

fn number(text: &[u8], from: usize) -> Option<Range<usize>> {
    runs(text, from, u8::is_ascii_digit).find(|run| run.len() >= DIGITS)
}

/// Finds numbers with dots between them: telephone numbers or IP addresses.
fn numbers(text: &[u8], from: usize) -> Option<Range<usize>> {
    let is_part = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    runs(text, from, is_part).find_map(|run| {
        let part = text.get(run.clone())?;
        let dots = part.iter().take_while(|byte| **byte == b'.').count();
        let end = run.end - part.iter().rev().take_while(|byte| **byte == b'.').count();
        let run = run.start + dots..end;
        let groups: Vec<_> = text.get(run.clone())?.split(|byte| *byte == b'.').collect();
        let digits: usize = groups.iter().map(|group| group.len()).sum();
        let is_octet =
            |group: &&[u8]| str::from_utf8(group).is_ok_and(|group| group.parse::<u8>().is_ok());
        let is_address = groups.len() == 4 && groups.iter().all(is_octet);
        let is_long = groups.len() > 2 && digits >= GROUPED_DIGITS;
        (is_address || is_long).then_some(run)
    })
}

/// Finds base 64, 62, 36 or 32: a mix of letters and digits that does not occur in words.
fn token(text: &[u8], from: usize) -> Option<Range<usize>> {
    runs(text, from, u8::is_ascii_alphanumeric).find_map(|run| {
        let word = text.get(run.clone())?;
        if !is_odd(word) {
            return None;
        }
        // A word before a hash is shown: `SESS` in `SESS49960de5880e8c68`.
        let inner = hash(word, 0).or_else(|| number(word, 0));
        let is_behind_a_word = |part: &Range<usize>| {
            let before = word.get(..part.start).unwrap_or_default();
            !before.iter().any(u8::is_ascii_digit)
        };
        Some(match inner.filter(is_behind_a_word) {
            Some(part) => run.start + part.start..run.start + part.end,
            None => run,
        })
    })
}

fn is_odd(word: &[u8]) -> bool {
    let pairs = || word.iter().zip(word.iter().skip(1));
    let changes = pairs().filter(|(one, next)| one.is_ascii_digit() != next.is_ascii_digit());
    let capitals =
        pairs().filter(|(one, next)| one.is_ascii_lowercase() && next.is_ascii_uppercase());
    (word.len() >= WORD && changes.count() >= CHANGES)
        || (word.len() >= TOKEN && capitals.count() * CAPITALS >= word.len())
}

/// Returns the longest runs of such bytes at or after `from`.
fn runs(
    text: &[u8],
    from: usize,
    is_part: impl Fn(&u8) -> bool,
) -> impl Iterator<Item = Range<usize>> {
    let mut at = from;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let start = at + rest.iter().position(&is_part)?;
        let run = text.get(start..)?;
        at = start + run.iter().take_while(|byte| is_part(byte)).count();
        Some(start..at)
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn paths_are_masked_wherever_they_look_generated() {
        let cases: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/data/masks.json")).unwrap();
        let cases = cases["paths"].as_object().unwrap();
        assert!(cases.len() > 20);
        for (path, shown) in cases {
            assert_eq!(masked(path), shown.as_str().unwrap(), "{path}");
            assert_eq!(masked(&masked(path)), masked(path), "{path}");
        }
    }

    #[test]
    fn a_long_path_is_cut_between_characters() {
        assert_eq!(shown_path("/x"), "/x");
        assert_eq!(shown_path(&"é".repeat(128)).len(), 256);
        assert_eq!(shown_path(&format!("/{}", "é".repeat(128))).len(), 255);
        assert_eq!(shown_path(&format!("/{}", "1".repeat(2_000))), "/*");
        let long = format!("/{}", "0123456789ab/".repeat(5_000));
        assert!(shown_path(&long).bytes().filter(u8::is_ascii_digit).count() < 8);
    }

    proptest::proptest! {
        #[test]
        fn no_long_number_or_address_is_left(text in "[aB3f_./@%é4-]{0,60}") {
            let left = masked(&text).into_owned();
            let is_digit = |byte: &u8| byte.is_ascii_digit();
            let long = runs(left.as_bytes(), 0, is_digit).any(|run| run.len() >= DIGITS);
            proptest::prop_assert!(!long, "{left}");
            proptest::prop_assert_eq!(address(left.as_bytes(), 0), None, "{}", left);
            proptest::prop_assert!(left.len() <= text.len());
        }
    }

    #[test]
    fn long_texts_are_masked_in_linear_time() {
        let start = Instant::now();
        for part in [
            "a@", "@", "1@", "12345.", "a-", "1-", "%4", "%40", "aB3", "aB", "é@", "1.2.",
        ] {
            let text = part.repeat(100_000);
            let found = first_generated(text.as_bytes(), 0);
            assert!(found.is_none_or(|part| part.end <= text.len()));
            assert!(shown_path(&text).len() <= 256);
        }
        // In quadratic time this would take hours.
        assert!(start.elapsed() < Duration::from_secs(60));
    }
}
