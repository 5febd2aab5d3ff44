//! Pages of several sites, each with its own name, language and path.

use axum::{
    Router,
    body::Body,
    response::Html,
    routing::{get, post},
};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookiePolicy,
    documents::HtmlConsentLayer,
    layer::{HostPolicies, PolicySource},
    pages::Pages,
};

use super::write;
use crate::support::{process::Folder, server::runtime};

fn ads() -> Category {
    Category::consent("ads")
        .title("Ads")
        .description("Pay for this.")
}

/// The shop of `fr.example`, and the default of all others.
fn hosts() -> HostPolicies {
    let french = CookiePolicy::builder()
        .category(ads())
        .default_language("fr")
        .site([("fr", "La Boutique"), ("en", "The Boutique")])
        .pages_at("/legal/temoins")
        .build()
        .unwrap();
    let plain = CookiePolicy::new([ads()]).unwrap();
    HostPolicies::new(plain).host("fr.example", french).unwrap()
}

fn app() -> Router {
    let hosts = hosts();
    let policy = hosts.default_policy().clone();
    let pages = Pages::at("/cookies", policy.clone())
        .unwrap()
        .site("The Portal");
    Router::new()
        .route(
            "/a/b",
            get(async || Html("<!doctype html><title>x</title><p>y")),
        )
        .route("/legal/upload", post(async |body: String| body))
        .layer(HtmlConsentLayer::new().pages(pages.clone()))
        .layer(pages)
        .layer(CookieConsentLayer::new(policy).policy_for(hosts.hook()))
}

fn send(app: &Router, request: Request<Body>) -> Response<String> {
    let response = app.clone().oneshot(request);
    runtime().block_on(async {
        let (head, body) = response.await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Response::from_parts(head, String::from_utf8(body.to_vec()).unwrap())
    })
}

fn page(app: &Router, host: &str, path: &str) -> Response<String> {
    let request = Request::get(path)
        .header("host", host)
        .header("sec-fetch-dest", "document");
    send(app, request.body(Body::empty()).unwrap())
}

#[test]
fn each_site_has_its_own_name_language_and_path() {
    let app = app();
    for (host, path, not_there, site, lang) in [
        (
            "www.example",
            "/cookies",
            "/legal/temoins",
            "The Portal",
            "en",
        ),
        (
            "fr.example",
            "/legal/temoins",
            "/cookies",
            "La Boutique",
            "fr",
        ),
    ] {
        for resource in ["", "/preferences"] {
            let shown = page(&app, host, &format!("{path}{resource}"));
            assert_eq!(shown.status(), StatusCode::OK, "{host}");
            assert!(shown.body().contains(site), "{host}: {}", shown.body());
            let html = format!("<html lang=\"{lang}\"");
            assert!(shown.body().contains(&html), "{host}: {}", shown.body());
        }
        for wrong in [not_there.to_owned(), format!("{path}x"), "/".to_owned()] {
            assert_eq!(
                page(&app, host, &wrong).status(),
                StatusCode::NOT_FOUND,
                "{wrong}"
            );
        }
        let banner = page(&app, host, "/a/b").map(|body| body.replace("&#x2f;", "/"));
        assert!(
            banner
                .body()
                .contains(&format!("action=\"..{path}/preferences\"")),
            "{}",
            banner.body()
        );
        assert!(banner.body().contains(site), "{}", banner.body());
    }
    let english = page(&app, "fr.example", "/legal/temoins?lang=en");
    assert!(english.body().contains("The Boutique"));
}

#[test]
fn what_is_beside_the_pages_passes_with_its_body() {
    let upload = Request::post("/legal/upload")
        .header("host", "fr.example")
        .body(Body::from("content"));
    let echoed = send(&app(), upload.unwrap());
    assert_eq!(
        (echoed.status(), &**echoed.body()),
        (StatusCode::OK, "content")
    );
}

#[test]
fn a_choice_is_taken_at_the_path_of_the_site() {
    let choice = |path: &str| {
        let request = Request::post(format!("{path}/preferences"))
            .header("host", "fr.example")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from("decision=refuse"));
        send(&app(), request.unwrap())
    };
    let saved = choice("/legal/temoins");
    assert!(saved.headers().contains_key("set-cookie"), "{saved:?}");
    assert_eq!(choice("/cookies").status(), StatusCode::NOT_FOUND);
}

/// Otherwise a browser would keep a page with the texts of before.
#[test]
fn a_validator_does_not_survive_a_change_of_texts() {
    let folder = Folder::new("sites");
    let json = |site: &str| {
        format!(
            r#"{{"site": "{site}", "categories": [{{"id": "a", "basis": "consent", "title": "A", "description": "D"}}]}}"#
        )
    };
    let path = write(&folder, "policy.json", json("Before"));
    let source = PolicySource::file(path).unwrap();
    let policy = source.policies().default_policy().clone();
    let pages = Pages::at("/cookies", policy.clone()).unwrap();
    let home = async |headers: http::HeaderMap| {
        let known = headers
            .get("if-none-match")
            .is_some_and(|tag| tag == "\"v\"");
        let response = Response::builder()
            .header("etag", "\"v\"")
            .header("content-type", "text/html");
        match known {
            true => response.status(304).body(Body::empty()).unwrap(),
            false => response
                .body(Body::from("<!doctype html><title>x</title><p>y"))
                .unwrap(),
        }
    };
    let app = Router::new()
        .route("/", get(home))
        .layer(HtmlConsentLayer::new().pages(pages))
        .layer(CookieConsentLayer::new(policy).policy_for(source.hook()));
    let ask = |tag: &str| {
        let request = Request::get("/")
            .header("host", "h.example")
            .header("sec-fetch-dest", "document")
            .header("if-none-match", tag);
        send(&app, request.body(Body::empty()).unwrap())
    };
    let first = ask("\"other\"");
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    assert!(first.body().contains("Before"), "{}", first.body());
    assert_eq!(ask(&tag).status(), StatusCode::NOT_MODIFIED);
    write(&folder, "policy.json", json("After"));
    source.reload().unwrap();
    let second = ask(&tag);
    assert_eq!(second.status(), StatusCode::OK);
    assert!(second.body().contains("After"), "{}", second.body());
}
