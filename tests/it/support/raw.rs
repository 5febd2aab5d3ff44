//! HTTP/1 as bytes: servers that send exactly what a test specifies, and clients that see all of
//! it.

use std::{future::Future, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A connection, with the data that was read but not used yet.
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn to(address: SocketAddr) -> Self {
        Self::of(TcpStream::connect(address).await.unwrap())
    }

    fn of(stream: TcpStream) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
        }
    }

    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// The head of a message, without the blank line; `None` where the connection ends before it.
    pub(crate) async fn head(&mut self) -> Option<Head> {
        let end = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end;
            }
            if !self.more().await {
                assert!(self.buffer.is_empty(), "half a head: {:?}", self.text());
                return None;
            }
        };
        let rest = self.buffer.split_off(end + 4);
        let mut head = std::mem::replace(&mut self.buffer, rest);
        head.truncate(end);
        Some(Head(head))
    }

    pub(crate) async fn exactly(&mut self, length: usize) -> Vec<u8> {
        while self.buffer.len() < length {
            assert!(self.more().await, "ended after {:?}", self.text());
        }
        let rest = self.buffer.split_off(length);
        std::mem::replace(&mut self.buffer, rest)
    }

    pub(crate) async fn until(&mut self, end: &[u8]) -> Vec<u8> {
        loop {
            if let Some(at) = find(&self.buffer, end) {
                return self.exactly(at + end.len()).await;
            }
            assert!(self.more().await, "ended after {:?}", self.text());
        }
    }

    /// Everything up to the end of the connection.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        while self.more().await {}
        std::mem::take(&mut self.buffer)
    }

    /// Whether nothing comes for a moment.
    pub(crate) async fn is_silent(&mut self) -> bool {
        if !self.buffer.is_empty() {
            return false;
        }
        let more = tokio::time::timeout(Duration::from_millis(300), self.more());
        more.await.is_err()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.buffer).into_owned()
    }

    async fn more(&mut self) -> bool {
        let read = self.stream.read_buf(&mut self.buffer).await;
        read.is_ok_and(|read| read > 0)
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

/// A start line and its fields, as bytes.
#[derive(Debug)]
pub(crate) struct Head(pub(crate) Vec<u8>);

impl Head {
    pub(crate) fn start(&self) -> String {
        String::from_utf8_lossy(self.lines().next().unwrap_or_default()).into_owned()
    }

    /// The values of one name, in order.
    pub(crate) fn all(&self, name: &str) -> Vec<Vec<u8>> {
        self.lines()
            .skip(1)
            .filter_map(|line| {
                let colon = line.iter().position(|byte| *byte == b':')?;
                let (field, value) = line.split_at(colon);
                let value = value.get(1..)?.trim_ascii();
                field
                    .eq_ignore_ascii_case(name.as_bytes())
                    .then(|| value.to_vec())
            })
            .collect()
    }

    /// The same as text.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let values = self.all(name).into_iter();
        values
            .map(|value| String::from_utf8_lossy(&value).into_owned())
            .collect()
    }

    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.0
            .split(|byte| *byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// Starts a server on a free port of the loopback interface that handles each connection with
/// `answer`.
pub(crate) async fn server<F, Answered>(answer: F) -> SocketAddr
where
    F: Fn(Connection) -> Answered + Send + 'static,
    Answered: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(Connection::of(stream)));
        }
    });
    address
}

/// A server that answers every request without a body with these bytes, and gives the heads.
pub(crate) async fn canned(
    response: impl Into<Vec<u8>>,
) -> (SocketAddr, tokio::sync::mpsc::UnboundedReceiver<Head>) {
    let response = response.into();
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    let address = server(move |mut connection| {
        let (sender, response) = (sender.clone(), response.clone());
        async move {
            while let Some(head) = connection.head().await {
                sender.send(head).ok();
                connection.write(&response).await;
            }
        }
    })
    .await;
    (address, receiver)
}
