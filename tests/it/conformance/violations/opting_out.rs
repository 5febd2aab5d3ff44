//! Violations of the right to opt out that only visitors who are logged in meet, in a site with the crate's pages.

use std::sync::{Arc, LazyLock, atomic::AtomicBool};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    response::{AppendHeaders, IntoResponse, Redirect, Response},
    routing::{any, get},
};
use http::{
    HeaderMap,
    header::{CONTENT_LENGTH, COOKIE, SET_COOKIE},
    request::Parts,
};
use tower::ServiceExt;
use tower_cookie_consent::{
    Consent,
    conformance::{
        Conformance,
        Requirement::{self, *},
    },
    pages::Pages,
    regimes::OptOutStatus,
};

use super::{
    super::opt_outs::{in_california, opt_out_policy, page},
    Row, row,
    site::{Asked, Reply, consent_by, post, read, spoilt},
};

/// The crate's pages, and a page of members.
static SITE: LazyLock<Router> = LazyLock::new(|| {
    let pages = Pages::at("/cookies", opt_out_policy()).unwrap();
    let pages = pages.main_id("main").unwrap();
    let gpc = pages.gpc("2026-01-01").unwrap();
    let routes = Router::new()
        .route("/", get(page))
        .route(
            "/account",
            get(page).layer(axum::middleware::from_fn(members)),
        )
        .with_state(pages.clone());
    let log_in = async || {
        let session = AppendHeaders([(SET_COOKIE, "sessionid=m1; Path=/; Secure; HttpOnly")]);
        (session, Redirect::to("/account"))
    };
    routes
        .route("/login", any(log_in))
        .nest_service("/cookies", pages)
        .route_service("/.well-known/gpc.json", gpc)
        .layer(in_california())
});

/// Leads everybody else home.
async fn members(headers: HeaderMap, request: Request, next: axum::middleware::Next) -> Response {
    let cookies = headers.get(COOKIE).map(|field| field.to_str().unwrap());
    match cookies.is_some_and(|cookies| cookies.contains("sessionid=m")) {
        true => next.run(request).await,
        false => Redirect::to("/").into_response(),
    }
}

/// The site with a violation planted in it.
pub(super) fn california(plant: fn(&Asked, &mut Reply), shown: &Arc<AtomicBool>) -> Router {
    let shown = Arc::clone(shown);
    Router::new().fallback(move |request: Request| {
        let shown = Arc::clone(&shown);
        async move {
            let asked = read(request, consent).await;
            let body = Body::from(asked.body.clone());
            let request = Request::from_parts(asked.parts.clone(), body);
            let response = SITE.clone().oneshot(request).await.unwrap();
            let (mut head, body) = response.into_parts();
            head.headers.remove(CONTENT_LENGTH);
            let body = to_bytes(body, usize::MAX).await.unwrap();
            let honest = Reply {
                status: head.status,
                headers: head.headers,
                body: String::from_utf8(body.to_vec()).unwrap(),
            };
            spoilt(plant, &shown, &asked, &honest)
        }
    })
}

fn consent(parts: &Parts) -> Consent {
    consent_by(in_california(), parts)
}

pub(super) fn plan() -> Conformance {
    Conformance::for_layer(&in_california())
        .visit(["/", "/account"])
        .login(post("/login", "user=a&password=b"))
}

const fn of_members(
    name: &'static str,
    source: &'static str,
    expects: Requirement,
    plant: fn(&Asked, &mut Reply),
) -> Row {
    Row {
        site: california,
        ..row(name, source, expects, plant, plan)
    }
}

fn has_opted_out(asked: &Asked) -> bool {
    let status = asked.consent.opt_out_status();
    matches!(status, OptOutStatus::OptedOut | OptOutStatus::Honoured)
}

fn is_account(asked: &Asked) -> bool {
    asked.path() == "/account" && asked.is_member()
}

fn logs_in(asked: &Asked) -> bool {
    asked.path() == "/login" && asked.is_post()
}

fn chooses(asked: &Asked, decision: &str) -> bool {
    asked.is_post() && asked.is_member() && asked.body.contains(&format!("decision={decision}"))
}

/// Removes what is between `start` and the next `end`, with both.
fn cut(reply: &mut Reply, start: &str, end: &str) {
    if let Some(from) = reply.body.find(start)
        && let Some(length) = reply.body[from..].find(end)
    {
        reply
            .body
            .replace_range(from..from + length + end.len(), "");
    }
}

pub(super) const ROWS: &[Row] = &[
    of_members(
        "no link to the opt-out page for members",
        "R32",
        OptOutLink,
        |asked, reply| {
            if is_account(asked) {
                cut(reply, "<a class=\"tcc-privacy-choices\"", "</a>");
            }
        },
    ),
    of_members(
        "members do not see their opt-out",
        "R18",
        OptOutShown,
        |asked, reply| {
            if is_account(asked) {
                cut(reply, "<p class=\"tcc-opted-out\"", "</p>");
            }
        },
    ),
    of_members(
        "a login forgets the opt-out",
        "R32",
        ChoiceLifetime,
        |asked, reply| {
            if logs_in(asked) && has_opted_out(asked) {
                reply.set("cookies_preferences=; Path=/; Secure; Max-Age=0");
            }
        },
    ),
    of_members(
        "a login allows what was opted out of",
        "R32",
        OptInConfirmed,
        |asked, reply| {
            if logs_in(asked) && has_opted_out(asked) {
                reply.store(asked, asked.consent.accept_all());
            }
        },
    ),
    of_members(
        "members are asked after an opt-out",
        "R32",
        OptOutNotAskedAgain,
        |asked, reply| {
            if is_account(asked) && has_opted_out(asked) {
                let banner = "<div data-opt-out=banner>We value your privacy</div></main>";
                reply.body = reply.body.replace("</main>", banner);
            }
        },
    ),
    of_members(
        "an opt-out of members is not stored",
        "R32",
        OptOutPage,
        |asked, reply| {
            if chooses(asked, "opt_out") {
                reply.unset("cookies_preferences");
            }
        },
    ),
    of_members(
        "members opt out with a password",
        "R32",
        OptOutPage,
        |asked, reply| {
            if asked.is_member() {
                let button = "<button class=\"tcc-button\" name=\"decision\" value=\"opt_out\"";
                let asks = format!("<input type=password name=password required>{button}");
                reply.body = reply.body.replace(button, &asks);
            }
        },
    ),
    of_members(
        "members who accept undo their opt-out",
        "R32",
        OptInConfirmed,
        |asked, reply| {
            if chooses(asked, "accept") && has_opted_out(asked) {
                reply.store(asked, asked.consent.accept_all());
            }
        },
    ),
];
