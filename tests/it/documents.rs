//! `HtmlConsentLayer` in a real stack: documents, their headers and their caches.

mod banner;
mod browser_cache;
mod browsers;
mod caches;
mod first_byte;
mod gate;
mod log;
mod placeholders;
mod reports;
mod shared_cache;
mod started;
mod third;
mod unreadable;

use std::sync::{Arc, Mutex};

use axum::{Router, body::Body, routing::any};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use http_body_util::BodyExt;
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookiePolicy,
    documents::{DocumentEvent, HtmlConsentLayer},
    policy::Service,
};

use crate::support::at;

const NOW: u64 = 1_795_000_000;

fn policy() -> CookiePolicy {
    let films = Service::new("films")
        .origins(["https://www.films.example", "https://*.cdn.films.example"])
        .markers(["FilmPlayer("]);
    let maps = Service::new("maps")
        .origins(["https://tiles.maps.example"])
        .markers(["MapView("]);
    CookiePolicy::new([
        Category::necessary("base").service(Service::new("cdn").origins(["https://cdn.example"])),
        Category::consent("media").services([films, maps]),
    ])
    .unwrap()
}

/// A page with something of every kind of origin.
const PAGE: &str = "<!doctype html><title>t</title>\n\
    <script src=/own.js></script><script src=https://cdn.example/a.js></script>\n\
    <iframe src=\"https://www.films.example/embed/1\"></iframe>\n\
    <img src=https://tiles.maps.example/1.png><img src=\"//unknown.example/x.gif\">\n\
    <script>new FilmPlayer('1')</script>";

/// What a service answers, and what it was asked.
#[derive(Clone, Default)]
struct Origin {
    status: u16,
    fields: Vec<(&'static str, String)>,
    body: Vec<u8>,
    seen: Arc<Mutex<HeaderMap>>,
}

impl Origin {
    fn page(fields: &[(&'static str, &str)], body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            fields: fields
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect(),
            body: body.into(),
            seen: Arc::default(),
        }
    }

    fn html(body: impl Into<Vec<u8>>) -> Self {
        Self::page(&[("content-type", "text/html; charset=utf-8")], body)
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.fields.push((name, value.to_owned()));
        self
    }

    fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    fn router(&self) -> Router {
        let origin = self.clone();
        Router::new().fallback(any(async move |request: Request<Body>| {
            *origin.seen.lock().unwrap() = request.headers().clone();
            let mut response = Response::new(Body::from(origin.body.clone()));
            *response.status_mut() = origin.status.try_into().unwrap();
            for (name, value) in &origin.fields {
                let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
                response
                    .headers_mut()
                    .append(HeaderName::from_static(name), value);
            }
            response
        }))
    }

    fn seen(&self, name: &str) -> Option<String> {
        let seen = self.seen.lock().unwrap();
        Some(seen.get(name)?.to_str().unwrap().to_owned())
    }
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    /// `Err` for a body that ends with an error.
    body: Result<Vec<u8>, String>,
}

impl Answer {
    fn text(&self) -> &str {
        std::str::from_utf8(self.body.as_ref().unwrap()).unwrap()
    }

    fn all(&self, name: &str) -> Vec<&str> {
        let values = self.headers.get_all(name).into_iter();
        values.map(|value| value.to_str().unwrap()).collect()
    }
}

fn ask(site: Router, method: Method, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri("/page?q=1")
        .header("host", "own.example");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).unwrap();
    futures_executor::block_on(async {
        let (parts, body) = site.oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await;
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: body
                .map(|body| body.to_bytes().to_vec())
                .map_err(|error| error.to_string()),
        }
    })
}

fn site(origin: &Origin, layer: HtmlConsentLayer) -> Router {
    let consent = CookieConsentLayer::new(policy()).with_clock(|| at(NOW));
    origin.router().layer(layer).layer(consent)
}

/// A request with these answers in the preferences cookie.
fn cookie(answers: &str) -> String {
    format!("cookies_preferences={{{answers}\"timestamp\":1794900000}}")
}

fn get(origin: &Origin, layer: HtmlConsentLayer, answers: &str) -> Answer {
    let cookie = cookie(answers);
    let headers = [("cookie", &*cookie), ("sec-fetch-dest", "document")];
    ask(site(origin, layer), Method::GET, &headers)
}

/// The lines that a layer's observer hears.
fn heard(layer: HtmlConsentLayer) -> (HtmlConsentLayer, Arc<Mutex<Vec<String>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let lines = Arc::clone(&heard);
    let layer = layer.observe(move |event: &DocumentEvent<'_>| {
        let (kind, service) = (event.kind().as_str(), event.service().unwrap_or("-"));
        let (element, origin) = (event.element(), event.origin().unwrap_or("-"));
        let unchanged = ["", " (unchanged)"][usize::from(event.report_only())];
        let place = format!("{}{unchanged}", event.path());
        let line = format!("{kind} {element} {origin} {service} {place}");
        lines.lock().unwrap().push(line);
    });
    (layer, heard)
}
