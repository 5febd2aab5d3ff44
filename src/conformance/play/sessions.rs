//! Lets visitors who are logged in choose: a session does not depend on the choice.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;

use super::{Play, login::Audience, look::situation, maker::Maker, step::redirected};
use crate::conformance::{
    Requirement,
    recorder::{Breach, Occasion},
    scenes::Situation,
    target::Target,
    third_parties,
    visitor::Visitor,
};

const SITUATION: &str = "logged in, and after a choice";

/// The pages that are visited before and after the choice.
const MOST_VISITED: usize = 10;

/// What a page is for a visitor: its status, and where it leads.
type Seen = (u16, Option<String>);

impl<T: Target> Play<T> {
    pub(super) async fn sessions(&mut self) {
        if self.logins.is_empty() {
            return;
        }
        for maker in self.makers.clone() {
            self.session_after(&maker).await;
        }
    }

    async fn session_after(&mut self, maker: &Maker) {
        let scene = situation(SITUATION, None);
        let mut anonymous = self.visitor(&scene);
        let without = self.looks(&scene, &mut anonymous, &BTreeSet::new()).await;
        let (mut visitor, session) = self.visitor_of(Audience::Members, &scene).await;
        let before = self.looks(&scene, &mut visitor, &session).await;
        let played = self
            .played(&scene, &mut visitor, &maker.step, third_parties::wants_body)
            .await;
        if played.is_none_or(|played| !played.told.chose) {
            return;
        }
        self.ledger.recorder.exercise(Requirement::NecessaryKept);
        let left = visitor.cookies(&self.site);
        for name in session.iter().filter(|name| !left.contains_key(*name)) {
            let why = "the choice ends the session of a visitor who is logged in";
            self.tell_lost(&maker.step.label, Some(name), why);
        }
        let after = self.looks(&scene, &mut visitor, &session).await;
        for (label, seen) in &before {
            let is_for_members = without.get(label).is_some_and(|other| other != seen);
            if is_for_members && after.get(label) == without.get(label) {
                let why = format!(
                    "before this choice a visitor who is logged in gets {label}, and afterwards what others get"
                );
                self.tell_lost(&maker.step.label, None, &why);
            }
        }
    }

    /// Visits pages, without those that end the session.
    async fn looks(
        &mut self,
        scene: &Situation,
        visitor: &mut Visitor,
        session: &BTreeSet<String>,
    ) -> BTreeMap<String, Seen> {
        let pages = self.plan.iter();
        let pages = pages.filter(|step| step.parts.method == Method::GET);
        let pages: Vec<_> = pages.take(MOST_VISITED).cloned().collect();
        let mut seen = BTreeMap::new();
        for step in pages {
            let saved = visitor.clone();
            let Some(played) = self
                .played(scene, visitor, &step, third_parties::wants_body)
                .await
            else {
                continue;
            };
            let is_over = self.stay_logged_in(scene, (&mut *visitor, &saved), session);
            if is_over.await {
                continue;
            }
            let url = super::step::at(&self.site, &step.parts.uri);
            let next = redirected(&played.answer, &url);
            seen.insert(step.label, (played.answer.status().as_u16(), next));
        }
        seen
    }

    fn tell_lost(&mut self, label: &str, cookie: Option<&String>, why: &str) {
        let policy = self.kit.oracle.policy().clone();
        let breach = Breach {
            requirement: Requirement::NecessaryKept,
            header: "set-cookie",
            cookie: cookie.map(String::as_bytes),
            script: false,
            why: why.to_owned(),
        };
        let seen = Occasion {
            request: label,
            situation: SITUATION,
        };
        self.ledger.recorder.breach(&policy, seen, breach);
    }
}
