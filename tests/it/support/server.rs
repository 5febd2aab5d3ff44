//! An example of this crate, running as a user runs it.

use std::{
    net::{SocketAddr, TcpListener},
    thread,
};

use axum::Router;
use http::{HeaderName, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};

use super::process;

/// An example that takes `--listen`, asked over HTTP.
pub(crate) struct Server {
    pub(crate) process: process::Server,
    /// Its folder for temporary files, removed after it has ended.
    pub(crate) temporary: Option<process::Folder>,
}

impl Server {
    pub(crate) fn start(name: &str) -> Self {
        Self::start_with(name, &[])
    }

    pub(crate) fn start_with(name: &str, arguments: &[&str]) -> Self {
        let temporary = process::Folder::new(name);
        let mut command = process::example(name);
        command
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .env("RUST_LOG", "off")
            .env("TMPDIR", &temporary.0);
        Self {
            process: process::Server::start(&mut command),
            temporary: Some(temporary),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        self.process.url(path)
    }

    pub(crate) fn get(&self, path: &str) -> Response<String> {
        self.send(Method::GET, path, &[], "")
    }

    /// Sends a request as it is: no jar, no redirects.
    pub(crate) fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(HeaderName, &str)],
        body: &str,
    ) -> Response<String> {
        send(method, &self.url(path), headers, body)
    }
}

/// Sends a request as it is: no jar, no redirects.
pub(crate) fn send(
    method: Method,
    url: &str,
    headers: &[(HeaderName, &str)],
    body: &str,
) -> Response<String> {
    send_for_bytes(method, url, headers, body).map(|body| String::from_utf8(body.into()).unwrap())
}

/// The same for a body that is not text.
pub(crate) fn send_for_bytes(
    method: Method,
    url: &str,
    headers: &[(HeaderName, &str)],
    body: &str,
) -> Response<Bytes> {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let request = request
        .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
        .unwrap();
    runtime().block_on(async {
        let client = Client::builder(TokioExecutor::new()).build_http();
        let (head, body) = client.request(request).await.unwrap().into_parts();
        Response::from_parts(head, body.collect().await.unwrap().to_bytes())
    })
}

/// Serves one of the test's own sites for as long as the tests run, and returns its address.
pub(crate) fn serve(site: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        runtime().block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, site).await.unwrap();
        });
    });
    address
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}
