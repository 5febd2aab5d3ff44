//! The head of a request, read in one pass: a look-up by name takes as long as some of its fields.

use http::{
    HeaderMap, HeaderName, HeaderValue, Request,
    header::{
        ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CONNECTION, COOKIE, HOST, IF_MATCH,
        IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE, REFERER, USER_AGENT,
    },
};

use super::{accepted::are_usual, kind::Asked, origin::Address};

/// The fields that matter for documents; of several with one name, the first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Head<'a> {
    dest: Option<&'a HeaderValue>,
    accept: Option<&'a HeaderValue>,
    host: Option<&'a HeaderValue>,
    forwarded: Option<&'a HeaderValue>,
    /// It has conditions, or asks for a part.
    pub(super) has_conditions: bool,
    /// It names content codings that documents may not be readable in.
    pub(super) has_odd_codings: bool,
}

impl<'a> Head<'a> {
    #[inline]
    pub(super) fn of(headers: &'a HeaderMap) -> Self {
        let mut head = Self::default();
        for (name, value) in headers {
            if name == ACCEPT {
                head.accept = head.accept.or(Some(value));
            } else if name == HOST {
                head.host = head.host.or(Some(value));
            } else if name == ACCEPT_ENCODING {
                head.has_odd_codings |= !are_usual(value);
            } else if is_condition(name) {
                head.has_conditions = true;
            } else if !says_nothing(name) {
                head.see(name.as_str(), value);
            }
        }
        head
    }

    #[inline]
    fn see(&mut self, name: &str, value: &'a HeaderValue) {
        match name {
            "sec-fetch-dest" => self.dest = self.dest.or(Some(value)),
            "x-forwarded-proto" => self.forwarded = self.forwarded.or(Some(value)),
            _ => {}
        }
    }

    /// Returns what the request asks for.
    pub(super) fn asked(&self) -> Asked {
        match self.dest.map(HeaderValue::as_bytes) {
            Some(b"document" | b"iframe" | b"frame" | b"embed" | b"object" | b"fencedframe") => {
                Asked::Document
            }
            Some(b"worker" | b"sharedworker" | b"serviceworker") => Asked::Worker,
            // Scripts fetch documents too.
            None | Some(b"empty" | b"") => match self.accept {
                Some(accept) if names_html(accept.as_bytes()) => Asked::Document,
                _ => Asked::Unknown,
            },
            Some(_) => Asked::Part,
        }
    }

    /// Returns the parts of the document's address.
    pub(super) fn address<B>(&self, request: &Request<B>) -> Address {
        Address::new(request.uri().clone(), self.host, self.forwarded)
    }
}

#[inline]
fn is_condition(name: &HeaderName) -> bool {
    name == IF_MATCH
        || name == IF_MODIFIED_SINCE
        || name == IF_NONE_MATCH
        || name == IF_RANGE
        || name == RANGE
}

/// Recognizes what most requests have and nothing here needs, without reading the name.
#[inline]
fn says_nothing(name: &HeaderName) -> bool {
    name == ACCEPT_LANGUAGE
        || name == CONNECTION
        || name == COOKIE
        || name == REFERER
        || name == USER_AGENT
}

fn names_html(accept: &[u8]) -> bool {
    let name = b"text/html";
    accept
        .windows(name.len())
        .any(|window| window.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    #[test]
    fn requests_say_what_they_ask_for() {
        for (fields, asked) in [
            (&[][..], Asked::Unknown),
            (&[("sec-fetch-dest", "iframe")], Asked::Document),
            (&[("sec-fetch-dest", "serviceworker")], Asked::Worker),
            (&[("sec-fetch-dest", "image")], Asked::Part),
            (&[("sec-fetch-dest", "empty")], Asked::Unknown),
            (
                &[("sec-fetch-dest", "empty"), ("accept", "text/html, */*")],
                Asked::Document,
            ),
            (&[("accept", "text/HTML,*/*")], Asked::Document),
            (&[("accept", "*/*")], Asked::Unknown),
            (
                &[("accept", "*/*"), ("accept", "text/html")],
                Asked::Unknown,
            ),
        ] {
            let field = |(name, value): &(&'static str, &'static str)| {
                let name = HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            };
            let headers: HeaderMap = fields.iter().map(field).collect();
            assert_eq!(Head::of(&headers).asked(), asked, "{fields:?}");
        }
    }

    #[test]
    fn conditions_and_codings_are_noticed() {
        for (name, conditions, codings) in [
            ("if-match", true, false),
            ("if-none-match", true, false),
            ("if-modified-since", true, false),
            ("if-range", true, false),
            ("range", true, false),
            ("if-unmodified-since", false, false),
            ("accept-encoding", false, true),
        ] {
            let name = HeaderName::from_static(name);
            let headers: HeaderMap = [(name, HeaderValue::from_static("x"))]
                .into_iter()
                .collect();
            let head = Head::of(&headers);
            assert_eq!(
                (head.has_conditions, head.has_odd_codings),
                (conditions, codings)
            );
        }
    }
}
