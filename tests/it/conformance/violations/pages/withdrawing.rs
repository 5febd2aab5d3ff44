//! Withdrawals that take more than consent.

use http::StatusCode;

use tower_cookie_consent::conformance::Requirement::*;

use super::{
    super::{
        Row,
        innocent_pages::takes_back_maps_alone,
        row,
        site::{Asked, Reply, home},
    },
    LINK, WITHDRAW, article, page_at, redirect, swap,
};

/// Replaces what the footer has for those who have allowed something.
fn footer(asked: &Asked, reply: &mut Reply, to: &str) {
    if asked.path() != "/cookies" && reply.body.contains(WITHDRAW) {
        swap(reply, WITHDRAW, "");
        swap(reply, LINK, to);
    }
}

/// A page that is linked as the settings.
fn of_settings(content: &str) -> String {
    format!("<!doctype html><title>Cookies</title><main><h1>Cookies</h1>{content}</main>")
}

/// A form with the choices.
fn boxes(action: &str) -> String {
    let boxes = ["maps", "media", "ads"].map(|id| {
        format!("<label><input type=checkbox name=category value={id} checked> {id}</label>")
    });
    format!(
        "<form method=post action={action}>{}<button name=choice value=save>Save</button></form>",
        boxes.concat()
    )
}

pub(in super::super) const ROWS: &[Row] = &[
    row(
        "no way to withdraw",
        "R8",
        WithdrawalAsEasy,
        |asked, reply| footer(asked, reply, ""),
        home,
    ),
    row(
        "no way to withdraw on one page",
        "R8",
        WithdrawalAsEasy,
        |asked, reply| {
            if asked.path() == "/article" {
                footer(asked, reply, "");
            }
        },
        article,
    ),
    row(
        "a link to settings that do not exist",
        "R8",
        WithdrawalAsEasy,
        |asked, reply| {
            footer(
                asked,
                reply,
                r#"<a href="/cookie-settings">Cookie settings</a>"#,
            );
        },
        home,
    ),
    row(
        "a link to a text without a form",
        "R8",
        WithdrawalAsEasy,
        |asked, reply| {
            footer(asked, reply, r#"<a href="/policy">Cookie policy</a>"#);
            page_at(
                asked,
                reply,
                "/policy",
                "<!doctype html><title>Cookie policy</title><main>We use cookies for maps.</main>",
            );
        },
        home,
    ),
    row(
        "a link to a text with an empty place",
        "R8",
        WithdrawalAsEasy,
        |asked, reply| {
            footer(asked, reply, r#"<a href="/policy">Cookie policy</a>"#);
            let text = "<!doctype html><title>Cookie policy</title><main><h1>Cookies</h1>\
                We use cookies for maps, films and statistics.<div id=ad></div></main><script src=/site.js></script>";
            page_at(asked, reply, "/policy", text);
        },
        home,
    ),
    row(
        "a withdrawal by mail",
        "R8",
        WithdrawalAsEasy,
        |asked, reply| {
            footer(
                asked,
                reply,
                r#"<a href="mailto:privacy@site.example">Withdraw consent</a>"#,
            );
        },
        home,
    ),
    row(
        "a withdrawal that takes an account",
        "R8",
        WithdrawalAsEasy,
        |asked, reply| {
            footer(
                asked,
                reply,
                r#"<a href="/account/cookies">Cookie settings</a>"#,
            );
            if asked.path() == "/account/cookies" {
                reply.status = StatusCode::UNAUTHORIZED;
            }
        },
        home,
    ),
    row(
        "settings behind a login",
        "R8",
        WithdrawalAsEasy,
        |asked, reply| {
            footer(
                asked,
                reply,
                r#"<a href="/account/cookies">Cookie settings</a>"#,
            );
            if asked.path() == "/account/cookies" {
                redirect(reply, "/enter");
            }
            page_at(
                asked,
                reply,
                "/enter",
                "<!doctype html><title>Log in</title><form method=post action=/login><input name=user><input type=password name=password><button>Log in</button></form>",
            );
        },
        home,
    ),
    row(
        "a withdrawal that asks for a password",
        "R8",
        WithdrawalAsEasy,
        |asked, reply| {
            let form = r#"<form method="post" action="/cookies"><input type="password" name="password" required><button name="choice" value="withdraw">Withdraw consent</button></form>"#;
            footer(asked, reply, form);
        },
        home,
    ),
    row(
        "a withdrawal that is hidden",
        "R8",
        WithdrawalAsEasy,
        |asked, reply| {
            footer(
                asked,
                reply,
                &format!("<div style=\"display:none\">{WITHDRAW}{LINK}</div>"),
            );
        },
        home,
    ),
    row(
        "a withdrawal that nobody answers",
        "R8",
        WithdrawalAsEasy,
        |asked, reply| footer(asked, reply, &WITHDRAW.replace("/cookies", "/withdraw")),
        home,
    ),
    row(
        "a withdrawal that changes nothing",
        "R8",
        WithdrawalAsEasy,
        |asked, reply| {
            footer(asked, reply, &WITHDRAW.replace("/cookies", "/thanks"));
            page_at(
                asked,
                reply,
                "/thanks",
                "<!doctype html><title>Thank you</title>We will see to it.",
            );
        },
        home,
    ),
    row(
        "a form for those who have not chosen only",
        "R8",
        WithdrawalAsEasy,
        |asked, reply| {
            footer(asked, reply, LINK);
            if asked.path() == "/cookies" && asked.is_accepted() {
                reply.body = "<!doctype html><title>Cookies</title><main>You have made your choice. Thank you.</main>".to_owned();
            }
        },
        home,
    ),
    row(
        "a button on the linked page that nobody answers",
        "R8",
        WithdrawalAsEasy,
        |asked, reply| {
            footer(asked, reply, r#"<a href="/mine">Cookie settings</a>"#);
            let button = WITHDRAW.replace("/cookies", "/nowhere");
            page_at(asked, reply, "/mine", &of_settings(&button));
        },
        home,
    ),
    row(
        "a button on the linked page that changes nothing",
        "R8",
        WithdrawalAsEasy,
        |asked, reply| {
            footer(asked, reply, r#"<a href="/mine">Cookie settings</a>"#);
            let button = WITHDRAW.replace("/cookies", "/thanks");
            page_at(asked, reply, "/mine", &of_settings(&button));
            page_at(asked, reply, "/thanks", &of_settings("Thank you."));
        },
        home,
    ),
    row(
        "a button on the linked page that asks for a password",
        "R8",
        WithdrawalAsEasy,
        |asked, reply| {
            footer(asked, reply, r#"<a href="/mine">Cookie settings</a>"#);
            let field = "<input type=password name=password required><button";
            let button = WITHDRAW.replace("<button", field);
            page_at(asked, reply, "/mine", &of_settings(&button));
        },
        home,
    ),
    row(
        "a form on the linked page that changes nothing",
        "R8",
        WithdrawalAsEasy,
        |asked, reply| {
            footer(asked, reply, r#"<a href="/mine">Cookie settings</a>"#);
            page_at(asked, reply, "/mine", &of_settings(&boxes("/thanks")));
            page_at(asked, reply, "/thanks", &of_settings("Thank you."));
        },
        home,
    ),
    row(
        "a withdrawal for one category of three",
        "R8",
        WithdrawalAsEasy,
        takes_back_maps_alone,
        home,
    ),
];
