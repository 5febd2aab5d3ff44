//! The visitor's browser: a jar, and its requests.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Request,
    header::{COOKIE, HOST, SET_COOKIE, USER_AGENT},
    request::Parts,
};
use url::Url;

use super::{
    Conformance,
    client_hints::{CLIENT_HINTS, client_hints},
    host::is_within,
    jar::Jar,
    scenes::Situation,
    target::RequestBody,
};
use crate::{CookieDeclaration, CookiePolicy, policy::CategorySet};

/// The value of planted cookies, which a site that checks its values treats as invalid.
const PLANTED: &str = "conformance-kit";

/// The number of cookies that are planted at once, within the limits of browsers and servers.
pub(super) const MOST_PLANTED: usize = 30;

/// The headers that browsers send with every request, unless it says otherwise.
const BROWSER: [(&str, &str); 3] = [
    ("accept", "*/*"),
    ("accept-language", "en-US,en;q=0.9"),
    (
        "user-agent",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    ),
];

#[derive(Clone, Debug)]
pub(super) struct Visitor {
    pub(super) jar: Jar,
    host: HeaderValue,
    gpc: Option<&'static str>,
    /// Headers of every request.
    headers: HeaderMap,
    /// Preferences cookies in addition to the one in the jar.
    beside: Vec<String>,
}

impl Visitor {
    /// Creates a visitor of this site; headers name the host as the kit does where possible.
    pub(super) fn new(kit: &Conformance, site: &Url) -> Self {
        let host = HeaderValue::try_from(kit.authority())
            .or_else(|_| HeaderValue::try_from(site.authority()));
        Self {
            jar: Jar::default(),
            host: host.unwrap_or(HeaderValue::from_static("localhost")),
            gpc: None,
            headers: kit.headers.clone(),
            beside: Vec::new(),
        }
    }

    /// Puts the visitor into the scene's situation.
    pub(super) fn enter(&mut self, scene: &Situation, policy: &CookiePolicy, site: &Url) {
        self.gpc = scene.gpc;
        self.beside.clone_from(&scene.beside);
        let name = policy.preferences_cookie().name();
        let domain = policy.preferences_cookie().get_domain();
        let domain = domain.map_or_else(String::new, |domain| format!("; Domain={domain}"));
        for scope in ["", &domain] {
            let removal = format!("{name}=; Path=/; Secure; Max-Age=0{scope}");
            self.jar.keep(&removal, site);
        }
        for (number, value) in scene.preferences.iter().enumerate() {
            let pair = format!("{name}={value}");
            if number > 0 {
                self.beside.push(pair);
                continue;
            }
            // If the host does not match the domain, the request must still carry it.
            let field = format!("{pair}; Path=/; Secure{domain}");
            if !self.jar.keep(&field, site) {
                self.beside.push(pair);
            }
        }
    }

    /// Returns the cookies that are sent to this address, by name.
    pub(super) fn cookies(&self, url: &Url) -> BTreeMap<String, String> {
        let pairs = self.jar.pairs(url);
        pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// Sends this signal from now on.
    pub(super) const fn send_signal(&mut self, gpc: Option<&'static str>) {
        self.gpc = gpc;
    }

    /// Gives the visitor the necessary cookies of another one, and no others.
    pub(super) fn settle(&mut self, other: &Self, policy: &CookiePolicy, site: &Url) {
        let pairs: Vec<_> = other.jar.pairs(site).collect();
        for (name, value) in pairs {
            let found = policy.find(name.as_bytes());
            if found.is_some_and(|found| !policy.optional().has(found.named)) {
                self.jar
                    .keep(&format!("{name}={value}; Path=/; Secure"), site);
            }
        }
    }

    /// Plants cookies of declared names that need permission, at their declared places: all of them, or so many in
    /// each round.
    pub(super) fn plant(&mut self, policy: &CookiePolicy, site: &Url, round: usize) {
        let host = site.host_str().unwrap_or_default();
        let rounds = optional_cookies(policy)
            .count()
            .div_ceil(MOST_PLANTED)
            .max(1);
        let first = (round % rounds).saturating_mul(MOST_PLANTED);
        for cookie in optional_cookies(policy).skip(first).take(MOST_PLANTED) {
            let name = match cookie.name().strip_suffix('*') {
                Some(prefix) => format!("{prefix}kit"),
                None => cookie.name().to_owned(),
            };
            let path = cookie.paths().next().unwrap_or("/");
            let domain = cookie.domains().find(|domain| is_within(host, domain));
            let domain = domain.map_or_else(String::new, |domain| format!("; Domain={domain}"));
            let partitioned = match cookie.get_partitioned() {
                true => "; SameSite=None; Partitioned",
                false => "",
            };
            let field =
                format!("{name}={PLANTED}; Path={path}; HttpOnly; Secure{partitioned}{domain}");
            // The jar rejects only what browsers reject.
            self.jar.keep(&field, site);
        }
    }

    /// Creates the request as the browser sends it to this address.
    pub(super) fn request(&self, parts: &Parts, body: &Bytes, url: &Url) -> Request<RequestBody> {
        let mut parts = parts.clone();
        let query = url
            .query()
            .map_or_else(String::new, |query| format!("?{query}"));
        if let Ok(uri) = format!("{}{query}", url.path()).parse() {
            parts.uri = uri;
        }
        for (name, value) in &self.headers {
            // A request's own header is more exact.
            parts.headers.entry(name).or_insert_with(|| value.clone());
        }
        for (name, value) in BROWSER {
            let value = || HeaderValue::from_static(value);
            parts.headers.entry(name).or_insert_with(value);
        }
        let agent = parts.headers.get(USER_AGENT);
        let hints = agent.and_then(|agent| client_hints(agent.to_str().ok()?));
        for (name, value) in CLIENT_HINTS.into_iter().zip(hints.into_iter().flatten()) {
            if let Ok(value) = HeaderValue::try_from(value) {
                parts.headers.entry(name).or_insert(value);
            }
        }
        // An empty one is for a client that does not send it.
        let names = BROWSER.iter().map(|(name, _)| *name).chain(CLIENT_HINTS);
        for name in names {
            if parts.headers.get(name).is_some_and(HeaderValue::is_empty) {
                parts.headers.remove(name);
            }
        }
        parts.headers.insert(HOST, self.host.clone());
        let pairs: Vec<_> = self
            .jar
            .pairs(url)
            .map(|(name, value)| format!("{name}={value}"))
            .chain(self.beside.iter().cloned())
            .collect();
        parts.headers.remove(COOKIE);
        if !pairs.is_empty()
            && let Ok(mut field) = HeaderValue::try_from(pairs.join("; "))
        {
            field.set_sensitive(true);
            parts.headers.insert(COOKIE, field);
        }
        if let Some(gpc) = self.gpc {
            let gpc = HeaderValue::from_static(gpc);
            parts.headers.insert("sec-gpc", gpc);
        }
        Request::from_parts(parts, RequestBody::new(body.clone()))
    }

    /// Stores what a response sets. A preferences cookie written by the site replaces all of those
    /// outside the jar.
    pub(super) fn keep(&mut self, answer: &HeaderMap, url: &Url) {
        for field in answer.get_all(SET_COOKIE) {
            // The jar rejects what browsers reject.
            self.jar
                .keep(&String::from_utf8_lossy(field.as_bytes()), url);
        }
    }
}

/// Returns the declared cookies that a response can set and that need permission.
pub(super) fn optional_cookies(policy: &CookiePolicy) -> impl Iterator<Item = &CookieDeclaration> {
    let asked: CategorySet = policy.optional();
    let of_asked = asked.iter().filter_map(|number| policy.cookies_at(number));
    of_asked.flatten().filter(|cookie| cookie.is_own_cookie())
}
