//! Pages on which those who have chosen find no way to withdraw, or are asked again, in another language, on a phone or
//! from a campaign alone.

use http::Method;

use super::walls::Seen;
use crate::conformance::{
    Requirement,
    play::{
        Play,
        reading::{CONFIRMATIONS, PageSeen},
        step::{Step, path_and_query},
    },
    recorder::Occasion,
    scenes::Situation,
    target::Target,
};

/// Returns the requirement that a page breaks, and how, if it differs from the usual one.
type Change = fn(&PageSeen, &PageSeen) -> Option<String>;

const CHANGES: [(Requirement, Change); 2] = [
    (Requirement::WithdrawalAsEasy, PageSeen::loses_withdrawal_on),
    (Requirement::ChangesAskAgain, PageSeen::asks_again_on),
];

impl<T: Target> Play<T> {
    /// Judges what a visitor with a stored choice finds on a page in this way alone.
    pub(super) async fn changes_of(&mut self, scene: &Situation, (usual, seen): (&Seen, &Seen)) {
        if scene.preferences.is_empty() || usual.is_same(seen) || !is_navigation(usual, &seen.step)
        {
            return;
        }
        let pages = (usual.page(), seen.page());
        for (requirement, change) in CHANGES {
            let Some(why) = change(&pages.0, &pages.1) else {
                continue;
            };
            if !self
                .occurs_again(scene, (&usual.step, &seen.step), change)
                .await
            {
                continue;
            }
            let occasion = Occasion {
                request: &seen.step.label,
                situation: &scene.situation,
            };
            if let Some(page) = &pages.1.page {
                page.breach(requirement, why, occasion, &mut self.ledger.recorder);
            }
        }
    }

    /// Returns `true` if new visitors find the same.
    async fn occurs_again(
        &mut self,
        scene: &Situation,
        (usual, step): (&Step, &Step),
        change: Change,
    ) -> bool {
        for _ in 0..CONFIRMATIONS {
            let mut pages = Vec::new();
            for step in [usual, step] {
                let mut visitor = self.visitor(scene);
                self.log_in(scene, &mut visitor).await;
                pages.push(self.read_page(scene, &mut visitor, step).await);
            }
            let [Some(one), Some(other)] = pages.as_slice() else {
                return false;
            };
            if change(one, other).is_none() {
                return false;
            }
        }
        true
    }
}

/// Returns `true` for a visit of the same page by somebody who may come from a campaign. Other queries may ask for the
/// choices.
fn is_navigation(usual: &Seen, step: &Step) -> bool {
    let headers = &step.parts.headers;
    let destination = headers.get("sec-fetch-dest");
    let is_same = path_and_query(&step.parts.uri) == path_and_query(&usual.step.parts.uri);
    let query = step.parts.uri.query().unwrap_or_default();
    step.parts.method == Method::GET
        && destination.is_some_and(|it| it.as_bytes() == b"document")
        && (is_same || query.contains("utm_source="))
}
