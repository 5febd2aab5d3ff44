//! Uses a control, and sees what it stores.

use std::collections::BTreeSet;

use url::Url;

use super::known::{Attempt, Reading, away};
use crate::conformance::{
    intent::{Intent, Known, with_categories},
    pages::{Control, Meaning, PageRead},
    planned::get,
    play::{
        Play,
        look::submitted,
        maker::{MOST_MAKERS, Maker},
        shown::MOST_REDIRECTS,
        step::{PageControl, Step, at, redirected},
    },
    scenes::Situation,
    target::Target,
    third_parties,
    visitor::Visitor,
};
use crate::{Choice, Consent, policy::CategorySet};

/// The controls that are used in one run.
const MOST_ATTEMPTS: usize = 24;

impl<T: Target> Play<T> {
    /// Uses a control of a page that sends a form, once in a run, as a visitor who has read the page.
    pub(super) async fn attempt(
        &mut self,
        reading: &mut Reading,
        scene: &Situation,
        (page, visitor): (&PageRead, &Visitor),
        control: &Control,
    ) -> Option<Attempt> {
        let submission = page.controls.submission(control)?;
        let step = Step {
            control: Some(PageControl {
                page: path_and_query(&page.url),
                text: control.text.clone(),
                meaning: control.meaning,
            }),
            ..submitted(submission)
        };
        let done = self
            .try_step(reading, scene, (visitor, control), step.clone())
            .await?;
        self.note_control(step, &done);
        Some(done)
    }

    /// Saves a form as it is with none of its boxes ticked, once in a run for each visitor.
    pub(super) async fn save_unticked(
        &mut self,
        reading: &mut Reading,
        scene: &Situation,
        (page, visitor): (&PageRead, &Visitor),
    ) {
        for control in page.saving() {
            self.saved_unticked(reading, scene, (page, visitor), control)
                .await;
        }
    }

    /// Saves a form with none of its boxes ticked. Returns what that did, if it was done.
    pub(super) async fn saved_unticked(
        &mut self,
        reading: &mut Reading,
        scene: &Situation,
        (page, visitor): (&PageRead, &Visitor),
        control: &Control,
    ) -> Option<Attempt> {
        let (submission, no) = page.unticked(control)?;
        let intent = Intent::Save {
            yes: BTreeSet::new(),
            no,
            perhaps: BTreeSet::new(),
            whole: false,
        };
        let step = Step {
            intent: Some((intent, Known::Read)),
            ..submitted(submission)
        };
        self.try_step(reading, scene, (visitor, control), step)
            .await
    }

    /// Takes note of a control that makes a choice, if no request of the plan makes such a one: it is then played
    /// as if the plan had it.
    fn note_control(&mut self, mut step: Step, done: &Attempt) {
        if done.stored.is_none() || done.granted_all == done.granted_none {
            return;
        }
        if let Some(PageControl { page, text, .. }) = &step.control {
            let page = page.split('?').next().unwrap_or_default();
            step.label = format!("{} ({text:?} on {page})", step.label);
        }
        let accepts = done.granted_all;
        let is_same = |one: &PageControl, other: &PageControl| {
            (&one.text, one.meaning) == (&other.text, other.meaning)
        };
        let is_known = self.makers.iter().any(|maker| {
            let found = maker.step.control.as_ref().zip(step.control.as_ref());
            match (&maker.step.control, found) {
                (None, _) => maker.accepts == accepts,
                (Some(_), found) => found.is_some_and(|(one, other)| is_same(one, other)),
            }
        });
        if !is_known && self.makers.len() < MOST_MAKERS {
            self.makers.push(Maker { step, accepts });
        }
    }

    /// Follows a link that is called a refusal.
    pub(super) async fn attempt_link(
        &mut self,
        reading: &mut Reading,
        scene: &Situation,
        visitor: &Visitor,
        control: &Control,
    ) -> Option<Attempt> {
        let url = control
            .link
            .as_ref()
            .filter(|url| url.host() == self.site.host())?;
        let step = crate::conformance::play::look::page_step(url)?;
        self.try_step(reading, scene, (visitor, control), step)
            .await
    }

    async fn try_step(
        &mut self,
        reading: &mut Reading,
        scene: &Situation,
        (visitor, control): (&Visitor, &Control),
        mut step: Step,
    ) -> Option<Attempt> {
        let key = format!(
            "{} {} {:?} {:?}",
            scene.situation, step.label, control.text, control.meaning,
        );
        if let Some(known) = reading.attempts.get(&key) {
            return Some(known.clone());
        }
        if reading.attempts.len() >= MOST_ATTEMPTS {
            let note =
                format!("more than {MOST_ATTEMPTS} controls on consent: the others were not used");
            self.ledger.recorder.note(note);
            return None;
        }
        let intent = match control.meaning {
            Some(Meaning::Accept) => Some(Intent::Accept),
            Some(Meaning::Refuse) => Some(Intent::Refuse),
            Some(Meaning::Withdraw) => Some(Intent::Withdraw),
            _ => None,
        };
        // Where something can be opted out of, neither an opt-out nor an acceptance after one is about everything.
        let is_about_all = self.kit.oracle.policy().opt_out_somewhere().is_empty();
        let intent = intent.filter(|_| is_about_all);
        step.intent = match step.intent {
            Some(known) => Some(known).filter(|_| is_about_all),
            None => intent.map(|intent| (intent, Known::Read)),
        };
        // As it is on the page that the visitor has read.
        let control = step.control.take();
        let mut attempt = self
            .follow_attempt(scene, visitor.clone(), step.clone())
            .await?;
        if !attempt.is_answered() && control.is_some() {
            step.control = control;
            let again = self.attempt_again(scene, visitor.clone(), step).await;
            attempt = again.unwrap_or(attempt);
        }
        reading.attempts.insert(key, attempt.clone());
        Some(attempt)
    }

    /// Reads the page anew, and uses its control: a token of the form may be taken once.
    async fn attempt_again(
        &mut self,
        scene: &Situation,
        mut visitor: Visitor,
        step: Step,
    ) -> Option<Attempt> {
        let again = self.found_again(scene, &mut visitor, &step).await?;
        let again = Step {
            control: None,
            ..again
        };
        self.follow_attempt(scene, visitor, again).await
    }

    async fn follow_attempt(
        &mut self,
        scene: &Situation,
        mut visitor: Visitor,
        first: Step,
    ) -> Option<Attempt> {
        let policy = self.kit.oracle.policy();
        let name = policy.preferences_cookie().name().to_owned();
        let mut attempt: Option<Attempt> = None;
        let label = first.label.clone();
        let mut next = Some(first);
        for _ in 0..=MOST_REDIRECTS {
            let Some(step) = next.take() else {
                break;
            };
            let heard = self
                .exchange(scene, &mut visitor, &step, third_parties::wants_body)
                .await;
            let (answer, told) = heard?;
            let url = at(&self.site, &step.parts.uri);
            let before = attempt.take();
            let policy = told.consent.as_ref().map(Consent::policy);
            let asked = policy.map(|policy| policy.consenting() - policy.services());
            let asked = asked.unwrap_or_default();
            let granted_by = |choice: Choice| {
                policy.map_or(choice.granted, |it| with_categories(it, choice.granted))
            };
            let chosen = told
                .answer
                .as_ref()
                .and_then(|answer| answer.choice().copied());
            let stored = chosen.or(before.as_ref().and_then(|it| it.stored));
            let granted = stored.map(|choice| granted_by(choice) & asked);
            let removes = told.removed.iter().any(|cookie| cookie.name == name);
            let text = answer.body().as_deref().unwrap_or_default();
            attempt = Some(Attempt {
                status: answer.status(),
                granted_all: granted.is_some_and(|granted| granted == asked),
                granted_none: granted.is_some_and(CategorySet::is_empty),
                is_removed: removes || before.is_some_and(|it| it.is_removed),
                away: away(&answer, &url),
                asks_for_account: has_password(text),
                path: step.parts.uri.path().to_owned(),
                stored,
            });
            next = redirected(&answer, &url)
                .as_deref()
                .and_then(get)
                .map(|parts| Step {
                    label: format!("GET {} (from {label})", parts.uri.path()),
                    ..Step::visit(parts, 0)
                });
        }
        attempt
    }
}

fn has_password(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body).to_ascii_lowercase();
    text.contains("type=password")
        || text.contains("type=\"password\"")
        || text.contains("type='password'")
}

fn path_and_query(page: &Url) -> String {
    match page.query() {
        Some(query) => format!("{}?{query}", page.path()),
        None => page.path().to_owned(),
    }
}
