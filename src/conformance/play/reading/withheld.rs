//! Compares pages with those of a visitor who has accepted: what they are about may not depend on it.

use http::StatusCode;

use super::known::{PageSeen, Reading, seen};
use crate::conformance::{
    Requirement, pages::PageRead, play::Play, scenes::Situation, target::Target,
};

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
            let Some(why) = one.withholding(other) else {
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
        let withheld = match &other.page {
            Some(page) => content.is_withheld_by(&page.content()),
            None => false,
        };
        let why = "a visitor who has accepted gets the content of the page, and this one does not";
        withheld.then(|| why.to_owned())
    }
}
