//! What a visit of each page does not show: files, later pages, controls that are used, other addresses.

use std::sync::atomic::{AtomicU32, Ordering};

use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use tower_cookie_consent::conformance::{Conformance, Requirement::*};

use super::{
    Row, Style, row,
    site::{Asked, Reply, choosing, home, page},
};

const REFUSE: &str = r#"<button name="choice" value="refuse">Refuse all</button>"#;

/// The home page, an article, and the page with the form.
fn three() -> Conformance {
    home().visit(["/article", "/cookies"])
}

fn article() -> Conformance {
    home().visit(["/article"])
}

fn journey() -> Conformance {
    choosing().visit(["/article"])
}

fn number() -> u32 {
    static NUMBERS: AtomicU32 = AtomicU32::new(1_000);
    NUMBERS.fetch_add(1, Ordering::Relaxed)
}

fn add(reply: &mut Reply, more: &str) {
    reply.body = reply.body.replace("<h1>", &format!("{more}<h1>"));
}

/// Puts a picture of the site on its home page, which lies here.
fn picture(asked: &Asked, reply: &mut Reply) -> bool {
    if asked.path() == "/" {
        add(reply, "<img src=/logo.png alt=Logo>");
    }
    let is_it = asked.path() == "/logo.png";
    if is_it {
        reply.status = StatusCode::OK;
        reply.headers.remove("set-cookie");
        let kind = HeaderValue::from_static("image/png");
        reply.headers.insert(CONTENT_TYPE, kind);
        reply.body = "PNG".to_owned();
    }
    is_it
}

/// Answers with the icon that browsers ask for by themselves.
fn icon(asked: &Asked, reply: &mut Reply) -> bool {
    let is_it = asked.path() == "/favicon.ico";
    if is_it {
        reply.status = StatusCode::OK;
        reply.headers.remove("set-cookie");
        let kind = HeaderValue::from_static("image/x-icon");
        reply.headers.insert(CONTENT_TYPE, kind);
        reply.body = "ICO".to_owned();
    }
    is_it
}

/// Gives each visitor another validator, and knows it again.
fn tag(asked: &Asked, reply: &mut Reply) {
    let sent = asked.header("if-none-match").to_owned();
    match sent.starts_with("\"v") {
        true => reply.header("etag", &sent),
        false => reply.header("etag", &format!("\"v{}\"", number())),
    }
}

/// Sets a cookie for those who have refused, or have not chosen.
fn track(asked: &Asked, reply: &mut Reply) {
    if asked.is_undecided() || asked.is_refused() {
        reply.track("_ga");
    }
}

/// Remembers something in a necessary cookie.
fn remember(reply: &mut Reply, word: &str) {
    reply.unset("lang");
    reply.set(&format!(
        "lang={word}; Path=/; Max-Age=31536000; Secure; SameSite=Lax"
    ));
}

/// Leaves out what an article is about.
fn wall(asked: &Asked, reply: &mut Reply) {
    if asked.path() == "/article" && !asked.consent.allows("ads") {
        let text = "<p>Twenty words about nothing in particular.</p>";
        reply.body = reply.body.replace(text, "");
        reply.body = reply
            .body
            .replace("<p>A film of films.example, once you allow it.</p>", "");
    }
}

fn show(asked: &Asked, reply: &mut Reply) {
    reply.status = StatusCode::OK;
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    reply.headers.insert(CONTENT_TYPE, html);
    reply.body = page(asked);
}

fn lead(reply: &mut Reply, to: &str) {
    reply.status = StatusCode::FOUND;
    reply.header("location", to);
    reply.headers.remove("content-type");
    reply.body.clear();
}

pub(super) const ROWS: &[Row] = &[
    row(
        "a picture of the site sets a cookie",
        "R1, R2",
        NoCookieBeforeConsent,
        |asked, reply| {
            if picture(asked, reply) {
                track(asked, reply);
            }
        },
        home,
    ),
    row(
        "a picture of the site has an ETag for each visitor",
        "R1",
        Headers,
        |asked, reply| {
            if picture(asked, reply) {
                tag(asked, reply);
            }
        },
        home,
    ),
    row(
        "an ETag for each visitor who has refused",
        "R2",
        Headers,
        |asked, reply| {
            if asked.is_refused() && asked.path() == "/" {
                tag(asked, reply);
            }
        },
        home,
    ),
    row(
        "the page after the landing of a campaign",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            let query = asked.parts.uri.query().unwrap_or_default();
            if query.contains("utm_source") {
                remember(reply, "campaign");
            } else if asked.cookie("lang") == Some("campaign") {
                track(asked, reply);
            }
        },
        home,
    ),
    row(
        "the page after a search engine",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            if asked.header("referer").contains("google") {
                remember(reply, "search");
            } else if asked.cookie("lang") == Some("search") {
                track(asked, reply);
            }
        },
        home,
    ),
    row(
        "visits after a refusal on the banner",
        "R2",
        NoCookieAfterRefusal,
        |asked, reply| {
            if asked.posts("refuse") {
                remember(reply, "refused");
            }
            if asked.cookie("lang") == Some("refused") && asked.is_refused() {
                reply.track("_ga");
            }
        },
        home,
    ),
    row(
        "visits after a withdrawal on the page",
        "R2, R4",
        NoCookieAfterRefusal,
        |asked, reply| {
            if asked.posts("withdraw") {
                remember(reply, "withdrawn");
            }
            if asked.cookie("lang") == Some("withdrawn") && asked.is_refused() {
                reply.track("map");
            }
        },
        home,
    ),
    row(
        "a number of each visitor in the choice on the banner",
        "R27",
        ChoiceIdentifiesNobody,
        |asked, reply| {
            if asked.is_post() {
                reply.change(|field| {
                    let id = format!("cookies_preferences=%7B%22id%22%3A{}%2C", number());
                    Some(field.replace("cookies_preferences=%7B", &id))
                });
            }
        },
        home,
    ),
    row(
        "saving the form as it is accepts",
        "R7",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("save") && !asked.body.contains("category") {
                reply.headers.remove("set-cookie");
                reply.store(asked, asked.consent.accept_all());
            }
        },
        three,
    ),
    row(
        "what is no longer ticked stays allowed",
        "R8",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("save")
                && asked.consent.allows("ads")
                && !asked.body.contains("category")
            {
                reply.headers.remove("set-cookie");
                reply.store(asked, asked.consent.accept_all());
            }
        },
        three,
    ),
    row(
        "a refusal is called an acceptance in another language",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            if asked.path() == "/" {
                let other = REFUSE.replace("Refuse all", "Alle akzeptieren");
                reply.body = reply.body.replace(REFUSE, &other);
            }
        },
        home,
    ),
    row(
        "with a slash at the end",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            if asked.path() == "/article/" {
                track(asked, reply);
            }
        },
        article,
    ),
    row(
        "a missing page of one folder",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            if asked.path().starts_with("/article/") && !asked.path().ends_with('/') {
                track(asked, reply);
            }
        },
        article,
    ),
    row(
        "by htmx",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            if asked.header("hx-request") == "true" {
                track(asked, reply);
            }
        },
        home,
    ),
    row(
        "by Turbo",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            if asked.header("accept").contains("turbo-stream") {
                track(asked, reply);
            }
        },
        home,
    ),
    row(
        "on a phone by its hints",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            if asked.header("sec-ch-ua-mobile") == "?1" {
                track(asked, reply);
            }
        },
        home,
    ),
    row(
        "a page that browsers go to by themselves",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            if asked.path() == "/" {
                add(reply, "<meta http-equiv=refresh content='5; url=/next'>");
            }
            if asked.path() == "/next" {
                show(asked, reply);
                track(asked, reply);
            }
        },
        home,
    ),
    row(
        "a film on a page that browsers go to by themselves",
        "R24",
        ThirdParties,
        |asked, reply| {
            if asked.path() == "/" {
                reply.header("refresh", "5; url=/next");
            }
            if asked.path() == "/next" {
                show(asked, reply);
                add(
                    reply,
                    "<iframe src=https://www.films.example/embed/2></iframe>",
                );
            }
        },
        home,
    ),
    row(
        "the end of a long chain of redirects",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            let step = asked.path().strip_prefix("/step/");
            let step: Option<u32> = step.and_then(|step| step.parse().ok());
            match (asked.path(), step) {
                ("/article", _) => lead(reply, "/step/1"),
                (_, Some(9)) => {
                    show(asked, reply);
                    track(asked, reply);
                }
                (_, Some(step)) => lead(reply, &format!("/step/{}", step + 1)),
                _ => {}
            }
        },
        article,
    ),
    row(
        "a wall for those from a search engine",
        "R6, R8",
        NoWall,
        |asked, reply| {
            if asked.header("referer").contains("google") {
                wall(asked, reply);
            }
        },
        article,
    ),
    row(
        "a wall on phones",
        "R6, R8",
        NoWall,
        |asked, reply| {
            if asked.header("user-agent").contains("Mobile") {
                wall(asked, reply);
            }
        },
        article,
    ),
    row(
        "a wall in Spanish",
        "R6, R8",
        NoWall,
        |asked, reply| {
            if asked.header("accept-language").starts_with("es") {
                wall(asked, reply);
            }
        },
        article,
    ),
    row(
        "a cookie stays under the path that it was set for",
        "R4",
        RefusalExpires,
        |asked, reply| {
            if asked.path() == "/article" {
                let is_new =
                    |field: &str| field.starts_with("map=") && !field.contains("Max-Age=0");
                reply.change(|field| match is_new(&field) {
                    true => Some(field.replace("Path=/;", "Path=/article;")),
                    false => Some(field),
                });
            }
        },
        journey,
    ),
    row(
        "a picture sets a cookie as a picture alone",
        "R1, R2",
        NoCookieBeforeConsent,
        |asked, reply| {
            if picture(asked, reply) && asked.header("sec-fetch-dest") == "image" {
                track(asked, reply);
            }
        },
        home,
    ),
    row(
        "the icon of the site sets a cookie",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            if icon(asked, reply) && asked.is_undecided() {
                reply.track("_ga");
            }
        },
        home,
    ),
    row(
        "the icon of the site sets a cookie after a refusal",
        "R2",
        NoCookieAfterRefusal,
        |asked, reply| {
            if icon(asked, reply) && asked.is_refused() {
                reply.track("_ga");
            }
        },
        home,
    ),
];

/// Correct sites that have what is compared here.
pub(super) const RIGHT: &[Style] = &[
    (
        "removals as Django writes them",
        |_, reply| {
            reply.change(|field| match field.strip_suffix("=; Path=/; Max-Age=0") {
                Some(name) => Some(format!(
                    "{name}=\"\"; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/"
                )),
                None => Some(field),
            });
        },
        three,
    ),
    (
        "a picture of the site",
        |asked, reply| {
            if picture(asked, reply) {
                reply.header("etag", "\"logo\"");
                reply.header("cache-control", "public, max-age=86400");
            }
        },
        three,
    ),
    (
        "a campaign that is remembered for those who allow it",
        |asked, reply| {
            let query = asked.parts.uri.query().unwrap_or_default();
            if query.contains("utm_source") {
                remember(reply, "campaign");
            }
        },
        three,
    ),
    (
        "an article in other words for each language",
        |asked, reply| {
            if asked.header("accept-language").starts_with("es") {
                let text = "<p>Twenty words about nothing in particular.</p>";
                reply.body = reply.body.replace(text, "<p>Nada especial.</p>");
                reply.body = reply.body.replace("An article", "Un texto");
            }
        },
        three,
    ),
    (
        "a refusal that is called accepting what is necessary",
        |asked, reply| {
            if asked.path() == "/" {
                let other = REFUSE.replace("Refuse all", "Accept the necessary ones");
                reply.body = reply.body.replace(REFUSE, &other);
            }
        },
        three,
    ),
    (
        "pages for all who come with a slash at the end, and a page that moves on",
        |asked, reply| {
            if asked.path() == "/article/" {
                lead(reply, "/article");
            }
            if asked.path() == "/article" {
                add(reply, "<meta http-equiv=refresh content='600; url=/next'>");
            }
            if asked.path() == "/next" {
                show(asked, reply);
            }
        },
        three,
    ),
    (
        "a picture in the format that browsers accept",
        |asked, reply| {
            if picture(asked, reply) {
                if asked.header("accept").contains("image/webp") {
                    reply.header("content-type", "image/webp");
                }
                reply.header("vary", "Accept");
            }
        },
        home,
    ),
];
