//! Uses the controls that accept and refuse: both have to do so in one request.

use super::known::{Attempt, PageSeen, Reading, seen};
use crate::conformance::{
    Requirement,
    pages::{Control, Kind, Meaning, PageRead},
    play::Play,
    scenes::Situation,
    target::Target,
    visitor::Visitor,
};

impl<T: Target> Play<T> {
    /// Judges how refusing works on the pages of a visitor who has not chosen.
    pub(super) async fn refusals(
        &mut self,
        reading: &mut Reading,
        scene: &Situation,
        pages: &[Option<PageSeen>],
    ) {
        for read in pages.iter().flatten() {
            let Some(page) = &read.page else {
                continue;
            };
            self.save_unticked(reading, scene, (page, &read.visitor))
                .await;
            for (requirement, why) in self.refusals_on(reading, scene, page, &read.visitor).await {
                page.breach(
                    requirement,
                    why,
                    seen(scene, &read.step.label),
                    &mut self.ledger.recorder,
                );
            }
        }
    }

    async fn refusals_on(
        &mut self,
        reading: &mut Reading,
        scene: &Situation,
        page: &PageRead,
        visitor: &Visitor,
    ) -> Vec<(Requirement, String)> {
        let mut faults = Vec::new();
        let mut accepting: Vec<&Control> = page.accepting().collect();
        for control in page.unclear() {
            let done = self.attempt(reading, scene, (page, visitor), control).await;
            let accepts = done.is_some_and(|done| done.granted_all && !done.granted_none);
            reading.accepts_beside |= accepts && control.is_beside;
            let is_told = !control.is_beside && control.meaning != Some(Meaning::Save);
            if accepts && (is_told || !page.may_refuse_beside(control)) {
                let why = page.refusing_beside(control);
                faults.extend(why.map(|why| (Requirement::RefusalAsEasy, why)));
                if control.meaning == Some(Meaning::Accept) {
                    self.ledger.recorder.exercise(Requirement::RefusalAsEasy);
                    reading.offers_choice = true;
                    reading.asking.insert(control.text.clone());
                    accepting.push(control);
                }
            }
        }
        for accepts in accepting {
            let Some(accepted) = self.attempt(reading, scene, (page, visitor), accepts).await
            else {
                continue;
            };
            reading.accepts |= accepted.granted_all;
            let mut first = None;
            for refuses in page.refusals_beside(accepts) {
                let refused = match refuses.kind {
                    Kind::Link => self.attempt_link(reading, scene, visitor, refuses).await,
                    _ => self.attempt(reading, scene, (page, visitor), refuses).await,
                };
                let Some(refused) = refused else {
                    // Scripts, and other sites.
                    first = None;
                    break;
                };
                let fault = fault(&accepted, &refused, refuses);
                if fault.is_none() {
                    first = None;
                    break;
                }
                first = first.or(fault);
            }
            faults.extend(first);
        }
        faults
    }
}

fn fault(
    accepted: &Attempt,
    refused: &Attempt,
    refuses: &Control,
) -> Option<(Requirement, String)> {
    let text = &refuses.text;
    if let Some(site) = refused.away.as_ref().filter(|_| accepted.away.is_none()) {
        let why = format!("refusing ({text:?}) leads away from the site, to {site}");
        return Some((Requirement::NoWall, why));
    }
    if accepted.is_answered() && !refused.is_answered() {
        let (path, status) = (&refused.path, refused.status.as_u16());
        let why = format!(
            "refusing ({text:?}) leads to {path}, which has the status {status}, and accepting works"
        );
        let is_done = refused.takes_back();
        let requirement = if is_done {
            Requirement::NoWall
        } else {
            Requirement::RefusalAsEasy
        };
        return Some((requirement, why));
    }
    let is_more = accepted.granted_all && !refused.takes_back();
    let why = format!(
        "accepting takes one request, and after that of refusing ({text:?}) no refusal is stored"
    );
    is_more.then_some((Requirement::RefusalAsEasy, why))
}
