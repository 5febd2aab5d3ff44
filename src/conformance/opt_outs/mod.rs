//! What pages say of the right to opt out, read from their markup: see the module's introduction for the
//! words of `data-opt-out`.

mod gpc_resource;
mod markup;

use std::collections::BTreeSet;

use url::Url;

pub(super) use self::{
    gpc_resource::{GPC_PATH, fault},
    markup::Markup,
};
use super::{
    Requirement,
    markup::Submission,
    recorder::{Breach, Occasion, Recorder},
};
use crate::{Consent, consent::OptOutStatus};

/// The words for the state of an opt-out, as in the JSON of the pages.
const STATES: [&str; 4] = ["open", "opted_out", "honoured", "overruled"];

/// The words for the subjects of the opt-out page.
const SUBJECTS: [(&str, &str); 3] = [
    ("sale", "the sale of data"),
    ("sharing", "the sharing of data"),
    ("sensitive", "sensitive data"),
];

/// A page as a visitor saw it.
#[derive(Clone, Copy)]
pub(super) struct PageSeen<'a> {
    pub(super) markup: &'a Markup,
    pub(super) url: &'a Url,
    /// The consent of its request.
    pub(super) consent: &'a Consent,
    pub(super) seen: Occasion<'a>,
}

/// The known facts about the site's pages.
#[derive(Debug, Default)]
pub(super) struct KnownPages {
    /// The page on which visitors opt out.
    pub(super) opt_out: Option<Url>,
    /// The paths of the forms that visitors go to by themselves.
    pub(super) choices: BTreeSet<String>,
    /// The words with which pages say that nobody has opted out.
    open: BTreeSet<String>,
}

impl KnownPages {
    /// Takes note of where the links of a page lead, and of what it says to a visitor who has not opted out.
    pub(super) fn learn(&mut self, page: &Markup) {
        if self.opt_out.is_none() {
            self.opt_out = page.link("link").cloned();
        }
        let choices = page.links.iter();
        let choices = choices.filter(|link| link.words.contains("choices"));
        self.choices
            .extend(choices.map(|link| link.url.path().to_owned()));
        let open = page.marked("open").map(|mark| mark.text.clone());
        self.open.extend(open);
    }

    fn is_opt_out_page(&self, url: &Url) -> bool {
        let same = |page: &Url| page.host() == url.host() && page.path() == url.path();
        self.opt_out.as_ref().is_some_and(same)
    }
}

/// Returns `true` for a visitor who has opted out, on a page or by a signal.
pub(super) fn has_opted_out(consent: &Consent) -> bool {
    let status = consent.opt_out_status();
    matches!(status, OptOutStatus::OptedOut | OptOutStatus::Honoured)
}

/// Returns the words that are right for this state.
const fn right_words(status: OptOutStatus) -> &'static [&'static str] {
    match status {
        OptOutStatus::Open => &["open"],
        OptOutStatus::OptedOut => &["opted_out", "honoured"],
        OptOutStatus::Honoured => &["honoured"],
        OptOutStatus::Overruled => &["overruled"],
        OptOutStatus::NotOffered => &[],
    }
}

impl PageSeen<'_> {
    /// Judges what every page has to show to such a visitor.
    pub(super) fn judge(&self, known: &KnownPages, recorder: &mut Recorder) {
        self.link(known, recorder);
        self.state(known, Requirement::OptOutShown, recorder);
        self.asking(known, recorder);
    }

    fn link(&self, known: &KnownPages, recorder: &mut Recorder) {
        if known.is_opt_out_page(self.url) {
            return;
        }
        recorder.exercise(Requirement::OptOutLink);
        let leads = known.opt_out.as_ref();
        let leads = leads.is_some_and(|page| self.markup.leads_to(page));
        if !leads && self.markup.link("link").is_none() {
            let why = "no link to the opt-out page is shown: neither one with data-opt-out=\"link\", \
                       nor one that leads there";
            self.breach(Requirement::OptOutLink, why, recorder);
        }
    }

    /// Judges what the page says of the state of the opt-out.
    pub(super) fn state(
        &self,
        known: &KnownPages,
        requirement: Requirement,
        recorder: &mut Recorder,
    ) {
        let status = self.consent.opt_out_status();
        let right = right_words(status);
        recorder.exercise(requirement);
        for state in STATES.iter().filter(|state| !right.contains(state)) {
            if self.markup.marked(state).next().is_some() {
                let why = format!("it says {state:?}, and the visitor {}", described(status));
                self.breach(requirement, &why, recorder);
            }
        }
        if status == OptOutStatus::Open {
            return;
        }
        let mut says = right.iter().flat_map(|word| self.markup.marked(word));
        let Some(first) = says.next() else {
            let why = format!(
                "the visitor {}, and the page does not say so: it shows no element with \
                 data-opt-out={:?} and a text",
                described(status),
                right.first().copied().unwrap_or_default(),
            );
            return self.breach(requirement, &why, recorder);
        };
        if [first]
            .into_iter()
            .chain(says)
            .all(|mark| known.open.contains(&mark.text))
        {
            let why = format!(
                "the visitor {}, and the page says so in the words in which it says that nobody has opted out",
                described(status),
            );
            self.breach(requirement, &why, recorder);
        }
    }

    /// Judges that nobody who has opted out is asked, but on a page to which they go for it.
    fn asking(&self, known: &KnownPages, recorder: &mut Recorder) {
        let own_will = known.choices.contains(self.url.path()) || known.is_opt_out_page(self.url);
        if !has_opted_out(self.consent) || own_will {
            return;
        }
        recorder.exercise(Requirement::OptOutNotAskedAgain);
        let accepts = self
            .markup
            .forms
            .iter()
            .any(|form| form.accept_button().is_some());
        if accepts || self.markup.marked("banner").next().is_some() {
            let why = format!(
                "the visitor {}, and the page asks for consent",
                described(self.consent.opt_out_status()),
            );
            self.breach(Requirement::OptOutNotAskedAgain, &why, recorder);
        }
    }

    /// Judges the opt-out page of a visitor who has not opted out. Returns what opting out sends, if there is
    /// anything to opt out of and the page takes it.
    pub(super) fn opt_out_page(&self, recorder: &mut Recorder) -> Option<Submission> {
        let requirement = Requirement::OptOutPage;
        recorder.exercise(requirement);
        for (word, subject) in SUBJECTS {
            if self.markup.marked(word).next().is_none() {
                let why = format!(
                    "it says nothing of {subject}: it shows no element with data-opt-out={word:?} and a text"
                );
                self.breach(requirement, &why, recorder);
            }
        }
        if self.consent.policy().opt_out().is_empty() {
            return None;
        }
        let mut forms = self.markup.forms.iter();
        let found = forms.find_map(|form| Some((form, form.opt_out_button()?)));
        let Some((form, button)) = found else {
            let why = "no form on it opts out: it shows none with data-opt-out=\"form\"";
            self.breach(requirement, why, recorder);
            return None;
        };
        if let Some(field) = form.asks_for() {
            let why = format!("opting out asks for {field:?}: it may need no account and no proof");
            self.breach(requirement, &why, recorder);
            return None;
        }
        form.submission(button, self.url)
    }

    /// Returns what accepting everything sends, if the page has a button for it.
    pub(super) fn acceptance(&self) -> Option<Submission> {
        let mut forms = self.markup.forms.iter();
        let (form, button) = forms.find_map(|form| Some((form, form.accept_button()?)))?;
        form.submission(button, self.url)
    }

    pub(super) fn breach(&self, requirement: Requirement, why: &str, recorder: &mut Recorder) {
        let breach = document_breach(requirement, why);
        recorder.breach(self.consent.policy(), self.seen, breach);
    }
}

/// Returns an observation about a page.
pub(super) fn document_breach(requirement: Requirement, why: &str) -> Breach<'static> {
    Breach {
        requirement,
        header: "content",
        cookie: None,
        script: false,
        why: why.to_owned(),
    }
}

const fn described(status: OptOutStatus) -> &'static str {
    match status {
        OptOutStatus::OptedOut => "has opted out",
        OptOutStatus::Honoured => "is opted out by a signal of the browser",
        OptOutStatus::Overruled => "sends a signal, and allowed it afterwards",
        OptOutStatus::Open | OptOutStatus::NotOffered => "has not opted out",
    }
}

#[cfg(test)]
mod tests;
