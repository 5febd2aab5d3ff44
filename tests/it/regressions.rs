//! The findings of the fuzz targets, with the expected result of each. The inputs themselves are in
//! `tests/data/fuzz`, for `fuzz/run` to replay.

use axum::Router;
use http::{Method, StatusCode};
use tower_cookie_consent::{CookieConsentLayer, pages::Pages};
use url::Url;

use crate::{
    pages::{now, policy, request, send},
    support::{self, Prefs, exchange, response},
};

/// The addresses that a page of ours loads, links to or sends forms to.
fn addresses(html: &str) -> Vec<String> {
    let names = ["href", "src", "action", "data-state"].map(|name| format!(" {name}=\""));
    let of_name = |name: &String| {
        let values = html.split(name.as_str()).skip(1);
        let values = values.map(|rest| rest.split('"').next().unwrap());
        values.map(|value| value.replace("&#x2f;", "/")).collect()
    };
    names.iter().flat_map::<Vec<_>, _>(of_name).collect()
}

#[test]
fn paths_that_look_like_hosts_stay_on_the_site() {
    // Each tenant's pages are below a segment that anybody can make up.
    let pages = Pages::at("/cookies", policy()).unwrap();
    let site = Router::new()
        .nest_service("/{tenant}", pages)
        .layer(CookieConsentLayer::new(policy()).with_clock(now));
    for path in [
        "/x:y",
        "/http:evil.example",
        "/javascript:alert(1)",
        "/\\\\evil.example",
    ] {
        let request = request(Method::GET, path, &[], "");
        let answer = send(site.clone(), request);
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let page = Url::parse(&format!("https://portal.example.org{path}")).unwrap();
        let addresses = addresses(answer.body());
        let own: Vec<_> = addresses
            .iter()
            .filter(|address| !address.starts_with("https://policies.google.com/"))
            .collect();
        assert!(own.len() > 5, "{own:?}");
        for address in own {
            let leads_to = page.join(address).unwrap();
            assert_eq!(leads_to.origin(), page.origin(), "{path}: {address}");
        }
    }
}

#[test]
fn a_grant_beside_too_many_preferences_does_not_widen() {
    let many = vec![Prefs::refuse().pair(); 17].join("; ");
    let accept = Prefs::accept().set_cookie().replace('"', "%22");
    let done = exchange(
        &support::layer(),
        support::request([("cookie", many)]),
        response([&*accept, "_ga=1"]),
    );
    assert_eq!(done.set_cookies(), [&*accept]);
}

/// `Max-Age=` inside of another attribute's name limits nothing, so nothing is removed.
#[test]
fn a_blank_choice_without_a_lifetime_does_not_pass() {
    let done = exchange(
        &support::layer(),
        support::request([("cookie", "_g=1")]),
        response(["cookies_preferences=; %22revisMax-Age=; _ga_=/9"]),
    );
    assert!(done.set_cookies().is_empty());
    let removal = "cookies_preferences=; Max-Age=";
    let done = exchange(
        &support::layer(),
        support::request([("cookie", "_g=1")]),
        response([removal]),
    );
    assert_eq!(done.set_cookies(), [removal], "some browsers remove it");
}

/// What `Vary: *` says, any list that contains it says.
#[test]
fn a_star_among_others_in_vary_keeps_the_removals() {
    let mut answer = response::<&str>([]);
    for (name, field) in [
        ("cache-control", "public, max-age=60"),
        ("vary", "accept, *"),
    ] {
        answer.headers_mut().append(name, support::value(field));
    }
    let cookies = format!("{}; _ga=1", Prefs::refuse().pair());
    let done = exchange(
        &support::layer(),
        support::request([("cookie", cookies)]),
        answer,
    );
    assert_eq!(done.removed(), ["_ga"]);
}
