//! The workloads, with visitors' requests and services' responses from small to large, and the
//! driver that sends one through a tower service in process.

#![allow(dead_code, reason = "each benchmark takes the part that it needs")]
#![allow(clippy::expect_used, reason = "the workloads are fixed")]

pub(crate) mod callgrind;
pub(crate) mod documents;
pub(crate) mod hostile;
mod long_names;
pub(crate) mod parts;
pub(crate) mod peers;

use std::{
    convert::Infallible,
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::body::Body;
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response,
    header::{COOKIE, SET_COOKIE},
};
use tower::{Layer, Service};
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookieDeclaration, CookiePolicy, Expire,
    regimes::{Regime, Whereabouts},
};

/// The age of the visitor's choice: a month.
const CHOSEN: Duration = Duration::from_secs(30 * 86_400);

/// The ids of the categories; the visitor granted the second and denied the rest.
const CATEGORIES: [&str; 5] = ["necessary", "audience", "comfort", "social", "advertising"];
const GRANTED: usize = 1;

/// One request and the service's response to it.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) policy: CookiePolicy,
    pub(crate) request: Request<()>,
    /// The names of the `Set-Cookie` headers.
    pub(crate) sets: Vec<String>,
}

/// The configuration of the layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setup {
    /// The same job as the peers: strip cookies without consent, and nothing else.
    ResponseOnly,
    /// Everything on.
    Default,
    /// Everything on, and a policy with regimes.
    Regimes,
    /// The same with a hook that names one of them.
    Hook,
}

impl Setup {
    pub(crate) const ALL: [Self; 2] = [Self::ResponseOnly, Self::Default];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ResponseOnly => "response-only",
            Self::Default => "default",
            Self::Regimes => "regimes",
            Self::Hook => "hook",
        }
    }

    pub(crate) fn layer(self, policy: CookiePolicy) -> CookieConsentLayer {
        match self {
            Self::ResponseOnly => CookieConsentLayer::new(policy)
                .filter_request(false)
                .expire(Expire::Never)
                .limit_exempt(false)
                .expose_consent(false),
            Self::Default => CookieConsentLayer::new(policy),
            Self::Regimes => CookieConsentLayer::new(in_its_own_regime(&policy)),
            Self::Hook => Self::Regimes
                .layer(policy)
                .regime_for(|_| Whereabouts::Regime("none")),
        }
    }
}

/// Returns the policy with a regime in which every category has its own basis.
fn in_its_own_regime(policy: &CookiePolicy) -> CookiePolicy {
    let builder = policy.to_builder().regime("none", Regime::preset("none"));
    builder.build().expect("a policy with a regime")
}

pub(crate) fn all() -> Vec<Workload> {
    NAMES.iter().filter_map(|name| workload(name)).collect()
}

#[rustfmt::skip]
pub(crate) const NAMES: [&str; 20] = [
    "W1", "W1c", "W1c-nav", "W1d", "W2", "W2h2", "W3", "W3all", "W4",
    "W5-10", "W5-100", "W5-1000", "W5-10000",
    "exact-10", "exact-10000", "pattern-10", "pattern-10000", "undeclared-10", "undeclared-10000",
    "nested-63",
];

/// Returns the workload of this name.
pub(crate) fn workload(name: &str) -> Option<Workload> {
    let mixed = "necessary0 comfort1 audience0 social2 necessary2 cookies_preferences advertising0 \
                 audience3";
    let allowed = "necessary0 audience0 audience1 necessary1 necessary2 cookies_preferences \
                   audience2 audience3";
    let allowed = cookies(allowed);
    let two = || names(&[(0, 3), (1, 6)]);
    let five = || names(&[(0, 3), (2, 1), (1, 6), (3, 2), (4, 3)]);
    let three = || names(&[(2, 1), (3, 2), (4, 3)]);
    let name = *NAMES.iter().find(|known| **known == name)?;
    if let Some(workload) = long_names::workload(name) {
        return Some(workload);
    }
    let (request, sets) = match name {
        "W1" => (request(&[]), Vec::new()),
        "W1c" | "W1c-nav" => (request(&[&cookies(mixed)]), Vec::new()),
        "W1d" => (request(&[&allowed]), Vec::new()),
        "W2" => (request(&[&allowed]), two()),
        "W2h2" => (request(&allowed.split("; ").collect::<Vec<_>>()), two()),
        "W3" => (request(&[&allowed]), five()),
        "W3all" => (request(&[&allowed]), three()),
        "W4" => (request(&[&near_misses()]), hostile_sets()),
        _ => (request(&[&allowed]), from_all_over(policy_size(name))),
    };
    let request = if name == "W1c-nav" {
        navigation(request)
    } else {
        request
    };
    Some(Workload {
        name,
        policy: policy(policy_size(name)),
        request,
        sets,
    })
}

fn policy_size(workload: &str) -> usize {
    let size = workload
        .strip_prefix("W5-")
        .and_then(|size| size.parse().ok());
    size.unwrap_or(100)
}

/// Returns a policy of `size` names in five categories, every fifth of them a prefix pattern.
pub(crate) fn policy(size: usize) -> CookiePolicy {
    let categories = CATEGORIES.into_iter().enumerate().map(|(of, id)| {
        let category = if of == 0 {
            Category::necessary(id)
        } else {
            Category::consent(id)
        };
        category.cookies((0..size / 5).map(|nth| {
            CookieDeclaration::new(match (of, nth) {
                (2, 4) => "_ga_*".to_owned(),
                (3, 4) => "_hj*".to_owned(),
                _ => name(of, nth) + if nth % 5 == 4 { "_*" } else { "" },
            })
        }))
    });
    CookiePolicy::new(categories).expect("a valid policy")
}

/// Returns the `nth` declared name of a category.
fn name(category: usize, nth: usize) -> String {
    format!("{}{nth}", CATEGORIES[category])
}

fn names(of: &[(usize, usize)]) -> Vec<String> {
    of.iter()
        .map(|(category, nth)| name(*category, *nth))
        .collect()
}

/// Returns two allowed names and three denied ones, from the beginning, middle and end of the
/// policy.
fn from_all_over(size: usize) -> Vec<String> {
    let last = size / 5 - 1;
    let last = if last % 5 == 4 { last - 1 } else { last };
    let middle = last / 2;
    let middle = if middle % 5 == 4 { middle - 1 } else { middle };
    names(&[(0, 0), (2, last), (1, middle), (3, middle), (4, 0)])
}

pub(crate) fn preferences() -> String {
    let answers: Vec<_> = CATEGORIES
        .iter()
        .enumerate()
        .skip(1)
        .map(|(index, id)| format!("%22{id}%22%3A{}", index == GRANTED))
        .collect();
    let chosen = (SystemTime::now() - CHOSEN)
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    format!(
        "cookies_preferences=%7B{}%2C%22timestamp%22%3A{chosen}%2C%22revision%22%3A1%7D",
        answers.join("%2C")
    )
}

fn cookies(names: &str) -> String {
    let pairs: Vec<_> = names
        .split_whitespace()
        .map(|name| match name {
            "cookies_preferences" => preferences(),
            name => format!("{name}=v.0123456789abcdef"),
        })
        .collect();
    pairs.join("; ")
}

/// Returns 200 cookies in about 16 KB whose names begin like the preferences cookie's; the real one
/// comes last.
fn near_misses() -> String {
    let mut field = String::new();
    for number in 0..199 {
        let near = match number % 4 {
            0 => "cookies_preferences_",
            1 => "cookies_preference",
            2 => "Cookies_preferences",
            _ => "cookies_preferencess",
        };
        field += &format!("{near}{number}={}; ", "x".repeat(52));
    }
    field + &preferences()
}

/// Returns 300 names: 100 allowed, 100 refused, 100 undeclared.
fn hostile_sets() -> Vec<String> {
    (0..100)
        .flat_map(|number| {
            let nth = match number % 20 {
                nth if nth % 5 == 4 => nth - 1,
                nth => nth,
            };
            [name(1, nth), name(4, nth), format!("undeclared{number}")]
        })
        .collect()
}

/// Makes the request a navigation, on which refused cookies are expired.
fn navigation(mut request: Request<()>) -> Request<()> {
    let navigate = HeaderValue::from_static("navigate");
    request.headers_mut().insert("sec-fetch-mode", navigate);
    request
}

/// Returns a browser's request for a part of a page, with nine ordinary headers and one extension,
/// as left by a router.
fn request(cookies: &[&str]) -> Request<()> {
    let mut request = Request::builder()
        .uri("/datasets/list?page=2")
        .header("host", "data.example.org")
        .header(
            "user-agent",
            "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
        )
        .header(
            "accept",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        )
        .header("accept-language", "fr,en;q=0.5")
        .header("accept-encoding", "gzip, deflate, br, zstd")
        .header("referer", "https://data.example.org/")
        .header("sec-fetch-site", "same-origin")
        .header("sec-fetch-mode", "no-cors")
        .header("connection", "keep-alive")
        .body(())
        .expect("a valid request");
    for field in cookies {
        let value = HeaderValue::from_str(field).expect("a valid field");
        request.headers_mut().append(COOKIE, value);
    }
    request.extensions_mut().insert(Matched("/datasets/list"));
    request
}

#[derive(Clone, Copy)]
struct Matched(#[allow(dead_code, reason = "only has to be there")] &'static str);

/// The inner service: it creates four fixed headers and the `Set-Cookie` headers for each response.
#[derive(Clone)]
pub(crate) struct Inner {
    sets: Vec<String>,
}

impl Inner {
    pub(crate) fn new(workload: &Workload) -> Self {
        let attributes = "Path=/; Max-Age=31536000; SameSite=Lax; Secure";
        Self {
            sets: workload
                .sets
                .iter()
                .map(|name| format!("{name}=v0000.0123456789abcdef; {attributes}"))
                .collect(),
        }
    }

    pub(crate) fn response<B: Default>(&self) -> Response<B> {
        const FIXED: [(HeaderName, HeaderValue); 4] = [
            (
                http::header::CONTENT_TYPE,
                HeaderValue::from_static("text/html; charset=utf-8"),
            ),
            (
                http::header::CACHE_CONTROL,
                HeaderValue::from_static("private, no-cache"),
            ),
            (http::header::VARY, HeaderValue::from_static("cookie")),
            (
                http::header::CONTENT_LENGTH,
                HeaderValue::from_static("5120"),
            ),
        ];
        let mut headers = HeaderMap::with_capacity(16);
        headers.extend(FIXED);
        for set in &self.sets {
            if let Ok(value) = HeaderValue::from_bytes(set.as_bytes()) {
                headers.append(SET_COOKIE, value);
            }
        }
        let mut response = Response::new(B::default());
        *response.headers_mut() = headers;
        response
    }
}

impl<B: Default> Service<Request<B>> for Inner {
    type Response = Response<B>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<B>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        drop(black_box(request));
        std::future::ready(Ok(self.response()))
    }
}

/// Returns one round of `setup` (the name of a [`Setup`], of a [peer](peers), or `bare`) with a
/// workload: it sends the request and drops the response. Returns `None` for an unknown setup.
pub(crate) fn turn(workload: &Workload, setup: &str) -> Option<Box<dyn FnMut()>> {
    let request = workload.request.clone();
    let inner = Inner::new(workload);
    let compared = [Setup::Regimes, Setup::Hook];
    if let Some(at) = compared.iter().position(|known| known.name() == setup) {
        // What was allocated before decides how much an allocation costs, so both are made and used.
        let layers = compared.map(|setup| setup.layer(workload.policy.clone()));
        let mut services = layers.map(|layer| layer.layer(inner.clone()));
        for service in &mut services {
            drive::<(), _, _>(service, &request);
        }
        return Some(Box::new(move || {
            drive::<(), _, _>(&mut services[at], &request);
        }));
    }
    if let Some(setup) = Setup::ALL.iter().find(|known| known.name() == setup) {
        let mut service = setup.layer(workload.policy.clone()).layer(inner);
        return Some(Box::new(move || drive::<(), _, _>(&mut service, &request)));
    }
    match setup {
        "bare" => {
            let mut service = inner;
            Some(Box::new(move || drive::<(), _, _>(&mut service, &request)))
        }
        peers::BARE_AXUM => {
            let mut service = inner;
            Some(Box::new(move || {
                drive::<Body, _, _>(&mut service, &request);
            }))
        }
        peers::HAND_WRITTEN => {
            let mut service = peers::hand_written(inner, &workload.policy);
            Some(Box::new(move || {
                drive::<Body, _, _>(&mut service, &request);
            }))
        }
        peers::TOWER_COOKIES => {
            let mut service = peers::tower_cookies(inner);
            Some(Box::new(move || drive::<(), _, _>(&mut service, &request)))
        }
        _ => None,
    }
}

/// Sends one request through `service` and drops the response.
fn drive<B, R, S>(service: &mut S, request: &Request<()>)
where
    B: Default,
    S: Service<Request<B>, Response = Response<R>, Error = Infallible>,
{
    let mut context = Context::from_waker(Waker::noop());
    let request = request.clone().map(|()| B::default());
    assert!(service.poll_ready(&mut context).is_ready());
    let mut future = pin!(service.call(request));
    while future
        .as_mut()
        .poll(&mut context)
        .map(|response| drop(black_box(response)))
        .is_pending()
    {}
}
