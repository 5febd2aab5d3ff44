//! What a request's head tells that matters here, found in one pass over its fields.

use std::iter;

use http::{
    HeaderMap, HeaderValue, Method, Request,
    header::{AUTHORIZATION, COOKIE, HOST},
};

use super::{
    cache::Cacheability,
    config::{Config, Gpc},
};
use crate::consent::Signals;

/// The fields that matter here. A look-up by name costs as much as a pass over ten fields, and
/// most requests would take five of them.
pub(super) struct Glance<'a> {
    headers: &'a HeaderMap,
    method: &'a Method,
    /// The first of the `Cookie` fields.
    cookie: Option<&'a HeaderValue>,
    has_more_cookies: bool,
    host: Option<&'a HeaderValue>,
    gpc: bool,
    authorized: bool,
    fetch_site: Option<&'a HeaderValue>,
    fetch_mode: Option<&'a HeaderValue>,
    fetch_dest: Option<&'a HeaderValue>,
}

impl<'a> Glance<'a> {
    #[inline]
    pub(super) fn at<B>(request: &'a Request<B>) -> Self {
        Self::at_head(request.method(), request.headers())
    }

    #[inline]
    fn at_head(method: &'a Method, headers: &'a HeaderMap) -> Self {
        let mut glance = Self {
            headers,
            method,
            cookie: None,
            has_more_cookies: false,
            host: None,
            gpc: false,
            authorized: false,
            fetch_site: None,
            fetch_mode: None,
            fetch_dest: None,
        };
        for (name, value) in headers {
            let text = name.as_str();
            // Most names are told apart by their length.
            match text.len() {
                4 if name == HOST => first(&mut glance.host, value),
                6 if name == COOKIE => {
                    glance.has_more_cookies |= glance.cookie.is_some();
                    first(&mut glance.cookie, value);
                }
                7 if text == "sec-gpc" => glance.gpc |= value == "1",
                13 if name == AUTHORIZATION => glance.authorized = true,
                14 => match text.strip_prefix("sec-fetch-") {
                    Some("site") => first(&mut glance.fetch_site, value),
                    Some("mode") => first(&mut glance.fetch_mode, value),
                    Some("dest") => first(&mut glance.fetch_dest, value),
                    _ => {}
                },
                _ => {}
            }
        }
        glance
    }

    /// The only `Cookie` field, where there is no more than one.
    pub(super) fn single_cookie_field(&self) -> Option<Option<&'a HeaderValue>> {
        (!self.has_more_cookies).then_some(self.cookie)
    }

    /// Whether there is a `Cookie` field.
    #[inline]
    pub(super) fn has_cookies(&self) -> bool {
        self.cookie.is_some()
    }

    /// The `Cookie` fields in order: HTTP/2 brings one for each cookie.
    #[inline]
    pub(super) fn cookie_fields(&self) -> impl Iterator<Item = &'a [u8]> {
        let mut one = self.cookie.filter(|_| !self.has_more_cookies);
        let mut all = self
            .has_more_cookies
            .then(|| self.headers.get_all(COOKIE).into_iter());
        iter::from_fn(move || match &mut all {
            None => one.take(),
            Some(all) => all.next(),
        })
        .map(HeaderValue::as_bytes)
    }

    /// The `Host` field.
    #[inline]
    pub(super) fn host(&self) -> &'a [u8] {
        self.host.map_or(b"", HeaderValue::as_bytes)
    }

    /// What decides about the caching of the response.
    #[inline]
    pub(super) fn cacheability(&self) -> Cacheability {
        Cacheability::of(self.method, self.authorized)
    }

    /// Whether the request is a navigation, or comes from a client that does not say.
    pub(super) fn is_navigation(&self) -> bool {
        self.fetch_mode.is_none_or(|mode| mode == "navigate")
    }

    /// What the request tells beside its cookies (W3C Global Privacy Control, Fetch Metadata).
    /// That it comes from elsewhere only tells `without_preferences` what they may mean.
    #[inline(always)]
    pub(super) fn signals(&self, config: &Config, without_preferences: bool) -> Signals {
        let mut signals = Signals {
            gpc: self.gpc,
            gpc_honoured: self.gpc && config.gpc == Gpc::Honour,
            ..Signals::default()
        };
        if self.fetch_site.is_some_and(|site| site == "cross-site") {
            let navigation = self.fetch_mode.map(|mode| mode == "navigate");
            let document = self.fetch_dest.map(|dest| dest == "document");
            signals.cross_site = without_preferences;
            signals.embedded = navigation == Some(false) || document == Some(false);
            signals.top_level_get =
                *self.method == Method::GET && navigation == Some(true) && document != Some(false);
        }
        signals
    }
}

#[inline(always)]
fn first<'a>(slot: &mut Option<&'a HeaderValue>, value: &'a HeaderValue) {
    slot.get_or_insert(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Category, CookiePolicy};

    fn signals(fields: &[(&'static str, &'static str)], without_preferences: bool) -> Signals {
        let headers: HeaderMap = fields
            .iter()
            .map(|(name, value)| {
                let name = http::HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            })
            .collect();
        let config = Config::new(CookiePolicy::new([Category::consent("ads")]).unwrap());
        Glance::at_head(&Method::GET, &headers).signals(&config, without_preferences)
    }

    #[test]
    fn the_signal_counts_where_one_value_is_exactly_1() {
        for (fields, gpc) in [
            (&[("sec-gpc", "1")][..], true),
            (&[("sec-gpc", "0"), ("sec-gpc", "1")], true),
            (&[("sec-gpc", "1, 1")], false),
            (&[("sec-gpc", "")], false),
            (&[("sec-gp", "1"), ("sec-gpcc", "1"), ("dnt", "1")], false),
            (&[("referer", "1"), ("sec-gpt", "1")], false),
        ] {
            assert_eq!(signals(fields, true).gpc, gpc, "{fields:?}");
        }
    }

    #[test]
    fn of_several_fields_the_first_says_where_a_request_comes_from() {
        let cross = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-origin"),
        ];
        assert!(signals(&cross, true).cross_site);
        assert!(!signals(&cross, false).cross_site);
        let [a, b] = cross;
        assert!(!signals(&[b, a], true).cross_site);
    }

    #[test]
    fn cookie_fields_come_in_order() {
        let mut headers = HeaderMap::new();
        let read = |headers: &HeaderMap| -> Vec<Vec<u8>> {
            let glance = Glance::at_head(&Method::GET, headers);
            let fields = glance.cookie_fields().map(<[u8]>::to_vec).collect();
            let single = glance.single_cookie_field();
            assert_eq!(single.is_some(), headers.len() < 2);
            fields
        };
        assert!(read(&headers).is_empty());
        for value in ["a=1", "b=2", "a=3"] {
            headers.append(COOKIE, HeaderValue::from_static(value));
        }
        assert_eq!(read(&headers), [b"a=1", b"b=2", b"a=3"]);
        headers.insert(COOKIE, HeaderValue::from_static("c=1"));
        assert_eq!(read(&headers), [b"c=1"]);
    }

    #[test]
    fn a_field_is_told_by_its_whole_name_and_not_by_its_length() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("from", "other.example"),
            ("accept", "a=1"),
            ("origin", "b=2"),
            ("sec-fetch-user", "navigate"),
            ("referer", "1"),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        let glance = Glance::at_head(&Method::GET, &headers);
        assert_eq!(glance.host(), b"");
        assert_eq!(glance.cookie_fields().count(), 0);
        assert_eq!(glance.single_cookie_field(), Some(None));
        headers.append(HOST, HeaderValue::from_static("shop.example"));
        headers.append(COOKIE, HeaderValue::from_static("c=3"));
        let glance = Glance::at_head(&Method::GET, &headers);
        assert_eq!(glance.host(), b"shop.example");
        assert_eq!(glance.cookie_fields().collect::<Vec<_>>(), [b"c=3"]);
        assert!(glance.single_cookie_field().is_some());
    }
}
