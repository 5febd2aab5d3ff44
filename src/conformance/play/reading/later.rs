//! Visits the pages several times: what they are about may not depend on consent later either.

use std::collections::BTreeMap;

use http::{Method, StatusCode};

use super::{
    known::{PageSeen, Reading, seen},
    withheld::CONFIRMATIONS,
};
use crate::conformance::{
    Requirement,
    pages::page_breach,
    play::{MOST_REPEATED, Play, step::Step},
    scenes::Situation,
    target::Target,
};

/// The visits of each page: some sites let visitors read three of them.
const VISITS: usize = 4;

/// The pages that a visitor has read.
type Pages = [Option<PageSeen>];

impl<T: Target> Play<T> {
    /// Judges what is withheld after some visits, and was not at first.
    pub(super) async fn withheld_later(
        &mut self,
        reading: &Reading,
        (accepted, with_consent): (&Situation, &Pages),
        others: &[(&Situation, &Pages)],
    ) {
        let granted = self.read_often(reading, accepted).await;
        for (scene, first) in others {
            let later = self.read_often(reading, scene).await;
            let mut found = differing(reading, &granted, &later);
            let at_first = differing(reading, with_consent, first);
            found.retain(|number, _| !at_first.contains_key(number));
            for _ in 0..CONFIRMATIONS {
                if found.is_empty() {
                    break;
                }
                let granted = self.read_often(reading, accepted).await;
                let later = self.read_often(reading, scene).await;
                let again = differing(reading, &granted, &later);
                found.retain(|number, _| again.contains_key(number));
            }
            let policy = self.kit.oracle.policy().clone();
            for (number, why) in found {
                let Some(Some(page)) = later.get(number) else {
                    continue;
                };
                let seen = seen(scene, &page.step.label);
                let breach = page_breach(
                    Requirement::NoWall,
                    format!("after {} visits, {why}", VISITS - 1),
                );
                self.ledger.recorder.breach(&policy, seen, breach);
            }
        }
    }

    /// Reads the first pages several times, as one visitor. Returns them as they are in the end.
    async fn read_often(&mut self, reading: &Reading, scene: &Situation) -> Vec<Option<PageSeen>> {
        let (mut visitor, session) = self.visitor_of(reading.audience, scene).await;
        let pages = self.plan.iter();
        let pages = pages.filter(|step| step.parts.method == Method::GET);
        let pages: Vec<Step> = pages.take(MOST_REPEATED).cloned().collect();
        let mut last = Vec::new();
        for _ in 0..VISITS {
            last.clear();
            for step in &pages {
                let before = visitor.clone();
                last.push(self.read_page(scene, &mut visitor, step).await);
                self.stay_logged_in(scene, (&mut visitor, &before), &session)
                    .await;
            }
        }
        last
    }
}

/// Returns the pages that a visitor without consent does not get, by their numbers, and why.
fn differing(reading: &Reading, with_consent: &Pages, without: &Pages) -> BTreeMap<usize, String> {
    let both = with_consent.iter().zip(without).enumerate();
    let found = both.filter_map(|(number, (one, other))| {
        let (one, other) = (one.as_ref()?, other.as_ref()?);
        let page = one.page.as_ref()?;
        let is_read = one.status == StatusCode::OK
            && page.has_granted()
            && reading.is_page(one)
            && !reading.may_differ(one, other);
        Some((number, one.withholding(other).filter(|_| is_read)?))
    });
    found.collect()
}
