//! The layer and its pages on hyper 1, without axum: HTTP/1 and HTTP/2 on one port.
//!
//! ```text
//! cargo run --example hyper_service -- --listen 127.0.0.1:8080
//! ```

use std::{convert::Infallible, error::Error, io::Write, net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tower::{Layer, ServiceExt, service_fn};
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy, PolicyError,
    pages::{Pages, PagesError, mark_private},
    policy::Reason,
    preferences::PreferencesCookie,
};

/// The time that a client may take to send a request, and the pages to respond: they have no timer,
/// and read a body for as long as it comes.
const LONGEST: Duration = Duration::from_secs(10);

/// The time that requests in flight may take after shutdown begins.
const GRACE: Duration = Duration::from_secs(30);

/// The time that a client may be silent within the head of a request, or as an HTTP/2 peer.
const SILENCE: Duration = Duration::from_secs(30);

fn policy() -> Result<CookiePolicy, PolicyError> {
    CookiePolicy::builder()
        // This example uses plain HTTP. Leave `secure` on if there is TLS in front.
        .preferences_cookie(PreferencesCookie::default().secure(false))
        .category(
            Category::necessary("base")
                .title("Necessary cookies")
                .cookie(CookieDeclaration::new("sessionid").reason(Reason::Authentication)),
        )
        .category(
            Category::consent("ads")
                .title("Advertising")
                .description("Pays for what you read here.")
                .cookie(CookieDeclaration::new("_ga")),
        )
        .build()
}

/// An ordinary hyper service: it only knows the layer through the extension.
async fn respond(
    pages: Pages,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path();
    if path == "/cookies" || path.starts_with("/cookies/") {
        let Ok(answer) = tokio::time::timeout(LONGEST, pages.oneshot(request)).await else {
            return Ok(with_status(
                Response::default(),
                StatusCode::REQUEST_TIMEOUT,
            ));
        };
        let (head, body) = answer?.into_parts();
        let body = body.collect().await?.to_bytes();
        return Ok(Response::from_parts(head, body.into()));
    }
    let consent = request.extensions().get::<Consent>();
    Ok(match (request.method(), path, consent) {
        (&Method::GET | &Method::HEAD, "/", Some(consent)) => {
            let language = pages.language_for(request.headers(), None);
            home(&pages, consent, language).unwrap_or_else(|_| {
                with_status(Response::default(), StatusCode::INTERNAL_SERVER_ERROR)
            })
        }
        _ => with_status(Response::default(), StatusCode::NOT_FOUND),
    })
}

/// Renders the site's page, with the banner if a choice is needed, and the footer.
fn home(
    pages: &Pages,
    consent: &Consent,
    language: &str,
) -> Result<Response<Full<Bytes>>, PagesError> {
    let html = format!(
        "<!doctype html><html lang=\"{language}\"><head><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width, initial-scale=1\">\
         <title>Hyper</title>{}</head><body>{}<main id=main tabindex=-1>{}<h1>Hyper</h1>\
         <p>ads allowed: {}, choice needed: {}</p></main><footer>{}</footer></body></html>",
        pages.head(consent, language)?.as_str(),
        String::from(pages.banner(consent, language)?),
        pages.notice(consent, language)?.as_str(),
        consent.allows("ads"),
        consent.needs_choice(),
        pages.footer(consent, language)?.as_str(),
    );
    let mut response = Response::new(Full::from(html));
    let headers = response.headers_mut();
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, html);
    mark_private(headers);
    for cookie in [
        "sessionid=abc; Path=/; HttpOnly; SameSite=Lax",
        "_ga=GA1.1.42; Path=/; Max-Age=31536000",
        "forgotten=1; Path=/",
    ] {
        headers.append(header::SET_COOKIE, HeaderValue::from_static(cookie));
    }
    Ok(response)
}

fn with_status<B>(mut response: Response<B>, status: StatusCode) -> Response<B> {
    *response.status_mut() = status;
    response
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let policy = policy()?;
    let pages = Pages::at("/cookies", policy.clone())?.site("Hyper");
    let site = service_fn(move |request| respond(pages.clone(), request));
    let service = CookieConsentLayer::new(policy).layer(site);
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
                // Out of file descriptors, or the client has already gone.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            _ = terminate.recv() => break,
        };
        let server = server();
        let connection = server.serve_connection(TokioIo::new(stream), service.clone());
        let connection = connections.watch(connection.into_owned());
        tokio::spawn(async move {
            // A client that disconnects is not an error of this server.
            connection.await.ok();
        });
    }
    drop(listener);
    tokio::time::timeout(GRACE, connections.shutdown())
        .await
        .ok();
    Ok(())
}

/// Without a timer, hyper waits forever for the rest of an HTTP/1 head and for an HTTP/2 peer that
/// is gone. A connection that sends nothing is left to the server in front, or see `quiet.rs` of
/// the example `reverse_proxy`.
fn server() -> auto::Builder<TokioExecutor> {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(SILENCE);
    server
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(SILENCE)
        .keep_alive_timeout(SILENCE);
    server
}

fn address() -> Result<SocketAddr, Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => Ok(SocketAddr::from(([127, 0, 0, 1], 8080))),
        (Some("--listen"), Some(address)) => Ok(address.parse()?),
        _ => Err("usage: hyper_service [--listen ADDRESS]".into()),
    }
}
