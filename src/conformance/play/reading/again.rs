//! Looks on the pages of visitors who have answered everything for what asks them again, and on forms for a way to
//! object.

use http::StatusCode;

use super::known::{PageSeen, Reading, seen};
use crate::conformance::{
    Requirement, pages::PageRead, play::Play, scenes::Situation, target::Target,
};

impl<T: Target> Play<T> {
    /// Judges what asks visitors who have answered everything.
    pub(super) fn asked_again(
        &mut self,
        reading: &Reading,
        scene: &Situation,
        pages: &[Option<PageSeen>],
    ) {
        for read in pages.iter().flatten() {
            let page = read.page.as_ref().filter(|page| {
                // What caches give to everybody is the same for those who have not chosen: scripts hide it.
                page.is_answered()
                    && read.status == StatusCode::OK
                    && !read.is_shared
                    && reading.is_page(read)
                    && !reading.is_of_settings(read)
            });
            let Some(page) = page.filter(|_| reading.offers_choice) else {
                continue;
            };
            self.ledger.recorder.exercise(Requirement::ChangesAskAgain);
            if let Some(control) = page.asking(&reading.asking) {
                let why = format!(
                    "the visitor has answered everything and nothing is new, and the page asks again ({:?})",
                    control.text
                );
                let seen = seen(scene, &read.step.label);
                page.breach(
                    Requirement::ChangesAskAgain,
                    why,
                    seen,
                    &mut self.ledger.recorder,
                );
            }
        }
    }

    /// Judges forms with the choices that leave out what is exempt: it takes an objection, wherever that is.
    pub(super) fn objections(
        &mut self,
        reading: &Reading,
        scene: &Situation,
        pages: &[Option<PageSeen>],
        others: &[Option<PageSeen>],
    ) {
        // Where no refusal was stored, it may be an objection as well.
        let mut done = reading.attempts.values();
        if !done.any(|done| done.stored.is_some() && done.granted_none) {
            return;
        }
        let all = pages.iter().chain(others).flatten();
        let mut read = all.filter_map(|read| read.page.as_ref());
        if self.withdrawals.objects || read.any(PageRead::may_object) {
            return;
        }
        for read in pages.iter().flatten() {
            let page = read
                .page
                .as_ref()
                .filter(|page| read.status == StatusCode::OK && page.has_form_beside_exempt());
            if let Some(page) = page {
                let why = "the form has no objection to what is exempt from consent, nothing else on the pages is \
                           called one, and refusing everything is none";
                let seen = seen(scene, &read.step.label);
                page.breach(
                    Requirement::WithdrawalAsEasy,
                    why.to_owned(),
                    seen,
                    &mut self.ledger.recorder,
                );
            }
        }
    }
}
