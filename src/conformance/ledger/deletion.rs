//! Cookies that are deleted although nobody refused them.

use crate::{
    Consent, Verdict, Withheld,
    conformance::{Requirement, recorder::Breach},
    preferences::Status,
};

/// The storage that scripts write, in place of a cookie's name.
pub(super) const STORAGE: &str = "the storage";

pub(super) struct Deletion {
    pub(super) requirement: Requirement,
    pub(super) header: &'static str,
    pub(super) name: String,
    pub(super) request: String,
    pub(super) situation: String,
}

impl Deletion {
    pub(super) fn breach(&self, why: &str) -> Breach<'_> {
        let breach = deletion(self.requirement, &self.name, why);
        match self.name == STORAGE {
            true => Breach {
                header: self.header,
                cookie: None,
                ..breach
            },
            false => breach,
        }
    }
}

/// Returns the requirement broken by deleting a cookie that nobody refused, or `None` if it may be
/// deleted.
pub(super) fn deletion_breaks(consent: &Consent, name: &str) -> Option<Requirement> {
    match consent.verdict(name) {
        Verdict::Withheld(Withheld::Undecided | Withheld::Unreadable | Withheld::CrossSite) => {
            Some(Requirement::UnclearGrantsNothing)
        }
        Verdict::Withheld(Withheld::Expired) => Some(Requirement::UnclearGrantsNothing),
        // A site may take what a choice of this revision leaves open for refused.
        Verdict::Withheld(Withheld::Pending) => {
            let revision = consent.choice().map(|choice| choice.revision);
            let is_older = revision.is_none_or(|it| it < consent.policy().revision());
            is_older.then_some(Requirement::ChangesAskAgain)
        }
        Verdict::Withheld(Withheld::Signal) => Some(Requirement::SignalRefuses),
        Verdict::Allowed if consent.status() == Status::Undecided => {
            Some(Requirement::UnclearGrantsNothing)
        }
        _ => None,
    }
}

/// Returns the requirement broken by clearing the storage of this visitor, or `None` if it may be cleared: scripts
/// keep there what some category needs, and a refused one is to be deleted.
pub(super) fn storage_breaks(consent: &Consent) -> Option<Requirement> {
    if consent.status() == Status::Undecided {
        return Some(Requirement::UnclearGrantsNothing);
    }
    let policy = consent.policy();
    let choice = consent.choice()?;
    let lapsed = (choice.granted & policy.consenting()).iter().any(|number| {
        let id = policy.id_at(number);
        id.is_some_and(|id| !consent.allows(id))
    });
    if !lapsed || !(choice.denied & policy.optional()).is_empty() {
        return None;
    }
    match consent.status() {
        Status::Expired => Some(Requirement::UnclearGrantsNothing),
        // An opt-out that only counts once it is stored.
        _ if consent.gpc() => policy
            .opt_out()
            .is_empty()
            .then_some(Requirement::SignalRefuses),
        _ => Some(Requirement::ChangesAskAgain),
    }
}

/// Returns the label of the request of the plan, of which this one may be a variant.
pub(super) fn planned(label: &str) -> &str {
    label.split(" (").next().unwrap_or_default()
}

pub(super) fn deletion<'a>(requirement: Requirement, name: &'a str, why: &str) -> Breach<'a> {
    Breach {
        requirement,
        header: "set-cookie",
        cookie: Some(name.as_bytes()),
        script: false,
        why: why.to_owned(),
    }
}

/// Describes a refused cookie that the response leaves in the browser, as the layer would.
pub(in crate::conformance) fn kept_for_caches(name: &str) -> Breach<'_> {
    let why = "the request carried it, its category is refused, and the response does not remove it: \
               the response is public, so shared caches may store it and would remove it for everybody";
    deletion(Requirement::RefusalExpires, name, why)
}
