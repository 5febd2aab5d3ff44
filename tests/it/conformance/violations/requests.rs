//! Violations in requests of one kind only.

use http::Method;

use tower_cookie_consent::conformance::Requirement::*;

use super::{
    Row, row,
    site::{Asked, Reply, home},
};

fn lacks(asked: &Asked) -> bool {
    asked.is_undecided() && asked.path() == "/"
}

fn track(is: bool, asked: &Asked, reply: &mut Reply) {
    if is && lacks(asked) {
        reply.track("_ga");
    }
}

fn query(asked: &Asked, name: &str) -> bool {
    asked.parts.uri.query().unwrap_or_default().contains(name)
}

fn speaks(asked: &Asked, language: &str) -> bool {
    asked.header("accept-language").starts_with(language)
}

pub(super) const ROWS: &[Row] = &[
    row(
        "in French",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(speaks(asked, "fr"), asked, reply),
        home,
    ),
    row(
        "in German",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(speaks(asked, "de"), asked, reply),
        home,
    ),
    row(
        "in Spanish",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(speaks(asked, "es"), asked, reply),
        home,
    ),
    row(
        "in Italian",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(speaks(asked, "it"), asked, reply),
        home,
    ),
    row(
        "in Japanese",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(speaks(asked, "ja"), asked, reply),
        home,
    ),
    row(
        "in American English",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(speaks(asked, "en-US"), asked, reply),
        home,
    ),
    row(
        "without a language",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.header("accept-language").is_empty(), asked, reply),
        home,
    ),
    row(
        "in French after a refusal",
        "R2",
        NoCookieAfterRefusal,
        |asked, reply| {
            if speaks(asked, "fr") && asked.is_refused() {
                reply.track("_ga");
            }
        },
        home,
    ),
    row(
        "a film in German",
        "R24",
        ThirdParties,
        |asked, reply| {
            if speaks(asked, "de") && lacks(asked) {
                reply
                    .body
                    .push_str("<iframe src=https://www.films.example/embed/2></iframe>");
            }
        },
        home,
    ),
    row(
        "on an iPhone",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.header("user-agent").contains("iPhone"), asked, reply),
        home,
    ),
    row(
        "on an Android phone",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.header("user-agent").contains("Android"), asked, reply),
        home,
    ),
    row(
        "in Firefox",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.header("user-agent").contains("Firefox"), asked, reply),
        home,
    ),
    row(
        "for crawlers",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.header("user-agent").contains("bot"), asked, reply),
        home,
    ),
    row(
        "for command lines",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.header("user-agent").starts_with("curl"), asked, reply),
        home,
    ),
    row(
        "without a user agent",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.header("user-agent").is_empty(), asked, reply),
        home,
    ),
    row(
        "for browsers only",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            track(
                asked.header("user-agent").starts_with("Mozilla/5.0 (X11"),
                asked,
                reply,
            );
        },
        home,
    ),
    row(
        "a film on a phone",
        "R24",
        ThirdParties,
        |asked, reply| {
            if asked.header("user-agent").contains("Mobile") && lacks(asked) {
                reply
                    .body
                    .push_str("<img src=https://www.films.example/pixel>");
            }
        },
        home,
    ),
    row(
        "from a search engine",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.header("referer").contains("google"), asked, reply),
        home,
    ),
    row(
        "from a social network",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.header("referer").contains("facebook"), asked, reply),
        home,
    ),
    row(
        "from any other site",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            track(
                asked.header("sec-fetch-site") == "cross-site"
                    && asked.header("sec-fetch-mode") == "navigate",
                asked,
                reply,
            );
        },
        home,
    ),
    row(
        "from its own pages",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.header("referer").contains("localhost"), asked, reply),
        home,
    ),
    row(
        "of a campaign",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(query(asked, "utm_source="), asked, reply),
        home,
    ),
    row(
        "of an advertisement",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(query(asked, "gclid="), asked, reply),
        home,
    ),
    row(
        "of a social advertisement",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(query(asked, "fbclid="), asked, reply),
        home,
    ),
    row(
        "with a language in the query",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(query(asked, "lang="), asked, reply),
        home,
    ),
    row(
        "with consent in the query",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if query(asked, "consent=all") && lacks(asked) {
                reply.store(asked, asked.consent.accept_all());
            }
        },
        home,
    ),
    row(
        "of a partner",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(query(asked, "ref="), asked, reply),
        home,
    ),
    row(
        "of a search",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(query(asked, "q="), asked, reply),
        home,
    ),
    row(
        "of a campaign after a refusal",
        "R2",
        NoCookieAfterRefusal,
        |asked, reply| {
            if query(asked, "utm_source=") && asked.is_refused() {
                reply.track("_ga");
            }
        },
        home,
    ),
    row(
        "by HEAD",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.parts.method == Method::HEAD, asked, reply),
        home,
    ),
    row(
        "by HEAD after a refusal",
        "R2",
        NoCookieAfterRefusal,
        |asked, reply| {
            if asked.parts.method == Method::HEAD && asked.is_refused() {
                reply.track("_ga");
            }
        },
        home,
    ),
    row(
        "nothing expires by HEAD",
        "R4",
        RefusalExpires,
        |asked, reply| {
            if asked.parts.method == Method::HEAD && asked.is_refused() {
                reply.change(|field| (!field.contains("Max-Age=0")).then_some(field));
            }
        },
        home,
    ),
    row(
        "by OPTIONS",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.parts.method == Method::OPTIONS, asked, reply),
        home,
    ),
    row(
        "by a conditional request",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(!asked.header("if-none-match").is_empty(), asked, reply),
        home,
    ),
    row(
        "by a conditional request with a date",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(!asked.header("if-modified-since").is_empty(), asked, reply),
        home,
    ),
    row(
        "with a status of 304",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            if lacks(asked) {
                reply.header("etag", "\"one\"");
                if asked.header("if-none-match") == "\"one\"" {
                    reply.status = http::StatusCode::NOT_MODIFIED;
                    reply.body.clear();
                    reply.track("_ga");
                }
            }
        },
        home,
    ),
    row(
        "by a request for a part",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.header("range").ends_with('9'), asked, reply),
        home,
    ),
    row(
        "by a reload",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.header("cache-control") == "no-cache", asked, reply),
        home,
    ),
    row(
        "as a picture",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.header("sec-fetch-dest") == "image", asked, reply),
        home,
    ),
    row(
        "as a picture by Accept",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.header("accept").starts_with("image/"), asked, reply),
        home,
    ),
    row(
        "as a script",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.header("sec-fetch-dest") == "script", asked, reply),
        home,
    ),
    row(
        "as a frame",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.header("sec-fetch-dest") == "iframe", asked, reply),
        home,
    ),
    row(
        "by fetch",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.header("accept").contains("json"), asked, reply),
        home,
    ),
    row(
        "by XMLHttpRequest",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(!asked.header("x-requested-with").is_empty(), asked, reply),
        home,
    ),
    row(
        "by a prefetch",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            track(
                asked.header("sec-purpose").starts_with("prefetch"),
                asked,
                reply,
            );
        },
        home,
    ),
    row(
        "by fetch after a refusal",
        "R2",
        NoCookieAfterRefusal,
        |asked, reply| {
            if asked.header("sec-fetch-mode") == "cors" && asked.is_refused() {
                reply.track("map");
            }
        },
        home,
    ),
    row(
        "with DNT",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.header("dnt") == "1", asked, reply),
        home,
    ),
    row(
        "without headers of fetch",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            track(
                asked.header("sec-fetch-dest").is_empty() && asked.parts.method == Method::GET,
                asked,
                reply,
            );
        },
        home,
    ),
    row(
        "navigations only",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.header("sec-fetch-user") == "?1", asked, reply),
        home,
    ),
    row(
        "in Danish",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            track(
                asked.header("accept-language").starts_with("da"),
                asked,
                reply,
            );
        },
        home,
    ),
    row(
        "in the browser of an app",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            track(
                asked.header("user-agent").contains("Instagram"),
                asked,
                reply,
            );
        },
        home,
    ),
];
