//! Requests that make a choice, and responses that store another one, or none.

use tower_cookie_consent::conformance::Requirement::*;
use tower_cookie_consent::{Choice, conformance::Conformance};

use super::{
    Row, row,
    site::{Asked, choosing, policy, post},
};

/// All choices, and an objection.
pub(super) fn objecting() -> Conformance {
    choosing().request(post("/cookies", "stats=off"))
}

/// Returns `true` for the objection of somebody who had none.
fn objects_first(asked: &Asked) -> bool {
    asked.body == "stats=off" && asked.answer("stats") != Some(false)
}

pub(super) const ROWS: &[Row] = &[
    row(
        "an acceptance stores nothing",
        "R9",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("accept") {
                reply.headers.remove("set-cookie");
            }
        },
        choosing,
    ),
    row(
        "an acceptance stores one category",
        "R9",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("accept") {
                reply.headers.remove("set-cookie");
                reply.store(
                    asked,
                    asked
                        .consent
                        .choose([("maps", true), ("media", false), ("ads", false)])
                        .unwrap(),
                );
            }
        },
        choosing,
    ),
    row(
        "an acceptance stores a refusal",
        "R9",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("accept") {
                reply.headers.remove("set-cookie");
                reply.store(asked, asked.consent.refuse_all());
            }
        },
        choosing,
    ),
    row(
        "a refusal stores nothing",
        "R2, R9",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("refuse") {
                reply.headers.remove("set-cookie");
            }
        },
        choosing,
    ),
    row(
        "a refusal stores an acceptance",
        "R2",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("refuse") {
                reply.headers.remove("set-cookie");
                reply.store(asked, asked.consent.accept_all());
            }
        },
        choosing,
    ),
    row(
        "a refusal keeps one category",
        "R2",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("refuse") {
                reply.unset("map");
                reply.store(
                    asked,
                    asked
                        .consent
                        .choose([("maps", true), ("media", false), ("ads", false)])
                        .unwrap(),
                );
            }
        },
        choosing,
    ),
    row(
        "a refusal leaves one category open",
        "R9",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("refuse") {
                let mut choice = Choice::new(asked.consent.judged_at()).with_revision(3);
                for id in ["stats", "maps", "media"] {
                    choice.answer(&policy(), id, false).unwrap();
                }
                reply.unset("_ga");
                reply.store(asked, choice);
            }
        },
        choosing,
    ),
    row(
        "saving one category accepts all",
        "R25",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("save") {
                reply.headers.remove("set-cookie");
                reply.store(asked, asked.consent.accept_all());
            }
        },
        choosing,
    ),
    row(
        "saving one category allows another",
        "R25",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("save") {
                reply.headers.remove("set-cookie");
                reply.store(
                    asked,
                    asked
                        .consent
                        .choose([("maps", true), ("media", true), ("ads", false)])
                        .unwrap(),
                );
            }
        },
        choosing,
    ),
    row(
        "saving one category stores nothing",
        "R9",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("save") {
                reply.headers.remove("set-cookie");
            }
        },
        choosing,
    ),
    row(
        "saving one category refuses it",
        "R9",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("save") {
                reply.unset("map");
                reply.store(asked, asked.consent.refuse_all());
            }
        },
        choosing,
    ),
    row(
        "a withdrawal stores nothing",
        "R4, R9",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("withdraw") {
                reply.headers.remove("set-cookie");
            }
        },
        choosing,
    ),
    row(
        "a withdrawal keeps one category",
        "R4",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("withdraw") {
                reply.unset("map");
                reply.store(
                    asked,
                    asked
                        .consent
                        .choose([("maps", true), ("media", false), ("ads", false)])
                        .unwrap(),
                );
            }
        },
        choosing,
    ),
    row(
        "a withdrawal only deletes the choice",
        "R9",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("withdraw") {
                reply.headers.remove("set-cookie");
                reply.set("cookies_preferences=; Path=/; Secure; Max-Age=0");
            }
        },
        choosing,
    ),
    row(
        "a withdrawal accepts",
        "R4",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("withdraw") {
                reply.headers.remove("set-cookie");
                reply.store(asked, asked.consent.accept_all());
            }
        },
        choosing,
    ),
    row(
        "a refusal for one path",
        "R9",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("refuse") {
                reply.change(|field| Some(field.replace("Path=/;", "Path=/cookies;")));
            }
        },
        choosing,
    ),
    row(
        "a refusal for another host",
        "R9",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("refuse") {
                reply.change(|field| match field.starts_with("cookies_preferences=") {
                    true => Some(format!("{field}; Domain=other.example")),
                    false => Some(field),
                });
            }
        },
        choosing,
    ),
    row(
        "a refusal for this session",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.posts("refuse") {
                reply.change(|field| match field.starts_with("cookies_preferences=") {
                    true => Some(
                        field
                            .split("; ")
                            .filter(|it| !it.starts_with("Max-Age") && !it.starts_with("Expires"))
                            .collect::<Vec<_>>()
                            .join("; "),
                    ),
                    false => Some(field),
                });
            }
        },
        choosing,
    ),
    row(
        "a refusal for one day",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.posts("refuse") {
                reply.change(|field| match field.starts_with("cookies_preferences=") {
                    true => Some(format!("{field}; Max-Age=86400")),
                    false => Some(field),
                });
            }
        },
        choosing,
    ),
    row(
        "an acceptance for two years",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.posts("accept") {
                reply.change(|field| match field.starts_with("cookies_preferences=") {
                    true => Some(format!("{field}; Max-Age=63072000")),
                    false => Some(field),
                });
            }
        },
        choosing,
    ),
    row(
        "a refusal under another name",
        "R9",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("refuse") {
                reply
                    .change(|field| Some(field.replace("cookies_preferences=", "consent_choice=")));
            }
        },
        choosing,
    ),
    row(
        "a refusal that cannot be read",
        "R5, R9",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("refuse") {
                reply.unset("cookies_preferences");
                reply.set("cookies_preferences=refused; Path=/; Secure; Max-Age=15724800");
            }
        },
        choosing,
    ),
    row(
        "a refusal that takes effect later",
        "R2, R4",
        RefusalExpires,
        |asked, reply| {
            if asked.posts("refuse") {
                reply.change(|field| (!field.contains("Max-Age=0")).then_some(field));
            }
        },
        choosing,
    ),
    row(
        "a refusal that sets a last cookie",
        "R2",
        NoCookieAfterRefusal,
        |asked, reply| {
            if asked.posts("refuse") {
                reply.track("_ga");
            }
        },
        choosing,
    ),
    row(
        "a refusal that browsers drop",
        "R9",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("refuse") {
                reply.change(|field| {
                    let is_choice = field.starts_with("cookies_preferences=");
                    let field = match is_choice {
                        true => field
                            .replace("; Secure", "")
                            .replace("SameSite=Lax", "SameSite=None"),
                        false => field,
                    };
                    Some(field)
                });
            }
        },
        choosing,
    ),
    row(
        "a refusal with Sec-GPC accepts",
        "R2, R17",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("refuse") && !asked.header("sec-gpc").is_empty() {
                reply.store(asked, asked.consent.accept_all().with_gpc(true));
            }
        },
        choosing,
    ),
    row(
        "saving one category allows a service of another",
        "R25",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("save") {
                let answers = [
                    ("maps", true),
                    ("media", false),
                    ("films", true),
                    ("ads", false),
                ];
                reply.store(asked, asked.consent.choose(answers).unwrap());
            }
        },
        choosing,
    ),
    row(
        "saving one category leaves the others open",
        "R9",
        ChoiceStored,
        |asked, reply| {
            if asked.posts("save") {
                let mut choice = Choice::new(asked.consent.judged_at()).with_revision(3);
                choice.answer(&policy(), "maps", true).unwrap();
                reply.store(asked, choice);
            }
        },
        choosing,
    ),
    row(
        "an objection stores nothing",
        "R13",
        ChoiceStored,
        |asked, reply| {
            if objects_first(asked) {
                reply.unset("cookies_preferences");
                reply.change(|field| (!field.starts_with("_pk")).then_some(field));
            }
        },
        objecting,
    ),
    row(
        "an objection allows",
        "R13",
        ChoiceStored,
        |asked, reply| {
            if objects_first(asked) {
                reply.change(|field| (!field.starts_with("_pk")).then_some(field));
                reply.store(asked, asked.consent.choose([("stats", true)]).unwrap());
            }
        },
        objecting,
    ),
];
