//! Correct pages with buttons, boxes, links and texts that look like questions about cookies, and are none.

use http::StatusCode;
use tower_cookie_consent::conformance::Conformance;

use super::{
    Style,
    site::{Asked, Reply, home},
};

const WELCOME: &str = "<p>Welcome.</p>";
const TITLE: &str = "<h1>Cookies</h1>";
const LINK: &str = r#"<a href="/cookies">Cookie settings</a>"#;
const WITHDRAW: &str = r#"<form method="post" action="/cookies"><button name="choice" value="withdraw">Withdraw consent to cookies</button></form>"#;
const ACCEPT: &str = r#"<button name="choice" value="accept">Accept all</button>"#;
const REFUSE: &str = r#"<button name="choice" value="refuse">Refuse all</button>"#;

fn three() -> Conformance {
    home().visit(["/article", "/cookies"])
}

fn swap(reply: &mut Reply, from: &str, to: &str) {
    reply.body = reply.body.replace(from, to);
}

/// Puts something into the home page.
fn add(asked: &Asked, reply: &mut Reply, more: &str) {
    if asked.path() == "/" {
        swap(reply, WELCOME, &format!("{WELCOME}{more}"));
    }
}

/// Puts all of each page into one element, as most tools do, and something into the home page.
fn wrapped(asked: &Asked, reply: &mut Reply, more: &str) {
    swap(reply, "<body>", "<body><div id=\"app\">");
    swap(reply, "</body>", "</div></body>");
    add(asked, reply, more);
}

/// Calls the link to the settings otherwise, and has no button to withdraw.
fn calls_link(reply: &mut Reply, name: &str) {
    swap(reply, WITHDRAW, "");
    swap(reply, LINK, &format!("<a href=\"/cookies\">{name}</a>"));
}

/// Has the banner's buttons done by a script.
fn by_script(asked: &Asked, reply: &mut Reply, refusal: &str) {
    if asked.path() != "/cookies" {
        swap(
            reply,
            ACCEPT,
            "<button type=button id=all>Accept all cookies</button>",
        );
        swap(
            reply,
            REFUSE,
            &format!("<button type=button id=none>{refusal}</button>"),
        );
    }
}

/// Answers with a page of the site at another path.
fn page_at(asked: &Asked, reply: &mut Reply, path: &str, content: &str) {
    if asked.path() == path && !asked.is_post() {
        reply.status = StatusCode::OK;
        reply.header("content-type", "text/html; charset=utf-8");
        reply.body = super::site::page(asked).replace(
            "<h1>Home</h1><p>Welcome.</p><p><a href=\"/article\">An article</a></p>",
            content,
        );
    }
}

/// The part of a category is taken back by a button of its own.
fn takes_back(asked: &Asked, reply: &mut Reply, ids: &[&'static str]) {
    for (id, cookie) in [("maps", "map"), ("media", "films_id"), ("ads", "_ga")] {
        if asked.is_post() && asked.body == format!("off={id}") {
            reply.store(asked, asked.consent.choose([(id, false)]).unwrap());
            reply.unset(cookie);
            reply.set(&format!("{cookie}=; Path=/; Max-Age=0"));
        }
    }
    let buttons = ids.iter().map(|id| {
        format!("<form method=post action=/cookies><button name=off value={id}>No more {id}</button></form>")
    });
    let buttons: String = buttons.collect();
    if asked.path() != "/cookies" && reply.body.contains(WITHDRAW) {
        swap(reply, WITHDRAW, "");
        swap(reply, LINK, &buttons);
    }
}

pub(super) fn takes_back_maps_alone(asked: &Asked, reply: &mut Reply) {
    takes_back(asked, reply, &["maps"]);
}

pub(super) const RIGHT: &[Style] = &[
    (
        "terms to agree to, in one element around the page",
        |asked, reply| {
            let form =
                "<form method=post action=/terms><button>I agree to the terms</button></form>";
            wrapped(asked, reply, form);
        },
        three,
    ),
    (
        "an invitation and a question of age, in one element around the page",
        |asked, reply| {
            let forms = "<form method=post action=/friends/accept><button>Accept invitation</button></form>\
                <form method=post action=/age><button name=age value=18>Yes</button></form>\
                <form method=post action=/friends/7><button name=decision value=accept>Accept</button></form>";
            wrapped(asked, reply, forms);
        },
        three,
    ),
    (
        "notifications and an offer, in one element around the page",
        |asked, reply| {
            let buttons = "<button type=button id=push>Allow notifications</button>\
                <p><a class=btn href=/article>Yes, show me the offer</a></p>";
            wrapped(asked, reply, buttons);
        },
        three,
    ),
    (
        "a newsletter in the footer, beside the link to the settings",
        |_, reply| {
            let form = "<footer><form method=post action=/newsletter><input type=email name=email required>\
                <button>Yes, sign me up</button></form>";
            swap(reply, "<footer>", form);
        },
        three,
    ),
    (
        "a newsletter that says how the site uses cookies",
        |asked, reply| {
            let part = "<section><h2>Newsletter</h2><p>See our privacy policy and how we use cookies.</p>\
                <form method=post action=/newsletter><input type=email name=email required>\
                <button>Yes, please</button></form></section>";
            add(asked, reply, part);
        },
        three,
    ),
    (
        "a bakery of cookies with an offer to accept",
        |asked, reply| {
            swap(
                reply,
                "<title>Site</title>",
                "<title>The cookie bakery</title>",
            );
            if asked.path() == "/" {
                let offer = "<h1>Fresh cookies, every day</h1>\
                    <form method=post action=/orders/7/confirm><button>Accept the offer</button></form>";
                swap(reply, "<h1>Home</h1>", offer);
            }
        },
        three,
    ),
    (
        "a parcel with a tracking number",
        |asked, reply| {
            let order = "<div class=order-tracking><p>Tracking number 1234</p>\
                <form method=post action=/orders/7/received><button>Accept delivery</button></form></div>";
            add(asked, reply, order);
        },
        three,
    ),
    (
        "a patient's consent to a treatment",
        |asked, reply| {
            let form = "<p>Please read about the risks of this treatment before you agree to it.</p>\
                <form method=post action=/treatment><label><input type=checkbox name=informed required> I have read it\
                </label><button name=informed_consent value=yes>I consent to the treatment</button></form>";
            add(asked, reply, form);
        },
        three,
    ),
    (
        "filters and profiles that are on, in one element around the page",
        |asked, reply| {
            let forms = "<form method=post action=/profile><label><input type=checkbox name=show_social checked> \
                Show my links</label><button>Save</button></form>\
                <form action=/list><select name=category><option value=news>News<option value=media selected>Media\
                </select><button>Filter</button></form>\
                <form action=/list><input name=q><label><input type=checkbox name=topic value=media checked> Media\
                </label><button>Filter</button></form>";
            wrapped(asked, reply, forms);
        },
        three,
    ),
    (
        "mails about a parcel that are on",
        |asked, reply| {
            let form = "<form method=post action=/profile><label><input type=checkbox name=order_tracking checked> \
                Mail me where my parcel is</label><button>Save</button></form>";
            add(asked, reply, form);
        },
        three,
    ),
    (
        "settings that say what was chosen",
        |asked, reply| {
            let is_accepted = asked.is_accepted();
            if asked.path() == "/cookies" && (is_accepted || asked.is_refused()) {
                let state = match is_accepted {
                    true => {
                        "<p>You have accepted our cookies for films and advertising. You may withdraw your \
                         consent here at any time, as easily as you gave it, for each purpose or for all of them.</p>\
                         <ul><li>_ga: advertising, 100 days<li>film: films, 100 days</ul>"
                    }
                    false => "<p>You have refused.</p>",
                };
                swap(reply, TITLE, &format!("{TITLE}{state}"));
            }
        },
        three,
    ),
    (
        "a home page that says what was chosen",
        |asked, reply| {
            let state = match asked.consent.allows("ads") {
                true => "<p>Advertising is on, films are on. Thank you for your consent.</p>",
                false => "<p>Basic version.</p>",
            };
            if asked.path() == "/" {
                swap(reply, WELCOME, state);
            }
        },
        three,
    ),
    (
        "a page of a film with a caption",
        |asked, reply| {
            let film = match asked.consent.allows("films") {
                true => {
                    "<h1>Trailer</h1><figure><iframe src=https://www.films.example/embed/1></iframe>\
                     <figcaption>Now playing: trailer of the summer festival</figcaption></figure>"
                }
                false => {
                    "<h1>Trailer</h1><p>Video blocked</p><form method=post action=/cookies>\
                     <input type=hidden name=service value=films><button>Allow films</button></form>"
                }
            };
            page_at(asked, reply, "/trailer", film);
        },
        || three().visit(["/trailer"]),
    ),
    (
        "a page of a map that says how to use it",
        |asked, reply| {
            let map = match asked.consent.allows("films") {
                true => {
                    "<h1>Contact</h1><iframe title=Map src=https://www.films.example/map></iframe>\
                     <p>Drag the map to move, use the wheel to zoom in or out.</p>"
                }
                false => "<h1>Contact</h1><p>The map needs cookies of films.example.</p>",
            };
            page_at(asked, reply, "/contact", map);
        },
        || three().visit(["/contact"]),
    ),
    (
        "products that are chosen for the visitor",
        |asked, reply| {
            if asked.consent.allows("ads") {
                let list = "<h2>Chosen for you</h2><ul><li>Green shoes<li>Blue hats<li>Yellow gloves<li>Red socks</ul>\
                    <div class=ads>Shoes of our partner at half the price, this week alone</div>";
                add(asked, reply, list);
            }
        },
        three,
    ),
    (
        "a page of recommendations that leads home without consent",
        |asked, reply| {
            if asked.consent.allows("ads") {
                let list = "<h1>Recommended for you</h1><p>Green shoes, blue hats, yellow gloves and many other things.</p>";
                page_at(asked, reply, "/recommended", list);
            } else if asked.path() == "/recommended" {
                reply.status = StatusCode::SEE_OTHER;
                reply.header("location", "/");
            }
        },
        || three().visit(["/recommended"]),
    ),
    (
        "settings that are called preferences",
        |_, reply| calls_link(reply, "Preferences"),
        three,
    ),
    (
        "settings that are called legal",
        |_, reply| calls_link(reply, "Legal"),
        three,
    ),
    (
        "settings in Norwegian",
        |_, reply| calls_link(reply, "Innstillinger for informasjonskapsler"),
        three,
    ),
    (
        "settings at a path without cookies",
        |asked, reply| {
            swap(reply, WITHDRAW, "");
            swap(reply, LINK, "<a href=/preferences>Preferences</a>");
            if asked.path() == "/preferences" {
                let cookies = Asked {
                    parts: {
                        let mut parts = asked.parts.clone();
                        parts.uri = "/cookies".parse().unwrap();
                        parts
                    },
                    body: String::new(),
                    cookies: asked.cookies.clone(),
                    consent: asked.consent.clone(),
                };
                reply.status = StatusCode::OK;
                reply.header("content-type", "text/html; charset=utf-8");
                reply.body = super::site::page(&cookies);
            }
        },
        || home().visit(["/article", "/preferences"]),
    ),
    (
        "necessary cookies only, by a script",
        |asked, reply| by_script(asked, reply, "Necessary cookies only"),
        three,
    ),
    (
        "going on with necessary cookies only, by a script",
        |asked, reply| by_script(asked, reply, "Continue with necessary cookies only"),
        three,
    ),
    (
        "only what is necessary, by a script",
        |asked, reply| by_script(asked, reply, "Only what is necessary"),
        three,
    ),
    (
        "a page to return to with the name of a category",
        |asked, reply| {
            page_at(
                asked,
                reply,
                "/media",
                "<h1>Media</h1><p>All our films and podcasts in one list for you.</p>",
            );
            let next = format!(
                "<form method=\"post\" action=\"/cookies\"><input type=hidden name=next value=\"{}\">",
                asked.path()
            );
            swap(reply, "<form method=\"post\" action=\"/cookies\">", &next);
        },
        || three().visit(["/media"]),
    ),
    (
        "a page that its script writes, beside one of the server",
        |asked, reply| {
            if asked.path() == "/" {
                reply.body = "<!doctype html><html lang=en><head><title>Shop</title></head><body><div id=root></div>\
                    <script type=module src=/app.js></script></body></html>"
                    .to_owned();
            }
        },
        three,
    ),
    (
        "a banner that a rule of the page hides from those who have chosen",
        |asked, reply| {
            if asked.is_refused() || asked.is_accepted() {
                let banner = format!(
                    "<section id=cookie-banner class=off><p>May we use cookies?</p>\
                     <form method=post action=/cookies>{ACCEPT}{REFUSE}</form></section><footer>"
                );
                swap(
                    reply,
                    "<title>",
                    "<style>.off { display: none }</style><title>",
                );
                swap(reply, "<footer>", &banner);
            }
        },
        three,
    ),
    (
        "buttons in parts of their own",
        |asked, reply| {
            if asked.path() != "/cookies" {
                swap(
                    reply,
                    "<section id=\"cookie-banner\">",
                    "<section class=notice>",
                );
                swap(
                    reply,
                    ACCEPT,
                    &format!("<div class=cookie-accept>{ACCEPT}</div>"),
                );
                swap(
                    reply,
                    REFUSE,
                    &format!("<div class=cookie-refuse>{REFUSE}</div>"),
                );
            }
        },
        three,
    ),
    (
        "one button for each category to withdraw",
        |asked, reply| takes_back(asked, reply, &["maps", "media", "ads"]),
        three,
    ),
];
