//! The spellings of a media type in `Content-Type`, as browsers read them.

use memchr::memchr;

/// Returns the type and subtype of one member without parameters. Browsers end them at white space and at a
/// comment too.
pub(super) fn essence(member: &[u8]) -> &[u8] {
    let member = member.trim_ascii_start();
    let is_end = |byte: &u8| matches!(byte, b';' | b' ' | b'\t' | b'(' | b',');
    let end = member.iter().position(is_end).unwrap_or(member.len());
    &member[..end]
}

/// Is this a type and a subtype? Browsers pass over what is none.
pub(super) fn is_type(essence: &[u8]) -> bool {
    let is_token = |part: &[u8]| {
        let is_tchar =
            |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
        !part.is_empty() && part.iter().all(is_tchar)
    };
    memchr(b'/', essence).is_some_and(|at| is_token(&essence[..at]) && is_token(&essence[at + 1..]))
}

/// Returns the first member of a value that browsers take for a list, and the others. A quotation mark that
/// is never closed quotes nothing.
pub(super) fn split(value: &[u8]) -> (&[u8], Option<&[u8]>) {
    if memchr(b',', value).is_none() {
        return (value, None);
    }
    let (mut at, mut may_quote) = (0, true);
    while let Some(byte) = value.get(at) {
        match byte {
            b',' => return (&value[..at], Some(&value[at + 1..])),
            b'"' if may_quote => match memchr(b'"', &value[at + 1..]) {
                Some(length) => at += length + 1,
                None => may_quote = false,
            },
            _ => {}
        }
        at += 1;
    }
    (value, None)
}
