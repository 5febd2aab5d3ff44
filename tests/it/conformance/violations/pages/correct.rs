//! Correct pages, in different languages and of different styles.

use std::sync::atomic::{AtomicU32, Ordering};

use http::StatusCode;
use tower_cookie_consent::conformance::Conformance;

use super::{
    super::site::{Asked, Reply, home, post},
    ACCEPT, LINK, REFUSE, WITHDRAW, page_at, redirect_at, swap,
    walls::{download, order},
};

fn three() -> Conformance {
    home().visit(["/article", "/cookies"])
}

/// Words of the site in another language.
fn translate(reply: &mut Reply, words: &[(&str, &str)]) {
    for (from, to) in words {
        swap(reply, from, to);
    }
}

/// The banner with other markup around its buttons.
fn banner(reply: &mut Reply, before: &str, after: &str) {
    let old = "<section id=\"cookie-banner\"><p>May we use cookies for maps, films and advertising?</p>\n            <form method=\"post\" action=\"/cookies\">";
    swap(reply, old, before);
    swap(
        reply,
        &format!("{REFUSE}</form></section>"),
        &format!("{REFUSE}{after}"),
    );
}

type Style = (&'static str, fn(&Asked, &mut Reply), fn() -> Conformance);

pub(in super::super) const STYLES: &[Style] = &[
    (
        "small buttons that are alike, but for their colours",
        |_, reply| {
            for (button, class) in [(ACCEPT, "btn-primary"), (REFUSE, "btn-outline-primary")] {
                let small = format!("<button class=\"btn btn-sm {class}\"");
                swap(reply, button, &button.replace("<button", &small));
            }
        },
        three,
    ),
    (
        "pages in German",
        |_, reply| {
            translate(
                reply,
                &[
                    ("Accept all", "Alle akzeptieren"),
                    ("Refuse all", "Nur notwendige Cookies akzeptieren"),
                    ("Withdraw consent to cookies", "Einwilligung widerrufen"),
                    ("Cookie settings", "Datenschutz-Einstellungen"),
                    (">Save<", ">Auswahl speichern<"),
                    (
                        "May we use cookies for maps, films and advertising?",
                        "Dürfen wir Cookies verwenden?",
                    ),
                ],
            );
        },
        three,
    ),
    (
        "pages in French, going on without accepting",
        |_, reply| {
            translate(
                reply,
                &[
                    ("Accept all", "J’accepte"),
                    ("Refuse all", "Continuer sans accepter"),
                    ("Withdraw consent to cookies", "Retirer mon consentement"),
                    ("Cookie settings", "Gérer mes cookies"),
                    (">Save<", ">Valider mes choix<"),
                ],
            );
        },
        three,
    ),
    (
        "pages in Polish",
        |_, reply| {
            translate(
                reply,
                &[
                    ("Accept all", "Zgadzam się"),
                    ("Refuse all", "Nie zgadzam się"),
                    ("Withdraw consent to cookies", "Wycofaj zgodę"),
                    ("Cookie settings", "Ustawienia plików cookie"),
                    (">Save<", ">Zapisz wybór<"),
                ],
            );
        },
        three,
    ),
    (
        "a link to the form instead of a button to withdraw",
        |_, reply| swap(reply, WITHDRAW, ""),
        three,
    ),
    (
        "a link to the form in the navigation",
        |_, reply| {
            swap(reply, WITHDRAW, "");
            swap(reply, LINK, "");
            swap(
                reply,
                "<body>",
                &format!("<body><nav><ul><li><a href=/>Home</a><li>{LINK}</ul></nav>"),
            );
        },
        three,
    ),
    (
        "a button to withdraw without a link",
        |_, reply| swap(reply, LINK, ""),
        home,
    ),
    (
        "a form and no banner",
        |asked, reply| {
            if asked.path() != "/cookies" {
                swap(reply, ACCEPT, "");
                swap(reply, REFUSE, "");
                banner(
                    reply,
                    "<p>We ask <a href=/cookies>on a page of its own</a>.</p><form>",
                    "</form>",
                );
            }
        },
        three,
    ),
    (
        "a modal dialog",
        |_, reply| {
            let before = "<dialog open aria-modal=true aria-labelledby=q><h2 id=q>Cookies</h2><form method=post action=/cookies>";
            banner(reply, before, "</form></dialog>");
        },
        three,
    ),
    (
        "a layer over the page with both buttons",
        |_, reply| {
            let before = "<div style='position:fixed;inset:0'><p>Cookies?</p><form method=post action=/cookies>";
            banner(reply, before, "</form></div>");
        },
        three,
    ),
    (
        "two forms",
        |asked, reply| {
            if asked.path() == "/cookies" {
                return;
            }
            swap(
                reply,
                ACCEPT,
                "<input type=hidden name=choice value=accept><button class=a>Accept</button>",
            );
            let refuse = "</form><form method=post action=/cookies><input type=hidden name=choice value=refuse><button class=b>Refuse</button>";
            swap(reply, REFUSE, refuse);
        },
        three,
    ),
    (
        "boxes in the banner, none of them ticked",
        |_, reply| {
            let boxes = "<label><input type=checkbox name=category value=maps> Maps</label>\
                <button name=choice value=save>Save</button>";
            swap(reply, ACCEPT, &format!("{boxes}{ACCEPT}"));
        },
        three,
    ),
    (
        "lists and radio buttons that refuse",
        |asked, reply| {
            if asked.path() == "/cookies" && !asked.consent.allows("maps") {
                let fields = "<select name=maps><option value=no>No<option value=yes>Yes</select>\
                    <label><input type=radio name=ads value=yes>Yes</label><label><input type=radio name=ads value=no checked>No</label>\
                    <input type=hidden name=media value=0><input type=checkbox name=media value=1>\
                    <input type=checkbox name=stats checked> <input type=checkbox checked disabled> Necessary\
                    <button type=button role=switch aria-checked=false data-category=ads>Ads</button>";
                swap(
                    reply,
                    "<button name=\"choice\" value=\"save\">",
                    &format!("{fields}<button name=\"choice\" value=\"save\">"),
                );
            }
        },
        three,
    ),
    (
        "forms about other things",
        |_, reply| {
            let forms = "<form action=/search><input type=search name=q><label><input type=checkbox name=category value=maps checked> Maps</label>\
                <select name=sort><option value=all>All</select><button>Search</button></form>\
                <form method=post action=/news><input type=email name=mail required><label><input type=checkbox name=weekly checked> Weekly</label><button>Accept</button></form>\
                <form method=post action=/login><input name=user><input type=password name=password><label><input type=checkbox name=remember checked> Stay logged in</label><button>Continue</button></form>";
            swap(reply, "<h1>Home</h1>", &format!("<h1>Home</h1>{forms}"));
        },
        home,
    ),
    (
        "a placeholder that allows one film",
        |asked, reply| {
            if !asked.consent.allows("films") {
                let form = "<form method=post action=/cookies><input type=hidden name=service value=films><button>Allow this film</button></form>";
                swap(
                    reply,
                    "once you allow it.</p>",
                    &format!("once you allow it.</p>{form}"),
                );
            }
        },
        three,
    ),
    (
        "recommendations for those who have accepted",
        |asked, reply| {
            let text = match asked.consent.allows("ads") {
                true => "<h2>For you</h2><ul><li>Green shoes<li>Blue hats<li>Yellow gloves</ul>",
                false => "<h2>Popular</h2><ul><li>Red socks<li>Black scarves</ul>",
            };
            swap(
                reply,
                "<p>Welcome.</p>",
                &format!("<p>Welcome to our shop.</p>{text}"),
            );
        },
        home,
    ),
    (
        "pages with tokens and times",
        |_, reply| {
            static COUNT: AtomicU32 = AtomicU32::new(0);
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            swap(
                reply,
                "<p>Welcome.</p>",
                &format!("<p data-id=t{count}>Welcome, number {count}.</p>"),
            );
            swap(reply, "</form>", &format!("</form><!-- {count} -->"));
        },
        home,
    ),
    (
        "controls with marks",
        |_, reply| {
            translate(
                reply,
                &[
                    (
                        "<button name=\"choice\" value=\"accept\">Accept all",
                        "<button data-consent-control=accept name=choice value=accept>Sure thing",
                    ),
                    (
                        "<button name=\"choice\" value=\"refuse\">Refuse all",
                        "<button data-consent-control=refuse name=choice value=refuse>Rather not",
                    ),
                    (
                        "<a href=\"/cookies\">Cookie settings",
                        "<a data-consent-control=settings href=/cookies>Biscuits",
                    ),
                ],
            );
            swap(reply, WITHDRAW, "");
        },
        three,
    ),
    (
        "buttons of scripts",
        |asked, reply| {
            if asked.path() != "/cookies" {
                swap(
                    reply,
                    ACCEPT,
                    "<button type=button onclick=all()>Accept all</button>",
                );
                swap(
                    reply,
                    REFUSE,
                    "<button type=button onclick=none()>Refuse all</button>",
                );
            }
        },
        three,
    ),
    (
        "settings that a script opens",
        |_, reply| {
            swap(reply, WITHDRAW, "");
            swap(
                reply,
                LINK,
                "<button type=button onclick=show()>Cookie settings</button>",
            );
        },
        home,
    ),
    (
        "a frame of the site without third parties",
        |asked, reply| {
            swap(
                reply,
                "<p>Welcome.</p>",
                "<p>Welcome.</p><iframe src=/box></iframe><img src=/old.png alt=x><script src=/app.js></script>",
            );
            page_at(
                asked,
                reply,
                "/box",
                "<!doctype html><title>Box</title><p>Some words in a box of its own.</p>",
            );
            redirect_at(asked, reply, "/old.png", "/new.png");
        },
        home,
    ),
    (
        "a frame with a film for those who have allowed it",
        |asked, reply| {
            swap(
                reply,
                "<p>Welcome.</p>",
                "<p>Welcome.</p><iframe src=/box></iframe>",
            );
            let film = match asked.consent.allows("films") {
                true => {
                    "<!doctype html><title>Film</title><iframe src=https://www.films.example/1></iframe>"
                }
                false => "<!doctype html><title>Film</title><p>Not without your consent.</p>",
            };
            page_at(asked, reply, "/box", film);
        },
        home,
    ),
    (
        "a withdrawal by a button of another page",
        |asked, reply| {
            swap(reply, WITHDRAW, "");
            swap(reply, LINK, r#"<a href="/mine">Cookie settings</a>"#);
            let page = format!("<!doctype html><title>Cookies</title><h1>Cookies</h1>{WITHDRAW}");
            page_at(asked, reply, "/mine", &page);
        },
        home,
    ),
    (
        "a form on another page, whose button needs a script",
        |asked, reply| {
            swap(reply, WITHDRAW, "");
            swap(reply, LINK, r#"<a href="/mine">Cookie settings</a>"#);
            let page = "<!doctype html><title>Cookies</title><h1>Cookies</h1><button type=button onclick=none()>Withdraw consent</button>";
            page_at(asked, reply, "/mine", page);
        },
        home,
    ),
    (
        "a download and an order for everybody",
        |asked, reply| {
            download(asked, reply);
            order(asked, reply);
        },
        || {
            home()
                .visit(["/report.pdf"])
                .request(post("/order", "item=1&count=2"))
        },
    ),
    (
        "endpoints of statistics and maps that take nothing without consent",
        |asked, reply| {
            let (status, kind) = match (asked.path(), asked.consent.allows("maps")) {
                ("/collect" | "/places.json", false) => (StatusCode::FORBIDDEN, "text/plain"),
                ("/collect", true) => (StatusCode::NO_CONTENT, "text/plain"),
                ("/places.json", true) => (StatusCode::OK, "application/json"),
                _ => return,
            };
            reply.status = status;
            reply.header("content-type", kind);
            reply.body.clear();
        },
        || {
            home()
                .visit(["/places.json"])
                .request(post("/collect", "event=view"))
        },
    ),
    (
        "an order that takes each visitor once",
        |asked, reply| {
            static ORDERS: AtomicU32 = AtomicU32::new(0);
            order(asked, reply);
            if asked.path() == "/order" && ORDERS.fetch_add(1, Ordering::Relaxed) > 0 {
                reply.status = StatusCode::FORBIDDEN;
                reply.headers.remove("location");
            }
        },
        || home().request(post("/order", "item=1&count=2")),
    ),
    (
        "a page that shows itself anew every minute",
        |asked, reply| {
            if asked.path() == "/" {
                swap(
                    reply,
                    "<body>",
                    "<meta http-equiv=refresh content='60;url=/article'></head><body>",
                );
            }
        },
        three,
    ),
    (
        "an icon, a style sheet and a frame of the site for everybody",
        |asked, reply| {
            let parts = "<link rel=stylesheet href=/site.css><iframe src=/box></iframe>";
            swap(reply, "<p>Welcome.</p>", &format!("<p>Welcome.</p>{parts}"));
            let (kind, body) = match asked.path() {
                "/favicon.ico" => ("image/x-icon", "ICO"),
                "/site.css" => ("text/css", "body { color: black }"),
                "/box" => (
                    "text/html",
                    "<!doctype html><title>Box</title><p>Some words in a box.</p>",
                ),
                _ => return,
            };
            reply.status = StatusCode::OK;
            reply.headers.remove("set-cookie");
            reply.header("content-type", kind);
            reply.header("cache-control", "public, max-age=600");
            reply.body = body.to_owned();
        },
        home,
    ),
];
