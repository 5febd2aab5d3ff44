//! Decides what happens to a response: under which choice, what leaves it, and what is expired.

use std::cell::{LazyCell, OnceCell};

use http::{Extensions, HeaderMap, header::DATE};

use super::{
    super::{clearing, exchange::Exchange, expiry::Targets, remembered::Notes},
    decided::{Decided, RecordedChoice, Seen},
    filter::SetCookieFilter,
    new_choice::{Answer, NewChoice},
    survey::SetCookieSurvey,
};
use crate::{
    consent::{Judgement, PreferencesValues, Rules},
    observe::{ChoiceMade, Event},
    policy::CookiePolicy,
    wire::{
        self, ServerDate,
        fields::{Changes, fields},
    },
};

/// Returns `true` if browsers have to forget pages that show what was allowed before.
#[cold]
#[inline(never)]
fn withdraws(policy: &CookiePolicy, before: Judgement, now: Judgement) -> bool {
    policy.withdrawals_forget_pages() && !(before.allowed - now.allowed).is_empty()
}

impl Exchange {
    /// Returns the context of the preferences that the response sets.
    #[inline]
    fn answer<'a, Now: Fn() -> u64>(
        &'a self,
        notes: &'a Notes,
        headers: &'a HeaderMap,
        now: Now,
    ) -> Answer<'a, impl Fn() -> ServerDate, impl Fn() -> &'a str, Now> {
        Answer {
            policy: notes.policy_of(&self.config),
            received: self.received(notes),
            served: || wire::server_date(fields(headers, &DATE)),
            host: || self.host(notes),
            now,
            plain_http: notes.plain_http,
        }
    }

    /// Decides the changes to the response's headers, what to expire, and what is allowed by now.
    /// Returns `None` if nothing is left to do.
    #[inline]
    pub(in super::super) fn decide(
        &self,
        notes: &Notes,
        seen: Seen<'_>,
        headers: &HeaderMap,
        changes: &mut Changes,
    ) -> Option<Decided> {
        let (config, watch) = (&*self.config, &notes.watch);
        let policy = notes.policy_of(config);
        let mut survey = SetCookieSurvey::default();
        survey.look_at(policy, headers);
        let more = seen.names.state || notes.ask_for_more();
        if survey.is_necessary(policy) && !more && !watch.is_on() {
            return None;
        }
        let now = LazyCell::new(|| config.now());
        #[cfg_attr(
            not(feature = "records"),
            allow(unused_mut, reason = "nothing corrects it")
        )]
        let mut before = self.visitor.before(config, policy, || *now, watch);
        #[cfg(feature = "records")]
        if config.records.is_some() {
            before.correct(seen.extensions);
        }
        let new = survey.has_preferences().then(|| {
            let answer = self.answer(notes, headers, || *now);
            answer.set_in(survey.preferences(), before)
        });
        let recorded = RecordedChoice::of(config, seen.extensions);
        let new = new.flatten().map(|new| match recorded {
            Some(recorded) => new.if_recorded(recorded, policy, before.judgement),
            None => new,
        });
        let lost = seen.names.clears && clearing::clears_cookies(headers);
        let judgement = match &new {
            // No browser stores it.
            Some(new) if lost => new.judgement.narrowed_by(before.judgement),
            Some(new) => self.settle(notes, new, before.judgement, seen.extensions),
            None => before.judgement,
        };
        let filter = SetCookieFilter {
            config,
            policy,
            rules: Rules::of_response(policy, judgement, config.switches),
            carried: &notes.carried,
            watch,
            headers,
            cacheability: notes.cacheability,
            around: &notes.around,
            within: seen.within,
            together: new.as_ref().and_then(|new| new.together),
            recorded,
            path: self.path.as_ref(),
            signals: before.signals,
            carried_kinds: OnceCell::new(),
            now: || *now,
        };
        filter.judge(&survey, changes);
        let refused = new.as_ref().map(|new| new.refused);
        let still_there = || Targets::still_there(notes.expirable);
        Some(Decided {
            withdraws: new.is_some() && withdraws(policy, before.judgement, judgement),
            targets: refused.map_or_else(still_there, Targets::of_refusal),
            judgement,
            sets_preferences: survey.has_preferences(),
        })
    }

    /// Returns the preferences that the request carried.
    fn received<'a>(&'a self, notes: &'a Notes) -> PreferencesValues<'a> {
        match notes.received.are_none() {
            true => self.visitor.received(notes.policy_of(&self.config)),
            false => notes.received.values(),
        }
    }

    /// Reports a new choice. Returns what is allowed by now.
    fn settle(
        &self,
        notes: &Notes,
        new: &NewChoice,
        before: Judgement,
        extensions: &Extensions,
    ) -> Judgement {
        if let Some(mistake) = new.lost {
            let policy = notes.policy_of(&self.config);
            policy.mistakes().note(mistake, "");
        }
        if let Some(choice) = &new.choice {
            let policy = notes.policy_of(&self.config);
            let made = ChoiceMade::new(choice, &before, policy, extensions);
            let made = made.with_request(notes.kept.as_deref());
            self.config.observers.tell_choice(&made);
            notes.watch.tell(&self.config, Event::choice(made));
        }
        new.judgement
    }
}
