//! Upgraded connections.

use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::{
    accept_hdr_async, connect_async,
    tungstenite::{
        Message,
        client::IntoClientRequest,
        handshake::server::{Request, Response},
    },
};

use super::{exchange, proxy};
use crate::support::raw::{Connection, canned, server};

#[tokio::test]
async fn websockets_pass_and_their_upgrade_is_filtered() {
    let cookies = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&cookies);
    let upstream = server(move |connection| {
        let seen = Arc::clone(&seen);
        #[expect(clippy::result_large_err, reason = "the library's callback")]
        let handshake = move |request: &Request, mut response: Response| {
            let sent = request.headers().get_all("cookie").iter().cloned();
            seen.lock().unwrap().extend(sent);
            for cookie in ["sessionid=2", "_ga=2", "unheard-of=2"] {
                let value = cookie.parse().unwrap();
                response.headers_mut().append("set-cookie", value);
            }
            Ok(response)
        };
        async move {
            let mut socket = accept_hdr_async(connection.stream, handshake)
                .await
                .unwrap();
            while let Some(Ok(message)) = socket.next().await {
                if message.is_text() || message.is_binary() {
                    socket.send(message).await.unwrap();
                }
            }
        }
    })
    .await;
    let proxy = proxy(upstream, &[]);

    let mut request = format!("ws://{}/chat", proxy.address())
        .into_client_request()
        .unwrap();
    let cookie = "sessionid=1; _ga=1".parse().unwrap();
    request.headers_mut().insert("cookie", cookie);
    let (mut socket, response) = connect_async(request).await.unwrap();
    let kept: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert_eq!(kept, ["sessionid=2"]);
    assert_eq!(*cookies.lock().unwrap(), ["sessionid=1"]);

    let long = "x".repeat(1 << 20);
    for message in [
        Message::text("one"),
        Message::text(long),
        Message::binary(vec![0, 255, 128]),
    ] {
        socket.send(message.clone()).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), message);
    }
    socket.close(None).await.unwrap();
    assert!(matches!(socket.next().await, Some(Ok(Message::Close(_)))));
}

const UPGRADE: &str = "GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

#[tokio::test]
async fn bytes_sent_right_behind_the_upgrade_are_not_lost() {
    let upstream = server(|mut connection| async move {
        connection.head().await.unwrap();
        connection
            .write(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nearly",
            )
            .await;
        let received = connection.exactly(4).await;
        connection.write(received).await;
    })
    .await;
    let proxy = proxy(upstream, &[]);
    let mut client = Connection::to(proxy.address()).await;
    client.write(UPGRADE).await;
    let head = client.head().await.unwrap();
    assert_eq!(head.start(), "HTTP/1.1 101 Switching Protocols");
    assert_eq!(head.texts("upgrade"), ["websocket"]);
    assert_eq!(client.exactly(5).await, b"early");
    client.write("ping").await;
    assert_eq!(client.rest().await, b"ping");
}

#[tokio::test]
async fn a_refused_upgrade_is_an_ordinary_response() {
    let (upstream, _requests) =
        canned("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno").await;
    let proxy = proxy(upstream, &[]);
    let (head, body) = exchange(&proxy, UPGRADE.replace("Upgrade\r\n", "Upgrade, close\r\n")).await;
    assert_eq!(head.start(), "HTTP/1.1 403 Forbidden");
    assert_eq!(body, b"no");
}
