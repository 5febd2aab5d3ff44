//! Judges one exchange: whatever the layer would have changed was wrong with it.

pub(in crate::conformance) mod exchange;
mod members;
mod whole;
mod why;

use std::collections::BTreeSet;

use http::{
    HeaderMap, HeaderValue, Request,
    header::{COOKIE, SET_COOKIE},
};

pub(super) use self::exchange::PlayedExchange;
use self::{exchange::removal, members::without_others};
use super::{
    Requirement, caches, choice,
    fates::FieldFate,
    jar::Cookie,
    opinion::Opinion,
    oracle::Oracle,
    recorder::{Breach, Occasion, Recorder},
    state,
};
use crate::{
    Consent, CookiePolicy, Gpc,
    consent::{PreferencesValues, Reading, read},
    wire::{self, Removal},
};

/// The results of an exchange that matter for later ones.
#[derive(Debug, Default)]
pub(super) struct AnswerJudgement {
    /// The consent of the request's preferences.
    pub(super) consent: Option<Consent>,
    /// The request's names that the response must expire.
    pub(super) to_expire: BTreeSet<String>,
    /// The names that it would have to expire, were it not for shared caches.
    pub(super) left_to_caches: BTreeSet<String>,
    /// The request's names that the service must not see.
    pub(super) to_hide: BTreeSet<Vec<u8>>,
    /// The request's necessary cookies, which the service has to see.
    pub(super) to_show: BTreeSet<Vec<u8>>,
    /// The cookies of consent categories that the response sets: names, or the patterns that
    /// declare them.
    pub(super) set: BTreeSet<String>,
    /// The response makes a choice: what it sets and deletes says nothing about other responses.
    pub(super) chose: bool,
    /// The consent under which it is judged: that of the choice that it makes.
    pub(super) answer: Option<Consent>,
    /// The cookies that the response removes, or may remove.
    pub(super) removed: BTreeSet<Cookie>,
    /// The members of the stored choice that the policy does not keep, and the time in seconds since 1970.
    pub(super) other_members: Option<(String, u64)>,
    /// The response makes the browser delete the storage of the site.
    pub(super) clears_storage: bool,
}

impl AnswerJudgement {
    /// Returns `true` if the response has to store the refusal of the request's signal.
    pub(super) fn remembers_signal(&self) -> bool {
        let due = self.consent.as_ref().and_then(Consent::signalled_choice);
        due.is_some()
    }
}

pub(super) fn judge(
    oracle: &Oracle,
    exchange: &PlayedExchange<'_>,
    seen: Occasion<'_>,
    recorder: &mut Recorder,
) -> AnswerJudgement {
    let mut request = Request::new(());
    *request.method_mut() = exchange.method.clone();
    *request.uri_mut() = exchange.uri.clone();
    *request.headers_mut() = exchange.sent.clone();
    // Whether other members tell visitors apart shows only in many responses.
    let (received, others) = without_others(oracle.policy(), exchange.received);
    let opinion = oracle.ask(&request, &received, exchange.now);
    recorder.answer(exchange.status);
    state::judge(oracle, exchange, seen, recorder);
    let Some(consent) = opinion.consent.clone() else {
        return AnswerJudgement::default();
    };
    recorder.meet(&consent);
    let hearing = Hearing {
        // That of the visitor's regime, if there are any.
        policy: consent.policy(),
        before: read_request(consent.policy(), exchange),
        after: PreferencesValues::default(),
        preferences_set: 0,
        consent: &consent,
        honours: oracle.gpc() == Gpc::Honour,
        exchange,
        seen,
    };
    let told = hearing.hear(&opinion, recorder);
    AnswerJudgement {
        other_members: others.map(|others| (others, exchange.now)),
        ..told
    }
}

fn read_request<'a>(policy: &CookiePolicy, exchange: &PlayedExchange<'a>) -> Reading<'a> {
    let fields = cookie_fields(exchange.sent);
    read(
        policy,
        &PreferencesValues::of_request(policy, fields),
        exchange.now,
    )
}

fn cookie_fields(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes)
}

/// Returns the readable names of all pairs.
pub(super) fn names_in(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    cookie_fields(headers)
        .flat_map(wire::pairs)
        .filter_map(|pair| pair.name.ok())
}

pub(super) fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

struct Hearing<'a> {
    policy: &'a CookiePolicy,
    before: Reading<'a>,
    after: PreferencesValues<'a>,
    /// The number of preferences cookies that the response sets or removes.
    preferences_set: usize,
    consent: &'a Consent,
    honours: bool,
    exchange: &'a PlayedExchange<'a>,
    seen: Occasion<'a>,
}

impl<'a> Hearing<'a> {
    fn hear(mut self, opinion: &Opinion, recorder: &mut Recorder) -> AnswerJudgement {
        let mut told = AnswerJudgement {
            consent: Some(self.consent.clone()),
            ..AnswerJudgement::default()
        };
        self.exercise(recorder);
        let fields: Vec<&'a [u8]> = self
            .exchange
            .received
            .get_all(SET_COOKIE)
            .iter()
            .map(HeaderValue::as_bytes)
            .collect();
        for field in &fields {
            self.collect(field, &mut told);
        }
        self.clearing(recorder);
        told.clears_storage = self.clears_storage();
        let after = read(self.policy, &self.after, self.exchange.now);
        told.chose = after.choice.is_some() || after.unreadable.is_some();
        told.answer = after.choice.map(|choice| self.consent.with_choice(choice));
        self.remembers_signal(&after, recorder);
        for (field, fate) in fields.iter().zip(&opinion.fates) {
            self.set_cookie((field, *fate), &after, &told, recorder);
        }
        let answered = choice::Answered {
            policy: self.policy,
            exchange: self.exchange,
            seen: self.seen,
            before: &self.before,
            after: &after,
        };
        answered.judge(recorder);
        let change = caches::Change {
            before: self.before.choice.as_ref(),
            after: after.choice.as_ref(),
        };
        caches::judge(self.policy, self.exchange, change, self.seen, recorder);

        let visible: BTreeSet<&[u8]> = names_in(&opinion.visible).collect();
        let carried = || names_in(self.exchange.sent);
        told.to_hide = carried()
            .filter(|name| !visible.contains(name))
            .map(<[u8]>::to_vec)
            .collect();
        let necessary = visible.iter().filter(|name| self.is_necessary(name));
        told.to_show = necessary.map(|name| name.to_vec()).collect();
        told.to_expire = self.expiring(&opinion.added);
        told.left_to_caches = &self.expiring(&opinion.added_uncached) - &told.to_expire;
        if !told.to_expire.is_empty() {
            recorder.exercise(Requirement::RefusalExpires);
        }
        told
    }

    /// Returns the names of carried cookies that one of these headers removes.
    fn expiring(&self, added: &[HeaderValue]) -> BTreeSet<String> {
        let removals = added.iter().map(HeaderValue::as_bytes);
        let removals = removals.filter(|field| removal(self.exchange, field) != Removal::No);
        let names = removals.filter_map(|removal| wire::name(removal).ok());
        let is_carried = |name: &[u8]| names_in(self.exchange.sent).any(|carried| carried == name);
        names
            .filter(|name| self.is_to_expire(name) && is_carried(name))
            .map(text)
            .collect()
    }

    /// Records what the header sets or removes, and whether it is a choice.
    fn collect(&mut self, field: &'a [u8], told: &mut AnswerJudgement) {
        let Ok(name) = wire::name(field) else {
            return;
        };
        let mut preferences = self.policy.preferences_names();
        let is_preferences = preferences.any(|known| known.as_bytes() == name);
        self.preferences_set += usize::from(is_preferences);
        if removal(self.exchange, field) != Removal::No {
            told.removed.insert(Cookie::of(&text(name), field));
            return;
        }
        self.after.offer(self.policy, name, wire::value(field));
        let found = self.policy.find(name);
        if let Some(found) = found.filter(|found| self.policy.consenting().has(found.named)) {
            let declared = self.policy.declaration_at(found.declaration);
            // Names that match a pattern may differ between visits.
            let pattern = declared.filter(|_| found.by_pattern);
            told.set
                .insert(pattern.map_or_else(|| text(name), |pattern| pattern.name().to_owned()));
        }
    }

    fn set_cookie(
        &self,
        (field, fate): (&'a [u8], FieldFate),
        after: &Reading<'_>,
        told: &AnswerJudgement,
        recorder: &mut Recorder,
    ) {
        recorder.exercise(Requirement::Declared);
        let name = wire::name(field).ok();
        let found = name.and_then(|name| self.policy.find(name));
        if found.is_some_and(|found| self.policy.exempt().has(found.named))
            && removal(self.exchange, field) == Removal::No
        {
            recorder.exercise(Requirement::ExemptLifetime);
        }
        let (requirement, why) = match fate {
            FieldFate::Passed => return,
            FieldFate::Clamped => (
                Requirement::ExemptLifetime,
                "it lives longer than 13 months".to_owned(),
            ),
            FieldFate::Limited => self.why_limited(field),
            FieldFate::Stripped => self.why_stripped(field, after, told),
            FieldFate::Replaced => {
                let (requirement, why) = self.why_stripped(field, after, told);
                let doubt = "only some browsers treat this as a removal, others may store it";
                (requirement, format!("{doubt}; and {why}"))
            }
        };
        let breach = Breach {
            requirement,
            header: "set-cookie",
            cookie: name,
            script: false,
            why,
        };
        recorder.breach(self.policy, self.seen, breach);
    }
}
