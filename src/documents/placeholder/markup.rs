//! Markup in any charset that has ASCII.

use std::fmt::Write as _;

/// Replaces whatever is not ASCII by character references, which count in text and in attributes.
pub(super) fn ascii(markup: &str) -> String {
    let mut written = String::with_capacity(markup.len());
    for c in markup.chars() {
        if c.is_ascii() {
            written.push(c);
        } else {
            let _infallible = write!(written, "&#{};", u32::from(c));
        }
    }
    written
}

/// Is this the id of an element, as the pages take it for an anchor?
pub(super) fn is_anchor(id: &str) -> bool {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    (1..=128).contains(&id.len()) && id.bytes().all(plain)
}
