//! Correct sites that come close to a violation of the table.

use http::HeaderValue;

use super::{
    Style,
    choices::objecting,
    site::{Asked, Reply, choosing, home},
};

const WELCOME: &str = "<p>Welcome.</p>";
const REFUSE: &str = r#"<button name="choice" value="refuse">Refuse all</button>"#;

/// Puts something into the home page.
fn add(asked: &Asked, reply: &mut Reply, more: &str) {
    if asked.path() == "/" {
        reply.body = reply.body.replace(WELCOME, &format!("{WELCOME}{more}"));
    }
}

fn article() -> tower_cookie_consent::conformance::Conformance {
    home().visit(["/article"])
}

fn removes_notice(asked: &Asked, reply: &mut Reply) {
    if asked.is_post() && asked.path() == "/cookies" && asked.cookie("lang").is_some() {
        reply.set("lang=; Path=/; Max-Age=0; Secure");
    }
}

pub(super) const RIGHT: &[Style] = &[
    (
        "every choice forgets the language",
        removes_notice,
        choosing,
    ),
    (
        "a token that is used up by each form",
        |asked, reply| {
            if reply.body.contains("<form") {
                reply.set("csrftoken=t1; Path=/; Secure; SameSite=Lax");
            }
            // Accepting is done by a script, without the token.
            if asked.is_post() && !asked.posts("accept") && asked.cookie("csrftoken").is_some() {
                reply.set("csrftoken=; Path=/; Secure; Max-Age=0");
            }
        },
        choosing,
    ),
    (
        "a session whose lifetime varies by consent",
        |asked, reply| {
            if !asked.is_accepted() {
                reply.change(|field| Some(field.replace("Max-Age=1209600", "Max-Age=604800")));
            }
        },
        choosing,
    ),
    (
        "the session of an older path is removed",
        |asked, reply| {
            if asked.cookie("sessionid").is_none() && !asked.is_accepted() {
                reply.set("sessionid=; Path=/shop; Max-Age=0; HttpOnly; Secure; SameSite=Lax");
            }
        },
        home,
    ),
    (
        "a choice for frames on other sites",
        |_, reply| {
            reply.change(|field| match field.starts_with("cookies_preferences=") {
                true => Some(field.replace("SameSite=Lax", "SameSite=None")),
                false => Some(field),
            });
        },
        choosing,
    ),
    ("an objection to statistics", |_, _| {}, objecting),
    (
        "an objection that is stored already",
        |asked, reply| {
            if asked.body == "stats=off" && asked.answer("stats") == Some(false) {
                reply.unset("cookies_preferences");
            }
        },
        objecting,
    ),
    (
        "a service that its category allows",
        |asked, reply| {
            if asked.posts("save") {
                let answers = [
                    ("maps", true),
                    ("media", true),
                    ("films", true),
                    ("ads", false),
                ];
                let choice = asked.consent.choose(answers).unwrap();
                reply.store(asked, choice);
            }
        },
        || {
            home().request(super::site::post(
                "/cookies",
                "choice=save&category=maps&category=media",
            ))
        },
    ),
    (
        "a service that the form calls otherwise",
        |asked, reply| {
            if asked.posts("save") {
                let answers = [
                    ("maps", true),
                    ("media", false),
                    ("films", true),
                    ("ads", false),
                ];
                let choice = asked.consent.choose(answers).unwrap();
                reply.store(asked, choice);
            }
        },
        || {
            home().request(super::site::post(
                "/cookies",
                "choice=save&category=maps&use_films=1",
            ))
        },
    ),
    (
        "the storage is cleared after a refusal",
        |asked, reply| {
            let is_denied = asked.answer("ads") == Some(false);
            if is_denied && !asked.consent.has_several_preferences() {
                reply.header("clear-site-data", "\"storage\"");
            }
        },
        home,
    ),
    (
        "source code as text",
        |asked, reply| {
            if asked.path() == "/article" {
                reply.header("content-type", "text/plain; charset=utf-8");
                reply.body = "<iframe src=https://www.films.example/embed/1></iframe>".to_owned();
            }
        },
        article,
    ),
    (
        "data with markup in it",
        |asked, reply| {
            if asked.path() == "/article" {
                let json = HeaderValue::from_static("application/json, charset=utf-8");
                reply.headers.insert("content-type", json);
                reply.body =
                    r#"{"html":"<iframe src=https://www.films.example/embed/1></iframe>"}"#
                        .to_owned();
            }
        },
        article,
    ),
    (
        "ticked boxes of a search",
        |asked, reply| {
            add(
                asked,
                reply,
                "<form action=/search><input type=search name=q>\
                <label><input type=checkbox name=maps checked> Maps</label>\
                <label><input type=checkbox name=ads checked> Classified ads</label>\
                <button>Search</button></form>",
            );
        },
        home,
    ),
    (
        "ticked news of a bakery",
        |asked, reply| {
            add(
                asked,
                reply,
                "<form method=post action=/letters><input type=email name=mail>\
                <label><input type=checkbox name=news checked> Send me offers for your cookies</label>\
                <label><input type=checkbox name=category value=ads checked> Classified ads</label>\
                <button>Order</button></form>",
            );
        },
        home,
    ),
    (
        "ticked boxes on what is necessary in a registration",
        |asked, reply| {
            add(
                asked,
                reply,
                "<form method=post action=/register><input type=password name=word>\
                <label><input type=checkbox name=base checked disabled> Necessary cookies</label>\
                <button>Register</button></form>",
            );
        },
        home,
    ),
    (
        "closing the banner refuses",
        |_, reply| {
            let close = "<button name=choice value=refuse aria-label=Close>×</button>";
            reply.body = reply.body.replace(REFUSE, &format!("{REFUSE}{close}"));
        },
        home,
    ),
    (
        "a dialog in the middle of the screen",
        |_, reply| {
            let middle = "<section style='position:fixed;left:50%;top:50%;transform:translate(-50%,-50%)' \
                id=\"cookie-banner\">";
            reply.body = reply.body.replace("<section id=\"cookie-banner\">", middle);
        },
        home,
    ),
    (
        "a banner of its own for browsers without scripts",
        |_, reply| {
            let banner = reply.body.find("<section id=\"cookie-banner\"");
            let end = reply.body.find("</section>");
            if let Some((from, to)) = banner.zip(end) {
                let to = to + "</section>".len();
                let own = reply.body[from..to].to_owned();
                reply
                    .body
                    .replace_range(from..to, &format!("<noscript>{own}</noscript>"));
            }
        },
        home,
    ),
];
