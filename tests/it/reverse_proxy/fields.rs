//! What becomes of header fields.

use http::{Request, Version};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};

use super::{GET, exchange, proxy};
use crate::support::raw::{Connection, canned};

/// Every byte that a field value can hold.
fn every_byte() -> Vec<u8> {
    let mut bytes: Vec<u8> = (b' '..=b'~').chain(0x80..=0xff).collect();
    bytes.insert(40, b'\t');
    [b"x", &bytes[..], b"x"].concat()
}

#[tokio::test]
async fn every_byte_of_a_value_passes_both_ways() {
    let value = every_byte();
    let cookie = [b"sessionid=", &value[..]].concat();
    let cookie: Vec<u8> = cookie.into_iter().filter(|byte| *byte != b'\t').collect();
    let response = [
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Bytes: ",
        &value[..],
        b"\r\nSet-Cookie: ",
        &cookie,
        b"\r\n\r\n",
    ]
    .concat();
    let (upstream, mut requests) = canned(response).await;
    let proxy = proxy(upstream, &[]);

    let request = [
        b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Bytes: ",
        &value[..],
        b"\r\nCookie: ",
        &cookie,
        b"\r\n\r\n",
    ]
    .concat();
    let (head, _) = exchange(&proxy, request).await;
    let seen = requests.recv().await.unwrap();
    assert_eq!(seen.all("x-bytes"), std::slice::from_ref(&value));
    assert_eq!(seen.all("cookie"), std::slice::from_ref(&cookie));
    assert_eq!(head.all("x-bytes"), [value]);
    assert_eq!(head.all("set-cookie"), [cookie]);
}

#[tokio::test]
async fn values_of_one_name_keep_their_order() {
    let (upstream, mut requests) = canned(
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nVia: a\r\nSet-Cookie: sessionid=1\r\nX-A: 1\r\n\
         Set-Cookie: _ga=no\r\nVia: b\r\nSet-Cookie: csrftoken=2\r\nVia: a\r\n\
         Set-Cookie: unheard-of=no\r\nSet-Cookie: sessionid=3; Path=/x\r\n\r\n",
    )
    .await;
    let proxy = proxy(upstream, &[]);
    let (head, _) = exchange(
        &proxy,
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-L: 2\r\nX-M: m\r\nX-L: 1\r\nX-L: 2\r\n\r\n",
    )
    .await;
    assert_eq!(requests.recv().await.unwrap().texts("x-l"), ["2", "1", "2"]);
    assert_eq!(head.texts("via"), ["a", "b", "a"]);
    assert_eq!(
        head.texts("set-cookie"),
        ["sessionid=1", "csrftoken=2", "sessionid=3; Path=/x"]
    );
}

#[tokio::test]
async fn fields_of_one_connection_end_at_the_proxy() {
    let (upstream, mut requests) = canned(
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive, X-Secret\r\n\
         Keep-Alive: timeout=5\r\nX-Secret: 1\r\nX-Public: 2\r\nProxy-Connection: keep-alive\r\n\r\n",
    )
    .await;
    let proxy = proxy(upstream, &[]);
    let request = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close, X-Secret\r\n\
        Connection: X-Other, \xe9, X-Forwarded-For, X-Forwarded-Proto, Host\r\n\
        X-Secret: 1\r\nX-Other: 1\r\nX-Public: 2\r\nKeep-Alive: 1\r\nProxy-Connection: close\r\n\
        TE: gzip\r\nUpgrade: h2c\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n";
    let (head, _) = exchange(&proxy, request).await;

    let seen = requests.recv().await.unwrap();
    for gone in [
        "connection",
        "x-secret",
        "x-other",
        "keep-alive",
        "proxy-connection",
    ] {
        assert_eq!(seen.texts(gone), [""; 0], "{gone}");
    }
    for gone in ["te", "upgrade"] {
        assert_eq!(seen.texts(gone), [""; 0], "{gone}");
    }
    assert_eq!(seen.texts("x-public"), ["2"]);
    // The client may take back what it sent, but not what the proxy adds.
    assert_eq!(seen.texts("x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(seen.texts("x-forwarded-proto"), ["http"]);
    assert_eq!(seen.texts("host"), ["h"]);

    for gone in ["x-secret", "keep-alive", "proxy-connection"] {
        assert_eq!(head.texts(gone), [""; 0], "{gone}");
    }
    assert_eq!(head.texts("x-public"), ["2"]);
}

#[tokio::test]
async fn the_upstream_learns_who_asked_for_which_host() {
    let (upstream, mut requests) = canned("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let proxy = proxy(upstream, &[]);

    exchange(&proxy, GET).await;
    let seen = requests.recv().await.unwrap();
    assert_eq!(seen.texts("host"), ["portal.example"]);
    assert_eq!(seen.texts("x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(seen.texts("x-forwarded-host"), ["portal.example"]);
    assert_eq!(seen.texts("x-forwarded-proto"), ["http"]);

    exchange(
        &proxy,
        b"GET / HTTP/1.1\r\nHost: inner\r\nConnection: close\r\nX-Forwarded-For: 203.0.113.9\r\n\
          X-Forwarded-For: \xe9\r\nX-Forwarded-Host: outer\r\nX-Forwarded-Proto: https\r\n\r\n",
    )
    .await;
    let seen = requests.recv().await.unwrap();
    let forwarded_for = b"203.0.113.9, \xe9, 127.0.0.1".to_vec();
    assert_eq!(seen.all("x-forwarded-for"), [forwarded_for]);
    assert_eq!(seen.texts("x-forwarded-host"), ["outer"]);
    assert_eq!(seen.texts("x-forwarded-proto"), ["https"]);
    assert_eq!(seen.texts("host"), ["inner"]);
}

#[tokio::test]
async fn the_target_passes_as_it_is() {
    let (upstream, mut requests) = canned("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let proxy = proxy(upstream, &[]);
    for (sent, seen) in [
        ("/", "/"),
        (
            "/a//b/%2e%2e/%ff?x=/../&y=%20?",
            "/a//b/%2e%2e/%ff?x=/../&y=%20?",
        ),
        ("/?", "/?"),
        ("http://other.example/x", "/x"),
    ] {
        let mut client = Connection::to(proxy.address()).await;
        client
            .write(format!("GET {sent} HTTP/1.1\r\nHost: h\r\n\r\n"))
            .await;
        assert_eq!(client.head().await.unwrap().start(), "HTTP/1.1 200 OK");
        let head = requests.recv().await.unwrap();
        assert_eq!(head.start(), format!("GET {seen} HTTP/1.1"));
        let host = if sent.starts_with('/') {
            "h"
        } else {
            "other.example"
        };
        assert_eq!(head.texts("host"), [host]);
    }
    let (head, _) = exchange(
        &proxy,
        "OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert_eq!(head.start(), "HTTP/1.1 200 OK");
    assert_eq!(requests.recv().await.unwrap().start(), "OPTIONS * HTTP/1.1");
}

#[tokio::test]
async fn the_cookie_fields_of_http2_are_judged_each_and_become_one() {
    let (upstream, mut requests) = canned(
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: sessionid=1\r\nSet-Cookie: _ga=1\r\n\r\n",
    )
    .await;
    let proxy = proxy(upstream, &[]);
    let client = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http::<Empty<Bytes>>();
    let request = Request::get(proxy.url("/"))
        .version(Version::HTTP_2)
        .header("cookie", "sessionid=abc")
        .header("cookie", "_ga=1")
        .header("cookie", "_ga_X=1; csrftoken=d")
        .header("cookie", "of-others=e")
        .body(Empty::new())
        .unwrap();
    let response = client.request(request).await.unwrap();
    assert_eq!(response.version(), Version::HTTP_2);
    let kept: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert_eq!(kept, ["sessionid=1"]);
    let seen = requests.recv().await.unwrap();
    assert_eq!(
        seen.texts("cookie"),
        ["sessionid=abc; csrftoken=d; of-others=e"]
    );
    assert_eq!(seen.texts("host"), [proxy.address().to_string()]);
}

#[tokio::test]
async fn hundreds_of_fields_pass() {
    let set: String = (0..300)
        .map(|number| format!("Set-Cookie: sessionid={number}\r\n"))
        .collect();
    let response = format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{set}\r\n");
    let (upstream, mut requests) = canned(response).await;
    let proxy = proxy(upstream, &[]);
    let fields: String = (0..300)
        .map(|number| format!("X-N: {number}\r\n"))
        .collect();
    let request = format!("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{fields}\r\n");
    let (head, _) = exchange(&proxy, request).await;
    assert_eq!(head.texts("set-cookie").len(), 300);
    assert_eq!(requests.recv().await.unwrap().texts("x-n").len(), 300);
}

#[tokio::test]
async fn fields_for_a_proxy_end_at_this_one() {
    let (upstream, mut requests) = canned(
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Public: 1\r\n\
         Proxy-Authenticate: Basic\r\nProxy-Authentication-Info: x\r\n\r\n",
    )
    .await;
    let proxy = proxy(upstream, &[]);
    let (head, _) = exchange(
        &proxy,
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nProxy-Authorization: Basic eDp5\r\n\
         Proxy-Connection: keep-alive\r\nKeep-Alive: timeout=5\r\nHTTP2-Settings: AAMAAABk\r\n\
         Upgrade: h2c\r\nTrailer: X\r\nAuthorization: Basic YTpi\r\n\r\n",
    )
    .await;
    let seen = requests.recv().await.unwrap();
    for gone in [
        "proxy-authorization",
        "proxy-connection",
        "keep-alive",
        "http2-settings",
        "upgrade",
        "trailer",
        "connection",
    ] {
        assert_eq!(seen.texts(gone), [""; 0], "{gone}");
    }
    assert_eq!(seen.texts("authorization"), ["Basic YTpi"]);
    for gone in ["proxy-authenticate", "proxy-authentication-info"] {
        assert_eq!(head.texts(gone), [""; 0], "{gone}");
    }
    assert_eq!(head.texts("x-public"), ["1"]);
}

#[tokio::test]
async fn an_upgrade_to_http2_is_not_asked_of_the_upstream() {
    let (upstream, mut requests) = canned("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let proxy = proxy(upstream, &[]);
    for connection in ["Upgrade, HTTP2-Settings, close", "close, upgrade"] {
        let request = format!(
            "GET / HTTP/1.1\r\nHost: h\r\nConnection: {connection}\r\nUpgrade: h2c\r\n\
             HTTP2-Settings: AAMAAABk\r\n\r\n"
        );
        let mut client = Connection::to(proxy.address()).await;
        client.write(request).await;
        assert_eq!(client.head().await.unwrap().start(), "HTTP/1.1 200 OK");
        let seen = requests.recv().await.unwrap();
        for gone in ["connection", "upgrade", "http2-settings"] {
            assert_eq!(seen.texts(gone), [""; 0], "{gone}");
        }
    }
}

#[tokio::test]
async fn of_te_only_trailers_pass() {
    let (upstream, mut requests) = canned("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let proxy = proxy(upstream, &[]);
    for (sent, passed) in [
        ("TE: trailers\r\n", true),
        ("TE: gzip, Trailers\r\n", true),
        ("TE: trailers\r\nTE: gzip\r\n", true),
        ("TE: gzip;q=0.5\r\nTE: trailers\r\nConnection: TE\r\n", true),
        ("TE: gzip\r\n", false),
    ] {
        let request = format!("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{sent}\r\n");
        exchange(&proxy, request).await;
        let expected: &[&str] = if passed { &["trailers"] } else { &[] };
        assert_eq!(
            requests.recv().await.unwrap().texts("te"),
            expected,
            "{sent}"
        );
    }
}

#[tokio::test]
async fn no_response_leads_around_the_proxy() {
    let (upstream, _requests) = canned(
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nAlt-Svc: h2=\":8000\"; persist=1\r\n\
         alt-svc: h3=\"upstream.example:443\"\r\nSet-Cookie: sessionid=1\r\n\r\n",
    )
    .await;
    for options in [&[][..], &["--report-only"]] {
        let proxy = proxy(upstream, options);
        let (head, _) = exchange(&proxy, GET).await;
        assert_eq!(head.texts("alt-svc"), [""; 0]);
        assert_eq!(head.texts("set-cookie"), ["sessionid=1"]);
    }
}
