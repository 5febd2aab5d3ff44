//! The choices of one button about all that needs no consent: opting out, in again, and objecting.

use crate::{
    consent::{Choice, Consent, Rejected},
    policy::{Basis, Service},
};

/// Opts out of everything that is opt-out, or in again.
pub(super) fn opted(consent: &Consent, granted: bool) -> Result<Choice, Rejected> {
    let policy = consent.policy();
    let categories = policy
        .categories()
        .filter(|category| category.basis() == Basis::OptOut);
    let ids: Vec<_> = categories
        .flat_map(|category| {
            let services = category.get_services().iter().map(Service::id);
            [category.id()].into_iter().chain(services)
        })
        .collect();
    if ids.is_empty() {
        return Err(Rejected::Category);
    }
    let choice = consent.choose(ids.into_iter().map(|id| (id, granted)));
    choice.map_err(|_| Rejected::Category)
}

/// Objects to everything exempt and opt-out, and leaves the other answers as they are.
pub(super) fn objected(consent: &Consent) -> Result<Choice, Rejected> {
    let policy = consent.policy();
    let objectable = policy
        .categories()
        .filter(|category| matches!(category.basis(), Basis::Exempt | Basis::OptOut));
    // A service's own yes would win over the answer for its category.
    let is_granted = |id: &&str| {
        let choice = consent.choice();
        choice.and_then(|choice| choice.get(policy, id)) == Some(true)
    };
    let ids: Vec<_> = objectable
        .flat_map(|category| {
            let services = category.get_services().iter().map(Service::id);
            [category.id()]
                .into_iter()
                .chain(services.filter(is_granted))
        })
        .collect();
    if ids.is_empty() {
        return Err(Rejected::Category);
    }
    let choice = consent.choose(ids.into_iter().map(|id| (id, false)));
    choice.map_err(|_| Rejected::Category)
}
