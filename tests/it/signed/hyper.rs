//! Over real connections, with the pages that sign by themselves.

use axum::{Router, routing::get};
use http::{
    Method, Response, StatusCode,
    header::{CONTENT_TYPE, COOKIE, HOST, ORIGIN, SET_COOKIE},
};
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookieDeclaration, CookiePolicy, pages::Pages,
};

use super::{KEY, OLD_KEY, cookie};
use crate::support::server::{send, serve};

fn site(key: [u8; 32]) -> String {
    let ads = Category::consent("ads")
        .title("Advertising")
        .description("Pays for it.");
    let policy = CookiePolicy::builder()
        .preferences_cookie(cookie().signed(key))
        .category(ads.cookie(CookieDeclaration::new("_ga")))
        .build()
        .unwrap();
    let home = get(async || ([(SET_COOKIE, "_ga=1; Path=/")], "home"));
    let site = Router::new()
        .route("/", home)
        .nest_service("/cookies", Pages::at("/cookies", policy.clone()).unwrap())
        .layer(CookieConsentLayer::new(policy));
    format!("http://{}", serve(site))
}

fn sets(response: &Response<String>) -> Vec<String> {
    let fields = response.headers().get_all(SET_COOKIE).iter();
    fields
        .map(|field| field.to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn pages_sign_what_visitors_choose() {
    let (shop, other) = (site(KEY), site(OLD_KEY));
    let host = (HOST, "www.shop.example");
    let accepted = send(
        Method::POST,
        &format!("{shop}/cookies/preferences"),
        &[
            host.clone(),
            (ORIGIN, "http://www.shop.example"),
            (CONTENT_TYPE, "application/json"),
        ],
        r#"{"decision": "accept"}"#,
    );
    assert_eq!(accepted.status(), StatusCode::OK, "{}", accepted.body());
    let sets_of = sets(&accepted);
    let [set] = &sets_of[..] else {
        panic!("{sets_of:?}");
    };
    let signed = set.split(';').next().unwrap();
    let (value, _) = signed.rsplit_once('.').unwrap();
    for (site, cookies, passes) in [
        (&shop, signed, true),
        (&shop, value, false),
        (&other, signed, false),
    ] {
        let home = send(
            Method::GET,
            &format!("{site}/"),
            &[host.clone(), (COOKIE, cookies)],
            "",
        );
        assert_eq!(home.status(), StatusCode::OK);
        assert_eq!(sets(&home) == ["_ga=1; Path=/"], passes, "{cookies}");
        assert_eq!(sets(&home).is_empty(), !passes, "{cookies}");
    }
}
