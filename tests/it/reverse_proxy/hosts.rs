//! Which host a request is for, or 400.

use http::{Request, Version};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};

use super::{exchange, proxy};
use crate::support::raw::{Connection, canned};

const RESPONSE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

#[tokio::test]
async fn a_request_without_one_valid_host_is_refused() {
    let (upstream, mut requests) = canned(RESPONSE).await;
    let proxy = proxy(upstream, &[]);
    for request in [
        // None, and two.
        "GET / HTTP/1.1\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\n\r\n",
        "GET http://a.example/ HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.example\r\nX: y\r\nhost: a.example\r\n\r\n",
        "GET / HTTP/1.0\r\nHost: a.example\r\nHost: b.example\r\n\r\n",
        "GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\nHost: a.example\r\n\r\n",
        // Named by the connection, they are still two.
        "GET / HTTP/1.1\r\nConnection: Host\r\nHost: a.example\r\nHost: b.example\r\n\r\n",
        // Invalid ones.
        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.example/x?y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.example/\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.example?y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.example#y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.example\\x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: http://a.example\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: user@a.example\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.example, b.example\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.example,b.example\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.example b.example\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: \"a.example\"\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: \u{e9}.example\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.example:x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.example:80:80\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.example:65536\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a.example:-1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: :80\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: ::1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: [a.example]\r\n\r\n",
        "GET / HTTP/1.0\r\nHost: a.example/x\r\n\r\n",
        // In the target.
        "GET http://a.example/ HTTP/1.1\r\nHost: a.example/x\r\n\r\n",
        "GET http://user@a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "GET http://a.example:x/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "GET http://a,b/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "GET ftp://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
    ] {
        let (head, _) = exchange(&proxy, request).await;
        assert!(head.start().ends_with(" 400 Bad Request"), "{request:?}");
        assert_eq!(head.texts("set-cookie"), [""; 0]);
    }
    assert!(requests.try_recv().is_err(), "the upstream was asked");
}

#[tokio::test]
async fn valid_hosts_reach_the_upstream_as_they_are() {
    let (upstream, mut requests) = canned(RESPONSE).await;
    let proxy = proxy(upstream, &[]);
    for host in [
        "a.example",
        "A.Example",
        "a.example.",
        "a_b.example:8080",
        "xn--caf-dma.example",
        "127.0.0.1:65535",
        "[::1]",
        "[2001:db8::1]:8080",
        "a.example:",
    ] {
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let (head, _) = exchange(&proxy, request).await;
        assert_eq!(head.start(), "HTTP/1.1 200 OK", "{host}");
        assert_eq!(requests.recv().await.unwrap().texts("host"), [host]);
    }
    // HTTP/1.0 knows no hosts.
    let (head, _) = exchange(&proxy, "GET / HTTP/1.0\r\n\r\n").await;
    assert!(head.start().ends_with(" 200 OK"), "{}", head.start());
    assert_eq!(requests.recv().await.unwrap().texts("host").len(), 1);
}

#[tokio::test]
async fn the_host_of_the_target_wins_over_the_field() {
    let (upstream, mut requests) = canned(RESPONSE).await;
    let proxy = proxy(upstream, &[]);
    let mut client = Connection::to(proxy.address()).await;
    client
        .write("GET http://a.example/x HTTP/1.1\r\nHost: b.example\r\n\r\n")
        .await;
    assert_eq!(client.head().await.unwrap().start(), "HTTP/1.1 200 OK");
    let seen = requests.recv().await.unwrap();
    assert_eq!(seen.texts("host"), ["a.example"]);
    assert_eq!(seen.texts("x-forwarded-host"), ["a.example"]);
}

#[tokio::test]
async fn http2_is_refused_where_field_and_authority_differ() {
    let (upstream, mut requests) = canned(RESPONSE).await;
    let proxy = proxy(upstream, &[]);
    let address = proxy.address();
    let client = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http::<Empty<Bytes>>();
    let port = address.port();
    for (host, status) in [
        (address.to_string(), 200),
        (format!("127.0.0.1:0{port}"), 200),
        ("b.example".to_owned(), 400),
        ("127.0.0.1".to_owned(), 400),
        (format!("127.0.0.1:{port}/x"), 400),
        (String::new(), 400),
    ] {
        let request = Request::get(proxy.url("/"))
            .version(Version::HTTP_2)
            .header("host", &host)
            .body(Empty::new())
            .unwrap();
        let response = client.request(request).await.unwrap();
        assert_eq!(response.status(), status, "{host}");
        if status == 200 {
            let seen = requests.recv().await.unwrap();
            assert_eq!(seen.texts("host"), [address.to_string()]);
        }
    }
    assert!(requests.try_recv().is_err(), "the upstream was asked");
}
