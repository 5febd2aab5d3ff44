//! The mistakes of a new user: what the log and an observer say about each.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Body, routing::get};
use futures_executor::block_on;
use http::{Request, Response, header::SET_COOKIE};
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookiePolicy,
    observe::{Event, EventKind, Mistake},
    pages::Pages,
    preferences::PreferencesCookie,
};

use crate::support::{NOW, at, exchange_with, request};

fn policy(cookie: PreferencesCookie) -> CookiePolicy {
    let ads = Category::consent("ads")
        .title("Advertising")
        .description("Pays for what you read.");
    let builder = CookiePolicy::builder().preferences_cookie(cookie);
    builder.category(ads).build().unwrap()
}

type Told = Arc<Mutex<Vec<(Mistake, Option<String>, String)>>>;

/// A layer, and the mistakes that it reports.
fn listening(policy: &CookiePolicy) -> (CookieConsentLayer, Told) {
    let told = Told::default();
    let list = Arc::clone(&told);
    let layer = CookieConsentLayer::new(policy.clone())
        .with_clock(|| at(NOW))
        .observe(move |event: &Event<'_>| {
            if let EventKind::Mistake(mistake) = event.kind() {
                let name = event.name().map(|name| name.to_string());
                list.lock()
                    .unwrap()
                    .push((mistake, name, event.to_string()));
            }
        });
    (layer, told)
}

fn told(told: &Told) -> Vec<Mistake> {
    told.lock()
        .unwrap()
        .iter()
        .map(|(mistake, ..)| *mistake)
        .collect()
}

/// What is reported about a choice that is made on a page of this host and origin.
fn after_choice(cookie: PreferencesCookie, host: &str, origin: &str) -> Vec<Mistake> {
    let (layer, list) = listening(&policy(cookie));
    let asked = request([("host", host), ("origin", origin)]);
    exchange_with(&layer, asked, |request| {
        let consent = request.extensions().get::<Consent>().unwrap();
        let set = consent.set_cookie(consent.accept_all());
        let mut response = Response::new(());
        set.append_to(response.headers_mut()).unwrap();
        response
    });
    told(&list)
}

#[test]
fn unknown_ids_are_reported_once() {
    let (layer, list) = listening(&policy(PreferencesCookie::default()));
    for _ in 0..3 {
        exchange_with(&layer, request::<&str>([]), |request| {
            let consent = request.extensions().get::<Consent>().unwrap();
            assert!(!consent.allows("adds") && !consent.allows("ads"));
            Response::new(())
        });
    }
    let list = list.lock().unwrap();
    let [(Mistake::UnknownId, Some(name), says)] = &list[..] else {
        panic!("{list:?}");
    };
    assert_eq!(name, "adds");
    assert!(
        says.contains("use the id of a category or service"),
        "{says}"
    );
}

#[test]
fn choice_of_another_domain_is_lost() {
    let cookie = || PreferencesCookie::default().domain("shop.example");
    let https = "https://www.shop.example";
    assert_eq!(after_choice(cookie(), "www.shop.example", https), []);
    let other = "https://www.store.example";
    assert_eq!(
        after_choice(cookie(), "www.store.example", other),
        [Mistake::ChoiceDomain]
    );
}

#[test]
fn secure_choice_is_lost_over_plain_http() {
    for (host, lost) in [
        ("intranet:8080", true),
        ("192.168.1.2", true),
        ("localhost.example", true),
        ("localhost:8080", false),
        ("app.localhost", false),
        ("127.0.0.1:3000", false),
        ("[::1]:3000", false),
    ] {
        let found = after_choice(
            PreferencesCookie::default(),
            host,
            &format!("http://{host}"),
        );
        let expected: &[Mistake] = if lost {
            &[Mistake::ChoiceNotSecure]
        } else {
            &[]
        };
        assert_eq!(found, expected, "{host}");
        let plain = PreferencesCookie::default().secure(false);
        assert_eq!(
            after_choice(plain, host, &format!("http://{host}")),
            [],
            "{host}"
        );
        let found = after_choice(
            PreferencesCookie::default(),
            host,
            &format!("https://{host}"),
        );
        assert_eq!(found, [], "{host}");
        let other = "http://other.example";
        let found = after_choice(PreferencesCookie::default(), host, other);
        assert_eq!(found, [], "{host}: from the page of another site");
    }
}

#[test]
fn choice_that_is_too_large_is_lost() {
    let (layer, list) = listening(&policy(PreferencesCookie::default().keep(["note"])));
    exchange_with(&layer, request::<&str>([]), |_| {
        let note = "x".repeat(4_060);
        let value = format!("{{\"ads\":true,\"timestamp\":{NOW},\"note\":\"{note}\"}}");
        let field = format!("cookies_preferences={value}; Path=/; Secure; Max-Age=15724800");
        let mut response = Response::new(());
        response
            .headers_mut()
            .append(SET_COOKIE, field.parse().unwrap());
        response
    });
    assert_eq!(told(&list), [Mistake::ChoiceTooLarge]);
}

/// Requests these paths of an app, one after the other.
fn get_all(app: &Router, paths: &[&str]) {
    for path in paths {
        let request = Request::get(*path).header("host", "www.shop.example");
        block_on(app.clone().oneshot(request.body(Body::empty()).unwrap())).unwrap();
    }
}

#[test]
fn second_layer_of_the_same_policy_is_reported() {
    let policy = policy(PreferencesCookie::default());
    let (layer, list) = listening(&policy);
    let app = Router::new().route("/", get(|| async {}));
    let once = app.layer(layer.clone());
    get_all(&once, &["/", "/"]);
    assert_eq!(told(&list), []);
    get_all(&once.layer(layer), &["/", "/"]);
    assert_eq!(told(&list), [Mistake::TwoLayers]);
}

#[test]
fn pages_at_another_path_are_reported() {
    let policy = policy(PreferencesCookie::default());
    let (layer, list) = listening(&policy);
    let pages = Pages::at("/cookies", policy).unwrap();
    let right = Router::new()
        .nest_service("/cookies", pages.clone())
        .layer(layer.clone());
    get_all(&right, &["/cookies", "/cookies/preferences"]);
    assert_eq!(told(&list), []);
    let wrong = Router::new().nest_service("/legal", pages).layer(layer);
    get_all(&wrong, &["/legal", "/legal/preferences"]);
    assert_eq!(told(&list), [Mistake::PagesElsewhere]);
    let says = &list.lock().unwrap()[0].2;
    assert!(
        says.contains("\"/cookies\"") && says.contains("Pages::at"),
        "{says}"
    );
}

#[test]
fn pages_with_nothing_below_are_reported() {
    let policy = policy(PreferencesCookie::default());
    let (layer, list) = listening(&policy);
    let pages = Pages::at("/cookies", policy.clone()).unwrap();
    let wrong = Router::new()
        .route_service("/cookies", pages)
        .layer(layer.clone());
    // What browsers load with the page is answered 404 by the router.
    get_all(&wrong, &["/cookies", "/cookies/style.css", "/cookies"]);
    assert_eq!(told(&list), []);
    get_all(&wrong, &["/cookies", "/cookies"]);
    assert_eq!(told(&list), [Mistake::PagesNotNested]);
    assert!(list.lock().unwrap()[0].2.contains("nest_service"));

    let pages = Pages::at("/cookies", policy).unwrap();
    let right = Router::new().nest_service("/cookies", pages).layer(layer);
    get_all(
        &right,
        &[
            "/cookies",
            "/cookies/preferences",
            "/cookies",
            "/cookies",
            "/cookies",
        ],
    );
    assert_eq!(told(&list), [Mistake::PagesNotNested], "no second one");
}

#[test]
fn events_name_host_and_policy() {
    let policy = policy(PreferencesCookie::default());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&seen);
    let layer = CookieConsentLayer::new(policy.clone()).observe(move |event: &Event<'_>| {
        let host = event.host().map(str::to_owned);
        list.lock().unwrap().push((host, event.policy().clone()));
    });
    exchange_with(&layer, request([("host", "WWW.Shop.example:8080")]), |_| {
        let mut response = Response::new(());
        response
            .headers_mut()
            .append(SET_COOKIE, "unknown=1".parse().unwrap());
        response
    });
    assert_eq!(
        *seen.lock().unwrap(),
        [(Some("www.shop.example".to_owned()), policy)]
    );
}
