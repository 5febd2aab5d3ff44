//! The words by which requests say what visitors mean.

use std::collections::BTreeSet;

use super::{
    fields::{id_of, is_refusing},
    hints::is_about,
};
use crate::{CookiePolicy, policy::CategorySet};

/// Words for an intent, without anything but letters.
pub(super) const ACCEPT: [&str; 16] = [
    "accept",
    "acceptall",
    "accepted",
    "acceptcookies",
    "agree",
    "agreed",
    "allow",
    "allowall",
    "all",
    "grant",
    "grantall",
    "accepter",
    "toutaccepter",
    "akzeptieren",
    "alleakzeptieren",
    "yes",
];
pub(super) const REFUSE: [&str; 22] = [
    "refuse",
    "refuseall",
    "refused",
    "reject",
    "rejectall",
    "rejected",
    "deny",
    "denyall",
    "denied",
    "decline",
    "declineall",
    "none",
    "disallow",
    "refuser",
    "toutrefuser",
    "ablehnen",
    "alleablehnen",
    "necessary",
    "necessaryonly",
    "essential",
    "essentialonly",
    "no",
];
pub(super) const WITHDRAW: [&str; 8] = [
    "withdraw",
    "withdrawall",
    "withdrawal",
    "withdrawconsent",
    "revoke",
    "revokeall",
    "retirer",
    "widerrufen",
];
pub(super) const SAVE: [&str; 6] = [
    "save",
    "savechoice",
    "savechoices",
    "custom",
    "selection",
    "enregistrer",
];

/// Values of a category or service that refuse it, beside the words for a refusal.
const NO: [&str; 6] = [
    "false",
    "off",
    "declined",
    "disabled",
    "disallowed",
    "never",
];

/// Values of a field beside an id that answer for it.
const YES: [&str; 8] = [
    "true", "on", "yes", "enabled", "granted", "allowed", "accepted", "oui",
];

/// Names of fields that answer for the id in another one.
const ANSWERS: [&str; 18] = [
    "accept", "accepted", "active", "agree", "agreed", "allow", "allowed", "answer", "checked",
    "choice", "consent", "decision", "enable", "enabled", "granted", "state", "status", "value",
];

/// The categories and services that a request names.
#[derive(Default)]
pub(super) struct Named {
    pub(super) yes: BTreeSet<String>,
    pub(super) no: BTreeSet<String>,
    /// The ids that visitors object to, which need no consent.
    pub(super) objections: BTreeSet<String>,
    /// The ids that other names and values may be about.
    pub(super) perhaps: BTreeSet<String>,
}

impl Named {
    pub(super) fn of(pairs: &[(String, String)], policy: &CookiePolicy) -> Self {
        let ids = |set: CategorySet| -> Vec<&str> {
            set.iter().map(|index| id_of(policy, index)).collect()
        };
        let asked = ids(policy.consenting() | policy.services());
        let exempt = ids(policy.exempt() - policy.services());
        let of = |ids: &[&str], text: &str| {
            let known = ids.iter().find(|id| **id == text);
            known.map(|id| (*id).to_owned())
        };
        let mut named = Self::default();
        let is_id = |text: &str| of(&asked, text).or(of(&exempt, text)).is_some();
        let beside = pairs
            .iter()
            .filter(|(name, value)| answers_for_id(name) && !is_id(name) && !is_id(value));
        let mut answers: Vec<_> = beside.filter_map(|(_, value)| answer(value)).collect();
        answers.dedup();
        for (name, value) in pairs {
            let is_no = match &*letters(value) {
                "" => !matches!(value.trim(), "1" | ""),
                word => is_refusal(word),
            };
            if let Some(id) = of(&asked, name) {
                let list = if is_no { &mut named.no } else { &mut named.yes };
                list.insert(id);
            } else if let Some(id) = of(&exempt, name) {
                // Allowing what is allowed anyway need not be stored.
                named.objections.extend(is_no.then_some(id));
            } else if let Some(id) = of(&asked, value) {
                // A list may be of what is refused, and the answer in another field.
                let list = match (is_refusing(name), &*answers) {
                    (true, _) | (false, [false]) => &mut named.no,
                    (false, [] | [true]) => &mut named.yes,
                    (false, _) => &mut named.perhaps,
                };
                list.insert(id);
            } else {
                let text = format!("{name} {value}").to_lowercase();
                let may_be = asked.iter().filter(|id| text.contains(&id.to_lowercase()));
                named.perhaps.extend(may_be.map(|id| (*id).to_owned()));
            }
        }
        named
    }

    /// Returns `true` if nothing is named that needs consent.
    pub(super) fn is_empty(&self) -> bool {
        self.yes.is_empty() && self.no.is_empty()
    }
}

fn is_refusal(word: &str) -> bool {
    NO.contains(&word) || REFUSE.contains(&word) || WITHDRAW.contains(&word)
}

/// Returns `true` for the name of a field that may answer for the id in another one.
pub(in crate::conformance) fn answers_for_id(name: &str) -> bool {
    ANSWERS.contains(&&*letters(name))
}

/// Returns the answer of a field that has nothing else as its value.
pub(in crate::conformance) fn answer(value: &str) -> Option<bool> {
    match (value.trim(), &*letters(value)) {
        ("1", _) => Some(true),
        ("0", _) => Some(false),
        (_, word) if YES.contains(&word) => Some(true),
        (_, word) if is_refusal(word) => Some(false),
        _ => None,
    }
}

/// Returns what a path says, such as `/consent/refuse`, as a field: of one category or service if it names one.
pub(super) fn said_by_path(path: &str, policy: &CookiePolicy) -> Option<(String, String)> {
    let (before, verb) = path
        .rsplit_once('/')
        .filter(|(before, _)| is_about(before))?;
    let is_verb = answer(verb).is_some() || ACCEPT.contains(&&*letters(verb));
    let all = policy.consenting() | policy.services();
    let is_id = |part: &&str| all.iter().any(|index| id_of(policy, index) == *part);
    let named = before.split('/').find(is_id).filter(|_| is_verb);
    Some((named.unwrap_or("decision").to_owned(), verb.to_owned()))
}

/// Returns `true` if a field has one of these words: as the value of a field about a choice, or as its name.
pub(super) fn says(name: &str, value: &str, words: &[&str]) -> bool {
    let name_letters = letters(name);
    // Short words mean something only where the field is about a choice.
    let is_named = words.contains(&&*name_letters)
        && name_letters.len() > 4
        && matches!(value.trim(), "" | "1" | "on" | "true" | "yes");
    is_named || says_by_value(name, value, words)
}

/// Returns `true` if a field about a choice has one of these words as its value.
pub(super) fn says_by_value(name: &str, value: &str, words: &[&str]) -> bool {
    let (name_letters, value_letters) = (letters(name), letters(value));
    let is_action = matches!(
        &*name_letters,
        "action" | "do" | "submit" | "button" | "answer"
    );
    words.contains(&&*value_letters) && (is_about(name) || (is_action && value_letters.len() > 3))
}

pub(super) fn letters(text: &str) -> String {
    let letters = text.chars().filter(|letter| letter.is_alphabetic());
    letters.flat_map(char::to_lowercase).collect()
}
