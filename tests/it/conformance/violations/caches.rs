//! Responses that caches may give to others, or show again after a withdrawal.

use cookie::time::OffsetDateTime;
use http::{StatusCode, header::CACHE_CONTROL};

use super::{
    Row, Style, row,
    site::{Asked, Reply, choosing, home, post},
};
use tower_cookie_consent::conformance::{Conformance, Requirement::*};

/// Formats a time as HTTP does.
fn http_date(at: OffsetDateTime) -> String {
    let (weekday, month) = (at.weekday().to_string(), at.month().to_string());
    format!(
        "{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
        &weekday[..3],
        at.day(),
        &month[..3],
        at.year(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

const OLD: &str = "Thu, 01 Jan 2026 00:00:00 GMT";

fn article() -> Conformance {
    home().visit(["/article"])
}

fn asset() -> Conformance {
    home().visit(["/asset"])
}

fn refusing() -> Conformance {
    home().request(post("/cookies", "choice=refuse"))
}

fn withdrawing() -> Conformance {
    article().request(post("/cookies", "choice=withdraw"))
}

/// Replaces what a visit says to caches.
fn caching(asked: &Asked, reply: &mut Reply, path: &str, lines: &[(&'static str, &str)]) {
    if !asked.is_post() && asked.path() == path {
        reply.headers.remove(CACHE_CONTROL);
        for (name, value) in lines {
            reply.header(name, value);
        }
    }
}

/// Answers 304 to the validator, whoever sends it.
fn validating(asked: &Asked, reply: &mut Reply, lines: [(&'static str, &str); 2]) {
    let [(name, value), (condition, _)] = lines;
    caching(
        asked,
        reply,
        "/article",
        &[("cache-control", "no-cache"), (name, value)],
    );
    if asked.path() == "/article" && asked.header(condition) == value {
        reply.status = StatusCode::NOT_MODIFIED;
        reply.body.clear();
    }
}

/// Puts a part of the site on its home page that depends on the choice, and that shared caches keep.
fn part(asked: &Asked, reply: &mut Reply, element: &str, kind: &'static str) {
    if asked.path() == "/" {
        let page = format!("{element}<h1>Home");
        reply.body = reply.body.replace("<h1>Home", &page);
    }
    if asked.path() == "/asset" {
        reply.headers.remove("set-cookie");
        reply.header("content-type", kind);
        reply.header("cache-control", "public, max-age=600");
        reply.body = format!("advertising {}", asked.consent.allows("ads"));
    }
}

pub(super) const ROWS: &[Row] = &[
    row(
        "a public page with a banner",
        "R1, RFC 9111 section 3",
        Caches,
        |asked, reply| {
            caching(
                asked,
                reply,
                "/",
                &[("cache-control", "public, max-age=60")],
            );
        },
        home,
    ),
    row(
        "a page with a lifetime that is not private",
        "R1, RFC 9111 section 4.2.1",
        Caches,
        |asked, reply| caching(asked, reply, "/", &[("cache-control", "max-age=300")]),
        home,
    ),
    row(
        "a page with a film for the caches of a network",
        "R24, RFC 9111 section 5.2.2.10",
        Caches,
        |asked, reply| {
            caching(
                asked,
                reply,
                "/article",
                &[("cache-control", "s-maxage=600, max-age=0")],
            );
        },
        article,
    ),
    row(
        "a page with Expires alone",
        "R24, RFC 9111 section 5.3",
        Caches,
        |asked, reply| {
            caching(
                asked,
                reply,
                "/article",
                &[("expires", "Fri, 01 Jan 2100 00:00:00 GMT")],
            );
        },
        article,
    ),
    row(
        "a page that varies by language alone",
        "R24, RFC 9111 section 4.1",
        Caches,
        |asked, reply| {
            let lines = [
                ("cache-control", "public, max-age=60"),
                ("vary", "Accept-Language"),
            ];
            caching(asked, reply, "/article", &lines);
        },
        article,
    ),
    row(
        "a page for the caches of a network, by a header of their own",
        "R24, RFC 9213",
        Caches,
        |asked, reply| {
            let lines = [
                ("cache-control", "no-store"),
                ("cdn-cache-control", "max-age=600"),
            ];
            caching(asked, reply, "/article", &lines);
        },
        article,
    ),
    row(
        "an advertising cookie with a public picture",
        "R2, RFC 9111 section 7.3",
        Caches,
        |asked, reply| {
            caching(
                asked,
                reply,
                "/asset",
                &[("cache-control", "public, max-age=31536000")],
            );
        },
        asset,
    ),
    row(
        "a cookie with a page that caches guess to be fresh",
        "R2, RFC 9111 section 4.2.2",
        Caches,
        |asked, reply| caching(asked, reply, "/asset", &[("last-modified", OLD)]),
        asset,
    ),
    row(
        "a statistics cookie with a public redirect",
        "R13",
        Caches,
        |asked, reply| {
            if !asked.is_post() && asked.path() == "/logout" {
                reply.status = StatusCode::MOVED_PERMANENTLY;
                reply.header("cache-control", "public, max-age=600");
                reply.unset("_ga");
            }
        },
        || home().visit(["/logout"]),
    ),
    row(
        "a script that depends on the choice, for everybody",
        "R24",
        Caches,
        |asked, reply| {
            if asked.path() == "/asset" {
                reply.headers.remove("set-cookie");
                reply.header("content-type", "text/javascript");
                reply.header("cache-control", "public, max-age=600");
                let on = asked.consent.allows("ads");
                reply.body = format!("start({{\"ads\":{on}}})");
            }
        },
        asset,
    ),
    row(
        "a script of a page, for everybody",
        "R24",
        Caches,
        |asked, reply| {
            if asked.path() == "/" {
                reply.body = reply
                    .body
                    .replace("<h1>Home", "<script src=/asset></script><h1>Home");
            }
            if asked.path() == "/asset" {
                reply.headers.remove("set-cookie");
                reply.header("content-type", "text/javascript");
                reply.header("cache-control", "s-maxage=600");
                reply.body = format!("start('{}')", asked.consent.allows("ads"));
            }
        },
        home,
    ),
    row(
        "a style sheet of a page, for everybody",
        "R24",
        Caches,
        |asked, reply| {
            part(
                asked,
                reply,
                "<link rel=stylesheet href=/asset>",
                "text/css",
            );
        },
        home,
    ),
    row(
        "a frame of a page, for everybody",
        "R24",
        Caches,
        |asked, reply| part(asked, reply, "<iframe src=/asset></iframe>", "text/html"),
        home,
    ),
    row(
        "data that a page loads, for everybody",
        "R24",
        Caches,
        |asked, reply| {
            let link = "<link rel=preload as=fetch href=/asset crossorigin>";
            part(asked, reply, link, "application/json");
        },
        home,
    ),
    row(
        "a Link header that depends on the choice, for everybody",
        "R24",
        Caches,
        |asked, reply| {
            if asked.path() == "/asset" {
                reply.headers.remove("set-cookie");
                reply.header("cache-control", "public, max-age=600");
                if asked.consent.allows("ads") {
                    reply.header("link", "</advertising.js>; rel=preload; as=script");
                }
            }
        },
        asset,
    ),
    row(
        "a page with a film that the browser keeps",
        "R2, R24, RFC 9111 section 4.2",
        Caches,
        |asked, reply| {
            caching(
                asked,
                reply,
                "/article",
                &[("cache-control", "private, max-age=3600")],
            );
        },
        withdrawing,
    ),
    row(
        "a page with a film that the browser shows while it asks",
        "R2, R24, RFC 5861",
        Caches,
        |asked, reply| {
            let lines = [(
                "cache-control",
                "private, max-age=0, stale-while-revalidate=600",
            )];
            caching(asked, reply, "/article", &lines);
        },
        withdrawing,
    ),
    row(
        "a page with a film that the browser guesses to be fresh",
        "R2, R24, RFC 9111 section 4.2.2",
        Caches,
        |asked, reply| {
            let lines = [("cache-control", "private"), ("last-modified", OLD)];
            caching(asked, reply, "/article", &lines);
        },
        article,
    ),
    row(
        "an ETag that does not know the choice",
        "R2, R24, RFC 9110 section 8.8.3",
        Caches,
        |asked, reply| validating(asked, reply, [("etag", "\"a1\""), ("if-none-match", "")]),
        article,
    ),
    row(
        "a Last-Modified that does not know the choice",
        "R2, R24, RFC 9110 section 8.8.2",
        Caches,
        |asked, reply| {
            validating(
                asked,
                reply,
                [("last-modified", OLD), ("if-modified-since", "")],
            );
        },
        withdrawing,
    ),
    row(
        "a 304 with an advertising cookie after a refusal",
        "R2, RFC 9110 section 15.4.5",
        NoCookieAfterRefusal,
        |asked, reply| {
            if asked.path() == "/asset" {
                reply.header("last-modified", OLD);
                if asked.header("if-modified-since") == OLD && asked.is_refused() {
                    reply.status = StatusCode::NOT_MODIFIED;
                    reply.unset("_ga");
                    reply.track("_ga");
                }
            }
        },
        asset,
    ),
    row(
        "an acceptance that caches may keep",
        "R9, RFC 9110 section 9.3.3",
        Caches,
        |asked, reply| {
            if asked.posts("accept") {
                reply.header("cache-control", "public, max-age=60");
            }
        },
        choosing,
    ),
    row(
        "a refusal that the caches of a network may keep",
        "R9, RFC 9110 section 9.3.3",
        Caches,
        |asked, reply| {
            if asked.posts("refuse") {
                reply.header("cache-control", "s-maxage=60");
            }
        },
        refusing,
    ),
];

/// Changes that break nothing.
pub(super) const RIGHT: &[Style] = &[
    (
        "public pages that vary by cookie",
        |asked, reply| {
            let lines = [
                ("cache-control", "public, max-age=60"),
                ("vary", "Accept, cookie"),
            ];
            caching(asked, reply, "/article", &lines);
        },
        withdrawing,
    ),
    (
        "public pages that vary by everything",
        |asked, reply| {
            let lines = [("cache-control", "public, max-age=60"), ("vary", "*")];
            caching(asked, reply, "/article", &lines);
        },
        withdrawing,
    ),
    (
        "pages that no cache stores",
        |asked, reply| {
            let lines = [
                ("cache-control", "no-store, max-age=60"),
                ("last-modified", OLD),
            ];
            caching(asked, reply, "/article", &lines);
        },
        withdrawing,
    ),
    (
        "an ETag of each variant",
        |asked, reply| {
            if asked.path() == "/article" && !asked.is_post() {
                let etag = format!("\"a{}\"", reply.body.len());
                reply.header("cache-control", "private, no-cache");
                if asked.header("if-none-match") == etag {
                    reply.status = StatusCode::NOT_MODIFIED;
                    reply.body.clear();
                }
                reply.header("etag", &etag);
            }
        },
        withdrawing,
    ),
    (
        "an ETag of each variant beside the date of the text",
        |asked, reply| {
            if asked.path() == "/article" && !asked.is_post() {
                let etag = format!("\"a{}\"", reply.body.len());
                reply.header("cache-control", "private, no-cache");
                let is_same = match asked.header("if-none-match") {
                    "" => asked.header("if-modified-since") == OLD,
                    known => known == etag,
                };
                if is_same {
                    reply.status = StatusCode::NOT_MODIFIED;
                    reply.body.clear();
                }
                reply.header("etag", &etag);
                reply.header("last-modified", OLD);
            }
        },
        withdrawing,
    ),
    (
        "withdrawals that clear the browser's cache",
        |asked, reply| {
            caching(
                asked,
                reply,
                "/article",
                &[("cache-control", "private, max-age=3600")],
            );
            if asked.posts("withdraw") || asked.posts("refuse") || asked.posts("save") {
                reply.header("clear-site-data", "\"cache\"");
            }
        },
        || choosing().visit(["/article"]),
    ),
    (
        "a page without a service, which the browser keeps for a minute",
        |asked, reply| {
            caching(
                asked,
                reply,
                "/",
                &[("cache-control", "private, max-age=60")],
            );
        },
        home,
    ),
    (
        "a public script that is the same for everybody",
        |asked, reply| {
            if asked.path() == "/" {
                reply.body = reply
                    .body
                    .replace("<h1>Home", "<script src=/asset></script><h1>Home");
            }
            if asked.path() == "/asset" {
                reply.headers.remove("set-cookie");
                reply.header("content-type", "text/javascript");
                reply.header("cache-control", "public, max-age=31536000, immutable");
                reply.header("last-modified", OLD);
                reply.body = "if (consent.ads) { load('https://ads.example'); }".to_owned();
            }
        },
        home,
    ),
    (
        "a public page with the time on it",
        |asked, reply| {
            static VISITS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
            if asked.path() == "/asset" {
                reply.headers.remove("set-cookie");
                reply.header("cache-control", "public, max-age=60");
                let visit = VISITS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                reply.body = format!("visit {visit}");
            }
        },
        asset,
    ),
    (
        "a modified page without a lifetime, which is as old as now",
        |asked, reply| {
            if asked.path() == "/article" && !asked.is_post() {
                let now = http_date(OffsetDateTime::now_utc());
                caching(asked, reply, "/article", &[("last-modified", &now)]);
            }
        },
        article,
    ),
];
