//! What is stored with a choice, its date and its revision, and what depends on it beside that.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::Router;
use http::request::Parts;
use tower_cookie_consent::{
    Category, Choice, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy,
    conformance::{Conformance, Requirement::*},
    policy::Service,
};

use super::{
    Row, Style,
    identities::rewrite,
    meanings::answers,
    row,
    site::{Asked, Reply, choosing, consent_by, home, pages, planted_with, policy, post},
};

fn accepting() -> Conformance {
    home().acceptance(post("/cookies", "choice=accept"))
}

fn refusing() -> Conformance {
    home().refusal(post("/cookies", "choice=refuse"))
}

/// Gives each visitor a session.
fn with_session(reply: &mut Reply) {
    static SESSIONS: AtomicU32 = AtomicU32::new(0);
    let session = format!(
        "sessionid=s{:08x}",
        SESSIONS
            .fetch_add(1, Ordering::Relaxed)
            .wrapping_mul(2_654_435_761)
    );
    reply.change(|field| Some(field.replace("sessionid=v1", &session)));
}

fn add_member(reply: &mut Reply, name: &str, value: &str) {
    rewrite(reply, |plain| {
        plain.replacen('{', &format!("{{\"{name}\":\"{value}\","), 1)
    });
}

/// A policy with two services, and without reasons for what is necessary.
static OTHER: LazyLock<CookiePolicy> = LazyLock::new(|| {
    let service =
        |id: &'static str| Service::new(id).origins([format!("https://www.{id}.example")]);
    CookiePolicy::builder()
        .revision(3)
        .categories([
            Category::necessary("base")
                .cookies(["sessionid", "lang", "csrftoken"].map(CookieDeclaration::new)),
            Category::exempt("stats").cookie(CookieDeclaration::new("_pk_id.*")),
            Category::consent("maps").cookie(CookieDeclaration::new("map")),
            Category::consent("media")
                .cookie(CookieDeclaration::new("films_id"))
                .services([service("films"), service("clips")]),
            Category::consent("ads").cookie(CookieDeclaration::new("_ga")),
        ])
        .build()
        .unwrap()
});

fn other_consent(parts: &Parts) -> Consent {
    consent_by(CookieConsentLayer::new(OTHER.clone()), parts)
}

pub(super) fn other_site(plant: fn(&Asked, &mut Reply), shown: &Arc<AtomicBool>) -> Router {
    planted_with(plant, shown, other_consent)
}

pub(super) fn other_home() -> Conformance {
    Conformance::new(OTHER.clone()).visit(["/"])
}

/// Names the session anew with each form, and by a word after this withdrawal of somebody who had accepted.
fn marks_withdrawals(asked: &Asked, reply: &mut Reply) {
    if !asked.is_post() {
        return;
    }
    let is_withdrawal = asked.posts("withdraw") && asked.answer("ads") == Some(true);
    let value = if is_withdrawal { "w1" } else { "v1" };
    reply.unset("sessionid");
    reply.set(&format!(
        "sessionid={value}; Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Lax"
    ));
}

pub(super) const ROWS: &[Row] = &[
    row(
        "the session in a refusal",
        "R27",
        ChoiceIdentifiesNobody,
        |asked, reply| {
            with_session(reply);
            if let Some(session) = asked.cookie("sessionid").filter(|_| asked.posts("refuse")) {
                add_member(reply, "sid", session);
            }
        },
        refusing,
    ),
    row(
        "the languages of the browser in a refusal",
        "R27",
        ChoiceIdentifiesNobody,
        |asked, reply| {
            if asked.posts("refuse") {
                add_member(reply, "l", asked.header("accept-language"));
            }
        },
        refusing,
    ),
    row(
        "the address of the visitor in a refusal",
        "R27",
        ChoiceIdentifiesNobody,
        |asked, reply| {
            if asked.posts("refuse") {
                add_member(reply, "a", asked.header("x-forwarded-for"));
            }
        },
        refusing,
    ),
    row(
        "an acceptance refuses a service",
        "R9",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("accept") {
                let all = [
                    ("maps", true),
                    ("media", true),
                    ("ads", true),
                    ("films", false),
                ];
                reply.store(asked, asked.consent.choose(all).unwrap());
            }
        },
        accepting,
    ),
    row(
        "an acceptance of later revisions",
        "R10",
        ChangesAskAgain,
        |asked, reply| {
            if asked.posts("accept") {
                reply.store(asked, asked.consent.accept_all().with_revision(99));
            }
        },
        accepting,
    ),
    row(
        "an acceptance of an earlier revision",
        "R10",
        ChangesAskAgain,
        |asked, reply| {
            if asked.posts("accept") {
                reply.store(asked, asked.consent.accept_all().with_revision(2));
            }
        },
        accepting,
    ),
    row(
        "a refusal of five months ago",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.posts("refuse") {
                let at = asked.consent.judged_at() - Duration::from_secs(150 * 86_400);
                let mut choice = Choice::new(at).with_revision(3);
                for id in ["stats", "maps", "media", "ads"] {
                    choice.answer(&policy(), id, false).unwrap();
                }
                reply.store(asked, choice);
            }
        },
        refusing,
    ),
    row(
        "a visit settles a contradiction",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.consent.has_several_preferences() && !asked.is_post() {
                reply.store(asked, asked.consent.accept_all());
            }
        },
        home,
    ),
    row(
        "a visit takes one category out of an acceptance",
        "R10",
        ChangesAskAgain,
        |asked, reply| {
            let choice = asked.consent.choice();
            if let Some(choice) = choice.filter(|it| asked.is_accepted() && it.revision() == 3) {
                let at = choice.decided_at();
                reply.store(asked, answers(asked, at, &["stats", "media", "ads"]));
            }
        },
        home,
    ),
    row(
        "a logout of another path after a refusal",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if asked.path() == "/logout" && asked.is_refused() {
                reply.change(|field| match field.starts_with("sessionid=;") {
                    true => Some(field.replace("Path=/;", "Path=/logout;")),
                    false => Some(field),
                });
            }
        },
        pages,
    ),
    row(
        "a language of a day after a refusal",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if asked.is_refused() {
                reply.change(|field| Some(field.replace("Max-Age=31536000", "Max-Age=86400")));
            }
        },
        home,
    ),
    Row {
        site: other_site,
        ..row(
            "an empty session of which no reason is declared",
            "R15",
            NecessaryKept,
            |asked, reply| {
                if asked.is_refused() {
                    reply.change(|field| Some(field.replace("sessionid=v1", "sessionid=")));
                }
            },
            other_home,
        )
    },
    Row {
        site: other_site,
        ..row(
            "the second service is refused in an allowed category",
            "R25",
            ThirdParties,
            |asked, reply| {
                if asked.answer("media") == Some(true) && asked.answer("clips") == Some(false) {
                    reply.body += "<iframe src=https://www.clips.example/embed/1></iframe>";
                }
            },
            other_home,
        )
    },
    row(
        "a refusal with Sec-GPC is overlooked",
        "R2, R17",
        NoCookieAfterRefusal,
        |asked, reply| {
            if asked.is_refused() && asked.header("sec-gpc") == "1" {
                reply.track("_ga");
            }
        },
        home,
    ),
    row(
        "a second way to withdraw is overlooked",
        "R2, R4",
        NoCookieAfterRefusal,
        |asked, reply| {
            marks_withdrawals(asked, reply);
            if asked.is_refused() && asked.cookie("sessionid") == Some("w1") {
                reply.track("_ga");
            }
        },
        || {
            ["accept", "refuse", "withdraw", "save&category=maps"]
                .into_iter()
                .fold(home(), |kit, choice| {
                    kit.request(post("/cookies", &format!("choice={choice}")))
                })
        },
    ),
];

/// Changes that break nothing.
pub(super) const RIGHT: &[Style] = &[
    (
        "a session for each visitor, and a choice without it",
        |_, reply| with_session(reply),
        refusing,
    ),
    (
        "an acceptance that leaves the refusal of a service",
        |asked, reply| {
            if asked.posts("accept") {
                let all = [
                    ("maps", true),
                    ("media", true),
                    ("ads", true),
                    ("stats", true),
                ];
                let films = asked.answer("films").map(|answer| ("films", answer));
                reply.store(
                    asked,
                    asked.consent.choose(all.into_iter().chain(films)).unwrap(),
                );
            }
        },
        choosing,
    ),
    (
        "dates without their hours",
        |asked, reply| {
            if let Some(choice) = asked.choice() {
                let now = asked.consent.judged_at();
                let since = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
                let at = now - Duration::from_secs(since % 86_400);
                let mut daily = Choice::new(at)
                    .with_revision(choice.revision())
                    .with_gpc(choice.gpc());
                for (category, yes) in choice.answers(&policy()) {
                    daily.answer(&policy(), category.id(), yes).unwrap();
                }
                reply.store(asked, daily);
            }
        },
        choosing,
    ),
    (
        "a logout that also clears its own path",
        |asked, reply| {
            if asked.path() == "/logout" && asked.cookie("sessionid").is_some() {
                reply.set("sessionid=; Path=/logout; Max-Age=0; Secure");
            }
        },
        pages,
    ),
    (
        "a language that is kept for two months without consent",
        |asked, reply| {
            if !asked.is_accepted() {
                reply.change(|field| Some(field.replace("Max-Age=31536000", "Max-Age=5184000")));
            }
        },
        pages,
    ),
];
