//! Lets several new visitors make the same choice: what the responses store may not tell them apart.

use std::{
    collections::BTreeSet,
    time::{SystemTime, UNIX_EPOCH},
};

use http::{
    HeaderValue, Method,
    header::{ACCEPT_LANGUAGE, USER_AGENT},
};

use super::{Play, look::situation, maker::Maker, step::Step};
use crate::{
    conformance::{
        Requirement,
        identifiers::{StoredChoice, Trait},
        recorder::{Breach, Occasion},
        target::Target,
        third_parties::wants_body,
    },
    consent::unix_seconds,
};

/// The situation of the visitors.
const SAME: &str = "two visitors who choose the same";

/// The number of times that a difference has to occur: a second may pass between two visitors.
const PAIRS: usize = 4;

/// The pages that are visited after a refusal.
const MOST_VISITED: usize = 2;

/// Another edition of the same browser, whose number gives no reason for another choice.
const OTHER_BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";

/// The same language, with another weight.
const OTHER_LANGUAGE: &str = "en-US,en;q=0.8";

/// The header with the address of the visitor, as proxies send it, and two of the same network that nobody has.
pub(super) const ADDRESS: &str = "x-forwarded-for";
const ADDRESSES: [&str; 2] = ["192.0.2.7", "192.0.2.9"];

/// Two visitors who choose the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pair {
    /// With their first request.
    New,
    /// After a visit, which may have given each a session, and with headers that differ.
    Returning,
}

impl<T: Target> Play<T> {
    pub(super) async fn identities(&mut self) {
        for maker in self.makers.clone() {
            let mut found = self.set_apart(&maker, Pair::New).await;
            if found.is_empty() {
                found = self.set_apart(&maker, Pair::Returning).await;
            }
            let policy = self.kit.oracle.policy().clone();
            let preferences = policy.preferences_cookie().name();
            for it in found {
                let seen = Occasion {
                    request: &maker.step.label,
                    situation: SAME,
                };
                let (header, cookie) = match &it {
                    Trait::Redirect => ("location", None),
                    other => ("set-cookie", Some(other.cookie().unwrap_or(preferences))),
                };
                let breach = Breach {
                    requirement: Requirement::ChoiceIdentifiesNobody,
                    header,
                    cookie: cookie.map(str::as_bytes),
                    script: false,
                    why: it.why(),
                };
                match self.is_session(&it) {
                    true => self.ledger.recorder.excuse(&policy, seen, breach),
                    false => self.ledger.recorder.breach(&policy, seen, breach),
                }
            }
        }
    }

    /// Returns `true` for a necessary session that begins with any choice, as with other forms.
    fn is_session(&self, found: &Trait) -> bool {
        let policy = self.kit.oracle.policy();
        let Trait::Cookie(name) = found else {
            return false;
        };
        let is_necessary = policy.find(name.as_bytes());
        let is_necessary = is_necessary.is_some_and(|it| policy.necessary().has(it.named));
        let begun = self.named.sessions.as_ref();
        is_necessary && begun.is_some_and(|begun| begun.contains(name))
    }

    /// Returns the differences of each of several pairs of visitors.
    async fn set_apart(&mut self, maker: &Maker, pair: Pair) -> BTreeSet<Trait> {
        let mut left: Option<BTreeSet<Trait>> = None;
        let [mut first, mut second] = [maker.step.clone(), maker.step.clone()];
        if pair == Pair::Returning {
            self.set_apart_by_browser(&mut first, &mut second);
        }
        for _ in 0..PAIRS {
            let one = self.chosen(maker, &first, pair).await;
            let two = self.chosen(maker, &second, pair).await;
            let (Some(one), Some(two)) = (one, two) else {
                return BTreeSet::new();
            };
            self.ledger
                .recorder
                .exercise(Requirement::ChoiceIdentifiesNobody);
            let here = SystemTime::now().duration_since(UNIX_EPOCH);
            let here = here.map_or(0, |here| here.as_secs());
            let times = [unix_seconds(self.kit.now()), here];
            let policy = self.kit.oracle.policy();
            let mut new = one.differences(&two, policy, &times);
            new.extend(two.differences(&one, policy, &times));
            let found = match left.take() {
                Some(left) => left.intersection(&new).cloned().collect(),
                None => new,
            };
            if found.is_empty() {
                return found;
            }
            left = Some(found);
        }
        left.unwrap_or_default()
    }

    /// Gives the second visitor other headers, and both another address, unless the test has its own.
    fn set_apart_by_browser(&self, first: &mut Step, second: &mut Step) {
        let browser = [
            (USER_AGENT, OTHER_BROWSER),
            (ACCEPT_LANGUAGE, OTHER_LANGUAGE),
        ];
        for (name, value) in browser {
            let value = HeaderValue::from_static(value);
            second.parts.headers.insert(name, value);
        }
        for (step, address) in [first, second].into_iter().zip(ADDRESSES) {
            let headers = &mut step.parts.headers;
            if !headers.contains_key(ADDRESS) && !self.kit.headers.contains_key(ADDRESS) {
                headers.insert(ADDRESS, HeaderValue::from_static(address));
            }
        }
    }

    /// Makes the choice as a new visitor. Returns what is stored with it.
    async fn chosen(&mut self, maker: &Maker, step: &Step, pair: Pair) -> Option<StoredChoice> {
        let scene = situation(SAME, None);
        let mut visitor = self.visitor(&scene);
        self.log_in(&scene, &mut visitor).await;
        let mut pages = self.plan.iter().filter(|it| it.parts.method == Method::GET);
        let page = pages.next().filter(|_| pair == Pair::Returning).cloned();
        if let Some(page) = page {
            self.played(&scene, &mut visitor, &page, wants_body).await;
        }
        let played = self.played(&scene, &mut visitor, step, wants_body).await?;
        if !played.told.chose {
            return None;
        }
        let policy = self.kit.oracle.policy().clone();
        let choice = played.told.answer.as_ref();
        let choice = choice.and_then(|answer| answer.choice().copied());
        let exchange = played.exchange();
        let mut stored = StoredChoice::of(&policy, &exchange, choice, &self.named.undecided);
        if maker.accepts {
            return Some(stored);
        }
        // What a site sets for those who have refused alone.
        let pages = self
            .plan
            .iter()
            .filter(|step| step.parts.method == Method::GET);
        let pages: Vec<_> = pages.take(MOST_VISITED).cloned().collect();
        for step in pages {
            let played = self.played(&scene, &mut visitor, &step, wants_body).await;
            if let Some(played) = played {
                stored.add(&policy, &played.exchange(), &self.named.undecided);
            }
        }
        Some(stored)
    }
}
