//! What a response stores with a choice, and where two of them differ.

use std::collections::{BTreeMap, BTreeSet};

use http::{
    HeaderValue,
    header::{LOCATION, SET_COOKIE},
};
use percent_encoding::percent_decode;
use serde_json::{Map, Value};

use super::sameness::without_times;
use crate::{
    Choice, CookiePolicy,
    conformance::judge::{
        exchange::{PlayedExchange, removal},
        text,
    },
    preferences::encoded_value,
    wire::{self, Removal},
};

/// The cookie by which the records layer links the choices of a visitor. It is only sent to the pages, and hidden
/// from the service.
const RECEIPT: &str = "consent_receipt";

/// The seconds by which the dates of two choices may differ beyond the time between them.
const LATENESS: u64 = 5;

/// Something by which two responses to the same choice differ.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::conformance) enum Trait {
    /// A member of the choice.
    Member(String),
    /// The choice has no members.
    Value,
    /// The blanks in the choice, or how it is encoded.
    Form,
    /// The date of the choice is not that of the request.
    Date,
    /// A cookie beside the choice, by name.
    Cookie(String),
    /// The name of a cookie beside the choice.
    Name(String),
    Redirect,
}

impl Trait {
    pub(in crate::conformance) fn why(&self) -> String {
        let what = match self {
            Self::Member(name) => format!("the member {name:?} of the choice"),
            Self::Value => "the value of the choice".to_owned(),
            Self::Form => "the form in which the choice is written".to_owned(),
            Self::Date => "the date of the choice".to_owned(),
            Self::Cookie(_) => "this cookie, which only a choice sets,".to_owned(),
            Self::Name(_) => "the name of this cookie, which only a choice sets,".to_owned(),
            Self::Redirect => "the address that the response leads to".to_owned(),
        };
        format!("{what} differs between two visitors who chose the same at the same time")
    }

    /// Returns the cookie that shows it; `None` for the preferences cookie, and for a redirect.
    pub(in crate::conformance) fn cookie(&self) -> Option<&str> {
        match self {
            Self::Cookie(name) | Self::Name(name) => Some(name),
            _ => None,
        }
    }
}

/// The values that a response stores with a choice.
#[derive(Debug, Default)]
pub(in crate::conformance) struct StoredChoice {
    /// The value as it is sent.
    raw: Vec<u8>,
    choice: Option<Choice>,
    /// The cookies beside it that need no consent, or that nothing declares.
    beside: BTreeMap<String, Vec<u8>>,
    location: Vec<u8>,
    now: u64,
}

impl StoredChoice {
    /// Reads a response; `known` has the names of cookies that are also set without a choice.
    pub(in crate::conformance) fn of(
        policy: &CookiePolicy,
        exchange: &PlayedExchange<'_>,
        choice: Option<Choice>,
        known: &BTreeSet<String>,
    ) -> Self {
        let mut stored = Self {
            choice,
            now: exchange.now,
            ..Self::default()
        };
        let preferences = policy.preferences_cookie().name().as_bytes();
        for (name, field) in set_names(exchange) {
            if name.as_bytes() == preferences {
                stored.raw = wire::value(field).to_vec();
            } else if is_beside(policy, &name, field) && !known.contains(&name) {
                stored.beside.insert(name, wire::value(field).to_vec());
            }
        }
        let location = exchange.received.get(LOCATION);
        stored.location = location
            .map(|it| it.as_bytes().to_vec())
            .unwrap_or_default();
        stored
    }

    /// Adds the cookies that a later visit sets.
    pub(in crate::conformance) fn add(
        &mut self,
        policy: &CookiePolicy,
        exchange: &PlayedExchange<'_>,
        known: &BTreeSet<String>,
    ) {
        for (name, field) in set_names(exchange) {
            let is_known = known.contains(&name) || self.beside.contains_key(&name);
            if !is_known && is_beside(policy, &name, field) {
                self.beside.insert(name, wire::value(field).to_vec());
            }
        }
    }

    /// Returns what sets the two apart; `times` are the clocks of the site and of this computer.
    pub(in crate::conformance) fn differences(
        &self,
        other: &Self,
        policy: &CookiePolicy,
        times: &[u64],
    ) -> BTreeSet<Trait> {
        let mut found = self.in_choice(other, policy, times);
        let differ = |one: &[u8], other: &[u8]| {
            one != other && without_times(one, times) != without_times(other, times)
        };
        for (name, value) in &self.beside {
            match other.beside.get(name) {
                None => drop(found.insert(Trait::Name(name.clone()))),
                Some(others) if differ(value, others) => {
                    found.insert(Trait::Cookie(name.clone()));
                }
                Some(_) => {}
            }
        }
        if differ(&self.location, &other.location) {
            found.insert(Trait::Redirect);
        }
        found
    }

    fn in_choice(&self, other: &Self, policy: &CookiePolicy, times: &[u64]) -> BTreeSet<Trait> {
        let mut found = BTreeSet::new();
        if let (Some(one), Some(two)) = (&self.choice, &other.choice) {
            let between = self.now.abs_diff(other.now) + LATENESS;
            if one.decided_at.abs_diff(two.decided_at) > between {
                found.insert(Trait::Date);
            }
        }
        if self.raw == other.raw || (self.is_plain(policy) && other.is_plain(policy)) {
            return found;
        }
        let (Some(one), Some(two)) = (members(&self.raw), members(&other.raw)) else {
            if without_times(&self.raw, times) != without_times(&other.raw, times) {
                found.insert(Trait::Value);
            }
            return found;
        };
        let text = |members: &Map<String, Value>, name: &String| {
            members
                .get(name)
                .map(|value| without_times(value.to_string().as_bytes(), times))
        };
        let names: BTreeSet<&String> = one.keys().chain(two.keys()).collect();
        for name in names {
            if text(&one, name) != text(&two, name) {
                found.insert(Trait::Member(name.clone()));
            }
        }
        if found.is_empty() && form(&self.raw) != form(&other.raw) {
            found.insert(Trait::Form);
        }
        found
    }

    /// Returns `true` if the value is exactly what the policy's codec writes for the choice.
    fn is_plain(&self, policy: &CookiePolicy) -> bool {
        let written = self
            .choice
            .and_then(|choice| encoded_value(policy, &choice, None).ok());
        written.is_some_and(|written| written.as_bytes() == self.raw)
    }
}

/// Returns the cookies that a response sets, each with its header.
pub(in crate::conformance) fn set_names<'a>(
    exchange: &'a PlayedExchange<'_>,
) -> impl Iterator<Item = (String, &'a [u8])> {
    let fields = exchange.received.get_all(SET_COOKIE).iter();
    fields
        .map(HeaderValue::as_bytes)
        .filter(|field| removal(exchange, field) == Removal::No)
        .filter_map(|field| Some((text(wire::name(field).ok()?), field)))
}

/// Returns `true` for a cookie that needs no consent by its declaration, or has none.
fn is_beside(policy: &CookiePolicy, name: &str, field: &[u8]) -> bool {
    let is_choice = policy.preferences_names().any(|own| own == name);
    let found = policy.find(name.as_bytes());
    let is_free = found.is_none_or(|found| policy.necessary().has(found.named));
    is_free && !is_choice && !is_receipt(name, field)
}

/// Returns `true` for the receipt of the records layer.
fn is_receipt(name: &str, field: &[u8]) -> bool {
    let has = |known: &str| wire::attributes(field).any(|attribute| attribute.is(known));
    let value_of = |known: &str| {
        let all = wire::attributes(field).filter(|attribute| attribute.is(known));
        all.last().and_then(|attribute| attribute.value)
    };
    let is_strict = value_of("SameSite").is_some_and(|it| it.eq_ignore_ascii_case(b"strict"));
    let is_of_pages = value_of("Path").is_some_and(|path| path.len() > 1);
    name == RECEIPT && has("HttpOnly") && is_strict && is_of_pages
}

/// Returns the form of a value, whatever its members are: its blanks, and its percent-encoding in small letters. The
/// order of members is by chance where a site keeps them in a map.
fn form(raw: &[u8]) -> (usize, usize) {
    let plain: Vec<u8> = percent_decode(raw).collect();
    let blanks = plain.iter().filter(|byte| byte.is_ascii_whitespace());
    let escapes = raw.windows(3).filter(|part| {
        let digits = part.strip_prefix(b"%").unwrap_or_default();
        digits.iter().any(u8::is_ascii_lowercase) && digits.iter().all(u8::is_ascii_hexdigit)
    });
    (blanks.count(), escapes.count())
}

fn members(raw: &[u8]) -> Option<Map<String, Value>> {
    let plain: Vec<u8> = percent_decode(raw).collect();
    serde_json::from_slice(&plain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_for_the_pages_alone() {
        for (attributes, expected) in [
            ("Path=/cookies; HttpOnly; Secure; SameSite=Strict", true),
            ("Path=/; HttpOnly; Secure; SameSite=Strict", false),
            ("HttpOnly; Secure; SameSite=Strict", false),
            ("Path=/cookies; Secure; SameSite=Strict", false),
            ("Path=/cookies; HttpOnly; Secure; SameSite=Lax", false),
        ] {
            let field = format!("consent_receipt=1; {attributes}");
            assert_eq!(is_receipt(RECEIPT, field.as_bytes()), expected, "{field}");
        }
    }

    #[test]
    fn the_form_of_a_value_is_that_of_its_blanks_and_escapes() {
        let same = |one: &[u8], other: &[u8]| form(one) == form(other);
        assert!(same(b"%7B%22a%22%3A1%7D", b"%7B%22b%22%3A2%7D"));
        assert!(!same(b"%7B%22a%22%3A1%7D", b"%7B%22a%22%3A%201%7D"));
        assert!(!same(b"%7B%22a%22%3A1%7D", b"%7b%22a%22%3A1%7d"));
    }
}
