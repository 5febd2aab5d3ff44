//! What requests mean: paths, single fields and lists that say it, and requests about something else.

use tower_cookie_consent::{
    Choice, Verdict, Withheld,
    conformance::{Conformance, Requirement::*},
    preferences::Status,
};

use super::{
    Row, Style, row,
    site::{Asked, Reply, choosing, home, policy, post},
};

fn posting(path: &str, body: &str) -> Conformance {
    home().request(post(path, body))
}

/// Accepts everything for each POST beside those of the site.
fn accepts(asked: &Asked, reply: &mut Reply) {
    if asked.is_post() && asked.choice().is_none() {
        reply.store(asked, asked.consent.accept_all());
    }
}

/// Stores a choice, and takes away what it refuses.
fn chooses(asked: &Asked, reply: &mut Reply, choice: Choice) {
    let after = asked.consent.with_choice(choice);
    reply.store(asked, choice);
    for name in ["_pk_id.1", "_pk_id.kit", "map", "films_id", "_ga"] {
        if after.verdict(name) == Verdict::Withheld(Withheld::Denied) {
            reply.unset(name);
            reply.set(&format!("{name}=; Path=/; Max-Age=0"));
        }
    }
}

/// Refuses everything for each POST beside those of the site.
fn refuses(asked: &Asked, reply: &mut Reply) {
    if asked.is_post() && asked.choice().is_none() {
        chooses(asked, reply, asked.consent.refuse_all());
    }
}

/// Stores these answers for a POST to this path.
fn stores(asked: &Asked, reply: &mut Reply, path: &str, answers: &[(&str, bool)]) {
    if asked.is_post() && asked.path() == path {
        let choice = asked.consent.choose(answers.iter().copied());
        chooses(asked, reply, choice.unwrap());
    }
}

/// Returns the answers of the request as a choice with this date.
pub(super) fn answers(asked: &Asked, at: std::time::SystemTime, ids: &[&str]) -> Choice {
    let mut choice = Choice::new(at).with_revision(3);
    for id in ids {
        if let Some(answer) = asked.answer(id) {
            choice.answer(&policy(), id, answer).unwrap();
        }
    }
    choice
}

pub(super) const ROWS: &[Row] = &[
    row(
        "the theme in the settings accepts",
        "R5",
        UnclearGrantsNothing,
        accepts,
        || posting("/settings", "theme=dark&csrf=x"),
    ),
    row(
        "a language in the preferences accepts",
        "R5",
        UnclearGrantsNothing,
        accepts,
        || posting("/preferences", "language=fr"),
    ),
    row(
        "a saved profile accepts",
        "R5",
        UnclearGrantsNothing,
        accepts,
        || posting("/profile/save", "bio=x"),
    ),
    row(
        "an age gate accepts",
        "R5, GDPR art. 7(2)",
        UnclearGrantsNothing,
        accepts,
        || posting("/age", "accept=18"),
    ),
    row(
        "a new thread accepts",
        "R5",
        UnclearGrantsNothing,
        accepts,
        || posting("/threads", "text=hello"),
    ),
    row(
        "a login renews a refusal",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            let is_refused =
                asked.consent.status() == Status::Decided && asked.answer("ads") == Some(false);
            let logs_in = asked.is_post() && asked.path() == "/login";
            if logs_in
                && is_refused
                && asked.answer("maps") == Some(false)
                && asked.header("sec-gpc").is_empty()
            {
                let now = asked.consent.judged_at();
                reply.store(
                    asked,
                    answers(asked, now, &["stats", "maps", "media", "ads"]),
                );
            }
        },
        || posting("/login", "user=a&password=b"),
    ),
    row(
        "saving nothing accepts",
        "R5",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("save") {
                reply.store(asked, asked.consent.accept_all());
            }
        },
        || posting("/cookies", "choice=save"),
    ),
    row(
        "a path that refuses accepts",
        "R2",
        ChoiceStored,
        accepts,
        || posting("/reject-all", ""),
    ),
    row(
        "a path that accepts refuses",
        "R9",
        ChoiceStored,
        refuses,
        || posting("/accept", ""),
    ),
    row(
        "a consent of false accepts",
        "R2",
        ChoiceStored,
        accepts,
        || posting("/cookies", "consent=false"),
    ),
    row(
        "a declared refusal by a link stores nothing",
        "R2, R9",
        ChoiceStored,
        |asked, reply| {
            if asked.parts.uri.query() == Some("no=1") {
                reply.header("x-refused", "1");
            }
        },
        || home().refusal(http::Request::get("/?no=1").body("").unwrap()),
    ),
];

/// Changes that break nothing.
pub(super) const RIGHT: &[Style] = &[
    ("a theme among preferences that accept all", accepts, || {
        posting("/preferences", "theme=dark&all=1")
    }),
    ("a path that accepts", accepts, || posting("/accept", "")),
    ("a path that refuses", refuses, || {
        posting("/reject-all", "csrf=x")
    }),
    (
        "a path that refuses what is named",
        |asked, reply| stores(asked, reply, "/refuse", &[("ads", false)]),
        || posting("/refuse", "category=ads"),
    ),
    (
        "an invitation that is accepted, and a consent to a letter",
        |_, _| {},
        || posting("/accept", "").request(post("/contact", "text=x&consent=true")),
    ),
    (
        "an empty form that stores nothing",
        |asked, reply| {
            if asked.body == "choice=save" {
                *reply = super::site::reply(&Asked {
                    parts: asked.parts.clone(),
                    body: String::new(),
                    cookies: asked.cookies.clone(),
                    consent: asked.consent.clone(),
                });
            }
        },
        || choosing().request(post("/cookies", "choice=save")),
    ),
    (
        "an empty form that refuses",
        |_, _| {},
        || posting("/cookies", "choice=save"),
    ),
    (
        "a list of what is accepted, and one of what is refused",
        |asked, reply| {
            let answers = [("maps", true), ("media", true), ("ads", false)];
            stores(asked, reply, "/consent", &answers);
        },
        || {
            let request =
                http::Request::post("/consent").header("content-type", "application/json");
            let body = r#"{"accepted":["maps","media"],"rejected":["ads"]}"#;
            home().request(request.body(body).unwrap())
        },
    ),
    (
        "consent to what is listed by name",
        |asked, reply| {
            let answers = [("maps", true), ("media", false), ("ads", false)];
            stores(asked, reply, "/consent", &answers);
        },
        || posting("/consent", "maps=granted&media=rejected&ads=declined"),
    ),
];
