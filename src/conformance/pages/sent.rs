//! What the request of a button means, and whether that is surely about cookies.

use http::Method;

use super::{
    closely::{is_closely_about, is_in_named, is_of_person, sends_consent},
    control::Controls,
    elements::is_box,
    subject::asked,
    ticked::is_address,
    words::{Meaning, is_on_cookies},
};
use crate::{
    CookiePolicy,
    conformance::{
        intent::{Intent, with_categories},
        markup::{Submission, Tree},
    },
    policy::CategorySet,
};

/// The meaning of a request, and how it says so.
#[derive(Default)]
pub(super) struct Sent {
    pub(super) meaning: Option<Meaning>,
    /// It names what it allows.
    pub(super) is_by_id: bool,
    /// It names all that needs consent, which is one thing: maybe in the place of that.
    pub(super) is_in_place: bool,
}

impl Controls {
    /// Returns what the request of a button means, which is called by this.
    pub(super) fn sent_as(
        &self,
        tree: &Tree,
        number: usize,
        (place, told): (Option<(usize, usize)>, Option<Meaning>),
        policy: &CookiePolicy,
    ) -> Sent {
        let sent = place.and_then(|place| self.sent(tree, place, policy));
        let Some((meaning, is_by_id)) = sent else {
            return Sent::default();
        };
        let is_in_place = is_by_id
            && meaning == Meaning::Accept
            && asked(policy).iter().count() == 1
            && !is_in_named(tree, number);
        let is_part = is_in_place && told != Some(Meaning::Accept);
        Sent {
            meaning: Some(if is_part { Meaning::Part } else { meaning }),
            is_by_id,
            is_in_place,
        }
    }

    /// Returns `true` for a control that is about cookies, whatever its words say.
    pub(super) fn is_sure(
        &self,
        tree: &Tree,
        number: usize,
        place: Option<(usize, usize)>,
        text: &str,
    ) -> bool {
        let form = place.and_then(|(form, button)| {
            let form = self.forms.get(form)?;
            Some((form, form.buttons.get(button)?))
        });
        let sends = form.is_some_and(|(form, it)| sends_consent(form, it.pair(), form.target(it)));
        let is_of_person = form.is_some_and(|(form, _)| is_of_person(tree, form));
        sends
            || is_on_cookies(text)
            || (!is_of_person && is_closely_about(tree, number, &self.page))
    }

    /// Returns what the request of a button means, and whether it names what it allows.
    fn sent(
        &self,
        tree: &Tree,
        (form, button): (usize, usize),
        policy: &CookiePolicy,
    ) -> Option<(Meaning, bool)> {
        let of_form = self.forms.get(form)?;
        let pressed = of_form.buttons.get(button)?;
        let own = pressed
            .pair()
            .and_then(|(name, value)| Intent::of_pair(name, value));
        let own = own.map(|intent| match intent {
            Intent::Accept => Meaning::Accept,
            Intent::Refuse => Meaning::Refuse,
            Intent::Withdraw => Meaning::Withdraw,
            Intent::Save { .. } => Meaning::Save,
        });
        let plainly = |meaning| (meaning, false);
        let mut fields = of_form.fields.iter();
        let has_boxes = fields.any(|field| is_box(tree, field.number));
        let pairs = of_form.pairs();
        let accepts = |(name, value)| Intent::of_pair(name, value) == Some(Intent::Accept);
        let is_accepting =
            own == Some(Meaning::Accept) || (own.is_none() && pairs.clone().any(accepts));
        if is_accepting && !has_boxes && names_a_part(pairs, policy) {
            return Some((Meaning::Part, true));
        }
        if let Some(own) = own {
            return Some(plainly(own));
        }
        let Submission {
            mut parts, body, ..
        } = of_form.submission(pressed, &self.page)?;
        parts.method = Method::POST;
        let (yes, no) = match Intent::read(&parts, &body, policy)? {
            Intent::Accept => return Some(plainly(Meaning::Accept)),
            Intent::Refuse => return Some(plainly(Meaning::Refuse)),
            Intent::Withdraw => return Some(plainly(Meaning::Withdraw)),
            Intent::Save { .. } if has_boxes => return Some(plainly(Meaning::Save)),
            Intent::Save { yes, no, .. } => (yes, no),
        };
        let ids = asked(policy).iter().filter_map(|it| policy.id_at(it));
        let ids: Vec<&str> = ids.collect();
        let accepts = ids.iter().all(|id| yes.contains(*id));
        let refuses = yes.is_empty() && ids.iter().all(|id| no.contains(*id));
        let meaning = match (accepts, refuses) {
            (true, _) => Meaning::Accept,
            (false, true) => Meaning::Refuse,
            (false, false) => Meaning::Part,
        };
        Some((meaning, true))
    }
}

/// Returns `true` for fields that name categories or services, and not all that is asked for: a film allows its service.
fn names_a_part<'a>(
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
    policy: &CookiePolicy,
) -> bool {
    let ids = policy.consenting() | policy.services();
    let of = |text: &str| ids.iter().find(|it| policy.id_at(*it) == Some(text));
    let named: CategorySet = pairs
        .filter(|(name, value)| !is_address(name, value))
        .filter_map(|(name, value)| of(value).or_else(|| of(name)))
        .collect();
    !named.is_empty() && !(asked(policy) - with_categories(policy, named)).is_empty()
}
