//! Clients that hold a connection and leave out a request, or the rest of one.

use std::time::{Duration, Instant};

use super::{GET, exchange, proxy};
use crate::support::raw::{Connection, canned, server};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const LIMIT: Duration = Duration::from_millis(500);
const OPTIONS: &[&str] = &["--client-timeout", "0.5"];
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// An empty SETTINGS frame, and the acknowledgement of the server's.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
const ACKNOWLEDGED: &[u8] = &[0, 0, 0, 4, 1, 0, 0, 0, 0];
/// A HEADERS frame whose header block never ends: `:method: GET` is in it.
const HALF_A_HEAD: &[u8] = &[0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82];

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_a_request_is_closed() {
    let (upstream, mut requests) = canned(OK).await;
    let proxy = proxy(upstream, OPTIONS);
    for sent in [
        vec![],
        b"P".to_vec(),
        b"G".to_vec(),
        b"\r\n".to_vec(),
        PREFACE[..20].to_vec(),
        PREFACE.to_vec(),
        [PREFACE, SETTINGS].concat(),
        [PREFACE, SETTINGS, ACKNOWLEDGED].concat(),
        [PREFACE, SETTINGS, ACKNOWLEDGED, HALF_A_HEAD].concat(),
        b"GET / HTTP/1.1\r\nHost: h\r\n".to_vec(),
    ] {
        let start = Instant::now();
        let mut client = Connection::to(proxy.address()).await;
        client.write(&sent).await;
        let ended = tokio::time::timeout(LIMIT * 10, client.rest()).await;
        assert!(ended.is_ok(), "{sent:?} is still open");
        assert!(start.elapsed() >= LIMIT, "{sent:?}: too early");
    }
    assert!(requests.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_trickle_do_not_keep_a_head_alive() {
    let (upstream, _requests) = canned(OK).await;
    let proxy = proxy(upstream, OPTIONS);
    let mut client = Connection::to(proxy.address()).await;
    client.write("GET / HTTP/1.1\r\nHost: h\r\nX: ").await;
    let start = Instant::now();
    while start.elapsed() < LIMIT * 10 {
        use tokio::io::AsyncWriteExt;
        if client.stream.write_all(b"x").await.is_err() {
            return;
        }
        tokio::time::sleep(LIMIT / 5).await;
    }
    panic!("it is still read");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_closed_after_its_last_answer() {
    let (upstream, _requests) = canned(OK).await;
    let proxy = proxy(upstream, OPTIONS);
    let mut client = Connection::to(proxy.address()).await;
    for _ in 0..4 {
        client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
        assert_eq!(client.head().await.unwrap().start(), "HTTP/1.1 200 OK");
        assert_eq!(client.exactly(2).await, b"ok");
        tokio::time::sleep(LIMIT / 2).await;
    }
    let ended = tokio::time::timeout(LIMIT * 10, client.rest()).await;
    assert_eq!(ended.expect("it is still open"), b"");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_may_take_longer_than_a_client_may_be_silent() {
    let upstream = server(|mut connection| async move {
        connection.head().await.unwrap();
        tokio::time::sleep(LIMIT * 3).await;
        connection
            .write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst")
            .await;
        tokio::time::sleep(LIMIT * 3).await;
        connection.write(" half").await;
    })
    .await;
    let proxy = proxy(upstream, OPTIONS);
    let (head, body) = exchange(&proxy, GET).await;
    assert_eq!(head.start(), "HTTP/1.1 200 OK");
    assert_eq!(body, b"first half");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_answered_with_408() {
    let upstream = server(|mut connection| async move {
        connection.rest().await;
    })
    .await;
    let proxy = proxy(upstream, OPTIONS);
    for request in [
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
    ] {
        let start = Instant::now();
        let mut client = Connection::to(proxy.address()).await;
        client.write(request).await;
        let head = tokio::time::timeout(LIMIT * 10, client.head()).await;
        let head = head.expect("it is still open").unwrap();
        assert_eq!(head.start(), "HTTP/1.1 408 Request Timeout");
        assert_eq!(head.texts("connection"), ["close"]);
        assert!(start.elapsed() >= LIMIT, "too early");
        let ended = tokio::time::timeout(LIMIT * 10, client.rest()).await;
        assert!(ended.is_ok(), "it is still open");
    }
}
