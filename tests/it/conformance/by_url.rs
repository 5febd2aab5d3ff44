//! The kit against servers, over HTTP.

use tokio::net::TcpListener;
use tower_cookie_consent::conformance::Outcome;

use super::*;

/// Checks the app on a free port, at the address that is made of `http://127.0.0.1:PORT`.
pub(super) fn check_served(
    kit: Conformance,
    app: Router,
    url: impl FnOnce(String) -> String,
) -> Report {
    runtime().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, app).await });
        let report = kit.check_url(&url(base)).await;
        server.abort();
        report
    })
}

/// A site below `/shop`, whose cookie is for that folder.
fn shop(layer: Option<CookieConsentLayer>) -> Router {
    let page =
        |html: &'static str| async move { ([(SET_COOKIE, "_ga=1; Path=/shop")], Html(html)) };
    let pages = Router::new()
        .route(
            "/",
            get(move || page("<a href='/shop/deep'>deep</a> <a href='more'>more</a>")),
        )
        .route("/deep", get(move || page("")))
        .route(
            "/more",
            get(|| async { [(SET_COOKIE, "ab_test=b; Path=/")] }),
        );
    let app = Router::new()
        .nest("/shop/", pages)
        .fallback(|| async { StatusCode::NOT_FOUND });
    match layer {
        Some(layer) => app.layer(layer),
        None => app,
    }
}

fn shop_policy() -> CookiePolicy {
    let cookie = CookieDeclaration::new("_ga").path("/shop");
    CookiePolicy::new([Category::consent("ads").cookie(cookie)]).unwrap()
}

#[test]
fn a_site_below_a_path_is_visited_there() {
    let policy = shop_policy();
    let kit = || Conformance::new(policy.clone()).follow_links(1);
    let layer = CookieConsentLayer::new(policy.clone());
    let report = check_served(kit(), shop(Some(layer)), |base| format!("{base}/shop/"));
    report.assert_ok();
    assert_eq!(
        report.outcome(Requirement::RefusalExpires),
        Outcome::Held,
        "{report}"
    );

    let report = check_served(kit(), shop(None), |base| base + "/shop");
    let seen: Vec<_> = report
        .findings()
        .filter(|finding| finding.requirement == Requirement::Declared)
        .map(|finding| finding.request.as_str())
        .collect();
    assert_eq!(seen, ["GET /shop/more"], "{report}");
    let text = report.to_string();
    assert!(text.contains("GET /shop/ (before a choice)"), "{text}");
}

#[test]
fn a_password_in_the_url_comes_nowhere() {
    let report = check_served(kit(), site(), |base| {
        base.replace("//", "//user:m4rk3r-v4lu3@")
    });
    assert!(!report.is_ok());
    assert!(report.failures().is_empty(), "{report}");
    assert!(!report.to_string().contains(MARKER), "{report}");
}

#[test]
fn a_server_that_is_not_there_says_why() {
    let report = runtime().block_on(kit().check_url("http://127.0.0.1:1"));
    let failures = report.failures().join("\n");
    assert!(failures.contains("refused"), "{failures}");
}
