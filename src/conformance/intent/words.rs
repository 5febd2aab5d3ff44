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
        for (name, value) in pairs {
            let is_no = match &*letters(value) {
                "" => !matches!(value.trim(), "1" | ""),
                word => NO.contains(&word) || REFUSE.contains(&word),
            };
            if let Some(id) = of(&asked, name) {
                let list = if is_no { &mut named.no } else { &mut named.yes };
                list.insert(id);
            } else if let Some(id) = of(&exempt, name) {
                // Allowing what is allowed anyway need not be stored.
                named.objections.extend(is_no.then_some(id));
            } else if let Some(id) = of(&asked, value) {
                // A list may be of what is refused.
                let list = match is_refusing(name) {
                    true => &mut named.no,
                    false => &mut named.yes,
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
