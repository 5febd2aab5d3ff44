//! The resources of the pages, with their headers.

use std::{collections::BTreeSet, convert::Infallible};

use axum::{Router, body::Body};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use tower::{Layer, ServiceExt};
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookieDeclaration, CookiePolicy,
    codecs::Klaro,
    pages::Pages,
    policy::{Controller, Service, TrackerKind},
    preferences::PreferencesCookie,
};
use tower_http::compression::CompressionLayer;

use super::{Answer, fetch, field, policy, post, request, send, site, site_with};

fn style_of(answer: &Answer) -> String {
    let (_, rest) = answer
        .body()
        .split_once("rel=\"stylesheet\" href=\"")
        .unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[test]
fn the_charter_lists_every_cookie_in_the_seeds_columns() {
    let answer = fetch("/cookies", &[]);
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(field(&answer, "content-type"), "text/html; charset=utf-8");
    let page = answer.body();
    for told in [
        "<h1>Cookie policy</h1>",
        "What is a cookie?",
        "Kinds of cookies",
        "Provider</th>",
        "Service and location</th>",
        "Cookie name</th>",
        "Purposes</th>",
        "Duration</th>",
        "Necessary cookies",
        "<code dir=\"ltr\">sessionid</code>",
        "Opendatasoft",
        "Login",
        "Keeps you logged in",
        "2 weeks",
        "Audience measurement",
        "<code dir=\"ltr\">_pk_id.*</code>",
        "13 months",
        "<code dir=\"ltr\">parcours</code>",
        "Google Ireland Ltd",
        "href=\"https:&#x2f;&#x2f;policies.google.com&#x2f;privacy\"",
        "Other trackers",
        "Tracking pixel",
        "<code dir=\"ltr\">px</code>",
        "Changing your mind",
        "href=\"cookies&#x2f;preferences\"",
        "You can still object",
    ] {
        assert!(page.contains(told), "{told}\n{page}");
    }
    assert!(!page.contains("<details open") && !page.contains("<b>maps"));
}

#[test]
fn a_policy_without_statistics_does_not_mention_them() {
    let policy =
        CookiePolicy::new(
            [Category::necessary("base").cookie(CookieDeclaration::new("sessionid"))],
        )
        .unwrap();
    let pages = Pages::at("/cookies", policy.clone()).unwrap();
    let site = Router::new()
        .nest_service("/cookies", pages)
        .layer(CookieConsentLayer::new(policy));
    let answer = send(site, request(Method::GET, "/cookies", &[], ""));
    assert_eq!(answer.status(), StatusCode::OK);
    for claim in ["Statistics", "object", "First-party", "Third-party"] {
        assert!(!answer.body().contains(claim), "{claim}");
    }
}

#[test]
fn the_charter_shows_headers_among_other_trackers() {
    let etag = CookieDeclaration::new("ETag").kind(TrackerKind::Header);
    let ads = Category::consent("ads").title("Advertising");
    let policy = CookiePolicy::new([ads.description("Pays.").cookie(etag)]).unwrap();
    let site = site_with(Pages::at("/cookies", policy.clone()).unwrap(), policy);
    for (lang, told) in [("en", "HTTP header"), ("fr", "En-tête HTTP")] {
        let path = format!("/cookies?lang={lang}");
        let answer = send(site.clone(), request(Method::GET, &path, &[], ""));
        let page = answer.body();
        assert!(
            page.contains(told) && page.contains("<code dir=\"ltr\">ETag</code>"),
            "{page}"
        );
    }
}

#[test]
fn the_charter_comes_as_json_and_markdown_too() {
    for (path, accept) in [
        ("/cookies?format=json", "text/html"),
        ("/cookies", "application/json"),
    ] {
        let answer = fetch(path, &[("accept", accept)]);
        assert_eq!(field(&answer, "content-type"), "application/json");
        let charter: serde_json::Value = serde_json::from_str(answer.body()).unwrap();
        let cookie = &charter["categories"][3]["cookies"][0];
        assert_eq!(cookie["name"], "_ga");
        assert_eq!(cookie["retention_days"], 395);
        assert_eq!(charter["categories"][3]["trackers"][0]["kind"], "pixel");
        assert_eq!(charter["choice_lifetime_days"], 182);
    }
    for (path, accept) in [("/cookies?format=md", "*/*"), ("/cookies", "text/markdown")] {
        let answer = fetch(path, &[("accept", accept)]);
        assert_eq!(
            field(&answer, "content-type"),
            "text/markdown; charset=utf-8"
        );
        let text = answer.body();
        assert!(text.starts_with("# Cookie policy: Portal\n"), "{text}");
        assert!(
            text.contains("| Opendatasoft | Login | sessionid |"),
            "{text}"
        );
        // Anything that could be markup is escaped.
        assert!(
            text.contains("Maps \\| Ltd") && text.contains("\\_pk\\_id.\\*"),
            "{text}"
        );
        assert!(text.contains("Shows \\<b\\>maps"), "{text}");
    }
}

/// Backslashes escape nothing in autolinks (`CommonMark` 0.31, section 6.5).
#[test]
fn links_of_the_markdown_charter_are_destinations() {
    let url = "https://x.example/privacy_policy#a";
    let films = Service::new("films").title("Films").privacy_url(url);
    let cookie = CookieDeclaration::new("v").privacy_url(url);
    let media = Category::consent("media").title("Media").description("d");
    let policy = CookiePolicy::new([media.service(films.cookie(cookie))]).unwrap();
    let charter = |policy: &CookiePolicy| {
        let pages = Pages::at("/cookies", policy.clone()).unwrap();
        let site = site_with(pages, policy.clone());
        let path = "/cookies?format=md&lang=en";
        send(site, request(Method::GET, path, &[], "")).into_body()
    };
    let text = charter(&policy);
    let link = "[Privacy policy](<https://x.example/privacy\\_policy\\#a>)";
    assert_eq!(text.matches(link).count(), 2, "{text}");
    assert!(!text.contains(" <https"), "{text}");
    assert!(text.contains("[Manage cookies](<"), "{text}");
    // Where another tool asks, there is no form to lead to.
    let follow = PreferencesCookie::follow(Klaro::new());
    let followed = policy.to_builder().preferences_cookie(follow);
    let text = charter(&followed.build().unwrap());
    assert!(!text.contains("preferences>)"), "{text}");
}

#[test]
fn each_id_of_the_charter_is_there_once() {
    let reserved = [
        "what",
        "kinds",
        "purposes",
        "change",
        "records",
        "controller",
    ];
    let categories = reserved.map(|id| {
        let service = Service::new(format!("{id}-1")).title(id);
        Category::consent(id)
            .title(id)
            .description("d")
            .service(service)
    });
    let policy = CookiePolicy::new(categories).unwrap();
    let policy = policy.to_builder().controller(Controller::new("Example"));
    let policy = policy.build().unwrap();
    let site = site_with(Pages::at("/cookies", policy.clone()).unwrap(), policy);
    let page = send(site, request(Method::GET, "/cookies", &[], "")).into_body();
    let ids = |attribute: &str| -> Vec<String> {
        let start = format!(" {attribute}=\"");
        let found = page.split(&start).skip(1);
        let ids = found.map(|rest| rest.split('"').next().unwrap().to_owned());
        ids.collect()
    };
    let all = ids("id");
    let unique: BTreeSet<_> = all.iter().collect();
    assert_eq!(unique.len(), all.len(), "{all:?}");
    for label in ids("aria-labelledby") {
        assert!(unique.contains(&label), "{label}");
    }
    assert!(all.contains(&"tcc-of-what".to_owned()), "{all:?}");
}

#[test]
fn another_language_keeps_the_way_back() {
    for (query, kept) in [
        ("", ""),
        ("return_to=/a/b%3Fc%3Dd", "&amp;return_to=%2Fa%2Fb%3Fc%3Dd"),
        ("return_to=//evil.example", ""),
        ("lang=de&return_to=/a", "&amp;return_to=%2Fa"),
        ("r=%22%3E&confirm", ""),
    ] {
        let page = fetch(&format!("/cookies/preferences?{query}"), &[]).into_body();
        let link = format!("<a href=\"?lang=fr{kept}\" lang=\"fr\"");
        assert!(page.contains(&link), "{query}: {page}");
    }
    let stale = post("decision=accept&revision=7&return_to=/a");
    assert_eq!(stale.status(), StatusCode::CONFLICT);
    assert!(stale.body().contains("\"?lang=fr&amp;return_to=%2Fa\""));
}

#[test]
fn pages_send_a_strict_csp_and_have_nothing_inline() {
    for path in ["/cookies", "/cookies/preferences", "/cookies/nothing"] {
        let answer = fetch(path, &[]);
        let policy = field(&answer, "content-security-policy");
        assert!(policy.starts_with("default-src 'self';"), "{policy}");
        assert!(policy.ends_with("frame-ancestors 'self'"), "{policy}");
        let page = answer.body();
        for inline in ["<style", " style=", "<script>", " onclick", "javascript:"] {
            assert!(!page.contains(inline), "{path}: {inline}");
        }
    }
}

#[test]
fn other_methods_get_405_and_unknown_paths_404() {
    for (path, allow) in [
        ("/cookies", "GET, HEAD"),
        ("/cookies/state", "GET, HEAD"),
        ("/cookies/preferences", "GET, HEAD, POST"),
        ("/.well-known/gpc.json", "GET, HEAD"),
    ] {
        let method = if path.ends_with("preferences") {
            Method::PUT
        } else {
            Method::POST
        };
        let answer = send(site(), request(method, path, &[], ""));
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(field(&answer, "allow"), allow, "{path}");
    }
    for path in [
        "/cookies/nothing",
        "/cookies/preferences/x",
        "/cookies/style-0.css",
        "/cookies/%3Cb%3E",
    ] {
        let answer = fetch(path, &[]);
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert!(answer.body().contains("Page not found."), "{path}");
        assert!(!answer.body().contains("%3C"), "{path}");
    }
}

#[test]
fn the_script_is_as_small_as_the_readme_says() {
    let readme = include_str!("../../../README.md").replace('\n', " ");
    assert!(readme.contains("optional script (under 9 KB, or 4 KB compressed)"));
    let page = fetch("/cookies/preferences", &[]);
    let script = page.body().split("<script src=\"").nth(1).unwrap();
    let script = script.split('"').next().unwrap().replace("&#x2f;", "/");
    for (encoding, limit) in [("identity", 9_000), ("gzip", 4_000)] {
        let site = site().layer(CompressionLayer::new());
        let path = format!("/cookies/{script}");
        let asked = request(Method::GET, &path, &[("accept-encoding", encoding)], "");
        let length = futures_executor::block_on(async {
            let answer = site.oneshot(asked).await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
            let encoded = answer.headers().get("content-encoding").is_some();
            assert_eq!(encoded, encoding == "gzip");
            answer.into_body().collect().await.unwrap().to_bytes().len()
        });
        assert!(length < limit, "{encoding}: {length}");
    }
}

#[test]
fn assets_are_named_by_content_and_kept_for_a_year() {
    let page = fetch("/cookies/preferences", &[]);
    let style = style_of(&page).replace("&#x2f;", "/");
    let answer = fetch(&format!("/cookies/{style}"), &[]);
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(field(&answer, "content-type"), "text/css; charset=utf-8");
    assert_eq!(
        field(&answer, "cache-control"),
        "public, max-age=31536000, immutable"
    );
    let themed = Pages::at("/cookies", policy())
        .unwrap()
        .style(":root{--tcc-radius:0}");
    let site = site_with(themed, policy());
    let other = send(
        site.clone(),
        request(Method::GET, "/cookies/preferences", &[], ""),
    );
    let other = style_of(&other).replace("&#x2f;", "/");
    assert_ne!(style, other);
    let answer = send(
        site,
        request(Method::GET, &format!("/cookies/{other}"), &[], ""),
    );
    assert!(answer.body().ends_with(":root{--tcc-radius:0}\n"));
}

#[test]
fn the_state_describes_the_consent() {
    let answer = fetch("/cookies/state", &[("sec-gpc", "1")]);
    let state: serde_json::Value = serde_json::from_str(answer.body()).unwrap();
    assert_eq!(state["status"], "undecided");
    assert_eq!(state["pending"], serde_json::json!(["internes", "tiers"]));
    assert_eq!(state["gpc"], true);
    assert_eq!(state["decided_at"], serde_json::Value::Null);
    assert_eq!(state["consent_mode"]["ad_storage"], "denied");
    let accepted = super::state_after(&post("decision=accept"));
    assert_eq!(accepted["status"], "decided");
    assert_eq!(accepted["decided_at"], "2026-09-21T14:13:20Z");
    assert_eq!(accepted["ends_at"], "2027-03-22T14:13:20Z");
    assert_eq!(accepted["consent_mode"]["ad_storage"], "granted");
}

#[test]
fn the_site_says_that_it_honours_global_privacy_control() {
    let answer = fetch("/.well-known/gpc.json", &[]);
    assert_eq!(field(&answer, "content-type"), "application/json");
    assert_eq!(answer.body(), r#"{"gpc":true,"lastUpdate":"2026-01-01"}"#);
}

/// Every relative link of a page, resolved as a browser does.
fn links(url: &str, page: &str) -> Vec<String> {
    let base = url::Url::parse(url).unwrap();
    let attributes = ["href=\"", "action=\"", "src=\"", "data-state=\""];
    let values = attributes
        .iter()
        .flat_map(|attribute| page.split(attribute).skip(1));
    values
        .map(|rest| rest.split('"').next().unwrap().replace("&#x2f;", "/"))
        .filter(|link| !link.starts_with(['#', '?']) && !link.starts_with("https:"))
        .map(|link| base.join(&link).unwrap().to_string())
        .collect()
}

#[test]
fn links_stay_right_under_nest_and_behind_a_proxy() {
    let inner =
        || Router::new().nest_service("/cookies", Pages::at("/shop/cookies", policy()).unwrap());
    let nested = || {
        Router::new()
            .nest("/shop", inner())
            .layer(CookieConsentLayer::new(policy()))
    };
    let bare = site;
    // The path that the browser sees, and the path that the server does.
    for (seen, path, site, root) in [
        ("/cookies", "/cookies", bare(), "/cookies"),
        ("/cookies/", "/cookies/", bare(), "/cookies"),
        (
            "/cookies/preferences",
            "/cookies/preferences",
            bare(),
            "/cookies",
        ),
        ("/cookies/a/b", "/cookies/a/b", bare(), "/cookies"),
        ("/proxy/cookies", "/cookies", bare(), "/proxy/cookies"),
        (
            "/proxy/cookies/preferences",
            "/cookies/preferences",
            bare(),
            "/proxy/cookies",
        ),
        ("/shop/cookies", "/shop/cookies", nested(), "/shop/cookies"),
        (
            "/shop/cookies/preferences",
            "/shop/cookies/preferences",
            nested(),
            "/shop/cookies",
        ),
        ("/proxy/", "/", bare(), "/proxy/cookies"),
        ("/proxy/a/b", "/a/b", bare(), "/proxy/cookies"),
    ] {
        let answer = send(site, request(Method::GET, path, &[], ""));
        let found = links(&format!("https://example.org{seen}"), answer.body());
        assert!(found.len() > 3, "{seen}: {}", answer.body());
        let root = format!("https://example.org{root}");
        // The site's name leads to its root.
        let home = root.strip_suffix("cookies").unwrap().to_owned();
        let named = answer.body().contains("<header class=\"tcc-site\">");
        assert_eq!(found.contains(&home), named, "{seen}: {found:?}");
        for link in found.into_iter().filter(|link| *link != home) {
            let rest = link
                .strip_prefix(&root)
                .unwrap_or_else(|| panic!("{seen}: {link}"));
            let known = ["", "/preferences", "/state", "/style-", "/script-"];
            let path = rest.split('?').next().unwrap();
            assert!(
                known.contains(&path) || path.starts_with("/s"),
                "{seen}: {link}"
            );
        }
    }
}

#[test]
fn it_serves_as_a_fallback_and_without_any_router() {
    let pages = Pages::at("/cookies", policy()).unwrap();
    let app = Router::new()
        .fallback_service(pages.clone())
        .layer(CookieConsentLayer::new(policy()));
    let answer = send(
        app.clone(),
        request(Method::GET, "/cookies/preferences", &[], ""),
    );
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(
        send(app, request(Method::GET, "/preferences", &[], "")).status(),
        StatusCode::NOT_FOUND
    );

    let service = CookieConsentLayer::new(policy()).layer(pages);
    futures_executor::block_on(async {
        let request: Request<Body> = request(Method::GET, "/cookies", &[], "");
        let response: Result<_, Infallible> = service.oneshot(request).await;
        let body = response
            .unwrap()
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes();
        assert!(String::from_utf8_lossy(&body).contains("Cookie policy"));
    });
}

#[test]
fn without_the_layer_the_pages_say_what_to_add() {
    let app = Router::new().nest_service("/cookies", Pages::at("/cookies", policy()).unwrap());
    let answer = send(app, request(Method::GET, "/cookies", &[], ""));
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.body().contains("CookieConsentLayer"));
}
