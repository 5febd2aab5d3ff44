//! tonic: a unary call. The messages are bytes, so that no protobuf compiler is needed.

use std::{
    convert::Infallible,
    net::SocketAddr,
    task::{Context, Poll},
};

use bytes::{Buf, BufMut, Bytes};
use http::{HeaderValue, Request, Response, header::SET_COOKIE};
use tonic::{
    Status,
    body::Body,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::MetadataValue,
    server::{NamedService, UnaryService},
    transport::{Channel, Server, server::TcpIncoming},
};
use tower::Service;

use super::{ALLOWED, MIXED, accepted, consent};

#[derive(Clone, Default)]
struct RawCodec;

impl Codec for RawCodec {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for RawCodec {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for RawCodec {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

/// Answers with the cookies that it sees, and sets the mixed ones.
#[derive(Clone)]
struct Say;

impl UnaryService<Bytes> for Say {
    type Response = Bytes;
    type Future = std::future::Ready<Result<tonic::Response<Bytes>, Status>>;

    fn call(&mut self, request: tonic::Request<Bytes>) -> Self::Future {
        let seen = request.metadata().get("cookie");
        let seen = seen.map_or("", |cookie| cookie.to_str().unwrap());
        let message = [&request.get_ref()[..], b", seen: ", seen.as_bytes()].concat();
        let mut response = tonic::Response::new(Bytes::from(message));
        for (_, cookie) in MIXED.0 {
            let cookie = MetadataValue::from_static(cookie);
            response.metadata_mut().append("set-cookie", cookie);
        }
        std::future::ready(if request.get_ref() == "fail" {
            let (metadata, ..) = response.into_parts();
            Err(Status::with_metadata(
                tonic::Code::Internal,
                "failed",
                metadata,
            ))
        } else {
            Ok(response)
        })
    }
}

#[derive(Clone)]
struct Greeter;

impl NamedService for Greeter {
    const NAME: &'static str = "portal.Greeter";
}

impl Service<Request<Body>> for Greeter {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = futures_util::future::BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(async { Ok(tonic::server::Grpc::new(RawCodec).unary(Say, request).await) })
    }
}

async fn say(
    address: SocketAddr,
    message: &'static str,
    cookie: &str,
) -> Result<tonic::Response<Bytes>, Status> {
    let channel = Channel::from_shared(format!("http://{address}")).unwrap();
    let mut client = tonic::client::Grpc::new(channel.connect().await.unwrap());
    client.ready().await.unwrap();
    let mut request = tonic::Request::new(Bytes::from_static(message.as_bytes()));
    let cookie = cookie.parse().unwrap();
    request.metadata_mut().insert("cookie", cookie);
    let path = http::uri::PathAndQuery::from_static("/portal.Greeter/Say");
    client.unary(request, path, RawCodec).await
}

fn cookies(metadata: &tonic::metadata::MetadataMap) -> Vec<&str> {
    let values = metadata.get_all("set-cookie").into_iter();
    values.map(|value| value.to_str().unwrap()).collect()
}

fn incoming() -> (TcpIncoming, SocketAddr) {
    let incoming = TcpIncoming::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = incoming.local_addr().unwrap();
    (incoming, address)
}

#[tokio::test]
async fn a_unary_call_is_filtered_both_ways() {
    let (incoming, address) = incoming();
    let server = Server::builder().layer(consent()).add_service(Greeter);
    tokio::spawn(server.serve_with_incoming(incoming));

    let answer = say(address, "hello", "sessionid=a; _ga=b").await.unwrap();
    assert_eq!(answer.get_ref(), "hello, seen: sessionid=a");
    assert_eq!(cookies(answer.metadata()), ALLOWED);

    let cookie = format!("_ga=b; {}", accepted());
    let answer = say(address, "hello", &cookie).await.unwrap();
    assert!(cookies(answer.metadata()).contains(&"_ga=3; Path=/"));

    // A response without a message, whose status is in its head.
    let failure = say(address, "fail", "sessionid=a").await.unwrap_err();
    assert_eq!(failure.message(), "failed");
    assert_eq!(cookies(failure.metadata()), ALLOWED);
}

#[tokio::test]
async fn a_layer_before_it_sets_its_cookies_unjudged() {
    let (incoming, address) = incoming();
    // In tonic the first layer is the outermost.
    let server = Server::builder()
        .layer(tower::util::MapResponseLayer::new(
            |mut response: Response<Body>| {
                let late = HeaderValue::from_static("_ga=late");
                response.headers_mut().append(SET_COOKIE, late);
                response
            },
        ))
        .layer(consent())
        .add_service(Greeter);
    tokio::spawn(server.serve_with_incoming(incoming));
    let answer = say(address, "hello", "sessionid=a").await.unwrap();
    assert!(cookies(answer.metadata()).contains(&"_ga=late"));
}
