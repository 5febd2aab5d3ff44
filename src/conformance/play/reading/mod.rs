//! Reads the pages as visitors who have not chosen, have refused or have accepted, uses their controls, and
//! compares what they get; then the same as members, if the test says how they log in.

mod again;
mod attempt;
mod known;
mod later;
mod leaving;
mod plain;
mod refusing;
mod unlike;
mod withheld;

use http::Method;

pub(super) use self::{known::PageSeen, withheld::CONFIRMATIONS};
use self::{known::Reading, plain::wants_text};
use super::{
    Play,
    look::situation,
    step::{Step, at},
};
use crate::{
    conformance::{
        scenes::{self, Situation},
        target::Target,
        visitor::Visitor,
    },
    consent::unix_seconds,
    wire::cache::{self, Cacheability},
};

/// The pages that are compared.
pub(super) const MOST_READ: usize = 60;

/// The visitors whose pages are compared: the situation that has their preferences, and what the report calls them.
const READERS: [(&str, &str); 3] = [
    (scenes::ACCEPTED, "reading after acceptance"),
    (scenes::UNDECIDED, "reading before a choice"),
    (scenes::REFUSED, "reading after refusal"),
];

impl<T: Target> Play<T> {
    /// Reads the pages, if anything needs consent.
    pub(super) async fn reading(&mut self, all: &[Situation]) {
        let policy = self.kit.oracle.policy();
        if policy.consenting().is_empty() && policy.variants().is_empty() {
            return;
        }
        let mut known = Reading::default();
        for audience in self.audiences() {
            known = self.read_as(Reading::of(*audience, &known), all).await;
        }
    }

    /// Reads the pages as visitors of one kind.
    async fn read_as(&mut self, mut reading: Reading, all: &[Situation]) -> Reading {
        let of_name = |name: &str| all.iter().find(|scene| scene.situation == name);
        let readers: Vec<_> = READERS
            .iter()
            .filter_map(|(name, called)| {
                let scene = of_name(name)?;
                Some(Situation {
                    preferences: scene.preferences.clone(),
                    ..situation(reading.audience.situation(called), None)
                })
            })
            .collect();
        let [accepted, undecided, refused] = readers.as_slice() else {
            return reading;
        };
        let with_consent = self.read_all(&mut reading, accepted).await;
        let before = self.read_all(&mut reading, undecided).await;
        let without = self.read_all(&mut reading, refused).await;
        self.refusals(&mut reading, undecided, &before).await;
        self.withdrawals(&mut reading, accepted, &with_consent)
            .await;
        for (scene, pages) in [(accepted, &with_consent), (refused, &without)] {
            self.asked_again(&reading, scene, pages);
        }
        self.objections(&reading, accepted, &with_consent, &before);
        for (scene, others) in [(undecided, &before), (refused, &without)] {
            self.withheld(&reading, (accepted, &with_consent), (scene, others))
                .await;
        }
        let others = [(undecided, &*before), (refused, &*without)];
        self.withheld_later(&reading, (accepted, &with_consent), &others)
            .await;
        let both = [undecided, refused];
        self.withheld_others(&reading, (accepted, &with_consent), &both)
            .await;
        reading
    }

    /// Reads each page of the plan once, as one visitor.
    async fn read_all(
        &mut self,
        reading: &mut Reading,
        scene: &Situation,
    ) -> Vec<Option<PageSeen>> {
        let (mut visitor, session) = self.visitor_of(reading.audience, scene).await;
        let mut all = Vec::new();
        let pages = self.plan.clone().into_iter();
        let pages = pages.filter(|step| step.parts.method == Method::GET);
        for step in pages.take(MOST_READ) {
            let before = visitor.clone();
            let seen = self.read_page(scene, &mut visitor, &step).await;
            self.stay_logged_in(scene, (&mut visitor, &before), &session)
                .await;
            if let Some(page) = seen.as_ref().and_then(|seen| seen.page.as_ref()) {
                reading.offers_choice |= page.offers_choice();
                reading.frames.extend(page.frames());
                reading.settings.extend(page.settings());
            }
            reading.has_whole |= seen.as_ref().is_some_and(|seen| seen.is_whole);
            all.push(seen);
        }
        all
    }

    pub(super) async fn read_page(
        &mut self,
        scene: &Situation,
        visitor: &mut Visitor,
        step: &Step,
    ) -> Option<PageSeen> {
        let heard = self.exchange(scene, visitor, step, wants_text).await;
        let (answer, told) = heard?;
        let url = at(&self.site, &step.parts.uri);
        let now = || unix_seconds(self.kit.now());
        Some(PageSeen {
            is_shared: cache::keeps_cookies(answer.headers(), Cacheability::USUAL, now),
            ..PageSeen::new(step, (&answer, &told), &url, visitor)
        })
    }
}
