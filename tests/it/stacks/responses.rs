//! Responses of every class and method, over a real connection.

use axum::{Router, extract::Path, response::IntoResponse, routing::any};
use http::{StatusCode, header::LOCATION};

use super::{ALLOWED, MIXED, consent, hyper::serve};
use crate::support::raw::{Connection, Head};

const STATUSES: [u16; 22] = [
    200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 410, 429, 500,
    501, 502, 503,
];

async fn status(Path(status): Path<u16>) -> impl IntoResponse {
    let status = StatusCode::from_u16(status).unwrap();
    (status, [(LOCATION, "/200")], MIXED, "body")
}

fn routes() -> Router {
    Router::new().route("/{status}", any(status))
}

async fn ask(client: &mut Connection, method: &str, path: &str) -> Head {
    let request = format!("{method} {path} HTTP/1.1\r\nHost: h\r\n\r\n");
    client.write(request).await;
    client.head().await.unwrap()
}

#[tokio::test]
async fn every_status_and_method_is_filtered() {
    let app = routes().layer(consent());
    let address = serve(app).await;
    for method in ["GET", "HEAD", "OPTIONS", "POST", "DELETE"] {
        // One connection for all: a response that is not well-formed spoils the next.
        let mut client = Connection::to(address).await;
        for status in STATUSES {
            let head = ask(&mut client, method, &format!("/{status}")).await;
            assert!(
                head.start().starts_with(&format!("HTTP/1.1 {status} ")),
                "{method} {status}: {}",
                head.start()
            );
            assert_eq!(head.texts("set-cookie"), ALLOWED, "{method} {status}");
            let without_body = method == "HEAD" || matches!(status, 204 | 304);
            if !without_body {
                let length = head.texts("content-length")[0].parse().unwrap();
                assert_eq!(client.exactly(length).await, b"body");
            }
        }
        assert!(client.is_silent().await, "{method}");
    }
}

#[tokio::test]
async fn only_cookies_and_cache_control_differ() {
    let with = serve(routes().layer(consent()));
    let without = serve(routes());
    let (mut with, mut without) = (
        Connection::to(with.await).await,
        Connection::to(without.await).await,
    );
    for status in STATUSES {
        let path = format!("/{status}");
        let (with, without) = (
            ask(&mut with, "HEAD", &path).await,
            ask(&mut without, "HEAD", &path).await,
        );
        assert_eq!(without.texts("set-cookie").len(), 4);
        assert_eq!(with.texts("cache-control"), ["private"]);
        let others = |head: &Head| {
            let text = String::from_utf8_lossy(&head.0).into_owned();
            let lines = text.lines().map(str::to_ascii_lowercase);
            let mut lines: Vec<_> = lines
                .filter(|line| {
                    let own = ["set-cookie:", "cache-control:", "date:"];
                    !own.iter().any(|name| line.starts_with(name))
                })
                .collect();
            lines.sort();
            lines
        };
        assert_eq!(others(&with), others(&without), "{status}");
    }
}
