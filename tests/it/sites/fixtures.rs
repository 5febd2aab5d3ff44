//! The site in the test's own process: the templates, the site with a strict policy, and the traps.

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderValue, Response, StatusCode, Uri, header},
    routing::any,
};

use crate::support::{process::of_crate, server::runtime};

/// Fields by which browsers load or report.
const HEADERS_OF_TRAPS: [(&str, &str); 6] = [
    (
        "link",
        "<http://r01.markup.test/h.css>; rel=stylesheet, </traps/own.png>; rel=preload; as=image",
    ),
    (
        "link",
        "<http://r02.markup.test/h.js>; rel=\"preload\"; as=script",
    ),
    ("link", "<https://ahead3.markup.test>; rel=preconnect"),
    (
        "speculation-rules",
        "\"https://r03.markup.test/rules.json\"",
    ),
    (
        "reporting-endpoints",
        "default=\"https://r04.markup.test/reports\"",
    ),
    (
        "report-to",
        r#"{"group":"nel","max_age":9,"endpoints":[{"url":"https://r05.markup.test/n"}]}"#,
    ),
];

/// Starts it; the folders are those of the templates, by the first part of a path.
pub(super) fn start(templates: BTreeMap<&'static str, PathBuf>) -> SocketAddr {
    let mut folders = templates;
    for name in ["strict", "traps"] {
        let folder = of_crate("tests/data/sites").join(name);
        folders.insert(name, folder);
    }
    let (sender, receiver) = std::sync::mpsc::channel();
    thread::spawn(move || {
        runtime().block_on(async {
            let site = Router::new().fallback(any(answer)).with_state(folders);
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, site).await.unwrap();
        });
    });
    receiver.recv().unwrap()
}

async fn answer(
    State(folders): State<BTreeMap<&'static str, PathBuf>>,
    uri: Uri,
) -> Response<Body> {
    if let Some(target) = uri.query().and_then(|query| query.strip_prefix("to=")) {
        let target = percent_encoding::percent_decode_str(target).decode_utf8_lossy();
        return Response::builder()
            .status(StatusCode::FOUND)
            .header(header::LOCATION, &*target)
            .body(Body::empty())
            .unwrap();
    }
    let path = percent_encoding::percent_decode_str(uri.path()).decode_utf8_lossy();
    let mut parts = path.trim_start_matches('/').splitn(2, '/');
    let (name, rest) = (parts.next().unwrap_or_default(), parts.next());
    let file = folders.get(name).map(|folder| match rest {
        None | Some("") => folder.join("index.html"),
        Some(rest) => folder.join(rest),
    });
    let is_plain = !path.contains("..");
    let content = file
        .as_ref()
        .filter(|_| is_plain)
        .and_then(|file| fs::read(file).ok());
    let (Some(file), Some(content)) = (file, content) else {
        let status = StatusCode::NOT_FOUND;
        return Response::builder()
            .status(status)
            .body(Body::empty())
            .unwrap();
    };
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(&file)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let is_html = kind(&file).starts_with("text/html");
    match name {
        "strict" if is_html => strict(response, &String::from_utf8(content).unwrap()),
        "traps" if path.ends_with('/') => {
            for (name, value) in HEADERS_OF_TRAPS {
                headers.append(name, HeaderValue::from_static(value));
            }
            response.map(|_| Body::from(content))
        }
        _ => response.map(|_| Body::from(content)),
    }
}

/// A policy of the site's own, with a nonce for this response.
fn strict(mut response: Response<Body>, page: &str) -> Response<Body> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let nonce = format!("n{:08}", COUNT.fetch_add(7919, Ordering::Relaxed));
    let policy =
        format!("script-src 'nonce-{nonce}' 'strict-dynamic'; object-src 'none'; base-uri 'none'");
    let policy = HeaderValue::from_str(&policy).unwrap();
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, policy);
    response.map(|_| Body::from(page.replace("{nonce}", &nonce)))
}

fn kind(file: &Path) -> &'static str {
    match file.extension().and_then(|it| it.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("svg") => "image/svg+xml",
        Some("xhtml") => "application/xhtml+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("json") => "application/json",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
