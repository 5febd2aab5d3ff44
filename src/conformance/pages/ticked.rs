//! Fields that are on although the visitor has not allowed what they are about.

use std::collections::BTreeSet;

use super::{
    PageRead,
    control::{Control, Kind},
    elements::is_box,
    fields::Ticked,
    subject::{Named, Subject, tokens},
    words::{Meaning, is_about_cookies, is_unclear, meaning},
};
use crate::{
    Consent, CookiePolicy,
    conformance::{
        intent::{Intent, answer, answers_for_id},
        markup::{Form, Submission, Tree},
    },
};

impl PageRead {
    /// Reads the fields of the page for its visitor.
    pub(super) fn ticked(&self) -> Ticked {
        let policy = self.consent.policy();
        let mut ticked = Ticked {
            asks: !self.fields.is_empty(),
            ..Ticked::default()
        };
        let on = self.fields.iter().filter(|field| field.is_on);
        for field in on.filter(|field| !is_granted(&field.subject, &self.consent)) {
            let what = described(&field.subject, policy);
            let why = format!(
                "{} is on for {what}, which the visitor has not allowed",
                field.element
            );
            ticked.faults.push(why);
        }
        for form in &self.controls.forms {
            if let Some((subject, button)) = hidden_consent(&self.tree, form, &self.consent) {
                ticked.asks = true;
                let what = described(&subject, policy);
                let why = format!(
                    "a hidden field allows {what}, and the button {button:?} does not say so"
                );
                ticked.faults.push(why);
            }
        }
        ticked
    }

    /// Returns `true` if the form of a button lets visitors choose, and everything in it is off: sending it refuses.
    pub(super) fn refuses_as_it_is(&self, control: &Control) -> bool {
        let form = self.controls.form(control).map(|form| form.number);
        let mut own = self.fields.iter().filter(|field| field.form == form);
        self.has_choices(control)
            && own.all(|field| !field.is_on || is_granted(&field.subject, &self.consent))
    }

    /// Returns the buttons that store what is ticked.
    pub(in crate::conformance) fn saving(&self) -> impl Iterator<Item = &Control> {
        let all = self.controls.all.iter();
        all.filter(|it| it.meaning == Some(Meaning::Save) && it.kind == Kind::Form)
    }

    /// Returns what the button of a form sends while none of its boxes is ticked, and the ids of what that refuses.
    pub(in crate::conformance) fn unticked(
        &self,
        control: &Control,
    ) -> Option<(Submission, BTreeSet<String>)> {
        let form = self.controls.form(control)?.number;
        let policy = self.consent.policy();
        let mut boxes = BTreeSet::new();
        let mut ids = BTreeSet::new();
        for field in self.fields.iter().filter(|it| it.form == Some(form)) {
            let Subject::One(number) = field.subject else {
                return None;
            };
            if field.element != "<input type=checkbox>" {
                return None;
            }
            boxes.insert(field.number);
            ids.insert(policy.id_at(number)?.to_owned());
        }
        let submission = self.controls.submission_without(control, &boxes)?;
        (!ids.is_empty()).then_some((submission, ids))
    }

    /// Returns `true` for a button of a form with fields for choices.
    pub(super) fn has_choices(&self, control: &Control) -> bool {
        let form = self.controls.form(control).map(|form| form.number);
        form.is_some() && self.fields.iter().any(|field| field.form == form)
    }
}

fn described(subject: &Subject, policy: &CookiePolicy) -> String {
    match subject {
        Subject::One(number) => format!("{:?}", policy.id_at(*number).unwrap_or_default()),
        Subject::Everything => "everything that needs consent".to_owned(),
        Subject::Purpose(word) => format!("{word:?}"),
    }
}

fn is_granted(subject: &Subject, consent: &Consent) -> bool {
    let policy = consent.policy();
    let asked = policy.consenting() - policy.services();
    let allows = |number: u8| {
        let id = policy.id_at(number).unwrap_or_default();
        // A signal may keep what was allowed from counting.
        let chosen = consent.gpc()
            && consent
                .choice()
                .is_some_and(|choice| choice.granted.contains(number));
        consent.allows(id) || chosen
    };
    match subject {
        Subject::One(number) => {
            let of_category = |service: &u8| policy.category_number_of(*service) == Some(*number);
            allows(*number) || policy.services().iter().filter(of_category).any(allows)
        }
        Subject::Everything => asked.iter().all(allows),
        Subject::Purpose(_) => asked.iter().any(allows),
    }
}

/// Returns `true` for a hidden field with a page of the site.
pub(super) fn is_address(name: &str, value: &str) -> bool {
    let names = [
        "next", "return", "redirect", "back", "url", "uri", "from", "referer", "referrer", "path",
        "page", "target", "section", "slug",
    ];
    let is_named = tokens(name).iter().any(|word| names.contains(&&**word));
    value.contains('/') || is_named
}

/// Returns `true` if another field of a form answers for what a hidden one names: a box, or its buttons.
fn is_answered_beside(tree: &Tree, form: &Form) -> bool {
    let mut fields = form.fields.iter();
    let answers = |(name, value)| answers_for_id(name).then(|| answer(value)).flatten();
    let buttons = form.buttons.iter();
    let said: Option<Vec<bool>> = buttons.map(|it| it.pair().and_then(answers)).collect();
    fields.any(|field| is_box(tree, field.number) && answers_for_id(&field.name))
        || said.is_some_and(|said| said.contains(&false))
}

/// Returns `true` for a form that leads to another page of a list: it stores nothing.
fn only_looks(form: &Form) -> bool {
    let mut targets = form.buttons.iter().map(|button| form.target(button));
    !form.is_post() && !targets.any(|target| is_about_cookies(target.path()))
}

/// Returns what a hidden field of a form allows, with a button that sends it and does not say so.
fn hidden_consent(tree: &Tree, form: &Form, consent: &Consent) -> Option<(Subject, String)> {
    let policy = consent.policy();
    let is_no = |(name, value): (&str, &str)| {
        let intent = Intent::of_pair(name, value);
        intent.is_some_and(|intent| !matches!(intent, Intent::Save { .. }))
    };
    let button = form.buttons.iter().find_map(|button| {
        let text = tree.text(button.number?, |_| true);
        let value = tree.attribute(button.number?, "value").unwrap_or_default();
        let is_input = tree.is(button.number?, "input");
        let text = if is_input { value.to_owned() } else { text };
        let told = meaning(&text);
        let hides = matches!(told, Some(Meaning::Save | Meaning::Refuse))
            || (told.is_none() && is_unclear(&text));
        (hides && !button.pair().is_some_and(is_no)).then_some(text)
    })?;
    let hidden = form.fields.iter().filter(|field| {
        tree.attribute(field.number, "type")
            .is_some_and(|it| it.eq_ignore_ascii_case("hidden"))
    });
    let is_subject = only_looks(form) || is_answered_beside(tree, form);
    let subjects = hidden.filter_map(|field| {
        let (name, value) = (&*field.name, field.value.as_deref().unwrap_or_default());
        let id = |text: &str| {
            policy
                .index_of(text.as_bytes())
                .filter(|it| policy.consenting().contains(*it))
        };
        // A page to return to may have the name of a category.
        if is_address(name, value) {
            return None;
        }
        let named = Named {
            name,
            value,
            others: Vec::new(),
            label: String::new(),
            is_answer: true,
        };
        let subject = match id(value) {
            Some(_) if is_subject => None,
            Some(number) => Some(Subject::One(number)),
            None if Intent::of_pair(name, value) == Some(Intent::Accept) => {
                Some(Subject::Everything)
            }
            None => named
                .subject(policy)
                .filter(|subject| matches!(subject, Subject::One(_))),
        };
        subject.filter(|subject| !is_granted(subject, consent))
    });
    let found = subjects.into_iter().next()?;
    Some((found, button))
}
