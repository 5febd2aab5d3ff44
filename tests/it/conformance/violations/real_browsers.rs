//! Violations for browsers as they really ask: with the headers that they always send, from more places, and with a
//! stored choice.

use http::{HeaderValue, Method, StatusCode};
use tower_cookie_consent::conformance::Requirement::*;

use super::{
    Row, Style, row,
    site::{Asked, Reply, home},
};

const BANNER: &str = r#"<section id="cookie-banner"><p>May we use cookies for maps, films and advertising?</p>
    <form method="post" action="/cookies"><button name="choice" value="accept">Accept all</button>
    <button name="choice" value="refuse">Refuse all</button></form></section>"#;

fn track(is: bool, asked: &Asked, reply: &mut Reply) {
    if is && asked.is_undecided() && asked.path() == "/" {
        reply.track("_ga");
    }
}

fn has_query(asked: &Asked, query: &str) -> bool {
    let own = asked.parts.uri.query().unwrap_or_default();
    own.split('&').any(|pair| pair == query)
}

fn is_options(asked: &Asked) -> bool {
    asked.parts.method == Method::OPTIONS
}

fn speaks(asked: &Asked, language: &str) -> bool {
    asked.header("accept-language").starts_with(language)
}

fn is_on_phone(asked: &Asked) -> bool {
    asked.header("user-agent").contains("iPhone")
}

/// Leaves out every way to withdraw.
fn bury(is: bool, reply: &mut Reply) {
    let footer = reply.body.find("<footer>").filter(|_| is);
    if let Some((from, to)) = footer.zip(reply.body.find("</footer>")) {
        reply.body.replace_range(from..to, "<footer>");
    }
}

pub(super) const ROWS: &[Row] = &[
    row(
        "for those who take compressed pages",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            let is = !asked.header("accept-encoding").is_empty();
            track(is, asked, reply);
        },
        home,
    ),
    row(
        "for those who tell their brand",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            let is = asked.header("sec-ch-ua").contains("Google Chrome");
            track(is && asked.header("sec-ch-ua-mobile") == "?0", asked, reply);
        },
        home,
    ),
    row(
        "compressed after a refusal",
        "R2",
        NoCookieAfterRefusal,
        |asked, reply| {
            if asked.header("accept-encoding").contains("gzip") && asked.is_refused() {
                reply.track("_ga");
            }
        },
        home,
    ),
    row(
        "consent=true in the query",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if has_query(asked, "consent=true") && asked.is_undecided() {
                reply.store(asked, asked.consent.accept_all());
            }
        },
        home,
    ),
    row(
        "a category in the query",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if has_query(asked, "maps=1") && asked.is_refused() {
                reply.store(asked, asked.consent.accept_all());
            }
        },
        home,
    ),
    row(
        "a category as consent in the query",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| track(has_query(asked, "consent=media"), asked, reply),
        home,
    ),
    row(
        "a query that begins with an identifier",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            let query = asked.parts.uri.query().unwrap_or_default();
            track(query.starts_with("fbclid="), asked, reply);
        },
        home,
    ),
    row(
        "in Norwegian",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(speaks(asked, "nb"), asked, reply),
        home,
    ),
    row(
        "in Austria",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(speaks(asked, "de-AT"), asked, reply),
        home,
    ),
    row(
        "on an iPad",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.header("user-agent").contains("iPad"), asked, reply),
        home,
    ),
    row(
        "from a network for work",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.header("referer").contains("linkedin"), asked, reply),
        home,
    ),
    row(
        "by the handshake of a WebSocket",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.header("upgrade") == "websocket", asked, reply),
        home,
    ),
    row(
        "by OPTIONS after a refusal",
        "R2",
        NoCookieAfterRefusal,
        |asked, reply| {
            if is_options(asked) && asked.is_refused() {
                reply.track("_ga");
            }
        },
        home,
    ),
    row(
        "OPTIONS renews an acceptance",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if is_options(asked) && asked.is_accepted() {
                reply.store(asked, asked.consent.accept_all());
            }
        },
        home,
    ),
    row(
        "OPTIONS forgets a refusal",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if is_options(asked) && asked.is_refused() {
                reply.set("cookies_preferences=; Path=/; Secure; Max-Age=0");
            }
        },
        home,
    ),
    row(
        "HEAD renews an acceptance",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.parts.method == Method::HEAD && asked.is_accepted() {
                reply.store(asked, asked.consent.accept_all());
            }
        },
        home,
    ),
    row(
        "a campaign renews an acceptance",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if has_query(asked, "utm_source=newsletter") && asked.is_accepted() {
                reply.store(asked, asked.consent.accept_all());
            }
        },
        home,
    ),
    row(
        "a status of 304 renews an acceptance",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.is_accepted() {
                reply.header("etag", "\"two\"");
                if asked.header("if-none-match") == "\"two\"" {
                    reply.status = StatusCode::NOT_MODIFIED;
                    reply.body.clear();
                    reply.store(asked, asked.consent.accept_all());
                }
            }
        },
        home,
    ),
    row(
        "consent to one category is for all in French",
        "R25",
        NoCookieAfterRefusal,
        |asked, reply| {
            let is_partial = asked.answer("maps") == Some(true);
            if is_partial && asked.answer("ads") == Some(false) && speaks(asked, "fr") {
                reply.track("_ga");
            }
        },
        home,
    ),
    row(
        "no way to withdraw in German",
        "R8",
        WithdrawalAsEasy,
        |asked, reply| bury(speaks(asked, "de"), reply),
        home,
    ),
    row(
        "no way to withdraw on a phone",
        "R8",
        WithdrawalAsEasy,
        |asked, reply| bury(is_on_phone(asked), reply),
        home,
    ),
    row(
        "the banner in French after a refusal",
        "R10",
        ChangesAskAgain,
        |asked, reply| {
            if asked.is_refused() && speaks(asked, "fr") {
                reply.body = reply.body.replace("<footer>", &format!("{BANNER}<footer>"));
            }
        },
        home,
    ),
    row(
        "the banner of a campaign after an acceptance",
        "R10",
        ChangesAskAgain,
        |asked, reply| {
            if asked.is_accepted() && has_query(asked, "utm_source=newsletter") {
                reply.body = reply.body.replace("<footer>", &format!("{BANNER}<footer>"));
            }
        },
        home,
    ),
];

/// Correct sites that answer each browser, language and query in its own way.
pub(super) const RIGHT: &[Style] = &[
    (
        "compressed pages",
        |asked, reply| {
            if asked.header("accept-encoding").contains("gzip") {
                reply.header("content-encoding", "gzip");
                reply.body = "not for the kit".to_owned();
            }
            reply.header("vary", "Accept-Encoding, Cookie");
        },
        super::site::pages,
    ),
    (
        "pages by client hints",
        |asked, reply| {
            reply.header("vary", "Sec-CH-UA, Cookie");
            let brand = asked.header("sec-ch-ua").contains("Chrome");
            reply.body = reply.body.replace("<h1>", &format!("<p>{brand}</p><h1>"));
        },
        super::site::pages,
    ),
    (
        "a way to withdraw that is called otherwise in German",
        |asked, reply| {
            if speaks(asked, "de") {
                for (from, to) in [
                    ("Withdraw consent to cookies", "Kekse zurückgeben"),
                    ("Cookie settings", "Kekse"),
                    ("Accept all", "Alle akzeptieren"),
                    ("Refuse all", "Alle ablehnen"),
                ] {
                    reply.body = reply.body.replace(from, to);
                }
            }
        },
        super::site::pages,
    ),
    (
        "choices that a query opens",
        |asked, reply| {
            if has_query(asked, "cookies=accept") || has_query(asked, "consent=true") {
                reply.body = reply.body.replace("<footer>", &format!("{BANNER}<footer>"));
            }
        },
        home,
    ),
    (
        "a handshake that is refused",
        |asked, reply| {
            if asked.header("upgrade") == "websocket" {
                reply.headers.remove("set-cookie");
                reply.status = StatusCode::UPGRADE_REQUIRED;
                let text = HeaderValue::from_static("text/plain");
                reply.headers.insert("content-type", text);
                reply.body = "no".to_owned();
            }
        },
        super::site::pages,
    ),
    (
        "forms that keep the query",
        |asked, reply| {
            let query = asked.parts.uri.query().unwrap_or_default();
            let query = query.replace('&', "&amp;");
            let form = format!(
                "<form method=post><input type=hidden name=return_to value=\"/?{query}\"><input name=q>\
                <button>Continue</button></form>"
            );
            if asked.path() == "/" {
                reply.body = reply.body.replace("<footer>", &format!("{form}<footer>"));
            }
        },
        home,
    ),
];
