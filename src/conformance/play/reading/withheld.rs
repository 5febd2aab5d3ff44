//! Compares pages with those of a visitor who has accepted: what they are about may not depend on it.

use http::{Method, StatusCode};
use url::Url;

use super::known::{PageSeen, Reading, seen};
use crate::conformance::{
    Requirement,
    intent::is_of_choice,
    pages::{Content, PageRead, is_about_cookies, page_breach},
    play::{MOST_REPEATED, Play, step::Step},
    scenes::Situation,
    target::Target,
};

/// The statuses of what is withheld. Others are about the request: what was ordered, say, is ordered once.
const WITHHOLDING: [u16; 4] = [401, 402, 403, 451];

/// The times that a difference has to occur again.
pub(in crate::conformance::play) const CONFIRMATIONS: usize = 2;

impl<T: Target> Play<T> {
    /// Judges what is withheld from a visitor without consent.
    pub(super) async fn withheld(
        &mut self,
        reading: &Reading,
        (accepted, with_consent): (&Situation, &[Option<PageSeen>]),
        (scene, others): (&Situation, &[Option<PageSeen>]),
    ) {
        for (one, other) in with_consent.iter().zip(others) {
            let (Some(one), Some(other)) = (one, other) else {
                continue;
            };
            let page = one.page.as_ref().filter(|page| {
                one.status == StatusCode::OK && page.has_granted() && reading.is_page(one)
            });
            let Some(page) = page else {
                continue;
            };
            self.ledger.recorder.exercise(Requirement::NoWall);
            let why = one.withholding(other);
            let Some(why) = why.filter(|_| !reading.may_differ(one, other)) else {
                continue;
            };
            let mut is_certain = true;
            for _ in 0..CONFIRMATIONS {
                let (mut visitor, _) = self.visitor_of(reading.audience, accepted).await;
                let one = self.read_page(accepted, &mut visitor, &one.step).await;
                let (mut visitor, _) = self.visitor_of(reading.audience, scene).await;
                let other = self.read_page(scene, &mut visitor, &other.step).await;
                let again = one
                    .zip(other)
                    .and_then(|(one, other)| one.withholding(&other));
                is_certain &= again.is_some();
            }
            if is_certain {
                let seen = seen(scene, &other.step.label);
                page.breach(Requirement::NoWall, why, seen, &mut self.ledger.recorder);
            }
        }
    }
}

impl<T: Target> Play<T> {
    /// Judges what is withheld beside pages: the response to a form that is not about cookies, and files. What scripts
    /// ask for may be for something that needs consent.
    pub(super) async fn withheld_others(
        &mut self,
        reading: &Reading,
        (accepted, with_consent): (&Situation, &[Option<PageSeen>]),
        others: &[&Situation],
    ) {
        let files = with_consent.iter().flatten();
        let files =
            files.filter(|seen| seen.page.is_none() && (seen.is_for_people || seen.is_text()));
        let files: Vec<Step> = files.map(|seen| seen.step.clone()).collect();
        let policy = self.kit.oracle.policy().clone();
        let forms = self.plan.iter().filter(|step| {
            step.parts.method == Method::POST
                && step.intent.is_none()
                && !is_of_choice(&step.parts, &step.body, &policy)
        });
        let forms: Vec<Step> = forms.cloned().collect();
        let steps = files
            .into_iter()
            .take(MOST_REPEATED)
            .chain(forms.into_iter().take(MOST_REPEATED));
        for step in steps {
            for scene in others {
                let mut found = None;
                for _ in 0..=CONFIRMATIONS {
                    let one = self.read_alone(reading, accepted, &step).await;
                    let other = self.read_alone(reading, scene, &step).await;
                    let both = one.zip(other);
                    found = both.and_then(|(one, other)| one.refusing(&other, reading));
                    if found.is_none() {
                        break;
                    }
                }
                if let Some(why) = found {
                    let seen = seen(scene, &step.label);
                    let breach = page_breach(Requirement::NoWall, why);
                    self.ledger.recorder.breach(&policy, seen, breach);
                }
            }
        }
    }

    /// Makes a request as a new visitor.
    async fn read_alone(
        &mut self,
        reading: &Reading,
        scene: &Situation,
        step: &Step,
    ) -> Option<PageSeen> {
        let (mut visitor, _) = self.visitor_of(reading.audience, scene).await;
        self.read_page(scene, &mut visitor, step).await
    }
}

impl PageSeen {
    /// Returns what the other visitor does not get of this page, which somebody who has accepted gets.
    pub(in crate::conformance::play) fn withholding(&self, other: &Self) -> Option<String> {
        if self.status != StatusCode::OK {
            return None;
        }
        let content = self.page.as_ref().map(PageRead::content)?;
        let status = other.status.as_u16();
        let instead = match (&other.leads_to, status) {
            (Some(to), _) => {
                let to = to.split('?').next().unwrap_or_default();
                Some(format!("a redirect to {to}"))
            }
            (None, 200..=299) => None,
            (None, _) => Some(format!("the status {status}")),
        };
        if let Some(instead) = instead {
            return Some(format!(
                "a visitor who has accepted gets the page, and this one gets {instead}"
            ));
        }
        if let (None, Some(to)) = (self.refreshed(), other.refreshed()) {
            let path = to.path();
            return Some(format!(
                "a visitor who has accepted stays on the page, and this one is led to {path}"
            ));
        }
        let withheld = match (&other.page, &other.plain) {
            // What it says there is about the choice.
            (Some(page), _) if page.is_on_cookies() => false,
            (Some(page), _) => content.is_withheld_by(&page.content()),
            // A part of another page may be for something that needs consent.
            (None, Some(plain)) => {
                let is_text = self.is_headed && !self.is_of_data && !content.is_note();
                is_text && content.is_withheld_by(plain)
            }
            (None, None) => false,
        };
        let why = "a visitor who has accepted gets the content of the page, and this one does not";
        withheld.then(|| why.to_owned())
    }

    /// Returns the address that the page leads to by itself within seconds.
    fn refreshed(&self) -> Option<Url> {
        let by_markup = || self.page.as_ref().and_then(PageRead::refreshes_to);
        self.refreshes_to.clone().or_else(by_markup)
    }

    /// Returns `true` for a text that people visit, and not for what scripts ask for.
    fn is_text(&self) -> bool {
        let has_words = self.plain.as_ref().is_some_and(Content::has_words);
        self.status == StatusCode::OK && has_words && !self.is_of_data
    }

    /// Returns `true` if it is about cookies, whatever they are for.
    fn names_cookies(&self) -> bool {
        let page = self.page.as_ref().map(PageRead::content);
        let content = self.plain.as_ref().or(page.as_ref());
        content.is_some_and(Content::names_cookies) && !self.names_part
    }

    /// Returns `true` if another text asks for consent in its place.
    fn is_replaced_by(&self, other: &Self) -> bool {
        let both = self.plain.as_ref().zip(other.plain.as_ref());
        both.is_some_and(|(one, other)| one.is_replaced_by(other))
            && other.status.is_success()
            && other.names_cookies()
    }

    /// Returns what the other visitor does not get of a form or a file, which somebody who has accepted gets.
    fn refusing(&self, other: &Self, reading: &Reading) -> Option<String> {
        let is_fine = self.status.is_success() || self.status.is_redirection();
        let is_text = !self.is_for_people && self.is_text();
        if !is_fine || !(self.is_for_people || is_text) {
            return None;
        }
        if is_text && self.is_replaced_by(other) {
            let why = "a visitor who has accepted gets the text, and this one is asked to accept";
            return Some(why.to_owned());
        }
        let status = other.status.as_u16();
        if WITHHOLDING.contains(&status) && (!is_text || other.names_cookies()) {
            return Some(format!(
                "a visitor who has accepted gets what the request asks for, and this one gets the status {status}"
            ));
        }
        let to = other.leads_to.as_ref().filter(|to| {
            let is_named = is_text && is_about_cookies(to.split('?').next().unwrap_or_default());
            reading.settings.contains(*to) || is_named
        })?;
        (self.leads_to.as_ref() != Some(to)).then(|| {
            format!("a visitor who has accepted gets what the request asks for, and this one is led to {to}")
        })
    }
}
