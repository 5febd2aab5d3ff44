//! The listening side: HTTP/1 and HTTP/2 (with prior knowledge) on one port, until SIGTERM.

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use axum::body::Body;
use http::{Request, Response};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
};
use tower::Service;

/// How long requests in flight may take once the end has been asked for. Tunnels and event streams
/// have no end of their own.
const GRACE: Duration = Duration::from_secs(30);

/// The most fields of a message: hyper's 100 are few for a portal that sets many cookies.
pub(crate) const MOST_FIELDS: usize = 500;

/// Who is at the other end of the connection, in the extensions of each of its requests.
#[derive(Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

pub(crate) async fn serve<S>(listener: TcpListener, service: S) -> io::Result<()>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send + 'static,
{
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let connections = GracefulShutdown::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => accept(stream, peer, service.clone(), &connections),
                Err(error) => {
                    // Out of file descriptors, or a client that is gone already: neither ends the
                    // server, and the first must not make it spin.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    drop(listener);
    if tokio::time::timeout(GRACE, connections.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("requests still in flight after {GRACE:?} are cut off");
    }
    Ok(())
}

fn accept<S>(stream: TcpStream, peer: SocketAddr, service: S, connections: &GracefulShutdown)
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send + 'static,
{
    // Small writes (events, WebSocket frames) leave at once.
    stream.set_nodelay(true).ok();
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .max_headers(MOST_FIELDS);
    server.http2().timer(TokioTimer::new());
    let connection = server
        .serve_connection_with_upgrades(
            TokioIo::new(stream),
            service_fn(move |request: Request<Incoming>| {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(Peer(peer.ip()));
                // The services here are always ready.
                service.clone().call(request)
            }),
        )
        .into_owned();
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection broke off");
        }
    });
}
