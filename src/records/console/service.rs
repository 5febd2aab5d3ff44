//! Requests, routed to their answers.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use http::{HeaderValue, Method, Request, Response, StatusCode, header::ALLOW, request::Parts};
use http_body::Body;
use http_body_util::{BodyExt, Limited};
use tokio::runtime::Handle;
use tower::Service;

use super::{
    body::ConsoleBody,
    console::{Console, Settings},
    history::History,
    overview::{Fact, Overview},
    response::{failure, html, is_own, lines, stylesheet},
    viewer::{ConsolePart, Look, Viewer},
};
use crate::records::{Archive, ArchiveError, RecordId, StoredRecord, archive::Export};

/// The longest body of a search, in bytes.
const LONGEST_BODY: usize = 4096;

/// The records of one visitor on a page: anybody can make a chain of them for free.
const MAX_HISTORY: usize = 200;

impl Console {
    async fn answer<B>(&self, parts: &Parts, body: B) -> Response<ConsoleBody>
    where
        B: Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let settings = &*self.0;
        let reads = parts.method == Method::GET || parts.method == Method::HEAD;
        let resource = resource(&settings.mount, parts.uri.path());
        let part = match resource {
            "" => ConsolePart::Overview,
            "search" => ConsolePart::Search,
            "export" => ConsolePart::Export,
            // It says nothing about anybody, and the page for strangers has it too.
            _ if resource == settings.templates.style_name() && reads => {
                return stylesheet(&settings.templates);
            }
            _ => return settings.error(None, StatusCode::NOT_FOUND, "not_found"),
        };
        let Some(viewer) = (settings.viewer)(parts) else {
            return settings.error(None, StatusCode::FORBIDDEN, "no_viewer");
        };
        let refusal = Refusal::of(&viewer, part, parts);
        settings.note(&viewer, part, refusal.is_none());
        if let Some(refusal) = refusal {
            return settings.refuse(&viewer, refusal);
        }
        match part {
            ConsolePart::Overview => self.overview(viewer, parts).await,
            ConsolePart::Search => self.search(viewer, body).await,
            ConsolePart::Export => match Handle::try_current() {
                Ok(runtime) => lines(ConsoleBody::export(
                    runtime,
                    Export::new(settings.archive.clone()),
                )),
                Err(_) => failure(NO_RUNTIME),
            },
        }
    }

    async fn overview(&self, viewer: Viewer, parts: &Parts) -> Response<ConsoleBody> {
        let settings = self.0.clone();
        let query = parts.uri.query().unwrap_or_default();
        let days = form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "days")
            .and_then(|(_, days)| days.parse().ok());
        let read = async move {
            let view = Overview::read(&settings, viewer.clone(), days).await;
            (settings, viewer, view)
        };
        match blocking(read).await {
            Ok((settings, _, Ok(view))) => html(
                StatusCode::OK,
                settings.templates.render("overview.html", &view),
            ),
            Ok((settings, viewer, Err(error))) => settings.store_error(&viewer, &error),
            Err(why) => failure(why),
        }
    }

    async fn search<B>(&self, viewer: Viewer, body: B) -> Response<ConsoleBody>
    where
        B: Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let settings = self.0.clone();
        let Ok(body) = Limited::new(body, LONGEST_BODY).collect().await else {
            return settings.error(Some(&viewer), StatusCode::PAYLOAD_TOO_LARGE, "too_large");
        };
        let body = body.to_bytes();
        let receipt = form_urlencoded::parse(&body)
            .find(|(name, _)| name == "receipt")
            .and_then(|(_, receipt)| receipt.trim().parse::<RecordId>().ok());
        let Some(receipt) = receipt else {
            return settings.error(Some(&viewer), StatusCode::BAD_REQUEST, "not_a_receipt");
        };
        let read = async move {
            let records = history(&settings.archive, receipt).await;
            (settings, viewer, records)
        };
        match blocking(read).await {
            Ok((settings, viewer, Ok((records, _)))) if records.is_empty() => {
                settings.error(Some(&viewer), StatusCode::NOT_FOUND, "no_record")
            }
            Ok((settings, viewer, Ok((records, taken_back)))) => {
                let view = History::new(&settings, &viewer, &records, &taken_back);
                html(
                    StatusCode::OK,
                    settings.templates.render("history.html", &view),
                )
            }
            Ok((settings, viewer, Err(error))) => settings.store_error(&viewer, &error),
            Err(why) => failure(why),
        }
    }
}

/// Returns a visitor's records, and those whose grants were taken back.
async fn history(
    archive: &Archive,
    receipt: RecordId,
) -> Result<(Vec<StoredRecord>, BTreeSet<RecordId>), ArchiveError> {
    let records = archive.newest(receipt, MAX_HISTORY).await?;
    let ids: Vec<_> = records.iter().map(|stored| stored.record.id).collect();
    let taken_back = archive.taken_back(&ids).await?;
    Ok((records, taken_back))
}

/// Why a known viewer sees nothing.
#[derive(Clone, Copy)]
enum Refusal {
    Role,
    /// With the methods that are allowed.
    Method(&'static str),
    OtherSite,
}

impl Refusal {
    fn of(viewer: &Viewer, part: ConsolePart, parts: &Parts) -> Option<Self> {
        match (part, &parts.method) {
            (ConsolePart::Overview, &Method::GET | &Method::HEAD) => None,
            (ConsolePart::Overview, _) => Some(Self::Method("GET, HEAD")),
            _ if !viewer.may_search() => Some(Self::Role),
            (_, method) if method != Method::POST => Some(Self::Method("POST")),
            // Nothing is changed, but other sites' forms must not make the log say that somebody saw it.
            _ => (!is_own(&parts.headers)).then_some(Self::OtherSite),
        }
    }
}

impl Settings {
    /// Logs a look, without saying at whose records.
    fn note(&self, viewer: &Viewer, part: ConsolePart, allowed: bool) {
        #[cfg(feature = "tracing")]
        tracing::info!(
            target: "tower_cookie_consent",
            viewer = viewer.name(),
            part = part.as_str(),
            allowed,
            "a member of staff looked at the records of consent"
        );
        if let Some(hook) = &self.looked {
            hook(&Look {
                viewer,
                part,
                allowed,
            });
        }
    }

    fn refuse(&self, viewer: &Viewer, refusal: Refusal) -> Response<ConsoleBody> {
        let (status, text) = match refusal {
            Refusal::Role => (StatusCode::FORBIDDEN, "not_allowed"),
            Refusal::Method(_) => (StatusCode::METHOD_NOT_ALLOWED, "wrong_method"),
            Refusal::OtherSite => (StatusCode::FORBIDDEN, "cross_site"),
        };
        let mut response = self.error(Some(viewer), status, text);
        if let Refusal::Method(allowed) = refusal {
            let allowed = HeaderValue::from_static(allowed);
            response.headers_mut().insert(ALLOW, allowed);
        }
        response
    }

    fn store_error(&self, viewer: &Viewer, error: &ArchiveError) -> Response<ConsoleBody> {
        #[cfg(feature = "tracing")]
        tracing::error!(target: "tower_cookie_consent", "the console can't read the store: {error}");
        #[cfg(not(feature = "tracing"))]
        let _ = error;
        let status = StatusCode::SERVICE_UNAVAILABLE;
        self.error(Some(viewer), status, "store_error")
    }

    /// Renders the page of an error, by the name of its text.
    fn error(
        &self,
        viewer: Option<&Viewer>,
        status: StatusCode,
        text: &'static str,
    ) -> Response<ConsoleBody> {
        #[derive(serde::Serialize)]
        struct View<'a> {
            mount: &'a str,
            viewer: Option<&'a str>,
            error: &'static str,
            store: Vec<Fact>,
        }
        let is_down = status == StatusCode::SERVICE_UNAVAILABLE;
        let view = View {
            mount: &self.mount,
            viewer: viewer.map(Viewer::name),
            error: text,
            store: match viewer {
                Some(viewer) if is_down => Fact::of_writer(self, viewer),
                _ => Vec::new(),
            },
        };
        html(status, self.templates.render("error.html", &view))
    }
}

/// Returns what a path names, below the console's own or with that taken off by a router.
fn resource<'a>(mount: &str, path: &'a str) -> &'a str {
    let below = path
        .strip_prefix(mount)
        .filter(|rest| rest.is_empty() || rest.starts_with('/'));
    below.unwrap_or(path).trim_matches('/')
}

const NO_RUNTIME: &str = "the console needs a tokio runtime";

/// Reads on a thread that may wait for the disk.
async fn blocking<T: Send + 'static>(
    read: impl Future<Output = T> + Send + 'static,
) -> Result<T, &'static str> {
    let runtime = Handle::try_current().map_err(|_| NO_RUNTIME)?;
    let on = runtime.clone();
    let done = runtime.spawn_blocking(move || on.block_on(read)).await;
    done.map_err(|_| "the console can't read the store")
}

impl<B> Service<Request<B>> for Console
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<ConsoleBody>;
    type Error = Infallible;
    type Future = ConsoleFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ConsoleFuture {
        let console = self.clone();
        ConsoleFuture(Box::pin(async move {
            let (parts, body) = request.into_parts();
            let response = console.answer(&parts, body).await;
            match parts.method {
                Method::HEAD => response.map(|_| ConsoleBody::empty()),
                _ => response,
            }
        }))
    }
}

/// The future of a response of [`Console`].
#[must_use = "futures do nothing unless polled"]
pub struct ConsoleFuture(Pin<Box<dyn Future<Output = Response<ConsoleBody>> + Send>>);

impl Future for ConsoleFuture {
    type Output = Result<Response<ConsoleBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx).map(Ok)
    }
}

impl fmt::Debug for ConsoleFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleFuture").finish_non_exhaustive()
    }
}
