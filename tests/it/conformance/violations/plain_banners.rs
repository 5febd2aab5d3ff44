//! Questions that nothing but their words shows: beside a text, under other names, in boxes by themselves.

use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use tower_cookie_consent::{
    Category, CookieDeclaration, CookiePolicy,
    conformance::{Conformance, Requirement::*},
};

use super::{
    Row, Style, row,
    site::{Asked, Reply, home},
};

const ACCEPT: &str = r#"<button name="choice" value="accept">Accept all</button>"#;
const REFUSE: &str = r#"<button name="choice" value="refuse">Refuse all</button>"#;
const SHOP: &str = "<h1>Shop</h1><p>Shoes, hats and gloves. We use cookies.</p>";

fn article() -> Conformance {
    home().visit(["/article"])
}

/// A policy that asks for one thing.
fn one() -> Conformance {
    let policy = CookiePolicy::new([
        Category::necessary("base")
            .cookies(["sessionid", "lang", "csrftoken"].map(CookieDeclaration::new)),
        Category::consent("ads")
            .cookies(["_ga", "map", "films_id", "_pk_id.*"].map(CookieDeclaration::new)),
    ]);
    Conformance::new(policy.unwrap()).visit(["/choices"])
}

fn show(reply: &mut Reply, body: &str) {
    reply.status = StatusCode::OK;
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    reply.headers.insert(CONTENT_TYPE, html);
    reply.body =
        format!("<!DOCTYPE html><html lang=en><title>Shop</title><body>{body}</body></html>");
}

/// A home page without anything but a text and forms, each with its own path.
fn shop(asked: &Asked, reply: &mut Reply, forms: &str) {
    if asked.path() == "/" {
        show(reply, &format!("{SHOP}{forms}"));
    }
    let choice = match asked.path() {
        "/accept" | "/consent" => asked.consent.accept_all(),
        "/refuse" => asked.consent.refuse_all(),
        _ => return,
    };
    if asked.is_post() {
        reply.status = StatusCode::SEE_OTHER;
        reply.header("location", "/");
        reply.store(asked, choice);
    }
}

fn form(path: &str, label: &str) -> String {
    format!("<form method=post action={path}><button>{label}</button></form>")
}

fn swap(reply: &mut Reply, from: &str, to: &str) {
    reply.body = reply.body.replace(from, to);
}

/// Puts something on the pages that are not about cookies, for those who have refused.
fn again(asked: &Asked, reply: &mut Reply, attributes: &str) {
    if asked.is_refused() && asked.path() != "/cookies" {
        let notice = format!(
            "<div {attributes}><p>May we use cookies?</p><form method=post action=/cookies>{ACCEPT}{REFUSE}</form></div>"
        );
        swap(reply, "<footer>", &format!("{notice}<footer>"));
    }
}

/// Shows a page with a form that saves.
fn choices(asked: &Asked, reply: &mut Reply, fields: &str) {
    if asked.path() == "/choices" && !asked.is_post() {
        let footer = "<footer><a href=/cookies>Cookie settings</a></footer>";
        show(reply, &format!("<h1>Yours</h1>{fields}{footer}"));
    }
}

pub(super) const ROWS: &[Row] = &[
    row(
        "a form below a text on cookies, without a refusal",
        "R6",
        RefusalAsEasy,
        |asked, reply| shop(asked, reply, &form("/accept", "Accept all")),
        home,
    ),
    row(
        "forms below a text on cookies, and no way to withdraw",
        "R8",
        WithdrawalAsEasy,
        |asked, reply| {
            let forms = [form("/accept", "Accept all"), form("/refuse", "Refuse all")];
            let is_shown = !asked.is_accepted();
            shop(
                asked,
                reply,
                if is_shown {
                    forms.concat()
                } else {
                    String::new()
                }
                .as_str(),
            );
        },
        home,
    ),
    row(
        "a banner with nothing but accepting and going on",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            let banner = "<div id=cookie-banner>Cookies? <button type=button onclick=all()>Accept and continue</button></div>";
            shop(asked, reply, banner);
        },
        home,
    ),
    row(
        "a banner with nothing but accepting what is optional",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            swap(reply, REFUSE, "");
            swap(
                reply,
                ACCEPT,
                "<button>Allow essential and optional cookies</button>",
            );
            if asked.is_post() && asked.path() == "/cookies" {
                reply.store(asked, asked.consent.accept_all());
            }
        },
        home,
    ),
    row(
        "a banner with nothing but going on, which accepts",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            let banner = form("/consent", "Continue");
            shop(
                asked,
                reply,
                &format!("<section id=cookies><p>Cookies!</p>{banner}</section>"),
            );
        },
        home,
    ),
    row(
        "a notice on cookies after a refusal",
        "R10",
        ChangesAskAgain,
        |asked, reply| again(asked, reply, "id=cookie-notice"),
        article,
    ),
    row(
        "something that pops up for consent after a refusal",
        "R10",
        ChangesAskAgain,
        |asked, reply| again(asked, reply, "class='box consent-popup'"),
        article,
    ),
    row(
        "a bar on cookies after a refusal",
        "R10",
        ChangesAskAgain,
        |asked, reply| again(asked, reply, "class=CookieBar"),
        article,
    ),
    row(
        "a notice by its label after a refusal",
        "R10",
        ChangesAskAgain,
        |asked, reply| again(asked, reply, "aria-label='Cookie notice'"),
        article,
    ),
    row(
        "the only box of a form is ticked",
        "R7",
        NothingTicked,
        |asked, reply| {
            let fields = "<form method=post action=/choose><label><input type=checkbox name=ads checked> Advertising</label>\
                <button>Save</button></form>";
            choices(asked, reply, fields);
        },
        one,
    ),
    row(
        "a box on cookies is ticked outside of a form",
        "R7",
        NothingTicked,
        |asked, reply| {
            let fields = "<ul><li><label><input type=checkbox name=x checked> Advertising cookies</label></ul>";
            choices(asked, reply, fields);
        },
        || home().visit(["/choices"]),
    ),
];

/// Correct sites.
pub(super) const RIGHT: &[Style] = &[
    (
        "forms below a text on cookies, and one that turns all off",
        |asked, reply| {
            let forms = match asked.is_accepted() {
                true => form("/refuse", "Turn off"),
                false => [form("/accept", "Accept all"), form("/refuse", "Not now")].concat(),
            };
            shop(asked, reply, &forms);
        },
        home,
    ),
    (
        "a link that refuses below a text on cookies",
        |asked, reply| {
            let refuse = "<a href=/refuse>No, thank you</a>";
            shop(
                asked,
                reply,
                &format!("{}{refuse}", form("/accept", "Accept all")),
            );
            if asked.path() == "/refuse" && !asked.is_post() {
                show(reply, &format!("{SHOP}{}", form("/refuse", "Refuse all")));
            }
        },
        home,
    ),
    (
        "terms to accept below a text on cookies",
        |asked, reply| shop(asked, reply, &form("/terms", "I accept the terms")),
        home,
    ),
    (
        "accepting and going on beside going on without",
        |_, reply| {
            swap(reply, "Accept all", "Accept and continue");
            swap(reply, "Refuse all", "Continue without accepting");
        },
        article,
    ),
    (
        "accepting and going on beside going on with what is necessary",
        |asked, reply| {
            if asked.path() == "/" {
                let buttons = "<button type=button onclick=all()>Accept and continue</button>\
                    <button type=button onclick=none()>Continue with necessary cookies</button>";
                swap(reply, REFUSE, "");
                swap(reply, ACCEPT, buttons);
            }
        },
        home,
    ),
    (
        "boxes and a button that goes on with them",
        |asked, reply| {
            if asked.path() != "/cookies" {
                let fields = "<label><input type=checkbox name=category value=maps> Maps</label>\
                    <button name=choice value=save>Accept and continue</button>";
                swap(reply, REFUSE, &format!("{fields}{REFUSE}"));
            }
        },
        article,
    ),
    (
        "a notice in the place of a film, which allows it",
        |_, reply| {
            let notice = "<div class=cookie-notice><p>This film needs cookies.</p><form method=post action=/cookies>\
                <input type=hidden name=service value=films><button>Allow this film</button></form></div>";
            let place = "<p>A film of films.example, once you allow it.</p>";
            swap(reply, place, notice);
        },
        article,
    ),
    (
        "choices on a bar at the side of every page",
        |asked, reply| {
            let bar = format!(
                "<aside class=cookie-sidebar><form method=post action=/cookies>{ACCEPT}{REFUSE}</form></aside><footer>"
            );
            if asked.path() != "/cookies" {
                swap(reply, "<footer>", &bar);
            }
        },
        article,
    ),
    (
        "the only box of a form about something else",
        |asked, reply| {
            let fields = "<form method=post action=/alerts><label><input type=checkbox name=ads checked> Small ads</label>\
                <button>Save</button></form><label><input type=checkbox name=oats checked> Oat biscuits</label>";
            choices(asked, reply, fields);
        },
        || home().visit(["/choices"]),
    ),
];
