//! Clients that send a choice slowly, or never to the end: the examples do not wait for ever.

use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

use crate::support::{
    process::{Server, example},
    raw::Connection,
};

/// The examples' limit, and what a busy machine adds to it.
const LIMIT: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(40);

const HEAD: &str = "POST /cookies/preferences HTTP/1.1\r\nHost: portal.example\r\n\
    Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n\
    Content-Length: 16000\r\n\r\n";

/// Both send a whole head. One then sends nothing, the other a byte now and then.
async fn a_slow_body_is_answered_with_408(name: &str) {
    let mut command = example(name);
    command
        .args(["--listen", "127.0.0.1:0"])
        .env("RUST_LOG", "off");
    let server = Server::start(&mut command);
    let send = async |drip: bool| {
        let mut client = Connection::to(server.address()).await;
        let start = Instant::now();
        client.write(HEAD).await;
        client.write("decision=").await;
        let dripping = async {
            if !drip {
                std::future::pending::<()>().await;
            }
            loop {
                sleep(Duration::from_millis(200)).await;
                client.write("x").await;
            }
        };
        // Nothing may be read while it writes: so it writes for as long as the limit lasts.
        drop(timeout(LIMIT - Duration::from_secs(1), dripping).await);
        let head = timeout(PATIENCE, client.head()).await;
        let head = head.expect("an answer in time").expect("an answer");
        assert_eq!(head.start(), "HTTP/1.1 408 Request Timeout", "{name}");
        assert!(start.elapsed() >= LIMIT, "{name}: {:?}", start.elapsed());
        // The rest of the body is not taken for another request.
        let rest = timeout(PATIENCE, client.rest()).await;
        assert!(rest.is_ok(), "{name}: the connection stays open");
    };
    tokio::join!(send(false), send(true));
}

#[tokio::test]
async fn the_portal_waits_ten_seconds_for_a_body() {
    a_slow_body_is_answered_with_408("portal").await;
}

#[tokio::test]
async fn the_hyper_service_waits_ten_seconds_for_a_body() {
    a_slow_body_is_answered_with_408("hyper_service").await;
}
