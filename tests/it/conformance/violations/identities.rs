//! Choices that tell visitors apart.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::atomic::{AtomicU32, Ordering},
};

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use tower_cookie_consent::conformance::{Conformance, Requirement::*};

use super::{
    Row, Style, row,
    site::{Reply, choosing, home, post},
};

static VISITORS: AtomicU32 = AtomicU32::new(4_711);

/// Returns another number for each request.
fn id() -> u32 {
    VISITORS.fetch_add(1, Ordering::Relaxed)
}

/// Returns another word for each request, of the same length.
fn word() -> String {
    let mut hasher = DefaultHasher::new();
    id().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn accepting() -> Conformance {
    home().request(post("/cookies", "choice=accept"))
}

fn refusing() -> Conformance {
    home().request(post("/cookies", "choice=refuse"))
}

fn saving() -> Conformance {
    home().request(post("/cookies", "choice=save&category=maps"))
}

/// Changes the text of the choice that the response stores.
pub(super) fn rewrite(reply: &mut Reply, change: impl Fn(&str) -> String) {
    reply.change(|field| {
        let Some(rest) = field.strip_prefix("cookies_preferences=") else {
            return Some(field);
        };
        let (value, attributes) = rest.split_once(';').unwrap();
        let plain = percent_decode_str(value).decode_utf8_lossy();
        let value = change(&plain);
        let value = utf8_percent_encode(&value, NON_ALPHANUMERIC);
        Some(format!("cookies_preferences={value};{attributes}"))
    });
}

/// Adds a member to the choice.
fn add(reply: &mut Reply, member: &str) {
    rewrite(reply, |plain| {
        plain.replacen('{', &format!("{{{member},"), 1)
    });
}

fn token(value: impl std::fmt::Display) -> String {
    format!("csrftoken={value}; Path=/; Max-Age=31536000; Secure; SameSite=Lax")
}

pub(super) const ROWS: &[Row] = &[
    row(
        "an id in a refusal",
        "R27",
        ChoiceIdentifiesNobody,
        |asked, reply| {
            if asked.posts("refuse") {
                add(reply, &format!("\"id\":\"{}\"", word()));
            }
        },
        refusing,
    ),
    row(
        "a number of the visitor in an acceptance",
        "R27",
        ChoiceIdentifiesNobody,
        |asked, reply| {
            if asked.posts("accept") {
                add(reply, &format!("\"n\":{}", id()));
            }
        },
        accepting,
    ),
    row(
        "an id in a choice of some",
        "R27",
        ChoiceIdentifiesNobody,
        |asked, reply| {
            if asked.posts("save") {
                add(reply, &format!("\"consentId\":\"{}\"", word()));
            }
        },
        saving,
    ),
    row(
        "an id in the date of a refusal",
        "R27",
        ChoiceIdentifiesNobody,
        |asked, reply| {
            if asked.posts("refuse") {
                let back = u64::from(id()) * 60;
                let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                let now = now.unwrap().as_secs();
                rewrite(reply, |plain| {
                    plain.replace(&now.to_string(), &(now - back).to_string())
                });
            }
        },
        refusing,
    ),
    row(
        "a hash of the browser in a refusal",
        "R27",
        ChoiceIdentifiesNobody,
        |asked, reply| {
            if asked.posts("refuse") {
                let mut hasher = DefaultHasher::new();
                asked.header("user-agent").hash(&mut hasher);
                add(reply, &format!("\"b\":\"{:x}\"", hasher.finish()));
            }
        },
        refusing,
    ),
    row(
        "a necessary cookie of each who refuses",
        "R27",
        ChoiceIdentifiesNobody,
        |asked, reply| {
            if asked.posts("refuse") {
                reply.set(&token(word()));
            }
        },
        refusing,
    ),
    row(
        "a necessary cookie of each who accepts",
        "R27",
        ChoiceIdentifiesNobody,
        |asked, reply| {
            if asked.posts("accept") {
                reply.set(&token(id()));
            }
        },
        accepting,
    ),
    row(
        "a necessary cookie of each who has refused, with the next page",
        "R27",
        ChoiceIdentifiesNobody,
        |asked, reply| {
            if asked.is_refused() && asked.cookie("csrftoken").is_none() {
                reply.set(&token(word()));
            }
        },
        refusing,
    ),
    row(
        "an undeclared cookie of each who saves",
        "R27",
        ChoiceIdentifiesNobody,
        |asked, reply| {
            if asked.posts("save") {
                reply.set(&format!("consent_id={}; Path=/; Secure", word()));
            }
        },
        saving,
    ),
    row(
        "an id in the query of where a refusal leads",
        "R27",
        ChoiceIdentifiesNobody,
        |asked, reply| {
            if asked.posts("refuse") {
                reply.header("location", &format!("/?saved=1&v={}", id()));
            }
        },
        refusing,
    ),
    row(
        "an id in the path of where an acceptance leads",
        "R27",
        ChoiceIdentifiesNobody,
        |asked, reply| {
            if asked.posts("accept") {
                reply.header("location", &format!("/thanks/{}", word()));
            }
        },
        accepting,
    ),
    row(
        "a number of blanks in a refusal",
        "R27",
        ChoiceIdentifiesNobody,
        |asked, reply| {
            if asked.posts("refuse") {
                let blanks = " ".repeat(usize::try_from(id() % 64).unwrap());
                rewrite(reply, |plain| {
                    plain.replacen('{', &format!("{{{blanks}"), 1)
                });
            }
        },
        refusing,
    ),
    row(
        "an id as the fraction of a second",
        "R27",
        ChoiceIdentifiesNobody,
        |asked, reply| {
            if asked.posts("refuse") {
                let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                let id = u64::from_str_radix(&word(), 16).unwrap() % 1_000_000_000_000;
                reply.set(&token(format!("{}.{id:012}", now.unwrap().as_secs())));
            }
        },
        refusing,
    ),
];

/// Changes that break nothing.
pub(super) const RIGHT: &[Style] = &[
    (
        "the time in the address that a choice leads to",
        |asked, reply| {
            if asked.posts("refuse") {
                let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                let at = now.unwrap().as_millis();
                reply.header("location", &format!("/?saved=1&at={at}"));
            }
        },
        choosing,
    ),
    (
        "a session for each visitor, whatever the first request",
        |_, reply| {
            let session = format!("sessionid={}", word());
            reply.change(|field| Some(field.replace("sessionid=v1", &session)));
        },
        choosing,
    ),
    (
        "a token of each visitor, renewed with each choice",
        |asked, reply| {
            if asked.is_post() || asked.cookie("csrftoken").is_none() {
                reply.set(&token(word()));
            }
        },
        choosing,
    ),
    (
        "a language that is stored with the choice",
        |asked, reply| {
            if asked.is_post() {
                let language: String = asked.header("accept-language").chars().take(2).collect();
                reply.unset("lang");
                reply.set(&format!(
                    "lang={language}; Path=/; Max-Age=31536000; Secure; SameSite=Lax"
                ));
            }
        },
        choosing,
    ),
    (
        "a time with the nanoseconds of a computer",
        |asked, reply| {
            if asked.posts("refuse") {
                let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                let now = now.unwrap();
                reply.set(&token(format!(
                    "{}.{:09}",
                    now.as_secs(),
                    now.subsec_nanos()
                )));
            }
        },
        refusing,
    ),
];
