//! Responses without a type: what browsers may take them for.

use http::{HeaderMap, HeaderValue, header::X_CONTENT_TYPE_OPTIONS};

use super::sniff::mark;

/// May a browser take what begins like this for HTML, if it has to guess? All patterns for that begin with `<`, after
/// white space (MIME Sniffing, section 7.1). A byte order mark is left out, although the standard doesn't.
pub(super) fn is_like_markup(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let first = start.trim_ascii_start().first();
    mark(start).is_some() || matches!(first, None | Some(b'<'))
}

/// Determines `nosniff` (Fetch, section 3.6).
pub(super) fn has_nosniff(headers: &HeaderMap) -> bool {
    let first = headers
        .get(X_CONTENT_TYPE_OPTIONS)
        .map(HeaderValue::as_bytes);
    let first = first.and_then(|value| value.split(|byte| *byte == b',').next());
    first.is_some_and(|value| value.trim_ascii().eq_ignore_ascii_case(b"nosniff"))
}

#[cfg(test)]
mod tests {
    use super::is_like_markup;

    #[test]
    fn markup_begins_with_a_bracket() {
        for (start, is_like) in [
            (&b"<p>"[..], true),
            (b" \t\r\n\x0c<!doctype html>", true),
            (b"\xef\xbb\xbf<html>", true),
            (b"\xfe\xff\0<", true),
            (b"", true),
            (b"  ", true),
            (b"notes <script>", false),
            (b"%PDF-1.7", false),
            (b"\x89PNG<script>", false),
            (b"\0<html>", false),
        ] {
            assert_eq!(is_like_markup(start), is_like, "{start:?}");
        }
    }
}
