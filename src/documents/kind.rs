//! Recognises documents, by what the request asks for and what the response is.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ACCEPT, CONTENT_TYPE},
};

static FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// How a browser reads a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// As an HTML document, also where it has to guess.
    Html,
    /// As a document that an HTML parser would misread, or as the script of a worker: both load by
    /// themselves.
    Other,
    /// As something that loads nothing.
    Passive,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Document,
    Worker,
    /// A part of a page that is not itself a document: a picture, a style sheet, …
    Part,
    Unknown,
}

impl Asked {
    pub(super) fn by(headers: &HeaderMap) -> Self {
        match headers.get(&FETCH_DEST).map(HeaderValue::as_bytes) {
            Some(b"document" | b"iframe" | b"frame" | b"embed" | b"object" | b"fencedframe") => {
                Self::Document
            }
            Some(b"worker" | b"sharedworker" | b"serviceworker") => Self::Worker,
            // Scripts fetch documents too.
            None | Some(b"empty" | b"") => match headers.get(ACCEPT) {
                Some(accept) if contains(accept.as_bytes(), b"text/html") => Self::Document,
                _ => Self::Unknown,
            },
            Some(_) => Self::Part,
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len())
        .any(|window| window.eq_ignore_ascii_case(part))
}

/// The types that make browsers guess (MIME Sniffing, section 7).
const UNKNOWN: [&[u8]; 3] = [b"unknown/unknown", b"application/unknown", b"*/*"];

/// Returns the type and subtype without parameters, and whether there is a subtype.
fn essence(content_type: &[u8]) -> (&[u8], bool) {
    let (mut end, mut has_subtype) = (content_type.len(), false);
    for (at, byte) in content_type.iter().enumerate() {
        match byte {
            b';' => {
                end = at;
                break;
            }
            b'/' => has_subtype = true,
            _ => {}
        }
    }
    (content_type[..end].trim_ascii(), has_subtype)
}

fn is_xml(essence: &[u8]) -> bool {
    let end = essence.len().saturating_sub(4);
    essence[end..].eq_ignore_ascii_case(b"+xml")
        || essence.eq_ignore_ascii_case(b"text/xml")
        || essence.eq_ignore_ascii_case(b"application/xml")
}

impl Kind {
    /// Returns the kind of a response with these headers.
    pub(super) fn of(headers: &HeaderMap, asked: Asked) -> Self {
        if asked == Asked::Worker {
            return Self::Other;
        }
        // Of several, browsers take the last one that they can read.
        let mut types = headers.get_all(CONTENT_TYPE).into_iter();
        let Some(content_type) = types.next_back() else {
            return Self::guessed(asked);
        };
        let (essence, has_subtype) = essence(content_type.as_bytes());
        let is = |name: &[u8]| essence.eq_ignore_ascii_case(name);
        if is(b"text/html") {
            Self::Html
        } else if is_xml(essence) {
            Self::Other
        } else if !has_subtype || UNKNOWN.into_iter().any(is) {
            Self::guessed(asked)
        } else {
            Self::Passive
        }
    }

    /// Returns `true` if a response with these headers is several parts of something that may be a
    /// document.
    pub(super) fn is_several_parts(headers: &HeaderMap, asked: Asked) -> bool {
        let several = |field: &HeaderValue| contains(field.as_bytes(), b"multipart/byteranges");
        asked != Asked::Part && headers.get_all(CONTENT_TYPE).iter().any(several)
    }

    fn guessed(asked: Asked) -> Self {
        match asked {
            Asked::Document => Self::Html,
            _ => Self::Passive,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(name: &HeaderName, values: &[&'static str]) -> HeaderMap {
        let values = values
            .iter()
            .map(|value| (name.clone(), HeaderValue::from_static(value)));
        values.collect()
    }

    #[test]
    fn documents_are_recognised_as_browsers_do() {
        for (types, asked, kind) in [
            (&["text/html"][..], Asked::Unknown, Kind::Html),
            (&["Text/HTML; charset=utf-8"], Asked::Unknown, Kind::Html),
            (&["text/plain", "text/html"], Asked::Unknown, Kind::Html),
            (&["application/xhtml+xml"], Asked::Document, Kind::Other),
            (&["image/svg+xml"], Asked::Unknown, Kind::Other),
            (&["application/atom+xml"], Asked::Document, Kind::Other),
            (&[], Asked::Document, Kind::Html),
            (&["html"], Asked::Document, Kind::Html),
            (&[""], Asked::Document, Kind::Html),
            (&[], Asked::Unknown, Kind::Passive),
            (&["text/javascript"], Asked::Worker, Kind::Other),
            (&["text/javascript"], Asked::Unknown, Kind::Passive),
            (&["application/json"], Asked::Document, Kind::Passive),
        ] {
            assert_eq!(
                Kind::of(&headers(&CONTENT_TYPE, types), asked),
                kind,
                "{types:?}"
            );
        }
    }

    #[test]
    fn requests_say_what_they_ask_for() {
        let dest = |value| Asked::by(&headers(&FETCH_DEST, &[value]));
        assert_eq!(dest("iframe"), Asked::Document);
        assert_eq!(dest("serviceworker"), Asked::Worker);
        assert_eq!(dest("image"), Asked::Part);
        assert_eq!(dest("empty"), Asked::Unknown);
        let mut fetched = headers(&FETCH_DEST, &["empty"]);
        fetched.insert(ACCEPT, HeaderValue::from_static("text/html, */*"));
        assert_eq!(Asked::by(&fetched), Asked::Document);
        assert_eq!(
            Asked::by(&headers(&ACCEPT, &["text/HTML,*/*"])),
            Asked::Document
        );
        assert_eq!(Asked::by(&headers(&ACCEPT, &["*/*"])), Asked::Unknown);
        assert_eq!(Asked::by(&HeaderMap::new()), Asked::Unknown);
    }
}
