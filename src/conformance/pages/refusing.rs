//! Refusing is as easy as accepting: on the same surface, with one action of the same kind.

use super::{
    PageRead,
    beside::is_choosing,
    control::{Control, Kind},
    elements::{is_box, is_control, text_of},
    hidden::Hiding,
    onward::goes_on,
    prominence,
    subject::asked,
    words::{Meaning, meaning},
};

impl PageRead {
    /// Returns the controls that accept everything, as far as the page says so.
    pub(in crate::conformance) fn accepting(&self) -> impl Iterator<Item = &Control> {
        let all = self.controls.all.iter();
        all.filter(|control| {
            let is_link = control.kind == Kind::Link;
            control.meaning == Some(Meaning::Accept)
                && control.is_sure
                && !self.replaces_a_part(control)
                && (!is_link || self.is_accepting_link(control))
        })
    }

    /// Returns the controls that may accept, and do not say so, or not that it is about cookies.
    pub(in crate::conformance) fn unclear(&self) -> impl Iterator<Item = &Control> {
        let all = self.controls.all.iter();
        all.filter(|control| match control.meaning {
            None => control.kind == Kind::Form,
            Some(Meaning::Accept) => !control.is_sure && control.kind == Kind::Form,
            Some(Meaning::Save) => goes_on(&control.text) && self.only_goes_on(control),
            _ => false,
        })
    }

    /// Returns `true` for the button of a form without anything to choose.
    fn only_goes_on(&self, control: &Control) -> bool {
        let form = self.controls.form(control);
        let mut fields = form.iter().flat_map(|form| &form.fields);
        let has_boxes = fields.any(|field| is_box(&self.tree, field.number));
        let submission = self.controls.submission(control);
        !has_boxes && submission.is_some_and(|it| is_choosing(&it, self.consent.policy()))
    }

    /// Returns `true` if something else on the page may refuse, whatever it is called.
    pub(in crate::conformance) fn may_refuse_beside(&self, accepts: &Control) -> bool {
        let tree = &self.tree;
        let others = tree
            .all()
            .filter(|(number, _)| *number != accepts.number && is_control(tree, *number));
        let mut told = others.map(|(number, _)| meaning(&text_of(tree, number)));
        let policy = self.consent.policy();
        let mut buttons = self.controls.forms.iter().flat_map(|form| {
            form.buttons
                .iter()
                .filter_map(|button| Some((button.number?, form.submission(button, &self.url)?)))
        });
        told.any(|told| {
            matches!(
                told,
                Some(Meaning::Refuse | Meaning::Withdraw | Meaning::Save)
            )
        }) || buttons.any(|(number, submission)| {
            number != accepts.number
                && is_choosing(&submission, policy)
                && meaning(&text_of(tree, number)) != Some(Meaning::Accept)
        })
    }

    /// Returns `true` for a button that allows what it is in the place of, where that is all that needs consent: the
    /// question is asked elsewhere, or was answered.
    fn replaces_a_part(&self, control: &Control) -> bool {
        let mut others = self.controls.all.iter();
        let asks = others.any(|other| {
            let is_answer = matches!(other.meaning, Some(Meaning::Accept | Meaning::Refuse));
            is_answer && !other.is_in_place && other.kind != Kind::Link
        });
        control.is_in_place && (asks || !self.consent.needs_choice())
    }

    /// Returns `true` for a link that accepts by its address: others only lead to a text.
    fn is_accepting_link(&self, control: &Control) -> bool {
        let link = control
            .link
            .as_ref()
            .filter(|_| control.meaning == Some(Meaning::Accept));
        link.is_some_and(|url| url.host() == self.url.host()) && control.is_button
            || link.is_some_and(|url| {
                meaning(&url.path().replace(['/', '-', '_'], " ")) == Some(Meaning::Accept)
            })
    }

    /// Returns what is wrong with refusing on this page, for a visitor who has allowed nothing of what is asked.
    pub(super) fn refusing(&self) -> Vec<String> {
        let policy = self.consent.policy();
        let granted = self
            .consent
            .choice()
            .map(|choice| choice.granted)
            .unwrap_or_default();
        let is_free = (asked(policy) & granted).is_empty() || self.consent.needs_choice();
        let mut faults = Vec::new();
        if !is_free || asked(policy).is_empty() {
            return faults;
        }
        for control in self
            .controls
            .all
            .iter()
            .filter(|control| control.contradicts)
        {
            faults.push(format!("the control {:?} accepts", control.text));
        }
        for control in self.controls.all.iter().filter(|it| it.is_misnamed) {
            faults.push(format!(
                "the control {:?} refuses, and is called an acceptance",
                control.text
            ));
        }
        for accepts in self.accepting() {
            let fault = self.refusing_beside(accepts);
            if let Some(fault) = fault.filter(|fault| !faults.contains(fault)) {
                faults.push(fault);
            }
        }
        faults
    }

    /// Returns the controls that refuse on the same surface.
    pub(in crate::conformance) fn refusals_beside<'a>(
        &'a self,
        accepts: &'a Control,
    ) -> impl Iterator<Item = &'a Control> {
        let all = self.controls.all.iter();
        all.filter(move |control| control.surface == accepts.surface && self.refuses(control))
    }

    fn refuses(&self, control: &Control) -> bool {
        match control.meaning {
            Some(Meaning::Refuse | Meaning::Withdraw) => !control.contradicts,
            Some(Meaning::Save) => self.refuses_as_it_is(control),
            _ => false,
        }
    }

    /// Returns what is wrong with refusing beside a control that accepts everything.
    pub(in crate::conformance) fn refusing_beside(&self, accepts: &Control) -> Option<String> {
        let around = |hiding: &Hiding, other: &Control| {
            self.tree.contains(hiding.number, other.number) && hiding.number != other.number
        };
        // A way to withdraw is hidden from those who have nothing to withdraw.
        let is_due = |control: &&Control| {
            let is_withdrawal = control.meaning == Some(Meaning::Withdraw);
            !is_withdrawal || control.hidings.iter().all(|it| around(it, accepts))
        };
        let mut first = None;
        for refuses in self.refusals_beside(accepts).filter(is_due) {
            let of_accepting = accepts.hidings.iter().find(|it| !around(it, refuses));
            // It is not offered where the refusal is.
            if of_accepting.is_some() {
                return None;
            }
            let hiding = refuses.hidings.iter().find(|it| !around(it, accepts));
            let fault = match hiding {
                Some(hiding) => Some(format!(
                    "the control {:?}, which refuses, is {}",
                    refuses.text, hiding.why
                )),
                None => self.unlike(accepts, refuses),
            };
            match fault {
                None => return None,
                fault => first = first.or(fault),
            }
        }
        if first.is_some() {
            return first;
        }
        if !accepts.hidings.iter().all(|hiding| hiding.opens) {
            return None;
        }
        let settings = self
            .controls
            .all
            .iter()
            .find(|it| it.surface == accepts.surface && it.meaning == Some(Meaning::Settings));
        let how = match settings {
            Some(settings) => format!("refusing takes another step ({:?})", settings.text),
            None => "nothing beside it refuses".to_owned(),
        };
        Some(format!(
            "the control {:?} accepts everything, and {how}",
            accepts.text
        ))
    }

    /// Returns how a refusal differs from the acceptance beside it.
    fn unlike(&self, accepts: &Control, refuses: &Control) -> Option<String> {
        let text = &refuses.text;
        if accepts.is_button && !refuses.is_button {
            return Some(format!(
                "accepting takes a button, and refusing ({text:?}) a link"
            ));
        }
        if accepts.kind == Kind::Form && refuses.kind == Kind::Script {
            return Some(format!(
                "accepting sends a form, and refusing ({text:?}) does nothing without scripts"
            ));
        }
        let asks = |control: &Control| {
            let form = self.controls.form(control);
            form.map_or(0, |form| {
                form.fields.iter().filter(|field| field.is_asked).count()
            })
        };
        if asks(refuses) > asks(accepts) {
            let form = self.controls.form(refuses);
            let field = form.and_then(|form| form.asks_for()).unwrap_or_default();
            return Some(format!(
                "refusing ({text:?}) asks for {field:?}, and accepting does not"
            ));
        }
        if self.controls.leads_away(refuses).is_some()
            && self.controls.leads_away(accepts).is_none()
        {
            return Some(format!("refusing ({text:?}) leads to another site"));
        }
        let is_less = prominence::fault(&self.tree, accepts.number, refuses.number)?;
        Some(format!(
            "the control {text:?}, which refuses, is {is_less} than the one that accepts"
        ))
    }
}
