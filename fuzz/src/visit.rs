//! A request for the pages, read from bytes.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use http_body::{Body, Frame};

/// A request and its destination.
#[derive(Debug)]
pub struct Visit {
    pub request: Request<()>,
    pub body: Vec<u8>,
    /// A router strips the first segment of the path before the pages see it.
    pub nested: bool,
    /// To one of the site's own pages, with the fragments.
    pub fragments: bool,
    /// To `/.well-known/gpc.json`.
    pub gpc: bool,
    /// The body is incomplete.
    pub broken: bool,
    /// A router adds the path of the pages before that of the request.
    pub rewritten: bool,
}

impl Visit {
    /// If a page contains this, it has shown it as markup.
    pub const MARKER: &str = "<x'\"";

    /// A byte of switches, then a request as HTTP/1.1 writes it, with line feeds alone.
    pub fn read(data: &[u8]) -> Option<Self> {
        let (switches, rest) = data.split_first()?;
        let mut request = Request::new(());
        let (head, body) = match rest.windows(2).position(|part| part == b"\n\n") {
            Some(at) => (&rest[..at], &rest[at + 2..]),
            None => (rest, &b""[..]),
        };
        let mut lines = head.split(|&byte| byte == b'\n');
        let mut first = lines.next()?.splitn(2, |&byte| byte == b' ');
        *request.method_mut() = Method::from_bytes(first.next()?).ok()?;
        *request.uri_mut() = Uri::try_from(first.next()?).ok()?;
        for line in lines.take(64) {
            let at = line.iter().position(|&byte| byte == b':')?;
            let (name, value) = (&line[..at], line[at + 1..].trim_ascii_start());
            let name = HeaderName::from_bytes(name).ok()?;
            request
                .headers_mut()
                .append(name, HeaderValue::from_bytes(value).ok()?);
        }
        let bit = |number: u8| switches >> number & 1 == 1;
        Some(Self {
            request,
            body: body.to_vec(),
            nested: bit(0),
            fragments: bit(1),
            gpc: bit(2) && !bit(1),
            broken: bit(3),
            rewritten: bit(4) && !bit(0),
        })
    }

    /// The request as it is sent.
    pub fn in_pieces(&self) -> Request<Pieces> {
        let pieces = self.body.chunks(1_000).map(Bytes::copy_from_slice);
        let mut request = Request::new(Pieces {
            left: pieces.collect(),
            broken: self.broken,
        });
        *request.method_mut() = self.request.method().clone();
        *request.uri_mut() = self.request.uri().clone();
        *request.headers_mut() = self.request.headers().clone();
        request
    }

    /// The target as a router hands it on.
    pub fn seen(&self) -> Uri {
        let uri = self.request.uri();
        let query = || {
            uri.query()
                .map_or(String::new(), |query| format!("?{query}"))
        };
        let seen = if self.nested {
            let rest = uri
                .path()
                .strip_prefix('/')
                .and_then(|path| path.split_once('/'));
            rest.map_or("/".to_owned(), |(_, rest)| format!("/{rest}{}", query()))
        } else if self.rewritten {
            format!("/cookies{}{}", uri.path(), query())
        } else {
            return uri.clone();
        };
        Uri::try_from(seen).unwrap_or(Uri::from_static("/"))
    }
}

/// A body in pieces that may be incomplete.
pub struct Pieces {
    left: VecDeque<Bytes>,
    broken: bool,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(match self.left.pop_front() {
            Some(piece) => Some(Ok(Frame::data(piece))),
            None if std::mem::take(&mut self.broken) => Some(Err("the connection is gone".into())),
            None => None,
        })
    }
}
