//! A shared cache on either side of the gate: nginx behind it keeps one original for all visitors,
//! and in front of it keeps no document. The gate is that of the example `reverse_proxy`.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{Router, extract::Request, response::IntoResponse, routing::any};
use flate2::{Compression, write::GzEncoder};
use http::{HeaderName, Method, Response, StatusCode, header};

use crate::support::{
    nginx::Nginx,
    process::{Folder, Server, example},
    server::{send, serve},
};

const POLICY: &str = r#"{"categories": [
    {"id": "media", "basis": "consent", "title": "Media", "description": "d", "services": [
        {"id": "films", "title": "Films", "provider": "P", "origins": ["https://films.example"]}]}]}"#;

const LIVE: &str = " src=\"https://films.example/embed/1\"";
const GRANTED: &str = "\"films\":true,";
const REFUSED: &str = "\"films\":false,";
const UNDECIDED: &str = "";

fn page() -> String {
    let rest = "<p>Text.\n".repeat(200);
    format!("<!doctype html><title>t</title>\n<iframe{LIVE}></iframe>\n{rest}")
}

/// How often each path was asked for.
type Hits = Arc<Mutex<BTreeMap<String, usize>>>;

/// A site that knows nothing of any gate: everybody may keep what it sends.
fn origin(hits: Hits) -> SocketAddr {
    serve(Router::new().fallback(any(async move |request: Request| {
        let path = request.uri().path().to_owned();
        *hits.lock().unwrap().entry(path.clone()).or_default() += 1;
        let (content_type, coding, body) = match &*path {
            "/film.mp4" => ("video/mp4", "identity", vec![0; 4000]),
            "/packed" => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(page().as_bytes()).unwrap();
                (
                    "text/html; charset=utf-8",
                    "gzip",
                    encoder.finish().unwrap(),
                )
            }
            _ => ("text/html; charset=utf-8", "identity", page().into_bytes()),
        };
        let fields = [
            (header::CONTENT_TYPE, content_type),
            (header::CONTENT_ENCODING, coding),
            (header::CACHE_CONTROL, "public, max-age=600"),
            (header::ETAG, "\"v1\""),
            (header::LAST_MODIFIED, "Sun, 22 Nov 2026 12:00:00 GMT"),
            (header::ACCEPT_RANGES, "bytes"),
            (header::VARY, "Accept-Encoding"),
        ];
        (fields, body).into_response()
    })))
}

/// The gate in front of a server.
fn gate(upstream: SocketAddr) -> Server {
    let folder = Folder::new("shared-cache");
    let policy = folder.0.join("policy.json");
    fs::write(&policy, POLICY).unwrap();
    let mut command = example("reverse_proxy");
    command
        .args([
            "--listen",
            "127.0.0.1:0",
            "--pages",
            "/cookies",
            "--documents",
            "both",
        ])
        .args(["--upstream", &format!("http://{upstream}"), "--policy"])
        .arg(policy);
    // It has read the policy when it listens.
    Server::start(&mut command)
}

type Fields<'a> = &'a [(HeaderName, &'a str)];

const DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const NAVIGATES: (HeaderName, &str) = (DEST, "document");

/// Requests a path as a visitor with these answers, or with this cookie.
fn get(server: SocketAddr, path: &str, visitor: &str, fields: Fields<'_>) -> Response<String> {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let made = format!("cookies_preferences={{{visitor}\"timestamp\":{now}}}");
    let cookie = if visitor.contains('=') {
        visitor
    } else {
        &made
    };
    let cookie = [
        (header::COOKIE, cookie),
        (header::ACCEPT_ENCODING, "gzip, br"),
    ];
    let fields = [&cookie[..], fields].concat();
    send(Method::GET, &format!("http://{server}{path}"), &fields, "")
}

fn field<'a>(response: &'a Response<String>, name: &str) -> &'a str {
    let field = response.headers().get(name);
    field.map_or("", |field| field.to_str().unwrap())
}

/// Fails unless it is the whole page of a visitor with these answers.
fn assert_page_of(visitor: &str, response: &Response<String>) {
    let text = response.body();
    assert_eq!(response.status(), StatusCode::OK, "{visitor}");
    assert_eq!(text.contains(LIVE), visitor == GRANTED, "{visitor} {text}");
    let held = text.contains("data-consent-src=\"https://films.example/embed/1\"");
    assert_eq!(held, visitor != GRANTED, "{visitor}");
    // Behind it there may be the forms of placeholders.
    assert!(text.contains("<p>Text.\n"));
    assert_eq!(field(response, "content-encoding"), "");
    let kept: Vec<_> = response.headers().get_all("cache-control").iter().collect();
    assert_eq!(kept, ["max-age=600, private", "no-cache"]);
    assert_eq!(field(response, "accept-ranges"), "");
}

/// The origin, nginx, the gate, and how often the origin was asked.
fn behind() -> Option<(Nginx, Server, Hits)> {
    let hits = Hits::default();
    let nginx = Nginx::in_front_of(origin(hits.clone()))?;
    let server = gate(nginx.address);
    Some((nginx, server, hits))
}

#[test]
fn a_cache_behind_the_gate_has_one_original() {
    let Some((_nginx, gate, hits)) = behind() else {
        return;
    };
    let server = gate.address();
    for path in ["/page", "/packed"] {
        let visitors = [GRANTED, REFUSED, UNDECIDED, GRANTED, UNDECIDED, REFUSED];
        for (visitor, number) in visitors.into_iter().zip(0..) {
            let response = get(server, path, visitor, &[NAVIGATES]);
            assert_page_of(visitor, &response);
            let status = if number == 0 { "MISS" } else { "HIT" };
            assert_eq!(
                field(&response, "x-cache-status"),
                status,
                "{path} {visitor}"
            );
        }
        assert_eq!(hits.lock().unwrap()[path], 1, "{path}");
    }
}

#[test]
fn a_cache_behind_the_gate_answers_conditions_of_one_state() {
    let Some((_nginx, gate, hits)) = behind() else {
        return;
    };
    let server = gate.address();
    for path in ["/page", "/packed"] {
        let tag = |visitor| {
            let response = get(server, path, visitor, &[NAVIGATES]);
            field(&response, "etag").to_owned()
        };
        let tags = [GRANTED, REFUSED].map(tag);
        assert_ne!(tags[0], tags[1]);
        for (visitor, own) in [(GRANTED, 0), (REFUSED, 1), (UNDECIDED, 1)] {
            let list = format!("{}, {}", tags[0], tags[1]);
            for (condition, is_current) in [
                (&*tags[own], true),
                (&*tags[1 - own], false),
                (&*list, true),
                ("\"v1\"", false),
                ("W/\"v1\"", false),
                ("*", false),
            ] {
                let since = (header::IF_MODIFIED_SINCE, "Sun, 22 Nov 2026 12:00:00 GMT");
                let fields = [NAVIGATES, (header::IF_NONE_MATCH, condition), since];
                let response = get(server, path, visitor, &fields);
                if !is_current {
                    assert_page_of(visitor, &response);
                    continue;
                }
                assert_eq!(response.status(), 304, "{visitor} {condition}");
                assert_eq!(response.body(), "");
                assert_eq!(field(&response, "etag"), tags[own]);
                assert_eq!(field(&response, "x-cache-status"), "HIT");
            }
        }

        // A visitor who withdraws has the tag of the granted page.
        let fields = [
            (header::CONTENT_TYPE, "application/x-www-form-urlencoded"),
            (HeaderName::from_static("sec-fetch-site"), "same-origin"),
        ];
        let form = gate.url("/cookies/preferences");
        let response = send(Method::POST, &form, &fields, "decision=withdraw");
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        let (withdrawn, _) = field(&response, "set-cookie").split_once(';').unwrap();
        let fields = [NAVIGATES, (header::IF_NONE_MATCH, &tags[0])];
        let response = get(server, path, withdrawn, &fields);
        assert_page_of(withdrawn, &response);
        assert_eq!(hits.lock().unwrap()[path], 1, "{path}");
    }
}

#[test]
fn a_cache_behind_the_gate_gives_no_part_of_a_document() {
    let Some((_nginx, gate, hits)) = behind() else {
        return;
    };
    let server = gate.address();
    for path in ["/page", "/packed"] {
        let tag = get(server, path, REFUSED, &[NAVIGATES]);
        let tag = field(&tag, "etag");
        for visitor in [GRANTED, REFUSED, UNDECIDED] {
            for ranges in ["bytes=0-99", "bytes=40-", "bytes=-20", "bytes=0-99,120-140"] {
                let range = (header::RANGE, ranges);
                for own in ["\"v1\"", tag] {
                    let fields = [NAVIGATES, range.clone(), (header::IF_RANGE, own)];
                    assert_page_of(visitor, &get(server, path, visitor, &fields));
                }
                assert_page_of(
                    visitor,
                    &get(server, path, visitor, &[NAVIGATES, range.clone()]),
                );
                // A client that does not say what it wants.
                for fields in [&[range.clone()][..], &[range, (DEST, "empty")]] {
                    let response = get(server, path, visitor, fields);
                    if response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
                        assert_eq!(response.body(), "", "{ranges}");
                    } else {
                        assert_page_of(visitor, &response);
                    }
                }
            }
        }
        assert_eq!(hits.lock().unwrap()[path], 1, "{path}");
    }
    // Films are no documents.
    get(server, "/film.mp4", UNDECIDED, &[]);
    let fields = [(header::RANGE, "bytes=0-99"), (header::IF_RANGE, "\"v1\"")];
    let response = get(server, "/film.mp4", UNDECIDED, &fields);
    assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(response.body().len(), 100);
}

#[test]
fn a_cache_in_front_of_the_gate_keeps_no_document() {
    let hits = Hits::default();
    let gate = gate(origin(hits.clone()));
    let Some(nginx) = Nginx::in_front_of(gate.address()) else {
        return;
    };
    let server = nginx.address;
    for path in ["/page", "/packed"] {
        for visitor in [GRANTED, REFUSED, UNDECIDED, GRANTED] {
            let response = get(server, path, visitor, &[NAVIGATES]);
            assert_page_of(visitor, &response);
            assert_eq!(
                field(&response, "x-cache-status"),
                "MISS",
                "{path} {visitor}"
            );
            let vary: Vec<_> = response.headers().get_all("vary").iter().collect();
            assert_eq!(
                vary,
                [
                    "Accept-Encoding",
                    "Cookie, Sec-GPC",
                    "Accept-Language, Sec-Fetch-Dest, Sec-Purpose"
                ]
            );
        }
        assert_eq!(hits.lock().unwrap()[path], 4);
    }
    // What depends on nobody is kept.
    for status in ["MISS", "HIT"] {
        let response = get(server, "/film.mp4", GRANTED, &[]);
        assert_eq!(field(&response, "x-cache-status"), status);
    }
}
