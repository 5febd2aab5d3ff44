//! The listening side: HTTP/1 and HTTP/2 (with prior knowledge) on one port, until SIGTERM.

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    pin::pin,
    time::Duration,
};

use axum::body::Body;
use http::{Request, Response};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
    sync::watch,
};
use tower::Service;

use crate::{gateway, host, quiet::Answering};

/// The default time that a client may be silent. Behind a proxy that keeps its own connections open
/// for longer, increase it.
pub(crate) const SILENCE: Duration = Duration::from_secs(30);

/// The time that requests in flight may take after shutdown begins. Tunnels and event streams never
/// end by themselves.
const GRACE: Duration = Duration::from_secs(30);

/// The most headers of a message: hyper's 100 are too few for a portal that sets many cookies.
pub(crate) const MOST_FIELDS: usize = 500;

/// The peer of the connection, in the extensions of each of its requests.
#[derive(Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Serves connections, and gives clients up to `silence` between requests.
pub(crate) async fn serve<S>(listener: TcpListener, silence: Duration, service: S) -> io::Result<()>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send + 'static,
{
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // Each connection has a receiver, so they have all ended once no receiver is left.
    let (ending, _) = watch::channel(false);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let connection = Connection { peer, silence, ending: ending.subscribe() };
                    tokio::spawn(connection.serve(stream, service.clone()));
                }
                Err(error) => {
                    // Out of file descriptors, or a client that has already gone: neither ends the
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
    ending.send_replace(true);
    if tokio::time::timeout(GRACE, ending.closed()).await.is_err() {
        tracing::warn!("requests still in flight after {GRACE:?} are cut off");
    }
    Ok(())
}

struct Connection {
    peer: SocketAddr,
    silence: Duration,
    ending: watch::Receiver<bool>,
}

impl Connection {
    async fn serve<S>(mut self, stream: TcpStream, service: S)
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
        S: Clone + Send + 'static,
        S::Future: Send + 'static,
    {
        // Small writes (events, WebSocket frames) leave at once.
        stream.set_nodelay(true).ok();
        let answering = Answering::default();
        let (peer, counted) = (Peer(self.peer.ip()), answering.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            answer(
                request.map(Body::new),
                peer,
                service.clone(),
                counted.clone(),
            )
        });
        let server = builder(self.silence);
        let connection = server.serve_connection_with_upgrades(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            () = answering.none_for(self.silence) => None,
            () = is_set(&mut self.ending) => None,
        };
        let ended = match ended {
            Some(ended) => ended,
            None => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    ended = connection => ended,
                    // It does not even take part in the shutdown.
                    () = answering.none_for(self.silence) => Ok(()),
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection broke off");
        }
    }
}

fn builder(silence: Duration) -> auto::Builder<TokioExecutor> {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(silence)
        .max_headers(MOST_FIELDS);
    server
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(silence)
        .keep_alive_timeout(silence);
    server
}

async fn answer<S>(
    mut request: Request<Body>,
    peer: Peer,
    mut service: S,
    answering: Answering,
) -> Result<Response<Body>, Infallible>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    let one = answering.one();
    let response = match host::check(&request) {
        // The services here are always ready.
        Ok(()) => {
            request.extensions_mut().insert(peer);
            service.call(request).await?
        }
        Err(problem) => gateway::bad_request(problem),
    };
    Ok(response.map(|body| one.until_the_end_of(body)))
}

async fn is_set(flag: &mut watch::Receiver<bool>) {
    // If the sender is gone, so is the server.
    flag.wait_for(|is_set| *is_set).await.ok();
}
