//! Correct sites that ask for each category by itself, whose settings a script saves, or whose forms work once.

use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};

use http::{Request, StatusCode, header::CONTENT_TYPE};
use tower_cookie_consent::conformance::{Conformance, SiteForm};

use super::{
    Style,
    site::{Asked, Reply, choosing, home, optional, post},
};

/// What the site asks for.
const IDS: [&str; 4] = ["maps", "media", "films", "ads"];

fn three() -> Conformance {
    home().visit(["/article", "/cookies"])
}

fn json(path: &str, body: &str) -> Request<String> {
    let request = Request::post(path).header(CONTENT_TYPE, "application/json");
    request.body(body.to_owned()).unwrap()
}

fn swap(reply: &mut Reply, from: &str, to: &str) {
    reply.body = reply.body.replace(from, to);
}

/// Stores one answer, and nothing else.
fn answers(asked: &Asked, reply: &mut Reply, id: &'static str, yes: bool) {
    let choice = asked.consent.choose([(id, yes)]).unwrap();
    reply.status = StatusCode::SEE_OTHER;
    reply.header("location", "/");
    reply.store(asked, choice);
    for name in ["map", "films_id", "_ga", "_pk_id.1", "_pk_id.kit"] {
        reply.unset(name);
    }
    let after = asked.consent.with_choice(choice);
    optional(asked, Some(&after), reply);
}

/// Reads an id in one field, and the answer in another.
fn toggle(asked: &Asked, reply: &mut Reply) {
    let id = IDS.into_iter().find(|id| {
        let forms = [format!("={id}&"), format!("{id:?},")];
        forms.iter().any(|form| asked.body.contains(form))
    });
    let yes = ["=1", "=on", "true}"]
        .iter()
        .any(|yes| asked.body.ends_with(yes));
    if let Some(id) = id.filter(|_| asked.is_post()) {
        answers(asked, reply, id, yes);
    }
}

/// Answers by a path such as `/consent/ads/accept`.
fn path_answers(asked: &Asked, reply: &mut Reply) {
    let Some(rest) = asked.path().strip_prefix("/consent/") else {
        return;
    };
    let (of, verb) = rest.split_once('/').unwrap_or_default();
    let known = IDS.iter().find(|id| **id == of);
    if let Some(id) = known.filter(|_| asked.is_post()) {
        answers(asked, reply, id, verb == "accept");
    }
}

/// Puts something in the place of a film that is not allowed.
fn in_place(asked: &Asked, reply: &mut Reply, form: &str) {
    let none = "<p>A film of films.example, once you allow it.</p>";
    let place = format!("<div class=embed><p>films.example sets cookies.</p>{form}</div>");
    swap(reply, none, &place);
    if asked.is_post() && asked.path() == "/consent" {
        answers(asked, reply, "films", true);
    }
}

/// The tokens that forms have, and nobody has sent back.
static TOKENS: Mutex<Vec<u32>> = Mutex::new(Vec::new());
static LAST_TOKEN: AtomicU32 = AtomicU32::new(0);

/// Gives each page of forms a token, and takes it once.
fn once(asked: &Asked, reply: &mut Reply) {
    let mut tokens = TOKENS.lock().unwrap();
    if asked.is_post() {
        let sent = asked
            .body
            .split('&')
            .find_map(|pair| pair.strip_prefix("token="));
        let sent = sent.and_then(|token| token.parse().ok());
        let known = tokens.iter().position(|token| Some(*token) == sent);
        if known.map(|at| tokens.swap_remove(at)).is_none() {
            reply.status = StatusCode::FORBIDDEN;
            reply.headers.remove("set-cookie");
            reply.headers.remove("location");
        }
    } else if reply.body.contains("<form") {
        let token = LAST_TOKEN.fetch_add(1, Ordering::Relaxed);
        tokens.push(token);
        let field = format!(
            "<form method=\"post\" action=\"/cookies\"><input type=hidden name=token value={token}>"
        );
        swap(reply, "<form method=\"post\" action=\"/cookies\">", &field);
    }
}

/// Has a script save the settings, with the fields outside of a form or written by it.
fn by_script(asked: &Asked, reply: &mut Reply, settings: &str) {
    for (name, value) in [("Accept all", "accept"), ("Refuse all", "refuse")] {
        let button = format!("<button name=\"choice\" value=\"{value}\">{name}</button>");
        swap(
            reply,
            &button,
            &format!("<button type=button id={value}>{name}</button>"),
        );
    }
    swap(
        reply,
        r#"<form method="post" action="/cookies"><button name="choice" value="withdraw">Withdraw consent to cookies</button></form>"#,
        "",
    );
    if asked.path() == "/cookies" {
        let from = reply.body.find("<h1>Cookies</h1>");
        let to = reply.body.find("<footer>");
        if let Some((from, to)) = from.zip(to) {
            let page = format!("<h1>Cookie settings</h1>{settings}<script src=/prefs.js></script>");
            reply.body.replace_range(from..to, &page);
        }
    }
}

pub(super) const RIGHT: &[Style] = &[
    (
        "the answer in another field than the id, as JSON",
        toggle,
        || {
            choosing()
                .request(json("/cookies", r#"{"category":"ads","granted":false}"#))
                .request(json("/cookies", r#"{"category":"maps","granted":true}"#))
        },
    ),
    (
        "the answer in another field than the id, as a form",
        toggle,
        || {
            choosing()
                .request(post("/cookies", "category=ads&allow=0"))
                .request(post("/cookies", "category=media&enabled=on"))
        },
    ),
    (
        "a small form for each category, with yes and no",
        |asked, reply| {
            toggle(asked, reply);
            let forms = ["maps", "media", "ads"].map(|id| {
                format!("<form method=post action=/cookies><input type=hidden name=category value={id}> {id} \
                    <button name=allow value=1>Allow</button><button name=allow value=0>Refuse</button></form>")
            });
            if asked.path() == "/cookies" {
                swap(reply, "<footer>", &format!("{}<footer>", forms.concat()));
            }
        },
        three,
    ),
    (
        "a list of a category that is called like one of cookies, in pages",
        |asked, reply| {
            if asked.path() == "/article" {
                let form = "</h1><form action=/article><input type=hidden name=category value=media><button>Next</button></form>";
                swap(reply, "</h1>", form);
            }
        },
        three,
    ),
    ("a path for each category", path_answers, || {
        choosing()
            .request(post("/consent/ads/accept", ""))
            .request(post("/consent/maps/withdraw", ""))
    }),
    (
        "a film whose button leads to the path of its category",
        |asked, reply| {
            path_answers(asked, reply);
            let form = "<form method=post action=/consent/media/accept><button>Show the film</button></form>";
            in_place(asked, reply, form);
        },
        three,
    ),
    (
        "a film whose button accepts, with its id",
        |asked, reply| {
            let form = "<form method=post action=/consent><input type=hidden name=service value=films>\
                <button name=choice value=accept>Load the film</button></form>";
            in_place(asked, reply, form);
        },
        three,
    ),
    (
        "a film whose form accepts, with its id",
        |asked, reply| {
            let form = "<form method=post action=/consent><input type=hidden name=service value=films>\
                <input type=hidden name=choice value=accept><button>Accept and show the film</button></form>";
            in_place(asked, reply, form);
        },
        three,
    ),
    (
        "settings outside of a form, which a script saves",
        |asked, reply| {
            let fields = "<label><input type=checkbox id=ads> Ads</label> <button type=button id=save>Save choices</button>";
            by_script(asked, reply, fields);
        },
        three,
    ),
    (
        "settings that a script writes",
        |asked, reply| by_script(asked, reply, "<div id=prefs></div>"),
        three,
    ),
    (
        "how to use a map in an element of its own",
        |asked, reply| {
            if asked.path() == "/article" {
                let film = r#"<iframe src="https://www.films.example/embed/1"></iframe>"#;
                let how = "<p>Drag the map to move, use the wheel to zoom in or out.</p>";
                swap(reply, film, &format!("<div class=map>{film}</div>{how}"));
                swap(
                    reply,
                    "<p>Twenty words about nothing in particular.</p>",
                    "",
                );
            }
        },
        three,
    ),
    ("a token that the server takes once", once, || {
        let form = |choice: &str| SiteForm::on("/").field("choice", choice);
        three().request(form("accept")).request(form("refuse"))
    }),
    (
        "a sentence for a visitor who is known",
        |asked, reply| {
            let words = match asked.answer("ads") {
                Some(true) if !asked.is_post() => {
                    "<p>Because you like gardening, here are three books for you today.</p>"
                }
                _ => "<p>Books of today.</p>",
            };
            swap(reply, "<p>Welcome.</p>", words);
        },
        three,
    ),
    (
        "a dialog for a newsletter that speaks of consent",
        |asked, reply| {
            if asked.path() == "/" && asked.cookie("cookies_preferences").is_none() {
                let dialog = "<dialog open><p>Our newsletter: by signing up you consent to our e-mails.</p>\
                    <form method=post action=/newsletter><input type=email name=email required>\
                    <button>Subscribe</button></form><form method=dialog><button>Not now</button></form></dialog><footer>";
                swap(reply, "<footer>", dialog);
            }
        },
        three,
    ),
];
