//! What caches may do with a document that depends on the visitor.
//!
//! An entity tag of a document gets a mark: a hash over what is allowed. A validator with the mark of
//! now is passed on as the service knows it. One with another mark, or with none, is of a page that
//! this visitor must not get back by a 304, such as the one from before a withdrawal.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, ETAG, IF_MATCH,
        IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, RANGE, VARY,
    },
};

use super::kind::Asked;
use crate::wire::cache;

/// Digests of a body that is no longer the same.
static DIGESTS: [HeaderName; 4] = [
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("repr-digest"),
];

const MARK: &[u8] = b";cc=";
const DIGITS: usize = 16;

/// The mark of what is allowed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark(pub(super) u64);

impl Mark {
    /// Prepares the conditions of a request. Returns `true` if a validator of a document was passed
    /// on, so that a 304 is one of a document.
    ///
    /// Caches only ask with methods that read. Conditions of others protect against lost updates:
    /// there, the service compares what it wrote itself.
    pub(super) fn unmark(self, headers: &mut HeaderMap, asked: Asked, reads: bool) -> bool {
        let only = match reads {
            true => Some(self),
            false => None,
        };
        let is_document = reads && asked == Asked::Document;
        let restored = unmark_list(headers, &IF_NONE_MATCH, only, is_document);
        unmark_list(headers, &IF_MATCH, None, false);
        let of_document = |field: &HeaderValue| split_mark(field.as_bytes()).is_some();
        if asked == Asked::Document {
            headers.remove(IF_MODIFIED_SINCE);
        }
        let is_several = |field: &HeaderValue| field.as_bytes().contains(&b',');
        if asked == Asked::Document
            || headers.get(IF_RANGE).is_some_and(of_document)
            // What several ranges are of, the response does not say at its beginning.
            || asked != Asked::Part && headers.get(RANGE).is_some_and(is_several)
        {
            headers.remove(RANGE);
            headers.remove(IF_RANGE);
        }
        restored
    }

    /// Marks a document, and leaves it to the visitor's own browser.
    pub(super) fn mark(self, headers: &mut HeaderMap) {
        if let Some(field) = headers.get(ETAG) {
            let marked = self.marked(field.as_bytes());
            match marked.and_then(|tag| HeaderValue::from_bytes(&tag).ok()) {
                Some(marked) => drop(headers.insert(ETAG, marked)),
                None => drop(headers.remove(ETAG)),
            }
        }
        for name in [&LAST_MODIFIED, &ACCEPT_RANGES].into_iter().chain(&DIGESTS) {
            headers.remove(name);
        }
        cache::make_personal(headers);
        // `no-cache="Set-Cookie"` is only about that field.
        let says = |field: &HeaderValue| {
            let text = field.as_bytes().to_ascii_lowercase();
            items(&text).any(|item| item == b"no-cache" || item == b"no-store")
        };
        if !headers.get_all(CACHE_CONTROL).iter().any(says) {
            let _ = headers.try_append(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        }
        let read = HeaderValue::from_static("Cookie, Sec-GPC");
        let _ = headers.try_append(VARY, read);
    }

    fn marked(self, tag: &[u8]) -> Option<Vec<u8>> {
        let inner = tag.strip_suffix(b"\"")?;
        let start = inner.strip_prefix(b"W/").unwrap_or(inner);
        start.starts_with(b"\"").then(|| {
            let mark = format!("{:016x}\"", self.0);
            [inner, MARK, mark.as_bytes()].concat()
        })
    }
}

/// Restores the service's own entity tags: those with one mark only, if it is given. Of a document,
/// everything without a mark is dropped.
fn unmark_list(
    headers: &mut HeaderMap,
    name: &HeaderName,
    only: Option<Mark>,
    is_document: bool,
) -> bool {
    if !headers.contains_key(name) {
        return false;
    }
    let mut restored = false;
    let mut changed = false;
    let mut kept: Vec<Vec<u8>> = Vec::new();
    for field in headers.get_all(name) {
        for tag in items(field.as_bytes()) {
            match split_mark(tag) {
                Some((original, mark)) if only.is_none_or(|only| only.0 == mark) => {
                    (restored, changed) = (true, true);
                    kept.push(original);
                }
                Some(_) => changed = true,
                None if is_document => changed = true,
                None => kept.push(tag.to_vec()),
            }
        }
    }
    if changed {
        headers.remove(name);
        let list = kept.join(&b", "[..]);
        if let Some(list) = HeaderValue::from_bytes(&list)
            .ok()
            .filter(|it| !it.is_empty())
        {
            headers.insert(name, list);
        }
    }
    restored
}

/// Keeps a document out of every cache, the back/forward cache of browsers too.
pub(super) fn keep_nowhere(headers: &mut HeaderMap) {
    let _ = headers.try_append(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// Removes what no longer describes the body.
pub(super) fn forget_encoding(headers: &mut HeaderMap) {
    headers.remove(CONTENT_ENCODING);
    headers.remove(CONTENT_LENGTH);
}

/// Returns the entity tags or directives of a list. Commas in quotes do not part them.
fn items(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    let parts = list.split(move |byte| {
        quoted ^= *byte == b'"';
        *byte == b',' && !quoted
    });
    parts.map(<[u8]>::trim_ascii).filter(|tag| !tag.is_empty())
}

/// Splits a marked entity tag into the service's own one and the mark.
fn split_mark(tag: &[u8]) -> Option<(Vec<u8>, u64)> {
    let inner = tag.strip_suffix(b"\"")?;
    let (rest, digits) = inner.split_at_checked(inner.len().checked_sub(DIGITS)?)?;
    let original = rest.strip_suffix(MARK)?;
    let mark = u64::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
    Some(([original, b"\""].concat(), mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Mark = Mark(0xabc);
    const MINE: &str = "\"v;cc=0000000000000abc\"";
    const OTHER: &str = "\"v;cc=0000000000000abd\"";

    fn headers(fields: &[(HeaderName, &str)]) -> HeaderMap {
        let fields = fields
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()));
        fields.collect()
    }

    fn unmarked(list: &str, asked: Asked) -> (Option<String>, bool) {
        let mut headers = headers(&[(IF_NONE_MATCH, list)]);
        let restored = NOW.unmark(&mut headers, asked, true);
        let left = headers.get(IF_NONE_MATCH);
        (left.map(|it| it.to_str().unwrap().to_owned()), restored)
    }

    #[test]
    fn only_validators_of_the_same_state_pass() {
        let some = |text: &str| Some(text.to_owned());
        for (list, document, other) in [
            (MINE, some("\"v\""), some("\"v\"")),
            (OTHER, None, None),
            ("\"v\"", None, some("\"v\"")),
            ("*", None, some("*")),
            ("W/\"a,b\"", None, some("W/\"a,b\"")),
        ] {
            assert_eq!(unmarked(list, Asked::Document).0, document, "{list}");
            assert_eq!(unmarked(list, Asked::Unknown).0, other, "{list}");
        }
        let list = format!("\"a,b\", {OTHER}, W/{MINE}");
        assert_eq!(unmarked(&list, Asked::Document), (some("W/\"v\""), true));
        assert_eq!(
            unmarked(&list, Asked::Unknown),
            (some("\"a,b\", W/\"v\""), true)
        );
    }

    #[test]
    fn conditions_that_could_bring_back_another_page_are_dropped() {
        let fields = [
            (IF_MODIFIED_SINCE, "x"),
            (RANGE, "bytes=0-1"),
            (IF_RANGE, OTHER),
            (IF_MATCH, OTHER),
        ];
        let mut of_document = headers(&fields);
        NOW.unmark(&mut of_document, Asked::Document, true);
        assert_eq!(of_document, headers(&[(IF_MATCH, "\"v\"")]));
        let mut other = headers(&fields);
        NOW.unmark(&mut other, Asked::Unknown, true);
        let expected = headers(&[(IF_MODIFIED_SINCE, "x"), (IF_MATCH, "\"v\"")]);
        assert_eq!(other, expected);
        let film = [(RANGE, "bytes=0-1"), (IF_RANGE, "\"v\"")];
        let mut of_film = headers(&film);
        NOW.unmark(&mut of_film, Asked::Unknown, true);
        assert_eq!(of_film, headers(&film));
        let several = [(RANGE, "bytes=0-1,5-6")];
        let mut of_unknown = headers(&several);
        NOW.unmark(&mut of_unknown, Asked::Unknown, true);
        assert_eq!(of_unknown, HeaderMap::new());
        let mut of_film = headers(&several);
        NOW.unmark(&mut of_film, Asked::Part, true);
        assert_eq!(of_film, headers(&several));
    }

    #[test]
    fn conditions_of_a_method_that_writes_are_the_services_own() {
        for (list, restored) in [
            (MINE, "\"v\""),
            (OTHER, "\"v\""),
            ("*", "*"),
            ("\"v\"", "\"v\""),
        ] {
            for name in [IF_MATCH, IF_NONE_MATCH] {
                let mut written = headers(&[(name.clone(), list)]);
                NOW.unmark(&mut written, Asked::Document, false);
                assert_eq!(written, headers(&[(name, restored)]), "{list}");
            }
        }
    }

    #[test]
    fn a_document_is_marked_and_private() {
        let mut response = headers(&[
            (ETAG, "W/\"v\""),
            (LAST_MODIFIED, "x"),
            (CACHE_CONTROL, "public, max-age=60"),
            (DIGESTS[0].clone(), "x"),
        ]);
        NOW.mark(&mut response);
        assert_eq!(response[ETAG], "W/\"v;cc=0000000000000abc\"");
        let cache: Vec<_> = response.get_all(CACHE_CONTROL).iter().collect();
        assert_eq!(cache, ["max-age=60, private", "no-cache"]);
        assert_eq!(response[VARY], "Cookie, Sec-GPC");
        assert_eq!(response.len(), 4);
        for (said, then) in [
            ("NO-CACHE, max-age=0", &["NO-CACHE, max-age=0, private"][..]),
            (
                "no-cache=\"a, no-store\"",
                &["no-cache=\"a, no-store\", private", "no-cache"],
            ),
        ] {
            let mut response = headers(&[(CACHE_CONTROL, said)]);
            NOW.mark(&mut response);
            let cache: Vec<_> = response.get_all(CACHE_CONTROL).iter().collect();
            assert_eq!(cache, then, "{said}");
        }
        let mut odd = headers(&[(ETAG, "v"), (CACHE_CONTROL, "no-store")]);
        NOW.mark(&mut odd);
        assert!(!odd.contains_key(ETAG));
        assert_eq!(odd[CACHE_CONTROL], "no-store");
    }
}
