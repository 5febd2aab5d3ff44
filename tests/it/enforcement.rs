//! Report-only, hooks that choose enforcement for each request, and observers that change nothing.

use http::Request;
use tower_cookie_consent::{CookieConsentLayer, Expire, Inventory, Undeclared, layer::Enforcement};

use crate::support::{
    Prefs, Witness, all_bytes, exchange, layer, possible, request, response, rows, value,
};

const COOKIES: &str = "session=1; _ga=1; stray; sso=1";
const SET: [&str; 5] = [
    "session=1",
    "_fbp=1",
    "stray",
    "_ga=1; Max-Age=+0",
    "_pk_ses=1; Max-Age=99999999",
];

fn get(path: &str, cookies: &str) -> Request<()> {
    let mut asked = request([("cookie", cookies)]);
    *asked.uri_mut() = path.parse().unwrap();
    asked
}

/// Whether the exchange passes untouched, preferences and refusals included.
fn passes(layer: &CookieConsentLayer, path: &str) -> bool {
    let refusal = Prefs::refuse().set_cookie();
    let set: Vec<_> = SET.iter().copied().chain([refusal.as_str()]).collect();
    let done = exchange(layer, get(path, COOKIES), response(&set));
    // Still judged.
    assert!(!done.consent().allows("ads"));
    let untouched = done.cookies() == [COOKIES] && done.set_cookies() == set;
    assert_eq!(untouched, done.cache_control().is_empty());
    untouched
}

fn is_choice(line: &str) -> bool {
    line.contains(" choice_made ")
}

#[test]
fn report_only_changes_nothing_and_marks_every_event() {
    let (report, enforced) = (Witness::default(), Witness::default());
    let reporting = layer().report_only(true).observe(report.clone());
    assert!(passes(&reporting, "/"));
    assert!(!passes(&layer().observe(enforced.clone()), "/"));
    // A choice is made all the same.
    let marked = enforced
        .take()
        .into_iter()
        .map(|line| match is_choice(&line) {
            true => line,
            false => line + " report",
        });
    let report = report.take();
    assert!(report.len() > 8, "{report:?}");
    assert_eq!(report, marked.collect::<Vec<_>>());
}

#[test]
fn a_hook_chooses_by_path_what_is_enforced() {
    let witness = Witness::default();
    let layer = layer()
        .report_only(true)
        .enforcement_for(|head| match head.uri().path() {
            "/admin/users" => Some(Enforcement::Off),
            "/done/x" => Some(Enforcement::On),
            _ => None,
        })
        .observe(witness.clone());
    assert!(passes(&layer, "/admin/users"));
    assert_eq!(
        witness.take(),
        [""; 0],
        "nothing is reported when it is off"
    );
    assert!(passes(&layer, "/"));
    let lines = witness.take();
    let (choices, others): (Vec<_>, Vec<_>) = lines.iter().partition(|line| is_choice(line));
    assert_eq!(choices.len(), 1);
    assert!(others.iter().all(|line| line.ends_with(" report")));
    assert!(!passes(&layer, "/done/x"));
    assert!(!witness.take().iter().any(|line| line.ends_with(" report")));
}

/// As the docs show it.
#[tokio::test]
async fn enforcement_by_route_goes_with_the_handler_that_answers() {
    use axum::{Router, extract::MatchedPath, routing::get};
    use tower::ServiceExt;

    let layer = layer().enforcement_for(|request| {
        match request.extensions().get::<MatchedPath>()?.as_str() {
            "/admin/users" | "/admin/users/{id}" => Some(Enforcement::Off),
            _ => None,
        }
    });
    let page = |who: &'static str| get(async move || ([("set-cookie", "_ga=1")], who));
    let app = Router::new()
        .route("/admin/users", page("admin"))
        .route("/admin/users/{id}", page("admin"))
        .route("/datasets/{*path}", page("datasets"))
        .fallback(page("other"))
        .layer(layer);
    for (path, answers) in [
        ("/admin/users", "admin"),
        ("/admin/users/1", "admin"),
        ("/admin/users?x=/datasets/", "admin"),
        ("/datasets/1", "datasets"),
        ("/datasets/../admin/users", "datasets"),
        ("/admin/../datasets/1", "other"),
        ("/admin/..%2fdatasets%2f1", "other"),
        ("/admin/users/..%2f../datasets/1", "other"),
        ("/admin/%2e%2e/datasets/1", "other"),
        ("/admin/users/", "other"),
        ("//admin/users", "other"),
        ("/", "other"),
    ] {
        let asked = Request::get(path).body(axum::body::Body::empty()).unwrap();
        let response = app.clone().oneshot(asked).await.unwrap();
        let is_set = response.headers().contains_key("set-cookie");
        let body = axum::body::to_bytes(response.into_body(), 100)
            .await
            .unwrap();
        assert_eq!(body, answers, "{path}");
        assert_eq!(is_set, answers == "admin", "{path}");
    }
}

#[test]
fn a_hook_chooses_by_header_without_any_observer() {
    let layer = layer().enforcement_for(|head| {
        let canary = head.headers().contains_key("x-canary");
        if canary {
            Enforcement::On
        } else {
            Enforcement::ReportOnly
        }
    });
    for (name, kept) in [("x-other", 2), ("x-canary", 1)] {
        let asked = request([("cookie", "_ga=1"), (name, "1")]);
        let done = exchange(&layer, asked, response(["session=1", "_ga=1"]));
        assert_eq!(done.set_cookies().len(), kept, "{name}");
        assert_eq!(done.cookies().len(), kept - 1, "{name}");
    }
}

#[test]
fn enforcement_can_be_off_altogether() {
    assert!(passes(&layer().enforcement(Enforcement::Off), "/"));
    let bare = layer()
        .enforcement(Enforcement::Off)
        .expose_consent(false)
        .filter_request(false);
    let done = exchange(&bare, get("/", "_ga=1"), response(["_ga=1"]));
    assert_eq!(done.set_cookies(), ["_ga=1"]);
}

#[test]
fn being_observed_changes_nothing_on_the_wire() {
    let sets = [
        "deletion_chromium",
        "set_cookie_chromium",
        "set_cookie_real_world",
    ];
    let sets: Vec<_> = sets.into_iter().flat_map(rows).filter(possible).collect();
    let sent: Vec<_> = rows("request_cookie")
        .into_iter()
        .filter(possible)
        .collect();
    let prefs = [
        Prefs::accept(),
        Prefs::refuse(),
        Prefs::of(&[("ads", false)]),
    ];
    let layers = [
        layer(),
        layer().undeclared(Undeclared::Hide).strict_values(true),
        layer().expire(Expire::Never).expose_consent(false),
        layer().filter_request(false).undeclared(Undeclared::Allow),
    ];
    assert!(sets.len() > 1_000 && sent.len() > 100);
    for (number, set) in sets.iter().enumerate() {
        let layer = &layers[number % layers.len()];
        let observed = layer
            .clone()
            .observe(Inventory::new())
            .observe(Witness::of_all());
        let mut asked = request([("host", "www.shop.example")]);
        for field in all_bytes(&sent[number % sent.len()]["cookie"]) {
            asked.headers_mut().append("cookie", value(field));
        }
        if let Some(prefs) = prefs.get(number / 7 % 4) {
            asked.headers_mut().append("cookie", value(prefs.pair()));
        }
        let answer = || response(all_bytes(&set["set_cookie"]));
        let bare = exchange(layer, asked.clone(), answer());
        let watched = exchange(&observed, asked, answer());
        assert_eq!(bare.request.headers(), watched.request.headers(), "{set}");
        assert_eq!(bare.response.headers(), watched.response.headers(), "{set}");
    }
}
