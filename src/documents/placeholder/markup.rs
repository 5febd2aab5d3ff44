//! Markup in any charset that has ASCII.

use std::fmt::Write as _;

/// Replaces whatever is not ASCII by character references, which count in text and in attributes.
pub(crate) fn ascii(markup: &str) -> String {
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
