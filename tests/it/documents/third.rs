//! Another site, on a port of its own, which remembers what it is asked.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::Request,
    response::{Html, IntoResponse, Response},
};

use crate::support::{process::PATIENCE, server::serve};

/// Long enough for whatever would load by mistake.
pub(in crate::documents) const QUIET: Duration = Duration::from_millis(300);

#[derive(Clone)]
pub(in crate::documents) struct Third {
    pub(in crate::documents) url: String,
    asked: Arc<Mutex<BTreeSet<String>>>,
}

impl Third {
    pub(in crate::documents) fn start() -> Self {
        let asked = Arc::<Mutex<BTreeSet<String>>>::default();
        let seen = Arc::clone(&asked);
        let site = Router::new().fallback(async move |request: Request| {
            let path = request.uri().path().trim_start_matches('/').to_owned();
            if path != "favicon.ico" {
                seen.lock().unwrap().insert(path.clone());
            }
            answer(&path).await
        });
        let url = format!("http://{}", serve(site));
        Self { url, asked }
    }

    /// Returns the paths that were asked for.
    pub(in crate::documents) fn asked(&self) -> BTreeSet<String> {
        self.asked.lock().unwrap().clone()
    }

    pub(in crate::documents) fn forget(&self) {
        self.asked.lock().unwrap().clear();
    }

    /// Waits until this was asked for.
    pub(in crate::documents) fn is_asked(&self, path: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.asked().contains(path) {
            assert!(Instant::now() < deadline, "nobody asks for {path}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until all of these were asked for, and no others are.
    pub(in crate::documents) fn is_only_asked(&self, expected: &BTreeSet<String>, of: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.asked().is_superset(expected) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(20));
        }
        thread::sleep(QUIET);
        assert_eq!(self.asked(), *expected, "{of}");
    }

    pub(in crate::documents) fn is_not_asked(&self) {
        thread::sleep(QUIET);
        assert_eq!(self.asked(), BTreeSet::new());
    }
}

/// Scripts say their name; the first takes its time.
async fn answer(path: &str) -> Response {
    if !path.ends_with("js") {
        let cors = [("access-control-allow-origin", "*")];
        return (cors, Html("<!doctype html><title>Film</title><p>A film")).into_response();
    }
    if path == "1.js" {
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    let headers = [
        ("content-type", "text/javascript"),
        ("access-control-allow-origin", "*"),
    ];
    (headers, format!("(window.ran ??= []).push('{path}')")).into_response()
}
