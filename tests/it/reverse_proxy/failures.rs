//! Upstreams that are down, silent or broken, and the end of the proxy itself.

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use tokio::net::TcpStream;

use super::{GET, exchange, proxy};
use crate::support::raw::{Connection, canned, server};

#[tokio::test]
async fn an_upstream_that_is_down_gives_502() {
    let down = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let proxy = proxy(down, &[]);
    let (head, body) = exchange(&proxy, GET).await;
    assert_eq!(head.start(), "HTTP/1.1 502 Bad Gateway");
    assert_eq!(head.texts("content-type"), ["text/plain; charset=utf-8"]);
    let text = String::from_utf8(body).unwrap();
    assert!(text.contains("can't be reached"), "{text}");
}

#[tokio::test]
async fn an_upstream_that_speaks_no_http_is_answered_for_with_502() {
    for nonsense in ["", "hello\r\n\r\n", "HTTP/1.1 200 OK\r\nX: \0\r\n\r\n"] {
        let upstream = server(move |mut connection| async move {
            connection.head().await;
            connection.write(nonsense).await;
        })
        .await;
        let proxy = proxy(upstream, &[]);
        let (head, body) = exchange(&proxy, GET).await;
        assert_eq!(head.start(), "HTTP/1.1 502 Bad Gateway", "{nonsense:?}");
        let text = String::from_utf8(body).unwrap();
        assert!(text.contains("no valid response"), "{text}");
    }
}

#[tokio::test]
async fn an_upstream_that_is_silent_is_answered_for_with_504_in_time() {
    let upstream = server(|mut connection| async move {
        connection.rest().await;
    })
    .await;
    let proxy = proxy(upstream, &["--timeout", "0.5"]);
    for request in [
        GET,
        "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab",
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ] {
        let start = Instant::now();
        let mut client = Connection::to(proxy.address()).await;
        client.write(request).await;
        let head = client.head().await.unwrap();
        assert_eq!(head.start(), "HTTP/1.1 504 Gateway Timeout");
        assert!(start.elapsed() >= Duration::from_millis(500), "too early");
        assert!(start.elapsed() < Duration::from_secs(10), "too late");
        let length = head.texts("content-length")[0].parse().unwrap();
        let text = String::from_utf8(client.exactly(length).await).unwrap();
        assert!(text.contains("did not answer in time"), "{text}");
    }
}

#[tokio::test]
async fn a_response_that_breaks_off_is_not_passed_as_whole() {
    let (upstream, _requests) = canned("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").await;
    let proxy = proxy(upstream, &[]);
    let mut client = Connection::to(proxy.address()).await;
    client.write(GET).await;
    assert_eq!(client.head().await.unwrap().texts("content-length"), ["9"]);
    // The upstream keeps the connection, and so does the proxy: nothing may be made up.
    assert_eq!(client.exactly(4).await, b"half");
    assert!(client.is_silent().await);
}

#[tokio::test]
async fn a_connection_that_the_upstream_closed_meanwhile_is_replaced() {
    let upstream = server(|mut connection| async move {
        connection.head().await;
        connection
            .write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            .await;
    })
    .await;
    let proxy = proxy(upstream, &[]);
    for _ in 0..5 {
        let (head, _) = exchange(&proxy, GET).await;
        assert_eq!(head.start(), "HTTP/1.1 200 OK");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_finishes_what_is_in_flight_and_takes_nothing_new() {
    let (asked, mut has_asked) = tokio::sync::mpsc::channel(1);
    let upstream = server(move |mut connection| {
        let asked = asked.clone();
        async move {
            connection.head().await;
            connection
                .write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst")
                .await;
            asked.send(()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(700)).await;
            connection.write(" half").await;
        }
    })
    .await;
    let mut proxy = proxy(upstream, &[]);
    let mut idle = Connection::to(proxy.address()).await;
    let mut client = Connection::to(proxy.address()).await;
    client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    client.head().await.unwrap();
    has_asked.recv().await.unwrap();

    proxy.terminate();
    assert_eq!(idle.rest().await, b"", "an idle connection is closed");
    assert!(proxy.is_running());
    assert!(TcpStream::connect(proxy.address()).await.is_err());
    assert_eq!(client.rest().await, b"first half");
    assert_eq!(proxy.wait().code(), Some(0));
}
