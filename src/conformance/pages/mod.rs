//! What pages ask, and how: fields that are on in advance, refusing, withdrawing, and pages that are withheld.
//!
//! Pages are read as browsers read them, as far as their markup and inline styles say. Controls are known by their
//! mark (`data-consent-control`), by what they send, and by their words in the languages of the crate's own pages.

mod asking;
mod beside;
mod closely;
mod content;
mod control;
mod covering;
mod elements;
mod fields;
mod hidden;
mod leaving;
mod onward;
mod prominence;
mod prose;
mod refreshing;
mod refusing;
mod sent;
mod sheet;
mod shell;
mod subject;
mod surface;
mod ticked;
mod words;

use url::Url;

pub(super) use self::{
    content::Content,
    control::{Control, Controls, Kind},
    leaving::Way,
    refreshing::soon,
    words::{Meaning, is_about_cookies},
};
use self::{
    fields::{Field, Fields, Ticked},
    subject::asked,
};
use super::{
    Requirement,
    markup::Tree,
    recorder::{Breach, Occasion, Recorder},
};
use crate::{Consent, policy::CategorySet};

/// A page as a visitor gets it.
pub(super) struct PageRead {
    tree: Tree,
    pub(super) controls: Controls,
    fields: Vec<Field>,
    pub(super) url: Url,
    /// The consent of its request.
    consent: Consent,
}

impl PageRead {
    pub(super) fn new(text: &str, url: &Url, consent: &Consent) -> Self {
        // Those without scripts see all that the markup has.
        let tree = Tree::read(text, url, false);
        let controls = Controls::of(&tree, consent.policy(), url);
        let fields = Fields {
            tree: &tree,
            controls: &controls,
            policy: consent.policy(),
            page: url,
        };
        Self {
            fields: fields.read(),
            controls,
            tree,
            url: url.clone(),
            consent: consent.clone(),
        }
    }

    /// Returns `true` if the text may have anything that is judged here.
    pub(super) fn may_ask(text: &str) -> bool {
        let signs = [
            "<input",
            "<select",
            "<button",
            // A link may accept, and may be an `area`.
            "<a",
            "<dialog",
            "role=",
            "checked",
            "fixed",
            "absolute",
            "aria-modal",
            "data-consent-control",
        ];
        let text = text.to_ascii_lowercase();
        signs.iter().any(|sign| text.contains(sign))
    }

    /// Judges what is on in advance, and how to refuse. Returns `true` if nothing is wrong.
    pub(super) fn judge(&self, seen: Occasion<'_>, recorder: &mut Recorder) -> bool {
        let policy = self.consent.policy();
        if asked(policy).is_empty() {
            return true;
        }
        let Ticked { asks, faults } = self.ticked();
        if asks {
            recorder.exercise(Requirement::NothingTicked);
        }
        if self.accepting().next().is_some() {
            recorder.exercise(Requirement::RefusalAsEasy);
        }
        let refusing = self.refusing();
        let covering = self.covering();
        let is_fine = faults.is_empty() && refusing.is_empty() && covering.is_empty();
        for why in covering {
            self.breach(Requirement::NoWall, why, seen, recorder);
        }
        for why in faults {
            self.breach(Requirement::NothingTicked, why, seen, recorder);
        }
        for why in refusing {
            self.breach(Requirement::RefusalAsEasy, why, seen, recorder);
        }
        is_fine
    }

    /// Returns `true` if the page has a control by which visitors choose.
    pub(super) fn offers_choice(&self) -> bool {
        let mut all = self.controls.all.iter();
        all.any(|control| match control.meaning {
            Some(Meaning::Refuse | Meaning::Withdraw) => control.kind != Kind::Link,
            Some(Meaning::Save) => self.has_choices(control),
            _ => false,
        }) || self.accepting().next().is_some()
    }

    /// Returns the paths of the site's own documents inside of the page.
    pub(super) fn frames(&self) -> impl Iterator<Item = String> {
        let frames = self.tree.all().filter_map(|(number, _)| {
            let attribute = match () {
                () if self.tree.is(number, "iframe") || self.tree.is(number, "embed") => "src",
                () if self.tree.is(number, "object") => "data",
                () => return None,
            };
            self.tree
                .base()
                .join(self.tree.attribute(number, attribute)?)
                .ok()
        });
        let own = frames.filter(|url| url.host() == self.url.host());
        own.map(|url| url.path().to_owned())
    }

    /// Returns `true` if the visitor has allowed something that pages ask for.
    pub(super) fn has_granted(&self) -> bool {
        !self.granted().is_empty()
    }

    /// Returns what the visitor has allowed of what pages ask for.
    pub(super) fn granted(&self) -> CategorySet {
        let choice = self.consent.choice();
        let granted = choice.map(|choice| choice.granted).unwrap_or_default();
        granted & asked(self.consent.policy())
    }

    /// Judges one thing more about the page.
    pub(super) fn breach(
        &self,
        requirement: Requirement,
        why: String,
        seen: Occasion<'_>,
        recorder: &mut Recorder,
    ) {
        recorder.breach(self.consent.policy(), seen, page_breach(requirement, why));
    }
}

/// Returns an observation about a page.
pub(in crate::conformance) const fn page_breach(
    requirement: Requirement,
    why: String,
) -> Breach<'static> {
    Breach {
        requirement,
        header: "content",
        cookie: None,
        script: false,
        why,
    }
}

#[cfg(test)]
mod tests;
