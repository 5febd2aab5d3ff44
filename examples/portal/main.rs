//! An open data portal, modelled on the cookie policy of a French département.
//!
//! Its pages set cookies the way applications do: through a session layer, a handler's jar and raw
//! headers, one of them undeclared by mistake. None of that code checks for consent. One layer and
//! `policy.json` decide what leaves, and each page shows what happened to its own cookies.
//!
//! ```text
//! cargo run --example portal
//! cargo run --example portal -- --listen 127.0.0.1:8080
//! cargo run --example portal -- --records sqlite:consent.db
//! cargo run --example portal -- --regime-header x-country
//! RUST_LOG=tower_cookie_consent=debug cargo run --example portal
//! ```
//!
//! Whoever logs in has one choice on all their devices, and each device its own again after the logout.
//!
//! Choices are recorded, without `--records` in an SQLite file in the folder for temporary files: the
//! portal says where, and the example `consent_records` reads them.
//!
//! With `--regime-header` the rules of asking follow the place that this header of each request names, as
//! `GB` or `US-CA`: put a proxy in front that sets it.
//!
//! `/debug/cookies` lists the cookies that the service really sets and receives and drafts the
//! missing declarations; `/metrics` counts what happened to them, for Prometheus. In debug builds
//! `/debug/records` is the console for staff, filled with made-up choices.

mod account;
mod language;
mod page;
mod pages;
mod records;
mod show;
mod staff;
mod tracking;
mod visitor;
mod watch;

use std::{
    env,
    error::Error,
    io::{self, IsTerminal, Write},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use axum::{
    Extension, Router,
    extract::{MatchedPath, Request},
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, ORIGIN},
    },
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use page::Templates;
use records::Kept;
use tokio::net::TcpListener;
use tower_cookie_consent::{
    CookieConsentLayer, CookiePolicy, Inventory,
    documents::HtmlConsentLayer,
    observe::CookieMetrics,
    pages::{GpcResource, Pages, mark_private},
    records::{AccountCookieLayer, AccountLayer, RecordLayer},
    regimes::PlaceHeaders,
};
use tower_http::timeout::TimeoutLayer;
use tracing_subscriber::EnvFilter;

/// The time that a request may take, including its body: a client that sends a form byte by byte,
/// or never, must not hold its connection forever.
const LONGEST: Duration = Duration::from_secs(10);

/// The path of the cookie policy page and the form.
const COOKIES: &str = "/cookies";

const USAGE: &str = "usage: portal [--listen ADDRESS] [--records sqlite:FILE|postgres://…] \
                     [--record-subject receipt|none] [--record-spool FILE] [--record-key FILE] \
                     [--regime-header NAME]   (default: 127.0.0.1:3000; port 0: any)";

/// The arguments.
struct Settings<'a> {
    listen: &'a str,
    records: Option<&'a str>,
    spool: Option<&'a str>,
    key: Option<&'a str>,
    has_receipts: bool,
    /// The header in which the proxy in front says where the visitor is.
    regime_header: Option<HeaderName>,
}

impl<'a> Settings<'a> {
    /// Returns the store that the command line names.
    fn place(&self, receipts_at: Option<&'a str>) -> Option<records::Place<'a>> {
        Some(records::Place {
            url: self.records?,
            receipts_at,
            spool: self.spool,
            key: self.key,
            creates_key: false,
        })
    }
}

fn settings<'a>(arguments: &[Option<&'a str>]) -> Option<Settings<'a>> {
    let mut settings = Settings {
        listen: "127.0.0.1:3000",
        records: None,
        spool: None,
        key: None,
        has_receipts: true,
        regime_header: None,
    };
    for pair in arguments.chunks(2) {
        match *pair {
            [Some("--listen"), Some(address)] => settings.listen = address,
            [Some("--records"), Some(url)] => settings.records = Some(url),
            [Some("--record-spool"), Some(file)] => settings.spool = Some(file),
            [Some("--record-key"), Some(file)] => settings.key = Some(file),
            [Some("--record-subject"), Some(word)] => {
                settings.has_receipts = records::has_receipts(word).ok()?;
            }
            [Some("--regime-header"), Some(name)] => {
                settings.regime_header = Some(name.parse().ok()?);
            }
            _ => return None,
        }
    }
    // A spool without a store would be filled, and never emptied.
    let needs_store = settings.spool.or(settings.key).is_some();
    (!needs_store || settings.records.is_some()).then_some(settings)
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(|given| given.to_str()).collect();
    let Some(settings) = settings(&arguments) else {
        complain(USAGE);
        return ExitCode::from(2);
    };
    match serve(&settings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("portal: {error}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "a program tells its user what is wrong"
)]
fn complain(what: &str) {
    eprintln!("{what}");
}

async fn serve(settings: &Settings<'_>) -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| EnvFilter::new("tower_cookie_consent=info")),
        )
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
    // All mistakes in the policy are reported here, at the start.
    let policy: CookiePolicy = serde_json::from_str(include_str!("policy.json"))?;
    // So is an invalid template, text or path.
    let cookies = Pages::at(COOKIES, policy.clone())?
        .site([("fr", "Portail de données"), ("en", "Data portal")])
        .language_cookie(language::COOKIE)
        .main_id("content")?
        // As wide as the portal's own pages.
        .style(":root { --tcc-width: 66rem }");
    let gpc = cookies.gpc("2026-01-01")?;
    let metrics = watch::metrics()?;
    let receipts_at = settings.has_receipts.then_some(COOKIES);
    let given = match settings.place(receipts_at) {
        Some(place) => Some(records::open(place, &policy).await?),
        None => None,
    };
    let templates = Arc::new(page::templates()?);
    let end = asked_to_end()?;
    let listener = TcpListener::bind(settings.listen).await?;
    writeln!(
        io::stdout(),
        "listening on http://{}",
        listener.local_addr()?
    )?;
    let kept = match given {
        Some(kept) => Some(kept),
        None => records::open_default(listener.local_addr()?, receipts_at, &policy).await,
    };
    let staff = staff::console(policy.clone(), listener.local_addr()?);
    let mut consent = CookieConsentLayer::new(policy.clone());
    if let Some(header) = &settings.regime_header {
        consent = consent.regime_from(PlaceHeaders::of(header.clone()));
    }
    let portal = portal((policy, consent), cookies, gpc, templates, kept.clone())
        .merge(metrics)
        .merge(staff);
    axum::serve(listener, portal)
        .with_graceful_shutdown(end)
        .await?;
    if let Some(kept) = kept {
        kept.records.flush().await;
    }
    Ok(())
}

fn portal(
    (policy, consent): (CookiePolicy, CookieConsentLayer),
    cookies: Pages,
    gpc: GpcResource,
    templates: Templates,
    kept: Option<Kept>,
) -> Router {
    // What is set, received and loaded, for developers. Browsers report what scripts load from others.
    let inventory = Inventory::new();
    let cookies = cookies.browser_reports(inventory.clone());
    let seen = inventory.clone();
    // Two other sites are embedded here, with placeholders until they are allowed. The layer reads finished
    // documents, so that this page is rendered inside of it.
    let territory = Router::new()
        .route(pages::TERRITORY, get(pages::territory))
        .layer(from_fn_with_state(
            Arc::clone(&templates),
            show::render_here,
        ))
        // The portal's templates have the banner and the footer.
        .layer(
            HtmlConsentLayer::new()
                .pages(cookies.clone())
                .banner(false)
                .footer(false)
                .observe(move |event| seen.observe_document(event)),
        );
    let pages = Router::new()
        .route("/", get(pages::home))
        .route("/connexion", get(account::form).post(account::log_in))
        .route("/deconnexion", post(account::log_out))
        .route("/langue", post(language::choose))
        .route("/redirection", get(pages::redirect))
        .merge(territory)
        .fallback(pages::not_found)
        .layer(from_fn(tracking::measure))
        // For the banner on each page.
        .layer(Extension(cookies.clone()))
        .layer(from_fn(own_forms_only));
    let debug = watch::debug(inventory.clone(), cookies.clone(), policy.clone());
    let mut consent = consent
        .observe(inventory)
        .observe(CookieMetrics::new())
        // Requests for unknown paths must not choose what is recorded.
        .path_for(|request| {
            let route = request.extensions().get::<MatchedPath>()?;
            Some(route.as_str().to_owned())
        });
    let mut site = pages
        .merge(files())
        // The cookie policy page, and the form for the choice.
        .nest_service(COOKIES, cookies)
        .route_service("/.well-known/gpc.json", gpc)
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            LONGEST,
        ));
    let accounts = kept.as_ref().and_then(|kept| kept.accounts.clone());
    if let Some(kept) = kept {
        consent = consent.records(&kept.records);
        site = recorded(site, kept);
    }
    site = site
        // The record layer and the account layer have to know who is logged in.
        .layer(from_fn(account::identify))
        .layer(account::sessions())
        // Inside the consent layer, to record what the service tries to set …
        .layer(from_fn(show::note))
        // The layer wraps everything that sets cookies. In a real service, nothing is outside it, but for the
        // account's own cookie.
        .layer(consent)
        // … and outside, to show what happened. Only this example needs the two.
        .layer(from_fn_with_state(templates, show::render));
    if let Some(accounts) = accounts {
        site = site.layer(AccountCookieLayer::new(accounts));
    }
    site.merge(debug)
}

/// Adds what a choice goes through before it counts.
fn recorded(mut site: Router, kept: Kept) -> Router {
    if let Some(accounts) = kept.accounts {
        // A choice that is made while logged in is one of the account.
        site = site.layer(AccountLayer::new(accounts));
    }
    // A grant counts once its record is durable.
    site.layer(RecordLayer::new(kept.records))
}

fn files() -> Router {
    Router::new()
        .route(
            "/portal.css",
            get(|| file("text/css", include_str!("assets/portal.css"))),
        )
        .route(
            "/icon.svg",
            get(|| file("image/svg+xml", include_str!("assets/icon.svg"))),
        )
}

async fn file(content_type: &'static str, content: &'static str) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, "public, max-age=60"),
    ];
    (headers, content)
}

/// Stops forms on other sites from logging anybody in or out.
async fn own_forms_only(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let host = headers.get(HOST).map(HeaderValue::as_bytes);
    let foreign = headers.get(ORIGIN).is_some_and(|origin| {
        let origin = origin.as_bytes();
        let authority = origin
            .strip_prefix(b"http://")
            .or(origin.strip_prefix(b"https://"));
        authority.is_none() || authority != host
    });
    if foreign && !request.method().is_safe() {
        return (StatusCode::FORBIDDEN, "not from another site").into_response();
    }
    // The site's own policy allows what the page embeds; that of `HtmlConsentLayer`, beside it, narrows
    // it to what the visitor allows.
    let policy = match request.uri().path() {
        pages::TERRITORY => {
            "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
             frame-ancestors 'none'; \
             frame-src https://www.youtube-nocookie.com https://www.openstreetmap.org"
        }
        _ => {
            "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
             frame-ancestors 'none'"
        }
    };
    let mut response = next.run(request).await;
    // Every page depends on the visitor's consent.
    mark_private(response.headers_mut());
    let policy = HeaderValue::from_static(policy);
    response
        .headers_mut()
        .append(CONTENT_SECURITY_POLICY, policy);
    response
}

/// Waits for Ctrl-C or SIGTERM. It listens from the call on, not only once it is awaited.
#[cfg(unix)]
fn asked_to_end() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn asked_to_end() -> io::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
