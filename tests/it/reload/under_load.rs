//! A policy that changes while requests are on their way.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use axum::{
    Router,
    body::Body,
    response::{Html, IntoResponse},
    routing::get,
};
use http::{Request, Response, header::SET_COOKIE};
use http_body_util::BodyExt;
use tower::ServiceExt;
use tower_cookie_consent::{
    Consent, CookieConsentLayer, documents::HtmlConsentLayer, layer::PolicySource, pages::Pages,
};

use super::{replace, write};
use crate::support::{process::Folder, server::runtime};

/// A policy in which this one's cookie and origin are necessary, and everything says its name.
fn version(name: &str) -> String {
    format!(
        r#"{{"categories": [
            {{"id": "base", "basis": "necessary", "title": "Base of {name}", "cookies": [{{"name": "{name}"}}],
              "services": [{{"id": "frame_{name}", "title": "Frame", "origins": ["https://{name}.example"]}}]}},
            {{"id": "asked", "basis": "consent", "title": "Asked by {name}", "description": "For {name}."}}]}}"#
    )
}

/// The site sets the cookies of both, frames both, and waits in between.
fn site(source: &PolicySource) -> Router {
    let policies = source.policies();
    let policy = policies.default_policy();
    let pages = Pages::at("/cookies", policy.clone()).unwrap();
    let fragments = pages.clone();
    let home = async move |consent: Consent| {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        let footer = fragments.footer(&consent, "en").unwrap();
        let base = consent.policy().category("base").unwrap();
        let title = base
            .get_title()
            .unwrap()
            .get("en", "en")
            .unwrap()
            .1
            .to_owned();
        let page = format!(
            "<!doctype html><title>{title}</title><iframe src=https://alpha.example/></iframe>\
             <iframe src=https://omega.example/></iframe>{footer}"
        );
        let mut response = Html(page).into_response();
        for field in ["alpha=1", "omega=1"] {
            response
                .headers_mut()
                .append(SET_COOKIE, field.parse().unwrap());
        }
        response
    };
    Router::new()
        .route("/", get(home))
        .nest_service("/cookies", pages.clone())
        .layer(HtmlConsentLayer::new().pages(pages))
        .layer(CookieConsentLayer::new(policy.clone()).policy_for(source.hook()))
}

/// Returns the version that this response is of, wholly.
fn version_of(head: &Response<()>, page: &str) -> &'static str {
    let set: Vec<_> = head.headers().get_all(SET_COOKIE).iter().collect();
    let [set] = set[..] else { panic!("{set:?}") };
    let (own, other) = match set.to_str().unwrap() {
        "alpha=1" => ("alpha", "omega"),
        "omega=1" => ("omega", "alpha"),
        set => panic!("{set}"),
    };
    let csp = head.headers()["content-security-policy"].to_str().unwrap();
    assert!(csp.contains(&format!("https://{own}.example")), "{csp}");
    assert!(!csp.contains(other), "{own}: {csp}");
    assert!(
        page.contains(&format!("<title>Base of {own}<")),
        "{own}: {page}"
    );
    assert!(
        page.contains(&format!("iframe src=https://{own}.example/")),
        "{own}: {page}"
    );
    let held = format!("data-consent-src=https://{other}.example/");
    assert!(page.contains(&held), "{own}: {page}");
    assert!(
        page.contains(&format!("Asked by {own}")),
        "the banner: {page}"
    );
    assert!(
        !page.contains(&format!("Asked by {other}")),
        "the banner: {page}"
    );
    own
}

/// A clone of the site for each request, as a server has it.
async fn ask(site: &Router, path: &str) -> (Response<()>, String) {
    let request = Request::get(path)
        .header("host", "h.example")
        .header("sec-fetch-dest", "document")
        .header("accept-language", "en")
        .body(Body::empty())
        .unwrap();
    let response = site.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let page = body.collect().await.unwrap().to_bytes();
    let page = String::from_utf8(page.to_vec()).unwrap();
    (Response::from_parts(head, ()), page)
}

#[test]
fn no_response_is_judged_by_half_a_policy() {
    const CHANGES: usize = 60;
    let folder = Folder::new("load");
    let path = write(&folder, "policy.json", version("alpha"));
    let source = PolicySource::file(path).unwrap();
    let site = site(&source);
    let is_over = AtomicBool::new(false);
    let seen = [const { AtomicUsize::new(0) }; 2];
    let answered = || {
        seen.iter()
            .map(|it| it.load(Ordering::Relaxed))
            .sum::<usize>()
    };
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                runtime().block_on(async {
                    while !is_over.load(Ordering::Relaxed) {
                        let two = tokio::join!(ask(&site, "/"), ask(&site, "/"));
                        for (head, page) in [two.0, two.1] {
                            let is_omega = version_of(&head, &page) == "omega";
                            seen[usize::from(is_omega)].fetch_add(1, Ordering::Relaxed);
                        }
                        let (_, page) = ask(&site, "/cookies").await;
                        let of = |name: &str| page.contains(&format!("Asked by {name}"));
                        assert!(of("alpha") != of("omega"), "{page}");
                        for name in ["alpha", "omega"] {
                            let base = page.contains(&format!("Base of {name}"));
                            assert_eq!(base, of(name), "{page}");
                        }
                    }
                });
            });
        }
        for change in 0..CHANGES {
            let name = ["omega", "alpha"][change % 2];
            let before = answered();
            match change % 3 {
                0 => {
                    let whole = version(name);
                    write(&folder, "policy.json", &whole[..whole.len() / 2]);
                    source.reload().unwrap_err();
                }
                _ => {
                    replace(&folder, "policy.json", &version(name));
                    source.reload().unwrap();
                }
            }
            // Some requests under each.
            let start = std::time::Instant::now();
            while answered() < before + 4 && start.elapsed().as_secs() < 20 {
                thread::yield_now();
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
    let [alpha, omega] = seen.map(AtomicUsize::into_inner);
    assert!(alpha > 50 && omega > 50, "{alpha} {omega}");
}
