//! The mistakes of a new user, and what is said about each: in the log and an event, by the policy, by the
//! kit, or by the compiler. `docs/guide/troubleshooting.md` quotes the sentences.
//!
//! | mistake | in |
//! |---|---|
//! | wrong order, two layers, other records | `layers` |
//! | `nest`, `route_service` | `mounting` |
//! | HTTP with `Secure`, and other choices that no browser keeps | `choice` |
//! | wrong revision, unknown id, undeclared session, JSON typo | `policy` |
//! | missing feature | `feature` |

mod choice;
mod feature;
mod layers;
mod mounting;
mod policy;

use std::{
    fs,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Body};
use futures_executor::block_on;
use http::{Request, Response, header::SET_COOKIE};
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookiePolicy,
    observe::{Event, EventKind, Mistake},
    preferences::PreferencesCookie,
};

use crate::support::{NOW, at, exchange_with, process::of_crate, request};

fn policy_with(cookie: PreferencesCookie) -> CookiePolicy {
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

/// The events' sentences.
fn sentences(told: &Told) -> Vec<String> {
    let list = told.lock().unwrap();
    list.iter().map(|(.., sentence)| sentence.clone()).collect()
}

/// The troubleshooting guide quotes this sentence, or this beginning of one.
fn assert_in_guide(sentence: &str) {
    let guide = fs::read_to_string(of_crate("docs/guide/troubleshooting.md")).unwrap();
    let words = |text: &str| {
        let words = text.split_whitespace().filter(|word| *word != ">");
        words.collect::<Vec<_>>().join(" ")
    };
    assert!(words(&guide).contains(&words(sentence)), "{sentence}");
}

/// Requests these paths of an app, one after the other.
fn get_all(app: &Router, paths: &[&str]) {
    for path in paths {
        let request = Request::get(*path).header("host", "www.shop.example");
        block_on(app.clone().oneshot(request.body(Body::empty()).unwrap())).unwrap();
    }
}

#[test]
fn events_name_host_and_policy() {
    let policy = policy_with(PreferencesCookie::default());
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
