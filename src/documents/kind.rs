//! Recognises documents, by what the request asks for and what the response is.

use http::{
    HeaderMap, HeaderValue,
    header::{CONTENT_TYPE, LINK},
};

use super::{
    headers::{NEL, is_filtered},
    media_type::{essence, is_type, split},
};

/// How a browser reads a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// As an HTML document.
    Html,
    /// As what its first bytes look like.
    Guessed,
    /// As a document that an HTML parser would misread, or as the script of a worker: both load by
    /// themselves.
    Other,
    /// As documents of which each replaces the one before: an HTML parser would misread them, and no policy
    /// of the response counts for all.
    Series,
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
    /// What the earlier ones of several say.
    earlier: Option<Kind>,
    /// It has a `Link`, or another field that is filtered if a document was asked for.
    pub(super) is_filtered: bool,
    /// A browser remembers to report from now on (Network Error Logging), whatever the response is: one
    /// picture is enough for the whole origin.
    pub(super) logs_errors: bool,
}

impl<'a> Fields<'a> {
    #[inline]
    pub(super) fn of(headers: &'a HeaderMap, asked: Asked) -> Self {
        let mut fields = Self {
            content_type: None,
            earlier: None,
            is_filtered: false,
            logs_errors: false,
        };
        for (name, value) in headers {
            if name == CONTENT_TYPE {
                if let Some(earlier) = fields.content_type.replace(value) {
                    let kind = Kind::of_list(earlier.as_bytes(), asked);
                    fields.earlier = Kind::beside(fields.earlier, kind);
                }
            } else if *name == NEL {
                fields.logs_errors = true;
            } else if *name == LINK {
                fields.is_filtered = true;
            } else if asked == Asked::Document {
                fields.is_filtered |= is_filtered(name);
            }
        }
        fields
    }

    /// Returns how a browser reads the response.
    #[inline]
    pub(super) fn kind(&self, asked: Asked) -> Kind {
        let (Some(_), Some(last)) = (self.earlier, self.content_type) else {
            return Kind::of(self.content_type, asked);
        };
        let kind = Kind::beside(self.earlier, Kind::of_list(last.as_bytes(), asked));
        match kind {
            Some(kind) if asked != Asked::Worker => kind,
            _ => Kind::of(Some(last), asked),
        }
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

fn is_xml(essence: &[u8]) -> bool {
    let end = essence.len().saturating_sub(4);
    essence[end..].eq_ignore_ascii_case(b"+xml")
        || essence.eq_ignore_ascii_case(b"text/xml")
        || essence.eq_ignore_ascii_case(b"application/xml")
        // Chromium and Safari, and Firefox.
        || essence.eq_ignore_ascii_case(b"text/xsl")
        || essence.eq_ignore_ascii_case(b"text/rdf")
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
        Self::of_list(content_type.as_bytes(), asked).unwrap_or_else(|| Self::guessed(asked))
    }

    /// Returns the kind of a response with one of these types; `None` if none is one.
    fn of_list(types: &[u8], asked: Asked) -> Option<Self> {
        let (first, mut rest) = split(types);
        let mut kind = Self::of_member(first, asked);
        while let Some(others) = rest {
            let (member, others) = split(others);
            kind = Self::beside(kind, Self::of_member(member, asked));
            rest = others;
        }
        kind
    }

    fn of_member(member: &[u8], asked: Asked) -> Option<Self> {
        let essence = essence(member);
        let is = |name: &[u8]| essence.eq_ignore_ascii_case(name);
        if is(b"text/html") {
            Some(Self::Html)
        } else if is_xml(essence) {
            Some(Self::Other)
        } else if is(b"multipart/x-mixed-replace") && asked == Asked::Document {
            Some(Self::Series)
        } else if !is_type(essence) || is(b"*/*") {
            None
        } else if UNKNOWN.into_iter().any(is) {
            Some(Self::guessed(asked))
        } else {
            Some(Self::Passive)
        }
    }

    /// Returns the kind by two types of a list: the last that is one counts (Fetch, "extract a MIME type").
    /// For browsers that take an earlier one, there is a policy. To gate the document would make HTML of
    /// what the others show as text.
    fn beside(earlier: Option<Self>, later: Option<Self>) -> Option<Self> {
        match (earlier, later) {
            (earlier, None) => earlier,
            (Some(Self::Series), _) => Some(Self::Series),
            (Some(Self::Html | Self::Guessed | Self::Other), Some(Self::Passive)) => {
                Some(Self::Other)
            }
            (_, later) => later,
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
            Asked::Document => Self::Guessed,
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

    type Row = (&'static [&'static str], Asked, Kind);

    fn check(rows: &[Row]) {
        for &(types, asked, kind) in rows {
            let headers = headers(&CONTENT_TYPE, types);
            let found = Fields::of(&headers, asked).kind(asked);
            assert_eq!(found, kind, "{types:?}");
        }
    }

    #[test]
    fn documents_are_recognised_as_browsers_do() {
        check(&[
            (&["text/html"][..], Asked::Unknown, Kind::Html),
            (&["Text/HTML; charset=utf-8"], Asked::Unknown, Kind::Html),
            (&["text/plain", "text/html"], Asked::Unknown, Kind::Html),
            (&["application/xhtml+xml"], Asked::Document, Kind::Other),
            (&["image/svg+xml"], Asked::Unknown, Kind::Other),
            (&["application/atom+xml"], Asked::Document, Kind::Other),
            (&["text/xsl"], Asked::Document, Kind::Other),
            (&["Text/RDF"], Asked::Unknown, Kind::Other),
            (&[], Asked::Document, Kind::Guessed),
            (&["html"], Asked::Document, Kind::Guessed),
            (&[""], Asked::Document, Kind::Guessed),
            (&["unknown/unknown"], Asked::Document, Kind::Guessed),
            (&[], Asked::Unknown, Kind::Passive),
            (&["text/javascript"], Asked::Worker, Kind::Other),
            (&["text/javascript"], Asked::Unknown, Kind::Passive),
            (&["application/json"], Asked::Document, Kind::Passive),
        ]);
    }

    #[test]
    fn lists_and_misspelt_types_are_read_as_browsers_do() {
        check(&[
            (&["text/plain, text/html"], Asked::Unknown, Kind::Html),
            (&["image/png,text/html;a=b"], Asked::Document, Kind::Html),
            (&["text/html charset=utf-8"], Asked::Unknown, Kind::Html),
            (&["text/html\tcharset=utf-8"], Asked::Unknown, Kind::Html),
            (&["text/html(x)"], Asked::Document, Kind::Html),
            (
                &["application/xhtml+xml, text/html"],
                Asked::Document,
                Kind::Html,
            ),
            (&["text/plain, image/svg+xml"], Asked::Document, Kind::Other),
            (&["text/html", "html"], Asked::Unknown, Kind::Html),
            (&["text/html, */*"], Asked::Unknown, Kind::Html),
            (&["text/html, text/plain"], Asked::Document, Kind::Other),
            (&["*/*", "image/png"], Asked::Document, Kind::Passive),
            (
                &["text/html", "text/javascript"],
                Asked::Worker,
                Kind::Other,
            ),
            (&["text/html", "text/plain"], Asked::Unknown, Kind::Other),
            (&["text/plain; a=\", text/html"], Asked::Unknown, Kind::Html),
            (
                &["text/plain; a=\", text/html\""],
                Asked::Unknown,
                Kind::Passive,
            ),
            (&["text/plain; a=b, c"], Asked::Unknown, Kind::Passive),
            (&["text/pl@in"], Asked::Document, Kind::Guessed),
            (&["text/ html"], Asked::Document, Kind::Guessed),
            (&["/html"], Asked::Unknown, Kind::Passive),
            (
                &["application/pdf; name=\"a,b\""],
                Asked::Document,
                Kind::Passive,
            ),
            (
                &["multipart/x-mixed-replace;boundary=x"],
                Asked::Document,
                Kind::Series,
            ),
            (
                &["multipart/x-mixed-replace;boundary=x"],
                Asked::Unknown,
                Kind::Passive,
            ),
            (
                &["text/html, multipart/x-mixed-replace"],
                Asked::Document,
                Kind::Series,
            ),
        ]);
    }

    #[test]
    fn quick_answer_is_that_of_the_rules() {
        for usual in USUAL {
            let kind = Kind::of_list(usual, Asked::Document);
            assert!(kind == Some(Kind::Passive) && memchr::memchr(b',', usual).is_none());
        }
    }
}
