//! The service that passes a request on to the upstream, and its response back.
//!
//! `axum-reverse-proxy` does the forwarding: it streams bodies, bridges WebSocket upgrades and
//! drops hop-by-hop headers. This module adds what it leaves to its users.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use axum_reverse_proxy::{HostBehaviour, ProxyPolicy, ReverseProxy, XForwardedFor};
use http::{Request, Response, Uri};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use tower::Service;

use crate::{
    gateway, headers,
    patience::{self, Late},
    server::MOST_FIELDS,
};

#[derive(Clone)]
pub(crate) struct Forward {
    proxy: ReverseProxy<HttpConnector>,
    timeout: Duration,
    client_timeout: Duration,
}

impl Forward {
    pub(crate) fn new(upstream: &Uri, timeout: Duration, client_timeout: Duration) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_keepalive(Some(Duration::from_secs(60)));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            // Less than the usual time after which servers close an idle connection.
            .pool_idle_timeout(Duration::from_secs(4))
            .http1_max_headers(MOST_FIELDS)
            .build(connector);
        let policy = ProxyPolicy::new()
            .with_host_behaviour(HostBehaviour::Preserve)
            // `headers` writes the X-Forwarded headers itself, since the library drops other
            // proxies' values that are not ASCII.
            .with_x_forwarded_for(XForwardedFor::Preserve)
            // `patience` has its own timeout.
            .with_websocket_connect_timeout(Duration::MAX);
        Self {
            proxy: ReverseProxy::new_with_client("", upstream.to_string(), client)
                .with_policy(policy),
            timeout,
            client_timeout,
        }
    }
}

impl Service<Request<Body>> for Forward {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request<Body>>::poll_ready(&mut self.proxy, cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        headers::prepare(&mut request);
        let (request, patience) = patience::watch(request, self.timeout, self.client_timeout);
        let response = self.proxy.call(request);
        Box::pin(async move {
            Ok(match patience.until(response).await {
                Ok(Ok(response)) => gateway::of_upstream(response),
                Err(Late::Upstream) => gateway::timeout(),
                Err(Late::Client) => gateway::client_timeout(),
            })
        })
    }
}
