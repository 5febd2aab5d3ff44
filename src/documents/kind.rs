//! Recognises documents, by what the request asks for and what the response is.

use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};

use super::headers::NEL;

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

/// The fields of a response that show what becomes of it, found in one pass: most responses have so few
/// headers that it costs less than one look-up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a> {
    /// Of several, the last, as browsers take it.
    content_type: Option<&'a HeaderValue>,
    /// A browser remembers to report from now on (Network Error Logging), whatever the response is: one
    /// picture is enough for the whole origin.
    pub(super) logs_errors: bool,
}

impl<'a> Fields<'a> {
    #[inline]
    pub(super) fn of(headers: &'a HeaderMap) -> Self {
        let mut fields = Self {
            content_type: None,
            logs_errors: false,
        };
        for (name, value) in headers {
            if name == CONTENT_TYPE {
                fields.content_type = Some(value);
            } else if *name == NEL {
                fields.logs_errors = true;
            }
        }
        fields
    }

    /// Returns how a browser reads the response.
    #[inline]
    pub(super) fn kind(&self, asked: Asked) -> Kind {
        Kind::of(self.content_type, asked)
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len())
        .any(|window| window.eq_ignore_ascii_case(part))
}

/// Types of which most responses are that are no documents, for a quick answer.
const USUAL: [&[u8]; 12] = [
    b"application/javascript",
    b"application/json",
    b"font/woff2",
    b"image/avif",
    b"image/gif",
    b"image/jpeg",
    b"image/png",
    b"image/webp",
    b"text/css",
    b"text/css; charset=utf-8",
    b"text/javascript",
    b"text/javascript; charset=utf-8",
];

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
    /// Returns the kind of a response of this type.
    #[inline]
    pub(super) fn of(content_type: Option<&HeaderValue>, asked: Asked) -> Self {
        if asked == Asked::Worker {
            return Self::Other;
        }
        let Some(content_type) = content_type else {
            return Self::guessed(asked);
        };
        if USUAL.contains(&content_type.as_bytes()) {
            return Self::Passive;
        }
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
    use http::{HeaderName, HeaderValue};

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
            let headers = headers(&CONTENT_TYPE, types);
            let found = Kind::of(Fields::of(&headers).content_type, asked);
            assert_eq!(found, kind, "{types:?}");
        }
    }

    #[test]
    fn quick_answer_is_that_of_the_rules() {
        for usual in USUAL {
            let (essence, has_subtype) = essence(usual);
            let is_html = essence.eq_ignore_ascii_case(b"text/html");
            assert!(has_subtype && !is_html && !is_xml(essence) && !UNKNOWN.contains(&essence));
        }
    }
}
