//! A scene: a site with its switches, a request, and the service's response, read from bytes.
//!
//! The first two bytes are switches, and the rest are lines: a letter for the kind of line, and a
//! header value. (Header values contain no line feed, so a seed consists only of its headers, and
//! so does anything that the fuzzer glues together from two inputs.)
//!
//! | letter | field |
//! |---|---|
//! | `c` | `Cookie` |
//! | `p` | the value of the preferences cookie, in a `Cookie` of its own |
//! | `g` | `Sec-GPC` |
//! | `f`, `m`, `t` | `Sec-Fetch-Site`, `Sec-Fetch-Mode`, `Sec-Fetch-Dest` |
//! | `h` | `Host` |
//! | `o` | `Origin` |
//! | `v` | `Sec-Purpose` |
//! | `q` | another field of the request |
//! | `s` | `Set-Cookie` |
//! | `d` | `Date` of the response |
//! | `k` | `Cache-Control` of the response |
//! | `n` | `CDN-Cache-Control` of the response |
//! | `U`, `E`, `A` | `Surrogate-Control`, `Edge-Control`, `X-Accel-Expires` of the response |
//! | `X`, `V` | `Expires`, `Vary` of the response |
//! | `C` | `Clear-Site-Data` of the response |
//! | `r` | another field of the response |
//! | `e`, `l`, `b`, `a`, `u`, `x` | `ETag`, `Last-Modified`, `NEL`, `Alt-Svc`, `Use-As-Dictionary`, `Accept-CH` |
//! | `i`, `j`, `y`, `w` | `If-None-Match`, `If-Modified-Since`, `Dictionary-ID`, `Sec-CH-UA-Model` |
//! | `W`, `S` | none: turns on `withhold_from_shared_caches`, `spare_choice` |

use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, HeaderValue, Request, Response, header::HeaderName};
use tower_cookie_consent::{
    CookieConsentLayer, CookiePolicy, Expire, Gpc, Inventory, Undeclared,
    layer::{Enforcement, StateHeaders},
    preferences::SameSite,
};

use crate::{
    NOW,
    reference::consent::{Preferences, Signals},
    site::{Site, pick},
};

/// More lines than these only make an input slow.
const MOST_LINES: usize = 64;

/// What an exchange begins with.
#[derive(Clone, Debug)]
pub struct Scene {
    pub site: &'static Site<'static>,
    pub policy: &'static CookiePolicy,
    pub undeclared: Undeclared,
    pub expire: Expire,
    pub ignore_gpc: bool,
    pub strict_values: bool,
    pub limit_exempt: bool,
    pub expose_consent: bool,
    pub filter_request: bool,
    pub enforcement: Enforcement,
    pub observe: bool,
    /// Undeclared headers that keep state are withheld instead of reported.
    pub withhold_headers: bool,
    pub withhold_from_shared_caches: bool,
    pub spare_choice: bool,
    pub request: HeaderMap,
    pub response: HeaderMap,
}

impl Scene {
    /// Returns `None` without switches.
    pub fn read(data: &[u8]) -> Option<Self> {
        let [first, second, lines @ ..] = data else {
            return None;
        };
        let (site, policy) = pick(first & 7);
        let bit = |number: u8| second >> number & 1 == 1;
        let mut scene = Self {
            site,
            policy,
            undeclared: match first >> 3 & 3 {
                1 => Undeclared::Allow,
                2 => Undeclared::Hide,
                _ => Undeclared::Withhold,
            },
            expire: match first >> 5 & 3 {
                1 => Expire::Never,
                2 => Expire::OnRefusalOrLapse,
                _ => Expire::OnRefusal,
            },
            ignore_gpc: first >> 7 == 1,
            strict_values: bit(0),
            limit_exempt: !bit(1),
            expose_consent: !bit(2),
            filter_request: !bit(3),
            enforcement: match (bit(4), bit(5)) {
                (true, false) => Enforcement::ReportOnly,
                (true, true) => Enforcement::Off,
                _ => Enforcement::On,
            },
            observe: bit(6),
            withhold_headers: bit(7),
            withhold_from_shared_caches: false,
            spare_choice: false,
            request: HeaderMap::new(),
            response: HeaderMap::new(),
        };
        for line in lines.split(|&byte| byte == b'\n').take(MOST_LINES) {
            scene.take(line);
        }
        Some(scene)
    }

    fn take(&mut self, line: &[u8]) {
        let Some((letter, value)) = line.split_first() else {
            return;
        };
        let preferences;
        let (headers, name, value) = match letter {
            b'c' => (&mut self.request, "cookie", value),
            b'p' => {
                preferences = [self.site.preferences.as_bytes(), b"=", value].concat();
                (&mut self.request, "cookie", &*preferences)
            }
            b'g' => (&mut self.request, "sec-gpc", value),
            b'f' => (&mut self.request, "sec-fetch-site", value),
            b'm' => (&mut self.request, "sec-fetch-mode", value),
            b't' => (&mut self.request, "sec-fetch-dest", value),
            b'h' => (&mut self.request, "host", value),
            b'o' => (&mut self.request, "origin", value),
            b'v' => (&mut self.request, "sec-purpose", value),
            b'q' => (&mut self.request, "x-of-the-request", value),
            b's' => (&mut self.response, "set-cookie", value),
            b'd' => (&mut self.response, "date", value),
            b'k' => (&mut self.response, "cache-control", value),
            b'n' => (&mut self.response, "cdn-cache-control", value),
            b'U' => (&mut self.response, "surrogate-control", value),
            b'E' => (&mut self.response, "edge-control", value),
            b'A' => (&mut self.response, "x-accel-expires", value),
            b'X' => (&mut self.response, "expires", value),
            b'V' => (&mut self.response, "vary", value),
            b'C' => (&mut self.response, "clear-site-data", value),
            b'r' => (&mut self.response, "x-of-the-response", value),
            b'e' => (&mut self.response, "etag", value),
            b'l' => (&mut self.response, "last-modified", value),
            b'b' => (&mut self.response, "nel", value),
            b'a' => (&mut self.response, "alt-svc", value),
            b'u' => (&mut self.response, "use-as-dictionary", value),
            b'x' => (&mut self.response, "accept-ch", value),
            b'i' => (&mut self.request, "if-none-match", value),
            b'j' => (&mut self.request, "if-modified-since", value),
            b'y' => (&mut self.request, "dictionary-id", value),
            b'w' => (&mut self.request, "sec-ch-ua-model", value),
            b'W' => return self.withhold_from_shared_caches = true,
            b'S' => return self.spare_choice = true,
            _ => return,
        };
        let once = matches!(letter, b'f' | b'm' | b't' | b'h' | b'o' | b'v');
        let name = HeaderName::from_static(name);
        match HeaderValue::from_bytes(value) {
            Ok(value) if !(once && headers.contains_key(&name)) => {
                headers.append(name, value);
            }
            _ => {}
        }
    }

    pub fn layer(&self) -> CookieConsentLayer {
        let layer = CookieConsentLayer::new(self.policy.clone())
            .with_clock(|| UNIX_EPOCH + Duration::from_secs(NOW))
            .undeclared(self.undeclared)
            .expire(self.expire)
            .gpc(if self.ignore_gpc {
                Gpc::Ignore
            } else {
                Gpc::Honour
            })
            .strict_values(self.strict_values)
            .limit_exempt(self.limit_exempt)
            .expose_consent(self.expose_consent)
            .filter_request(self.filter_request)
            .withhold_from_shared_caches(self.withhold_from_shared_caches)
            .spare_choice(self.spare_choice)
            .state_headers(match self.withhold_headers {
                true => StateHeaders::Withhold,
                false => StateHeaders::Report,
            })
            .enforcement(self.enforcement);
        match self.observe {
            true => layer.observe(Inventory::new()),
            false => layer,
        }
    }

    pub fn request(&self) -> Request<()> {
        let mut request = Request::new(());
        *request.headers_mut() = self.request.clone();
        request
    }

    pub fn response(&self) -> Response<()> {
        let mut response = Response::new(());
        *response.headers_mut() = self.response.clone();
        response
    }

    pub fn cookies(&self) -> Vec<Vec<u8>> {
        values(&self.request, "cookie")
    }

    pub fn set_cookies(&self) -> Vec<Vec<u8>> {
        values(&self.response, "set-cookie")
    }

    pub fn dates(&self) -> Vec<Vec<u8>> {
        values(&self.response, "date")
    }

    /// Returns where the request was sent to.
    pub fn host(&self) -> String {
        let host = values(&self.request, "host");
        String::from_utf8_lossy(host.first().map_or(&b""[..], Vec::as_slice)).into_owned()
    }

    /// Returns the signals of the request besides its cookies.
    pub fn signals(&self) -> Signals {
        let gpc = values(&self.request, "sec-gpc").contains(&b"1".to_vec());
        let brings_preferences = self.is_landing()
            && !self.request.contains_key("sec-purpose")
            && self.site.same_site != SameSite::Strict;
        Signals {
            gpc: gpc && !self.ignore_gpc,
            cross_site: self.is_from_other_site() && !brings_preferences,
        }
    }

    /// Rule 13: `Sec-Fetch-Site` says so, or without it the `Origin`.
    pub fn is_from_other_site(&self) -> bool {
        if let Some(site) = self.request.get("sec-fetch-site") {
            return site == "cross-site";
        }
        let Some(origin) = self.request.get("origin") else {
            return false;
        };
        let origin = String::from_utf8_lossy(origin.as_bytes()).to_ascii_lowercase();
        let Some((_, origin)) = origin.split_once("://") else {
            return true;
        };
        let (origin, own) = (without_port(origin), self.host().to_ascii_lowercase());
        let own = without_port(&own);
        let is_name = |host: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
            host.len() <= 253 && host.chars().all(plain)
        };
        let within = |domain: &str| {
            [origin, own].into_iter().all(|host| {
                is_name(host) && (host == domain || host.ends_with(&format!(".{domain}")))
            })
        };
        let is_own = !origin.is_empty() && origin == own;
        !is_own && !self.site.domain.is_some_and(within)
    }

    /// From another site by a top-level GET navigation, which all scenes are.
    pub fn is_landing(&self) -> bool {
        let says = |name: &str, value: &str| self.request.get(name).map(|said| said == value);
        self.is_from_other_site()
            && says("sec-fetch-mode", "navigate") == Some(true)
            && says("sec-fetch-dest", "document") != Some(false)
    }

    /// Returns the received preferences.
    pub fn preferences(&self) -> Preferences {
        Preferences::of_request(self.site, &self.cookies(), NOW)
    }

    /// Returns `true` if nothing at all is changed on the wire.
    pub fn only_watches(&self) -> bool {
        self.enforcement != Enforcement::On
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Returns the values of one header name, in order.
pub fn values(headers: &HeaderMap, name: &str) -> Vec<Vec<u8>> {
    let fields = headers.get_all(name).into_iter();
    fields.map(|field| field.as_bytes().to_vec()).collect()
}
