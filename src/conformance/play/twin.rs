//! What a response does with necessary cookies, compared with the response to the same request of a visitor who
//! has accepted.

use std::collections::BTreeSet;

use http::{HeaderValue, header::SET_COOKIE};

use crate::{
    CookiePolicy,
    conformance::{
        judge::{AnswerJudgement, PlayedExchange, exchange::removal, text},
        ledger::is_token,
        target::TargetAnswer,
    },
    policy::Reason,
    wire::{self, DAY, Lifetime, Removal},
};

/// A necessary cookie in a response.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    name: String,
    is_removal: bool,
    is_empty: bool,
    lifetime: Lifetime,
    /// In lower case; with their values where these say where the cookie counts.
    attributes: BTreeSet<String>,
}

/// One response, as far as it is compared.
#[derive(Clone, Debug)]
pub(super) struct Twin {
    fields: Vec<Field>,
    carried: BTreeSet<String>,
    pub(super) chose: bool,
    has_form: bool,
}

/// A difference between the response to a visitor who has accepted, and to another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Difference {
    Lost(String),
    Removed(String),
    Kept(String),
    Cut(String, String),
    Emptied(String),
    Shortened(String),
    Replaced(String),
    Reordered(String),
}

impl Difference {
    pub(super) fn cookie(&self) -> &str {
        match self {
            Self::Lost(name)
            | Self::Removed(name)
            | Self::Kept(name)
            | Self::Cut(name, _)
            | Self::Emptied(name)
            | Self::Shortened(name)
            | Self::Replaced(name)
            | Self::Reordered(name) => name,
        }
    }

    pub(super) fn why(&self) -> String {
        match self {
            Self::Lost(_) => "the same request sets this necessary cookie after an acceptance, and not here".to_owned(),
            Self::Removed(_) => "this necessary cookie is removed, and after an acceptance it is not".to_owned(),
            Self::Kept(_) => {
                "the same request removes this necessary cookie after an acceptance, and here not at that place: a \
                 logout may not depend on consent"
                    .to_owned()
            }
            Self::Cut(_, attribute) => {
                let name = attribute.split('=').next().unwrap_or_default();
                format!("this necessary cookie lacks its attribute {name:?}, which it has after an acceptance")
            }
            Self::Emptied(_) => {
                "this necessary cookie is empty, which it is not after an acceptance".to_owned()
            }
            Self::Shortened(_) => {
                "this necessary cookie is kept for less than a tenth of the time that it is after an acceptance".to_owned()
            }
            Self::Replaced(_) => {
                "the request carries this necessary cookie, and it is set anew, which it is not after an acceptance: \
                 the service seems not to see it"
                    .to_owned()
            }
            Self::Reordered(_) => {
                "the necessary cookies are set in another order than after an acceptance".to_owned()
            }
        }
    }
}

impl Twin {
    pub(super) fn of(
        policy: &CookiePolicy,
        exchange: &PlayedExchange<'_>,
        answer: &TargetAnswer,
        told: &AnswerJudgement,
    ) -> Self {
        let is_necessary = |name: &[u8]| {
            let found = policy.find(name);
            // The choice is in no category.
            found.is_some_and(|found| policy.necessary().has(found.named))
        };
        let fields = exchange.received.get_all(SET_COOKIE).iter();
        let fields = fields.map(HeaderValue::as_bytes).filter_map(|field| {
            let name = wire::name(field).ok().filter(|name| is_necessary(name))?;
            Some(Field {
                name: text(name),
                is_removal: removal(exchange, field) != Removal::No,
                is_empty: wire::value(field).is_empty(),
                lifetime: wire::lifetime(field, exchange.now),
                attributes: wire::attributes(field).map(|it| attribute(&it)).collect(),
            })
        });
        let body = answer.body().as_deref().unwrap_or_default();
        Self {
            fields: last_ones(fields.collect()),
            carried: told.to_show.iter().map(|name| text(name)).collect(),
            chose: told.chose,
            has_form: body
                .windows(5)
                .any(|part| part.eq_ignore_ascii_case(b"<form")),
        }
    }

    /// Returns how the `other` response differs from this one, which is after an acceptance.
    pub(super) fn differences(
        &self,
        other: &Self,
        policy: &CookiePolicy,
        refused: bool,
    ) -> BTreeSet<Difference> {
        let mut found = BTreeSet::new();
        for field in &self.fields {
            let name = field.name.clone();
            let is_same = |it: &&Field| it.name == field.name && it.is_removal == field.is_removal;
            match (other.fields.iter().find(is_same), field.is_removal) {
                (None, true) => drop(found.insert(Difference::Kept(name))),
                // A form brings its token along, and one to withdraw is only there after an acceptance.
                (None, false) if self.has_form && !other.has_form && is_token(policy, &name) => {}
                (None, false) => drop(found.insert(Difference::Lost(name))),
                (Some(_), true) => {
                    let mut removals = other.fields.iter().filter(is_same);
                    if !removals.any(|removal| place(removal) == place(field)) {
                        found.insert(Difference::Kept(name));
                    }
                }
                (Some(same), false) => {
                    let cut = field.attributes.difference(&same.attributes);
                    found.extend(
                        cut.map(|attribute| Difference::Cut(name.clone(), attribute.clone())),
                    );
                    if same.is_empty && !field.is_empty && has_one_meaning(policy, &name) {
                        found.insert(Difference::Emptied(name.clone()));
                    }
                    if is_shortened(field.lifetime, same.lifetime) {
                        found.insert(Difference::Shortened(name));
                    }
                }
            }
        }
        for field in &other.fields {
            let is_here = self.fields.iter().any(|own| own.name == field.name);
            let is_carried =
                other.carried.contains(&field.name) && self.carried.contains(&field.name);
            match field.is_removal {
                _ if is_here => {}
                true => drop(found.insert(Difference::Removed(field.name.clone()))),
                false if is_carried && refused && !is_token(policy, &field.name) => {
                    found.insert(Difference::Replaced(field.name.clone()));
                }
                false => {}
            }
        }
        let names = |own: &Self, of: &Self| -> Vec<String> {
            let common = own
                .fields
                .iter()
                .filter(|field| of.fields.iter().any(|it| it.name == field.name));
            common.map(|field| field.name.clone()).collect()
        };
        let (own, others) = (names(self, other), names(other, self));
        if own != others && own.len() == others.len() {
            let moved = own.iter().zip(&others).find(|(own, other)| own != other);
            found.extend(moved.map(|(own, _)| Difference::Reordered(own.clone())));
        }
        found
    }
}

/// Returns the fields that browsers keep: the last one of each name and place.
fn last_ones(fields: Vec<Field>) -> Vec<Field> {
    let mut seen = BTreeSet::new();
    let mut kept: Vec<_> = fields
        .into_iter()
        .rev()
        .filter(|field| seen.insert(place(field)))
        .collect();
    kept.reverse();
    kept
}

/// Returns what makes browsers keep a cookie beside another one.
fn place(field: &Field) -> (String, BTreeSet<String>) {
    let of_place = |it: &&String| {
        let name = it.split('=').next().unwrap_or_default();
        matches!(name, "path" | "domain" | "partitioned")
    };
    let attributes = field.attributes.iter().filter(of_place).cloned();
    (field.name.clone(), attributes.collect())
}

/// Returns `true` for a cookie without which something does not work at all. Others, such as a list of what the
/// visitor prefers, may be empty.
fn has_one_meaning(policy: &CookiePolicy, name: &str) -> bool {
    let found = policy.find(name.as_bytes());
    let declared = found.and_then(|found| policy.declaration_at(found.declaration));
    let reason = declared.and_then(|declared| declared.get_reason());
    match reason {
        Some(reason) => !matches!(reason, Reason::Preferences),
        None => is_of_session(name),
    }
}

/// Returns `true` for the usual names of what holds a session or a token.
fn is_of_session(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    ["session", "csrf", "xsrf"]
        .iter()
        .any(|part| name.contains(part))
        || words.any(|word| matches!(word, "sid" | "sess" | "auth"))
}

/// Returns `true` if what is kept for days is gone in less than a tenth of that time. A site may remember somebody
/// for longer who has accepted.
fn is_shortened(accepted: Lifetime, other: Lifetime) -> bool {
    match (accepted, other) {
        (Lifetime::Seconds(accepted), Lifetime::Seconds(other)) => {
            accepted > DAY && other < accepted / 10
        }
        _ => false,
    }
}

/// Returns an attribute, with its value where that says where the cookie counts.
fn attribute(attribute: &wire::Attribute<'_>) -> String {
    let name = String::from_utf8_lossy(attribute.name).to_ascii_lowercase();
    match &*name {
        "samesite" | "path" | "domain" => {
            let value = String::from_utf8_lossy(attribute.value.unwrap_or_default());
            format!("{name}={}", value.to_ascii_lowercase())
        }
        // Either limits the lifetime.
        "expires" => "max-age".to_owned(),
        _ => name,
    }
}
