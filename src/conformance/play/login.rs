//! Logs visitors in, and follows where a login leads.

use std::collections::BTreeSet;

use url::Url;

use super::{
    Play,
    shown::MOST_REDIRECTS,
    step::{Step, at, redirected},
};
use crate::conformance::{
    judge::AnswerJudgement,
    planned::get,
    scenes::Situation,
    target::{Target, TargetAnswer},
    third_parties,
    visitor::Visitor,
};

/// The visitors who are played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Audience {
    #[default]
    Everybody,
    /// Those who are logged in.
    Members,
}

impl Audience {
    /// Returns what a situation is called for these visitors.
    pub(super) fn situation(self, name: &str) -> String {
        match self {
            Self::Everybody => name.to_owned(),
            Self::Members => format!("{name}, logged in"),
        }
    }
}

/// A response to a login, or to where it leads.
pub(super) struct Landing {
    pub(super) answer: TargetAnswer,
    pub(super) told: AnswerJudgement,
    pub(super) url: Url,
    pub(super) label: String,
    pub(super) is_visit: bool,
}

impl<T: Target> Play<T> {
    /// Returns the visitors who are played apart: members too, if the test says how they log in.
    pub(super) fn audiences(&self) -> &'static [Audience] {
        match self.logins.is_empty() {
            true => &[Audience::Everybody],
            false => &[Audience::Everybody, Audience::Members],
        }
    }

    /// Returns a new visitor, and the cookies of the session of one who is logged in.
    pub(super) async fn visitor_of(
        &mut self,
        audience: Audience,
        scene: &Situation,
    ) -> (Visitor, BTreeSet<String>) {
        let mut visitor = self.visitor(scene);
        if audience == Audience::Everybody {
            return (visitor, BTreeSet::new());
        }
        let new = visitor.cookies(&self.site);
        self.log_in(scene, &mut visitor).await;
        let cookies = visitor.cookies(&self.site).into_iter();
        let session = cookies
            .filter(|(name, value)| new.get(name) != Some(value))
            .map(|(name, _)| name)
            .filter(|name| self.is_of_session(name))
            .collect();
        (visitor, session)
    }

    /// Logs a visitor in again if the session has ended, as it was `before`. Returns `true` for such a logout.
    pub(super) async fn stay_logged_in(
        &mut self,
        scene: &Situation,
        (visitor, before): (&mut Visitor, &Visitor),
        session: &BTreeSet<String>,
    ) -> bool {
        let left = visitor.cookies(&self.site);
        if session.iter().all(|name| left.contains_key(name)) {
            return false;
        }
        // The server knows of the logout too.
        *visitor = before.clone();
        self.log_in(scene, visitor).await;
        true
    }

    /// Returns `true` for a cookie that a choice has no say in.
    fn is_of_session(&self, name: &str) -> bool {
        let policy = self.kit.oracle.policy();
        let is_choice = policy.preferences_names().any(|own| own == name);
        let found = policy.find(name.as_bytes());
        !is_choice && found.is_none_or(|found| policy.necessary().has(found.named))
    }

    /// Logs a visitor in, as the test says, and goes where that leads. Returns the responses.
    pub(super) async fn log_in(
        &mut self,
        scene: &Situation,
        visitor: &mut Visitor,
    ) -> Vec<Landing> {
        let mut landings = Vec::new();
        for login in self.logins.clone() {
            let before = visitor.cookies(&self.site);
            let mut next = Some(login.clone());
            let mut is_answered = false;
            for _ in 0..=MOST_REDIRECTS {
                let Some(step) = next.take() else {
                    break;
                };
                let heard = self
                    .played(scene, visitor, &step, third_parties::wants_body)
                    .await;
                let Some(played) = heard else {
                    break;
                };
                is_answered = true;
                let url = at(&self.site, played.uri());
                next = redirected(&played.answer, &url)
                    .filter(|path| !self.known.contains(path))
                    .and_then(|path| get(&path))
                    .map(|parts| Step {
                        label: format!("GET {} (from {})", parts.uri.path(), login.label),
                        ..Step::visit(parts, 0)
                    });
                landings.push(Landing {
                    is_visit: played.is_visit(),
                    answer: played.answer,
                    told: played.told,
                    label: step.label,
                    url,
                });
            }
            if is_answered && visitor.cookies(&self.site) == before {
                self.skip(&login.label, "the login sets no cookie");
            }
        }
        landings
    }
}
