//! Bodies of any size stream both ways, and responses without a body stay without one.

use std::time::Duration;

use super::{GET, exchange, proxy};
use crate::support::raw::{Connection, canned, server};

const CHUNK: usize = 64 * 1024;
const CHUNKS: usize = 4096; // 256 MiB
/// The memory that the proxy may use for buffers, allocator and connections, in KiB.
const FLAT: u64 = 24 * 1024;

fn chunk() -> Vec<u8> {
    let mut chunk = format!("{CHUNK:x}\r\n").into_bytes();
    chunk.extend(std::iter::repeat_n(b'a', CHUNK));
    chunk.extend(b"\r\n");
    chunk
}

/// Reads a chunked body, and gives its length.
async fn drain(connection: &mut Connection) -> usize {
    let mut total = 0;
    loop {
        let line = connection.until(b"\r\n").await;
        let size = std::str::from_utf8(&line).unwrap().trim();
        let size = usize::from_str_radix(size, 16).unwrap();
        connection.exactly(size + 2).await;
        if size == 0 {
            return total;
        }
        total += size;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_256_mib_streams_up_and_down_in_flat_memory() {
    let upstream = server(|mut connection| async move {
        let head = connection.head().await.unwrap();
        assert_eq!(head.texts("transfer-encoding"), ["chunked"]);
        let received = drain(&mut connection).await;
        connection
            .write(format!(
                "HTTP/1.1 200 OK\r\nX-Received: {received}\r\nTransfer-Encoding: chunked\r\n\r\n"
            ))
            .await;
        let chunk = chunk();
        for _ in 0..CHUNKS {
            connection.write(&chunk).await;
        }
        connection.write("0\r\n\r\n").await;
    })
    .await;
    let proxy = proxy(upstream, &[]);
    exchange(&proxy, "GET http://[::1 HTTP/1.1\r\n\r\n").await; // everything is set up once
    let before = proxy.peak_memory();

    let mut client = Connection::to(proxy.address()).await;
    client
        .write("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await;
    let chunk = chunk();
    for _ in 0..CHUNKS {
        client.write(&chunk).await;
    }
    client.write("0\r\n\r\n").await;
    let head = client.head().await.unwrap();
    assert_eq!(head.texts("x-received"), [(CHUNK * CHUNKS).to_string()]);
    assert_eq!(drain(&mut client).await, CHUNK * CHUNKS);

    let grown = proxy.peak_memory() - before;
    eprintln!("256 MiB up and down: {before} KiB at first, {grown} KiB more at the peak");
    assert!(grown < FLAT, "{grown} KiB");
}

#[tokio::test]
async fn a_response_begins_before_the_request_has_ended() {
    let upstream = server(|mut connection| async move {
        connection.head().await.unwrap();
        connection
            .write("HTTP/1.1 413 Payload Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n")
            .await;
        connection.rest().await;
    })
    .await;
    let proxy = proxy(upstream, &[]);
    let mut client = Connection::to(proxy.address()).await;
    client
        .write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nfirst")
        .await;
    let head = client.head().await.unwrap();
    assert_eq!(head.start(), "HTTP/1.1 413 Payload Too Large");
    assert_eq!(client.exactly(3).await, b"no\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_may_take_longer_than_the_upstream_may_be_silent() {
    let upstream = server(|mut connection| async move {
        connection.head().await.unwrap();
        assert_eq!(drain(&mut connection).await, 20);
        connection
            .write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            .await;
    })
    .await;
    let proxy = proxy(upstream, &["--timeout", "0.5"]);
    let mut client = Connection::to(proxy.address()).await;
    client
        .write("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(75)).await;
        client.write("1\r\nx\r\n").await;
    }
    // A pause of the client does not count as the upstream's silence.
    tokio::time::sleep(Duration::from_millis(800)).await;
    client.write("0\r\n\r\n").await;
    assert_eq!(client.head().await.unwrap().start(), "HTTP/1.1 200 OK");
}

#[tokio::test]
async fn events_arrive_one_by_one() {
    let (go, wait) = tokio::sync::mpsc::channel::<()>(1);
    let wait = std::sync::Arc::new(tokio::sync::Mutex::new(wait));
    let upstream = server(move |mut connection| {
        let wait = wait.clone();
        async move {
            connection.head().await.unwrap();
            connection
                .write(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
                     Set-Cookie: _ga=1\r\nTransfer-Encoding: chunked\r\n\r\n",
                )
                .await;
            for event in ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"] {
                connection
                    .write(format!("{:x}\r\n{event}\r\n", event.len()))
                    .await;
                wait.lock().await.recv().await;
            }
            connection.write("0\r\n\r\n").await;
        }
    })
    .await;
    let proxy = proxy(upstream, &["--timeout", "0.5"]);
    let mut client = Connection::to(proxy.address()).await;
    client.write(GET).await;
    let head = client.head().await.unwrap();
    assert_eq!(head.texts("content-type"), ["text/event-stream"]);
    assert_eq!(head.texts("set-cookie"), [""; 0]);
    for event in ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"] {
        let chunk = format!("{:x}\r\n{event}\r\n", event.len());
        assert_eq!(client.exactly(chunk.len()).await, chunk.as_bytes());
        assert!(client.is_silent().await, "the next one has not been sent");
        tokio::time::sleep(Duration::from_millis(300)).await;
        go.send(()).await.unwrap();
    }
    assert_eq!(client.rest().await, b"0\r\n\r\n");
}

#[tokio::test]
async fn responses_without_a_body_stay_as_they_are() {
    for (method, sent) in [
        (
            "HEAD",
            "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nETag: \"a\"\r\n",
        ),
        ("HEAD", "HTTP/1.1 200 OK\r\nETag: \"a\"\r\n"),
        ("HEAD", "HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n"),
        ("GET", "HTTP/1.1 204 No Content\r\n"),
        ("GET", "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n"),
        ("OPTIONS", "HTTP/1.1 204 No Content\r\nAllow: GET, HEAD\r\n"),
    ] {
        let (upstream, _requests) = canned(format!(
            "{sent}Set-Cookie: _ga=1\r\nSet-Cookie: sessionid=1\r\n\r\n"
        ))
        .await;
        let proxy = proxy(upstream, &[]);
        let request = format!("{method} / HTTP/1.1\r\nHost: h\r\n\r\n");
        let mut client = Connection::to(proxy.address()).await;
        for _ in 0..2 {
            client.write(&request).await;
            let head = client.head().await.unwrap();
            assert_eq!(Some(&*head.start()), sent.lines().next());
            assert_eq!(head.texts("set-cookie"), ["sessionid=1"]);
            for name in ["content-length", "transfer-encoding", "etag", "allow"] {
                let values: Vec<_> = sent
                    .lines()
                    .filter_map(|line| line.split_once(": "))
                    .filter(|(field, _)| field.eq_ignore_ascii_case(name))
                    .map(|(_, value)| value.to_owned())
                    .collect();
                assert_eq!(head.texts(name), values, "{method} {name}: {sent}");
            }
        }
        assert!(client.is_silent().await, "{method}: {sent}");
    }
}

#[tokio::test]
async fn a_client_that_asks_first_gets_a_continue() {
    let upstream = server(|mut connection| async move {
        let head = connection.head().await.unwrap();
        assert_eq!(head.texts("content-length"), ["4"]);
        connection.write("HTTP/1.1 100 Continue\r\n\r\n").await;
        let body = connection.exactly(4).await;
        connection
            .write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
            .await;
        connection.write(body).await;
    })
    .await;
    let proxy = proxy(upstream, &[]);
    let mut client = Connection::to(proxy.address()).await;
    client
        .write("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        .await;
    assert_eq!(
        client.head().await.unwrap().start(),
        "HTTP/1.1 100 Continue"
    );
    client.write("body").await;
    assert_eq!(client.head().await.unwrap().start(), "HTTP/1.1 200 OK");
    assert_eq!(client.exactly(4).await, b"body");
}

#[tokio::test]
async fn a_length_beside_chunks_is_not_passed_on() {
    for fields in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 50\r\n",
        "Content-Length: 0\r\ntransfer-encoding: Chunked\r\n",
        "Content-Length: 5\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: none\r\nTransfer-Encoding: chunked\r\n",
    ] {
        let (upstream, _requests) = canned(format!(
            "HTTP/1.1 200 OK\r\n{fields}\r\n3\r\nfir\r\n7\r\nst half\r\n0\r\n\r\n"
        ))
        .await;
        let proxy = proxy(upstream, &[]);
        let (head, body) = exchange(&proxy, GET).await;
        assert_eq!(head.start(), "HTTP/1.1 200 OK", "{fields}");
        assert_eq!(head.texts("content-length"), [""; 0], "{fields}");
        assert_eq!(head.texts("transfer-encoding"), ["chunked"], "{fields}");
        assert_eq!(body, b"3\r\nfir\r\n7\r\nst half\r\n0\r\n\r\n", "{fields}");
    }
}
