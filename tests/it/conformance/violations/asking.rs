//! Sites that ask again, although nothing has changed, and forms without an objection.

use http::header::CONTENT_TYPE;
use tower_cookie_consent::conformance::{Conformance, Requirement::*};

use super::{
    Row, Style, row,
    site::{Asked, Reply, choosing, home, post},
};

/// The banner of the site.
const BANNER: &str = r#"<section id="cookie-banner"><p>May we use cookies for maps, films and advertising?</p>
    <form method="post" action="/cookies"><button name="choice" value="accept">Accept all</button>
    <button name="choice" value="refuse">Refuse all</button></form></section>"#;

fn article() -> Conformance {
    home().visit(["/article"])
}

fn settings() -> Conformance {
    article().visit(["/cookies"])
}

fn members() -> Conformance {
    home()
        .visit(["/account"])
        .login(post("/login", "user=a&password=b"))
}

/// Adds something to the pages that are not about cookies.
fn add(asked: &Asked, reply: &mut Reply, more: &str) {
    if asked.path() != "/cookies" {
        reply.body = reply.body.replace("<footer>", &format!("{more}<footer>"));
    }
}

fn swap(reply: &mut Reply, from: &str, to: &str) {
    reply.body = reply.body.replace(from, to);
}

/// Stores refusals of what needs consent alone.
fn refuse_consent_alone(asked: &Asked, reply: &mut Reply) {
    if asked.posts("refuse") || asked.posts("withdraw") {
        let denied = ["maps", "media", "ads"].map(|id| (id, false));
        reply.store(asked, asked.consent.choose(denied).unwrap());
    }
}

pub(super) const ROWS: &[Row] = &[
    row(
        "the banner after a refusal",
        "R10",
        ChangesAskAgain,
        |asked, reply| {
            if asked.is_refused() {
                add(asked, reply, BANNER);
            }
        },
        home,
    ),
    row(
        "the banner after an acceptance",
        "R10",
        ChangesAskAgain,
        |asked, reply| {
            if asked.is_accepted() {
                add(asked, reply, BANNER);
            }
        },
        home,
    ),
    row(
        "the banner on an article after a refusal",
        "R10",
        ChangesAskAgain,
        |asked, reply| {
            if asked.is_refused() && asked.path() == "/article" {
                add(asked, reply, BANNER);
            }
        },
        settings,
    ),
    row(
        "another question after a refusal",
        "R10",
        ChangesAskAgain,
        |asked, reply| {
            if asked.is_refused() {
                let other = BANNER
                    .replace("May we", "Are you sure? May we")
                    .replace("Accept all", "Allow all cookies after all")
                    .replace("Refuse all", "No, thank you");
                add(asked, reply, &other);
            }
        },
        article,
    ),
    row(
        "a dialog after a refusal",
        "R10",
        ChangesAskAgain,
        |asked, reply| {
            if asked.is_refused() {
                add(asked, reply, &format!("<dialog open>{BANNER}</dialog>"));
            }
        },
        article,
    ),
    row(
        "a dialog that accepts once more after an acceptance",
        "R10",
        ChangesAskAgain,
        |asked, reply| {
            if asked.is_accepted() {
                let dialog = "<div role=dialog aria-label=Cookies><p>Cookies?</p><form method=post action=/cookies>\
                    <button name=choice value=accept>Accept all</button></form></div>";
                add(asked, reply, dialog);
            }
        },
        article,
    ),
    row(
        "the banner for members after a refusal",
        "R10",
        ChangesAskAgain,
        |asked, reply| {
            if asked.is_refused() && asked.is_member() && asked.path() == "/account" {
                add(asked, reply, BANNER);
            }
        },
        members,
    ),
    row(
        "a form without an objection to statistics",
        "R13",
        WithdrawalAsEasy,
        refuse_consent_alone,
        settings,
    ),
    row(
        "a form without an objection for those who refuse",
        "R13",
        WithdrawalAsEasy,
        |asked, reply| {
            refuse_consent_alone(asked, reply);
            swap(
                reply,
                "<button name=\"choice\" value=\"refuse\">Refuse all",
                "<button name=\"choice\" value=\"refuse\">Refuse all cookies",
            );
        },
        || choosing().visit(["/cookies"]),
    ),
];

pub(super) const RIGHT: &[Style] = &[
    (
        "the form on every page, whatever was chosen",
        |asked, reply| {
            let boxes = ["maps", "media", "ads"].map(|id| {
                let checked = if asked.consent.allows(id) {
                    " checked"
                } else {
                    ""
                };
                format!(
                    "<label><input type=checkbox name=category value={id}{checked}> {id}</label>"
                )
            });
            let form = format!(
                "<section class=cookie-choices><form method=post action=/cookies>{}<button name=choice value=save>Save</button>\
                 <button name=choice value=accept>Accept all</button><button name=choice value=refuse>Refuse all</button></form></section>",
                boxes.concat()
            );
            add(asked, reply, &form);
        },
        settings,
    ),
    (
        "buttons in the footer of every page, whatever was chosen",
        |asked, reply| {
            let buttons = "<footer><p>Cookies:</p><form method=post action=/cookies><button name=choice value=accept>Accept all</button>\
                <button name=choice value=refuse>Refuse all</button></form>";
            if asked.path() != "/cookies" {
                swap(reply, "<footer>", buttons);
            }
        },
        settings,
    ),
    (
        "two buttons on every page, whatever was chosen",
        |asked, reply| {
            let buttons = "<section><p>Maps, films and advertising:</p><form method=post action=/cookies>\
                <button name=choice value=accept>Accept all</button><button name=choice value=refuse>Refuse all</button>\
                </form></section>";
            add(asked, reply, buttons);
        },
        settings,
    ),
    (
        "a banner that a script hides from those who have chosen",
        |asked, reply| {
            if asked.is_refused() || asked.is_accepted() {
                add(
                    asked,
                    reply,
                    &format!("{BANNER}<script src=/banner.js></script>"),
                );
            }
        },
        settings,
    ),
    (
        "a banner that is hidden from those who have chosen",
        |asked, reply| {
            if asked.is_refused() || asked.is_accepted() {
                add(asked, reply, &format!("<div hidden>{BANNER}</div>"));
            }
        },
        settings,
    ),
    (
        "settings under a name of their own",
        |asked, reply| {
            swap(
                reply,
                "<a href=\"/cookies\">Cookie settings</a>",
                "<a href=\"/mine\">Cookie settings</a>",
            );
            if asked.path() == "/mine" {
                reply.status = http::StatusCode::OK;
                let html = http::HeaderValue::from_static("text/html; charset=utf-8");
                reply.headers.insert(CONTENT_TYPE, html);
                reply.body = format!("<!doctype html><title>Mine</title><main>{BANNER}</main>");
            }
        },
        || article().visit(["/mine"]),
    ),
    (
        "a banner in a page that caches give to everybody",
        |asked, reply| {
            if asked.path() == "/" && !asked.is_post() {
                reply.headers.remove("set-cookie");
                reply.header("cache-control", "public, max-age=60");
                reply.body = format!(
                    "<!doctype html><html lang=en><title>Site</title><body><h1>Home</h1><p>Welcome.</p>{BANNER}\
                     <footer><a href=\"/cookies\">Cookie settings</a></footer><script src=/banner.js></script></body></html>"
                );
            }
        },
        settings,
    ),
    (
        "a box that objects, and refusals of what needs consent",
        |asked, reply| {
            refuse_consent_alone(asked, reply);
            swap(
                reply,
                "<button name=\"choice\" value=\"save\">",
                "<label><input type=checkbox name=stats value=on checked> Statistics</label><button name=\"choice\" value=\"save\">",
            );
        },
        settings,
    ),
    (
        "a link to an objection, and refusals of what needs consent",
        |asked, reply| {
            refuse_consent_alone(asked, reply);
            swap(
                reply,
                "<footer>",
                "<footer><a href=/statistics>Object to statistics</a> ",
            );
        },
        settings,
    ),
];
