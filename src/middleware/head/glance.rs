//! The relevant parts of a request's head, found in one pass over its headers.

use std::iter;

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Uri,
    header::{
        ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH,
        CONTENT_TYPE, COOKIE, HOST, IF_MODIFIED_SINCE, IF_NONE_MATCH, PRAGMA, REFERER,
        UPGRADE_INSECURE_REQUESTS, USER_AGENT,
    },
};

use super::super::config::{Config, Gpc};
use crate::{
    consent::Signals,
    policy::{CookiePolicy, SameSite},
    wire::host,
};

/// The relevant headers. A look-up by name costs as much as a pass over ten headers, and most
/// requests would need five.
pub(in super::super) struct Glance<'a> {
    headers: &'a HeaderMap,
    method: &'a Method,
    target: &'a Uri,
    /// The first of the `Cookie` headers.
    cookie: Option<&'a HeaderValue>,
    has_more_cookies: bool,
    host: Option<&'a HeaderValue>,
    /// `Sec-GPC`, and whether a further signal refuses, which always counts.
    refusals: Signals,
    authorized: bool,
    fetch_site: Option<&'a HeaderValue>,
    fetch_mode: Option<&'a HeaderValue>,
    fetch_dest: Option<&'a HeaderValue>,
    origin: Option<&'a HeaderValue>,
    /// The browser is only prefetching, which it does without cookies across sites.
    in_advance: bool,
}

impl<'a> Glance<'a> {
    #[inline]
    pub(in super::super) fn at<B>(request: &'a Request<B>) -> Self {
        Self::at_head(request.method(), request.uri(), request.headers())
    }

    #[inline]
    fn at_head(method: &'a Method, target: &'a Uri, headers: &'a HeaderMap) -> Self {
        Self {
            headers,
            method,
            target,
            cookie: None,
            has_more_cookies: false,
            host: None,
            refusals: Signals::NONE,
            authorized: false,
            fetch_site: None,
            fetch_mode: None,
            fetch_dest: None,
            origin: None,
            in_advance: false,
        }
    }

    /// Looks at each field once.
    #[inline]
    pub(in super::super) fn look(&mut self) {
        for (name, value) in self.headers {
            if name == COOKIE {
                self.has_more_cookies |= self.cookie.is_some();
                first(&mut self.cookie, value);
            } else if name == HOST {
                first(&mut self.host, value);
            } else if !says_nothing(name) {
                self.see(name.as_str(), value);
            }
        }
    }

    /// Takes note of a further signal.
    #[inline]
    pub(in super::super) fn hear(&mut self, refused: bool) {
        if refused {
            self.refusals = self.refusals.with(Signals::GPC_HONOURED, true);
        }
    }

    #[inline(never)]
    fn see(&mut self, name: &str, value: &'a HeaderValue) {
        match name.len() {
            6 if name == "origin" => first(&mut self.origin, value),
            7 if name == "sec-gpc" => {
                self.refusals = self.refusals.with(Signals::GPC, value == "1");
            }
            7 if name == "purpose" => self.in_advance |= value == "prefetch",
            11 if name == "sec-purpose" => self.in_advance = true,
            13 if name == "authorization" => self.authorized = true,
            14 => match name.strip_prefix("sec-fetch-") {
                Some("site") => first(&mut self.fetch_site, value),
                Some("mode") => first(&mut self.fetch_mode, value),
                Some("dest") => first(&mut self.fetch_dest, value),
                _ => {}
            },
            _ => {}
        }
    }

    /// Returns the only `Cookie` header, if there is not more than one.
    pub(in super::super) fn single_cookie_field(&self) -> Option<Option<&'a HeaderValue>> {
        (!self.has_more_cookies).then_some(self.cookie)
    }

    /// Returns `true` if there is a `Cookie` header.
    #[inline]
    pub(in super::super) fn has_cookies(&self) -> bool {
        self.cookie.is_some()
    }

    /// Returns the `Cookie` headers in order: HTTP/2 has one for each cookie.
    #[inline]
    pub(in super::super) fn cookie_fields(&self) -> impl Iterator<Item = &'a [u8]> {
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

    /// Returns the `Host` header.
    #[inline]
    pub(in super::super) fn host(&self) -> &'a [u8] {
        self.host.map_or(b"", HeaderValue::as_bytes)
    }

    /// Returns `true` if the page that sent the request came over plain HTTP, by its `Origin`, which
    /// browsers send with every form, and from a host that is not local (W3C Secure Contexts, section
    /// 3.1): there, browsers store no cookie with `Secure`.
    #[inline]
    pub(in super::super) fn is_plain_http(&self) -> bool {
        let origin = self.origin.map(HeaderValue::as_bytes);
        origin
            .is_some_and(|origin| origin.starts_with(b"http:") && self.is_own_and_not_local(origin))
    }

    #[cold]
    fn is_own_and_not_local(&self, origin: &[u8]) -> bool {
        let own = host::said_in(self.target, self.host());
        host::is_origin_of(origin, own) && !host::is_local(origin)
    }

    /// Returns the name of the host, if a `Domain` attribute could name it.
    pub(in super::super) fn host_name(&self) -> Option<&'a str> {
        host::name_in(host::said_in(self.target, self.host()))
    }

    /// There is an `Authorization` field, which keeps most responses out of shared caches.
    #[inline]
    pub(in super::super) fn is_authorized(&self) -> bool {
        self.authorized
    }

    /// Returns `true` if the request is a navigation, or comes from a client that does not say.
    pub(in super::super) fn is_navigation(&self) -> bool {
        self.fetch_mode.is_none_or(|mode| mode == "navigate")
    }

    /// Returns the request's signals besides its cookies (W3C Global Privacy Control, Fetch
    /// Metadata). Only `without_preferences` takes into account that it comes from elsewhere.
    #[inline]
    pub(in super::super) fn signals(
        &self,
        config: &Config,
        policy: &CookiePolicy,
        without_preferences: bool,
    ) -> Signals {
        let signals = match self.refusals == Signals::NONE {
            true => Signals::NONE,
            false => {
                let honoured = config.gpc == Gpc::Honour && policy.heeds_signals();
                let refusals = self.refusals.with(Signals::GPC, true);
                refusals.with(Signals::GPC_HONOURED, honoured)
            }
        };
        let other_site = match self.fetch_site {
            Some(site) => site == "cross-site",
            None => self.origin.is_some() && self.origin_is_foreign(policy),
        };
        if other_site {
            self.signals_of_other_site(signals, policy, without_preferences)
        } else {
            signals
        }
    }

    /// Out of line, since most requests come from the site itself.
    #[inline(never)]
    fn signals_of_other_site(
        &self,
        signals: Signals,
        policy: &CookiePolicy,
        without_preferences: bool,
    ) -> Signals {
        let navigation = self.fetch_mode.map(|mode| mode == "navigate");
        let document = self.fetch_dest.map(|dest| dest == "document");
        // If a browser only sends an `Origin`, it may be for a subresource.
        let silent = self.fetch_site.is_none() && navigation.is_none();
        let embedded = navigation == Some(false) || document == Some(false) || silent;
        let top_level_get =
            *self.method == Method::GET && navigation == Some(true) && document != Some(false);
        let strict = policy.preferences_cookie().get_same_site() == SameSite::Strict;
        let brings_preferences = top_level_get && !self.in_advance && !strict;
        signals
            .with(Signals::OTHER_SITE, true)
            .with(Signals::EMBEDDED, embedded)
            .with(Signals::TOP_LEVEL_GET, top_level_get)
            .with(
                Signals::CROSS_SITE,
                without_preferences && !brings_preferences,
            )
    }

    /// Returns `true` if the `Origin` may be another site: it is not this very host, nor does it
    /// share with this host the domain of the preferences cookie, which is not a public suffix.
    #[inline(never)]
    fn origin_is_foreign(&self, policy: &CookiePolicy) -> bool {
        let origin = self.origin.map_or(&b""[..], HeaderValue::as_bytes);
        let own = host::said_in(self.target, self.host());
        let within = |domain: &str| {
            let fits = |name| host::name_in(name).is_some_and(|name| host::fits(name, domain));
            fits(own) && host::host_of(origin).is_some_and(fits)
        };
        let domain = policy.preferences_cookie().get_domain();
        !host::is_origin_of(origin, own) && !domain.is_some_and(within)
    }
}

/// Recognizes what nearly all requests have and nothing here needs. The `http` crate has a number for
/// each of these, so that one look at it tells all of them apart, without reading the name.
#[inline]
fn says_nothing(name: &HeaderName) -> bool {
    name == ACCEPT
        || name == ACCEPT_ENCODING
        || name == ACCEPT_LANGUAGE
        || name == CACHE_CONTROL
        || name == CONNECTION
        || name == CONTENT_LENGTH
        || name == CONTENT_TYPE
        || name == IF_MODIFIED_SINCE
        || name == IF_NONE_MATCH
        || name == PRAGMA
        || name == REFERER
        || name == UPGRADE_INSECURE_REQUESTS
        || name == USER_AGENT
}

#[inline]
fn first<'a>(slot: &mut Option<&'a HeaderValue>, value: &'a HeaderValue) {
    slot.get_or_insert(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Category, PreferencesCookie};

    static TARGET: std::sync::LazyLock<Uri> = std::sync::LazyLock::new(Uri::default);

    fn looked_at(headers: &HeaderMap) -> Glance<'_> {
        let mut glance = Glance::at_head(&Method::GET, &TARGET, headers);
        glance.look();
        glance
    }

    fn signals_of(
        preferences: PreferencesCookie,
        fields: &[(&'static str, &'static str)],
        without_preferences: bool,
    ) -> Signals {
        let headers: HeaderMap = fields
            .iter()
            .map(|(name, value)| {
                let name = HeaderName::from_static(name);
                (name, HeaderValue::from_static(value))
            })
            .collect();
        let policy = CookiePolicy::builder()
            .preferences_cookie(preferences)
            .category(Category::consent("ads"))
            .build()
            .unwrap();
        let config = Config::new(policy.clone());
        let glance = looked_at(&headers);
        glance.signals(&config, &policy, without_preferences)
    }

    fn signals(fields: &[(&'static str, &'static str)], without_preferences: bool) -> Signals {
        signals_of(PreferencesCookie::default(), fields, without_preferences)
    }

    #[test]
    fn hosts_within_the_domain_of_the_preferences_are_one_site() {
        let host = ("host", "www.shop.example");
        for (domain, origin, other_site) in [
            (None, "https://shop.example", true),
            (Some("shop.example"), "https://shop.example", false),
            (Some("shop.example"), "https://api.Shop.example:8443", false),
            (Some("shop.example"), "https://eshop.example", true),
            (Some("shop.example"), "null", true),
            (Some("other.example"), "https://other.example", true),
        ] {
            let preferences = PreferencesCookie::default();
            let preferences = match domain {
                Some(domain) => preferences.domain(domain),
                None => preferences,
            };
            let found = signals_of(preferences, &[host, ("origin", origin)], true);
            assert_eq!(
                found.has(Signals::OTHER_SITE),
                other_site,
                "{domain:?} {origin}"
            );
            assert_eq!(
                found.has(Signals::CROSS_SITE),
                other_site,
                "{domain:?} {origin}"
            );
        }
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
            assert_eq!(signals(fields, true).has(Signals::GPC), gpc, "{fields:?}");
        }
    }

    #[test]
    fn of_several_fields_the_first_says_where_a_request_comes_from() {
        let cross = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-origin"),
        ];
        assert!(signals(&cross, true).has(Signals::CROSS_SITE));
        assert!(!signals(&cross, false).has(Signals::CROSS_SITE));
        let [a, b] = cross;
        assert!(!signals(&[b, a], true).has(Signals::CROSS_SITE));
    }

    #[test]
    fn cookie_headers_are_in_order() {
        let mut headers = HeaderMap::new();
        let read = |headers: &HeaderMap| -> Vec<Vec<u8>> {
            let glance = looked_at(headers);
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
    fn headers_are_recognised_by_their_whole_name() {
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
        let glance = looked_at(&headers);
        assert_eq!(glance.host(), b"");
        assert_eq!(glance.cookie_fields().count(), 0);
        assert_eq!(glance.single_cookie_field(), Some(None));
        headers.append(HOST, HeaderValue::from_static("shop.example"));
        headers.append(COOKIE, HeaderValue::from_static("c=3"));
        let glance = looked_at(&headers);
        assert_eq!(glance.host(), b"shop.example");
        assert_eq!(glance.cookie_fields().collect::<Vec<_>>(), [b"c=3"]);
        assert!(glance.single_cookie_field().is_some());
    }
}
