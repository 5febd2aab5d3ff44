//! Lists in the values of headers: members with commas between them, and strings in quotes.

/// Keeps the members of a `Link` that `keeps`. A quote that is never closed quotes all that follows in Chromium, and
/// nothing in Firefox: such a field stays only if it stays for both.
pub(super) fn links(value: &[u8], keeps: &mut dyn FnMut(&[u8]) -> bool) -> Option<Vec<u8>> {
    let Some(open) = scan(value, b',').1 else {
        return members(value, keeps);
    };
    let mut plain = value.to_vec();
    let quotes = plain[open..].iter_mut().filter(|byte| **byte == b'"');
    quotes.for_each(|byte| *byte = b' ');
    let stays = |reading: &[u8], keeps: &mut dyn FnMut(&[u8]) -> bool| {
        members(reading, keeps).as_deref() == Some(reading)
    };
    (stays(value, keeps) && stays(&plain, keeps)).then(|| value.to_vec())
}

/// Keeps the members that `keeps`: what is between commas outside of `"…"` and `<…>`.
pub(super) fn members(value: &[u8], keeps: &mut dyn FnMut(&[u8]) -> bool) -> Option<Vec<u8>> {
    let all = split(value, b',');
    let kept: Vec<_> = all.iter().copied().filter(|member| keeps(member)).collect();
    if kept.len() == all.len() {
        return Some(value.to_vec());
    }
    let joined = kept.join(&b","[..]).trim_ascii().to_vec();
    (!joined.is_empty()).then_some(joined)
}

pub(super) fn split(value: &[u8], separator: u8) -> Vec<&[u8]> {
    scan(value, separator).0
}

/// Splits a value, and finds the quote in it that is not closed.
fn scan(value: &[u8], separator: u8) -> (Vec<&[u8]>, Option<usize>) {
    let (mut parts, mut start, mut opened) = (Vec::new(), 0, 0);
    let (mut closing, mut escaped) = (None, false);
    for (at, &byte) in value.iter().enumerate() {
        match closing {
            Some(_) if escaped => escaped = false,
            Some(b'"') if byte == b'\\' => escaped = true,
            Some(close) if byte == close => closing = None,
            Some(_) => {}
            None if byte == b'"' => (closing, opened) = (Some(b'"'), at),
            None if byte == b'<' => closing = Some(b'>'),
            None if byte == separator => {
                parts.push(&value[start..at]);
                start = at + 1;
            }
            None => {}
        }
    }
    parts.push(&value[start..]);
    (parts, (closing == Some(b'"')).then_some(opened))
}

/// Returns the content of a quoted string, or the value as it is.
pub(super) fn unquoted(value: &str) -> String {
    let value = value.trim();
    let Some(rest) = value.strip_prefix('"') else {
        return value.to_owned();
    };
    let (mut text, mut escaped) = (String::new(), false);
    for c in rest.chars() {
        match c {
            _ if escaped => {
                escaped = false;
                text.push(c);
            }
            '\\' => escaped = true,
            '"' => break,
            _ => text.push(c),
        }
    }
    text
}
