//! Refusals that take more than an acceptance.

use tower_cookie_consent::conformance::Requirement::*;

use super::{
    super::{Row, row, site::home},
    ACCEPT, REFUSE, page_at, refusal, swap,
};

pub(in super::super) const ROWS: &[Row] = &[
    row(
        "a banner without a refusal",
        "R6",
        RefusalAsEasy,
        |asked, reply| refusal(asked, reply, ""),
        home,
    ),
    row(
        "a page whose only control is a link that accepts",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            let body = r#"<!DOCTYPE html><html lang="en"><title>Home</title><p>We use cookies. <a href="/consent/accept-all">Accept all cookies</a></p></html>"#;
            page_at(asked, reply, "/", body);
        },
        home,
    ),
    row(
        "a link to the settings instead of a refusal",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            refusal(
                asked,
                reply,
                r#"<a class="button" href="/cookies">Settings</a>"#,
            );
        },
        home,
    ),
    row(
        "a link to a page that refuses beside a button that accepts",
        "R6",
        RefusalAsEasy,
        |asked, reply| refusal(asked, reply, r#"<a href="/cookies">Refuse all</a>"#),
        home,
    ),
    row(
        "a refusal that its class makes a text",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            let accept = r#"<button class="btn btn-primary btn-lg" name="choice" value="accept">Accept all</button>"#;
            swap(reply, ACCEPT, accept);
            let refuse =
                r#"<button class="btn btn-link" name="choice" value="refuse">Refuse all</button>"#;
            refusal(asked, reply, refuse);
        },
        home,
    ),
    row(
        "a refusal that its class makes small",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            let refuse =
                r#"<button class="BTN btn-sm" name="choice" value="refuse">Refuse all</button>"#;
            refusal(asked, reply, refuse);
        },
        home,
    ),
    row(
        "a refusal that is disabled",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            refusal(
                asked,
                reply,
                r#"<button name="choice" value="refuse" disabled>Refuse all</button>"#,
            );
        },
        home,
    ),
    row(
        "a refusal that is not displayed",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            refusal(
                asked,
                reply,
                r#"<span style="display: none"><button name="choice" value="refuse">Refuse all</button></span>"#,
            );
        },
        home,
    ),
    row(
        "a refusal out of reach of the keyboard",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            refusal(
                asked,
                reply,
                r#"<button name="choice" value="refuse" tabindex="-1">Refuse all</button>"#,
            );
        },
        home,
    ),
    row(
        "a refusal hidden from screen readers",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            refusal(
                asked,
                reply,
                r#"<button name="choice" value="refuse" aria-hidden="true">Refuse all</button>"#,
            );
        },
        home,
    ),
    row(
        "a refusal inside of something to open",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            refusal(
                asked,
                reply,
                r#"<details><summary>More</summary><button name="choice" value="refuse">Refuse all</button></details>"#,
            );
        },
        home,
    ),
    row(
        "a refusal that needs an address",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            let form = r#"</form><form method="post" action="/cookies"><input type="email" name="mail" required><button name="choice" value="refuse">Refuse all</button>"#;
            refusal(asked, reply, form);
        },
        home,
    ),
    row(
        "a refusal that nobody answers",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            refusal(
                asked,
                reply,
                r#"<button name="choice" value="refuse" formaction="/refuse">Refuse all</button>"#,
            );
        },
        home,
    ),
    row(
        "a refusal that has to be confirmed",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            refusal(
                asked,
                reply,
                r#"<button name="choice" value="refuse" formaction="/sure">Refuse all</button>"#,
            );
            page_at(
                asked,
                reply,
                "/sure",
                "<title>Are you sure?</title><form method=post action=/cookies><button name=choice value=refuse>Yes, refuse cookies</button></form>",
            );
        },
        home,
    ),
    row(
        "a refusal in small letters",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            refusal(
                asked,
                reply,
                r#"<small style="font-size: 0.6em"><button name="choice" value="refuse">Refuse all</button></small>"#,
            );
        },
        home,
    ),
    row(
        "a refusal that fades",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            refusal(
                asked,
                reply,
                r#"<button name="choice" value="refuse" style="opacity: .3">Refuse all</button>"#,
            );
        },
        home,
    ),
    row(
        "a refusal in the colour of its background",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            refusal(
                asked,
                reply,
                r#"<button name="choice" value="refuse" style="color: #FFF; background: white">Refuse all</button>"#,
            );
        },
        home,
    ),
    row(
        "a refusal without scripts only in name",
        "R6",
        RefusalAsEasy,
        |asked, reply| refusal(asked, reply, r#"<button type="button">Refuse all</button>"#),
        home,
    ),
    row(
        "a refusal that accepts",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            refusal(
                asked,
                reply,
                r#"<button name="choice" value="accept">Refuse all</button>"#,
            );
        },
        home,
    ),
    row(
        "a banner with nothing but OK",
        "R6",
        RefusalAsEasy,
        |_, reply| {
            let buttons = format!("{ACCEPT}\n            {REFUSE}");
            swap(
                reply,
                &buttons,
                r#"<input type="hidden" name="choice" value="accept"><button>OK</button>"#,
            );
        },
        home,
    ),
    row(
        "a French banner without a refusal",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            if asked.header("accept-language").starts_with("fr") {
                swap(reply, "Accept all", "Tout accepter");
                refusal(asked, reply, r#"<a href="/cookies">Paramétrer</a>"#);
            }
        },
        home,
    ),
    row(
        "closing the banner accepts",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            if asked.path() == "/" {
                swap(
                    reply,
                    REFUSE,
                    &format!(
                        "{REFUSE}<button name=choice value=accept aria-label=Close>×</button>"
                    ),
                );
            }
        },
        home,
    ),
    row(
        "a refusal a screen away",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            let away = REFUSE.replace("<button", "<button style='position:absolute;left:-100vw'");
            refusal(asked, reply, &away);
        },
        home,
    ),
    row(
        "a refusal that is moved away",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            let away = REFUSE.replace("<button", "<button style='transform:translateX(-9999px)'");
            refusal(asked, reply, &away);
        },
        home,
    ),
    row(
        "a refusal for browsers without scripts alone",
        "R6",
        RefusalAsEasy,
        |asked, reply| refusal(asked, reply, &format!("<noscript>{REFUSE}</noscript>")),
        home,
    ),
    row(
        "an acceptance that only its words and what it does are about cookies",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            refusal(asked, reply, "");
            swap(reply, "<section id=\"cookie-banner\">", "<section>");
            swap(reply, ACCEPT, "<button>Yes, I agree</button>");
            swap(reply, "action=\"/cookies\"", "action=\"/welcome\"");
            if asked.is_post() && asked.path() == "/welcome" {
                reply.status = http::StatusCode::SEE_OTHER;
                reply.header("location", "/");
                reply.store(asked, asked.consent.accept_all());
            }
        },
        home,
    ),
    row(
        "an acceptance by a script without a refusal",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            refusal(asked, reply, "");
            swap(reply, "<section id=\"cookie-banner\">", "<section>");
            swap(
                reply,
                ACCEPT,
                "<button type=button onclick=yes()>Accept</button>",
            );
        },
        home,
    ),
    row(
        "a refusal that a rule of the page hides",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            let hidden = REFUSE.replace("<button", "<button class=later");
            refusal(asked, reply, &hidden);
            swap(
                reply,
                "<title>",
                "<style>.later{display:none}</style><title>",
            );
        },
        home,
    ),
];
