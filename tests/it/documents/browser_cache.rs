//! After a withdrawal, no cache of a browser brings back a page that loads the service: not its HTTP
//! cache, and not its back/forward cache, which keeps whole pages with all that runs in them. The
//! service's host is played on loopback, and everything that it is asked is counted.

use std::{
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    response::{Html, IntoResponse, Response},
    routing::{any, get},
};
use http::{HeaderValue, StatusCode, header::ETAG};
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookiePolicy, documents::HtmlConsentLayer, pages::Pages,
    policy::Service, preferences::PreferencesCookie,
};

use crate::support::{
    browser::{Browser, Kind, in_each_browser},
    process::PATIENCE,
    server::serve,
};

in_each_browser!(a_withdrawn_service_does_not_come_back);

/// What runs in a kept page asks every 40 ms.
const QUIET: Duration = Duration::from_millis(200);

const FRAME: &str = "<!doctype html><title>Film</title><script>\
    setInterval(() => { new Image().src = '/frame.gif?' + Math.random() }, 40)</script>";
const SCRIPT: &str =
    "setInterval(() => { new Image().src = 'http://films.test/script.gif?' + Math.random() }, 40)";
const LIVE: &str = "return document.querySelectorAll('[src^=\"http://films.test/\"]').length";

/// Requests to the service.
type Asked = Arc<Mutex<Vec<String>>>;

fn policy(cookie: PreferencesCookie) -> CookiePolicy {
    let films = Service::new("films").origins(["http://films.test"]);
    let media = Category::consent("media").title("Media").description("d");
    CookiePolicy::builder()
        .category(media.service(films))
        .preferences_cookie(cookie)
        .build()
        .unwrap()
}

/// A site with a page that has the script of the pages, and one that has none.
fn site(policy: CookiePolicy) -> Router {
    let pages = Pages::at("/cookies", policy.clone()).unwrap();
    let page = |with_script: bool| {
        let pages = pages.clone();
        get(async move |consent: Consent| {
            let (head, footer) = match with_script {
                true => (
                    pages.head(&consent, "en").unwrap(),
                    pages.footer(&consent, "en").unwrap(),
                ),
                false => <_>::default(),
            };
            let html = format!(
                "<!doctype html><html lang=en><head><title>Films</title>{head}</head><body>\
                 <main id=main tabindex=-1><iframe src=http://films.test/frame></iframe></main>\
                 {footer}<script src=http://films.test/script.js></script></body></html>"
            );
            let tag = HeaderValue::from_static("\"v1\"");
            ([(ETAG, tag)], Html(html))
        })
    };
    let other = async || Html("<!doctype html><title>Other</title><p>Nothing");
    Router::new()
        .route("/scripted", page(true))
        .route("/again", page(true))
        .route("/plain", page(false))
        .route("/other", get(other))
        .layer(HtmlConsentLayer::new())
        .nest_service("/cookies", pages)
        .layer(CookieConsentLayer::new(policy))
}

/// Plays every host, as a proxy does.
fn play(asked: Asked) -> std::net::SocketAddr {
    // Over plain HTTP, browsers store no `Secure` cookie, except from their own machine.
    let insecure = site(policy(PreferencesCookie::default().secure(false)));
    let secure = site(policy(PreferencesCookie::default()));
    let all = Router::new().fallback(any(async move |request: Request<Body>| {
        match request.uri().host().unwrap_or_default() {
            "own.test" => insecure.oneshot(request).await.into_response(),
            "localhost" => secure.oneshot(request).await.into_response(),
            "films.test" => film(request.uri().path(), &asked),
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }));
    serve(all)
}

fn film(path: &str, asked: &Asked) -> Response {
    asked.lock().unwrap().push(path.to_owned());
    match path {
        "/frame" => Html(FRAME).into_response(),
        "/script.js" => ([("content-type", "text/javascript")], SCRIPT).into_response(),
        _ => StatusCode::NO_CONTENT.into_response(),
    }
}

struct Visit<'a> {
    browser: &'a Browser,
    asked: &'a Asked,
    origin: &'a str,
    page: &'a str,
}

impl Visit<'_> {
    fn go(&self, path: &str) {
        self.browser.go(&format!("{}{path}", self.origin));
    }

    fn decide(&self, decision: &str) {
        self.go("/cookies/preferences");
        self.browser.follow(&format!("button[value={decision}]"));
    }

    /// Opens the page with the service, and waits until all of it runs.
    fn see_film(&self) {
        self.decide("accept");
        self.asked.lock().unwrap().clear();
        self.go(self.page);
        let start = Instant::now();
        for path in ["/frame", "/frame.gif", "/script.js", "/script.gif"] {
            while !self.asked.lock().unwrap().iter().any(|it| it == path) {
                assert!(start.elapsed() < PATIENCE, "{path} is not asked for");
                thread::sleep(Duration::from_millis(5));
            }
        }
        assert_eq!(self.browser.run(LIVE), 2);
    }

    /// What was on its way when the page was left arrives in the meantime.
    fn settle(&self) {
        thread::sleep(QUIET / 2);
        self.asked.lock().unwrap().clear();
    }

    fn back_to_film(&self) {
        let start = Instant::now();
        while self.browser.path() != self.page {
            assert!(start.elapsed() < PATIENCE, "the way back is too long");
            self.browser.back();
        }
    }

    fn assert_silent(&self, when: &str) {
        thread::sleep(QUIET);
        let asked = self.asked.lock().unwrap().clone();
        let live = self.browser.run(LIVE);
        let place = format!("{}{} {when}", self.origin, self.page);
        assert!(
            asked.is_empty() && live == 0,
            "{place}: {live} live, {asked:?}"
        );
    }

    fn assert_gone(&self) {
        self.back_to_film();
        self.assert_silent("after going back");
        self.browser.run("location.reload()");
        self.assert_silent("after a reload");
        self.browser.run("history.forward()");
        self.browser
            .until(&format!("location.pathname !== '{}'", self.page));
        self.back_to_film();
        self.assert_silent("after going forward and back");
    }
}

fn a_withdrawn_service_does_not_come_back(kind: Kind) {
    let asked = Asked::default();
    let Some(browser) = Browser::start_behind(kind, play(asked.clone())) else {
        return;
    };
    for origin in ["http://own.test", "http://localhost"] {
        let visit = |page| Visit {
            browser: &browser,
            asked: &asked,
            origin,
            page,
        };
        // With the form alone.
        let plain = visit("/plain");
        plain.see_film();
        plain.decide("withdraw");
        plain.settle();
        plain.assert_gone();

        // In another tab.
        plain.see_film();
        plain.go("/other");
        let first = browser.open_tab();
        plain.decide("withdraw");
        browser.switch_to(first);
        plain.settle();
        plain.assert_gone();

        // By the script, on another page that has it.
        let scripted = visit("/scripted");
        scripted.see_film();
        scripted.go("/again");
        browser.until("window.cookieConsent?.allows('films')");
        browser.run("window.kept = true");
        browser.click(".tcc-withdraw button");
        browser.until("!window.kept && window.cookieConsent?.state");
        scripted.settle();
        scripted.assert_gone();
    }
}
