//! The layer on hyper 1, without axum: HTTP/1 and HTTP/2 on one port.
//!
//! ```text
//! cargo run --example hyper_service -- --listen 127.0.0.1:8080
//! ```

use std::{convert::Infallible, error::Error, io::Write, net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{
    Method, Request, Response, StatusCode,
    header::{LOCATION, SET_COOKIE},
};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tower::{Layer, service_fn};
use tower_cookie_consent::{
    Category, Choice, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy, PolicyError,
    PreferencesCookie, Reason,
};

/// How long requests in flight may take once the end has been asked for.
const GRACE: Duration = Duration::from_secs(30);

fn policy() -> Result<CookiePolicy, PolicyError> {
    CookiePolicy::builder()
        // This example speaks plain HTTP. Leave `secure` on wherever TLS is in front.
        .preferences_cookie(PreferencesCookie::default().secure(false))
        .category(
            Category::necessary("base")
                .cookie(CookieDeclaration::new("sessionid").reason(Reason::Authentication)),
        )
        .category(Category::consent("ads").cookie(CookieDeclaration::new("_ga")))
        .build()
}

/// A service as hyper services are: it knows nothing of the layer, but for the extension.
async fn respond(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let consent = request.extensions().get::<Consent>();
    Ok(match (request.method(), request.uri().path(), consent) {
        (&Method::GET, "/", Some(consent)) => page(consent),
        (&Method::POST, "/accept", Some(consent)) => chosen(consent, consent.accept_all()),
        (&Method::POST, "/refuse", Some(consent)) => chosen(consent, consent.refuse_all()),
        _ => with_status(Response::default(), StatusCode::NOT_FOUND),
    })
}

fn page(consent: &Consent) -> Response<Full<Bytes>> {
    let text = format!(
        "ads allowed: {}, choice needed: {}\nPOST /accept or /refuse to choose\n",
        consent.allows("ads"),
        consent.needs_choice(),
    );
    let mut response = Response::new(Full::from(text));
    for cookie in [
        "sessionid=abc; Path=/; HttpOnly; SameSite=Lax",
        "_ga=GA1.1.42; Path=/; Max-Age=31536000",
        "forgotten=1; Path=/",
    ] {
        let headers = response.headers_mut();
        headers.append(SET_COOKIE, http::HeaderValue::from_static(cookie));
    }
    response
}

fn chosen(consent: &Consent, choice: Choice) -> Response<Full<Bytes>> {
    let mut response = with_status(Response::default(), StatusCode::SEE_OTHER);
    let headers = response.headers_mut();
    headers.insert(LOCATION, http::HeaderValue::from_static("/"));
    headers.append(SET_COOKIE, consent.set(choice).header_value());
    response
}

fn with_status<B>(mut response: Response<B>, status: StatusCode) -> Response<B> {
    *response.status_mut() = status;
    response
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let service = CookieConsentLayer::new(policy()?).layer(service_fn(respond));
    let service = TowerToHyperService::new(service);

    let listener = TcpListener::bind(address()?).await?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "listening on http://{}", listener.local_addr()?)?;

    let mut terminate = signal(SignalKind::terminate())?;
    let connections = GracefulShutdown::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // Out of file descriptors, or a client that is gone already.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            _ = terminate.recv() => break,
        };
        let server = auto::Builder::new(TokioExecutor::new());
        let connection = server.serve_connection(TokioIo::new(stream), service.clone());
        let connection = connections.watch(connection.into_owned());
        tokio::spawn(async move {
            // A client that breaks off is no error of ours.
            connection.await.ok();
        });
    }
    drop(listener);
    tokio::time::timeout(GRACE, connections.shutdown())
        .await
        .ok();
    Ok(())
}

fn address() -> Result<SocketAddr, Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => Ok(SocketAddr::from(([127, 0, 0, 1], 8080))),
        (Some("--listen"), Some(address)) => Ok(address.parse()?),
        _ => Err("usage: hyper_service [--listen ADDRESS]".into()),
    }
}
