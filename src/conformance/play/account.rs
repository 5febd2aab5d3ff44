//! The choice of the account that visitors log in to: a login may bring it to another device.

use std::collections::BTreeSet;

use http::{HeaderMap, HeaderValue, header::COOKIE};

use super::step::Step;
use crate::{conformance::judge::text, policy::CategorySet, wire};

/// Words in the paths of logins, without anything but letters.
const LOGINS: [&str; 6] = [
    "login",
    "logon",
    "signin",
    "connexion",
    "anmelden",
    "anmeldung",
];

/// The known choice of the account. All visitors of the kit have the same.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// The cookies that logins set, with their values.
    pub(super) sessions: BTreeSet<(String, Vec<u8>)>,
    /// The grants of somebody who was logged in, since the last one who refused everything.
    pub(super) granted: Vec<CategorySet>,
    /// The date of that refusal.
    pub(super) refused_at: Option<u64>,
}

impl Account {
    pub(super) fn grant(&mut self, granted: CategorySet) {
        if !granted.is_empty() && !self.granted.contains(&granted) {
            self.granted.push(granted);
        }
    }

    /// Returns `true` for a request of somebody who is logged in.
    pub(super) fn is_member(&self, sent: &HeaderMap) -> bool {
        let fields = sent.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
        let pairs = fields.flat_map(wire::pairs);
        let mut pairs = pairs.filter_map(|pair| Some((text(pair.name.ok()?), pair.value.to_vec())));
        pairs.any(|pair| self.sessions.contains(&pair))
    }
}

/// Returns `true` for a request whose path is that of a login.
pub(super) fn is_login(step: &Step) -> bool {
    let path = step.parts.uri.path().to_ascii_lowercase();
    let letters =
        |part: &str| -> String { part.chars().filter(char::is_ascii_alphabetic).collect() };
    path.split('/')
        .any(|part| LOGINS.contains(&&*letters(part)))
}
