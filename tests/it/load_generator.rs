//! The load of `benches/compare`: what waits for a slow response counts as slow, and a wrong response is an
//! error.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{Router, http::header::SET_COOKIE, response::AppendHeaders, routing::get};

use crate::support::server::serve;

#[path = "../../benches/compare/load.rs"]
mod load;

/// The number of connections of the load.
const CONNECTIONS: u32 = 4;

/// A client of a site whose first response on each connection takes this long.
fn client(stall: Duration, expected: &'static [&'static str]) -> load::Load {
    let asked = Arc::new(AtomicU32::new(0));
    let page = async move || {
        if asked.fetch_add(1, Ordering::Relaxed) < CONNECTIONS {
            tokio::time::sleep(stall).await;
        }
        (AppendHeaders([(SET_COOKIE, "id=1")]), "x".repeat(6_000))
    };
    load::Load {
        address: serve(Router::new().route("/", get(page))),
        preferences: "choice=1".to_owned(),
        expected,
        makes_choices: false,
    }
}

#[test]
fn requests_that_wait_for_slow_ones_count_as_slow() {
    let client = client(Duration::from_millis(400), &["id"]);
    let latencies = client.open(100, Duration::from_millis(5)).unwrap();
    assert_eq!(latencies.len(), 100);
    // Four were slow by themselves, and those that were planned in the meantime waited.
    let slow = latencies.iter().filter(|it| it.as_millis() >= 100);
    let slow = slow.count();
    assert!(slow > 40, "{slow}: {latencies:?}");
}

#[test]
fn each_request_is_sent_at_its_time_and_no_sooner() {
    let client = client(Duration::ZERO, &["id"]);
    let start = std::time::Instant::now();
    let latencies = client.open(51, Duration::from_millis(10)).unwrap();
    assert_eq!(latencies.len(), 51);
    assert!(start.elapsed() >= Duration::from_millis(500));
}

#[test]
fn a_response_with_other_cookies_is_an_error() {
    for expected in [&["id", "_ga"][..], &[]] {
        let error = client(Duration::ZERO, expected).closed(10).unwrap_err();
        assert!(error.to_string().contains("was answered with"), "{error}");
    }
    client(Duration::ZERO, &["id"]).closed(10).unwrap();
}
