//! What a form that is saved answers.

use super::choice::Sent;
use crate::{
    consent::{Choice, Consent, Rejected},
    policy::{Basis, Category},
};

impl Sent {
    /// Covers all categories: those not listed are refused, and those without an objection are
    /// allowed.
    pub(super) fn saved(&self, consent: &Consent) -> Result<Choice, Rejected> {
        let policy = consent.policy();
        let named = self.categories.as_ref().ok_or(Rejected::Category)?;
        let objections = self.objections.as_deref().unwrap_or_default();
        let services = self.services.as_deref().unwrap_or_default();
        let basis = |id: &String| policy.category(id).map(Category::basis);
        let is_known = named.iter().all(|id| basis(id).is_some())
            && services.iter().all(|id| policy.service(id).is_some());
        let objectable = objections
            .iter()
            .all(|id| matches!(basis(id), Some(Basis::Exempt | Basis::OptOut)));
        if !is_known || !objectable {
            return Err(Rejected::Category);
        }
        let mut answers = Vec::new();
        for category in policy.categories() {
            let id = category.id();
            let granted = named.iter().any(|named| named == id);
            let objected = objections.iter().any(|named| named == id);
            let answer = match category.basis() {
                Basis::Necessary => continue,
                Basis::Consent => Some(granted),
                Basis::Exempt | Basis::OptOut if objected => Some(false),
                Basis::Exempt | Basis::OptOut => {
                    (granted || self.objections.is_some()).then_some(true)
                }
            };
            answers.extend(answer.map(|granted| (id, granted)));
            for service in category.get_services() {
                let id = service.id();
                let of_service = match objected {
                    true => self.of_objected(consent, id),
                    false => self.of_shown(consent, id, answer),
                };
                answers.extend(of_service.map(|granted| (id, granted)));
            }
        }
        let choice = consent.choose(answers);
        choice.map_err(|_| Rejected::Category)
    }

    /// Returns the answer for a service of a category that the visitor objects to, whatever its own box
    /// says: a service's own grant would win over the objection.
    fn of_objected(&self, consent: &Consent, service: &str) -> Option<bool> {
        (self.services.is_some() || own_answer(consent, service) == Some(true)).then_some(false)
    }

    /// Returns the answer for a service: those shown and not listed are denied. Without a list, the visitor
    /// did not see them.
    ///
    /// A box that is ticked only because the category is allowed does not answer for the service: it follows
    /// its category, also where that is unticked.
    fn of_shown(
        &self,
        consent: &Consent,
        service: &str,
        of_category: Option<bool>,
    ) -> Option<bool> {
        let is_listed = self.services.as_ref()?.iter().any(|id| id == service);
        let follows = consent.allows(service) && own_answer(consent, service) != Some(true);
        match (is_listed, of_category) {
            (true, Some(false)) => Some(!follows),
            (true, _) => (!follows).then_some(true),
            (false, _) => Some(false),
        }
    }
}

/// Returns the visitor's own answer for a service.
fn own_answer(consent: &Consent, service: &str) -> Option<bool> {
    consent.choice()?.get(consent.policy(), service)
}
