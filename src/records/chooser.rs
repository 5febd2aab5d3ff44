//! The visitor who made a choice, and what is recorded of it.

use std::sync::Arc;

use http::{HeaderMap, header::SET_COOKIE};

use super::{
    Answer, Cause, ConsentRecord, Document, Entry, Instant, RecordId, Records, Withdrawal,
    visitor::{Known, SaidSite, Visitor, is_of_choice},
};
use crate::{
    consent::{Choice, Consent, InForce, PreferencesValues, answers, read},
    observe::{Shown, Surface},
    policy::CategorySet,
    wire::{self, Removal, ServerDate},
};

/// The visitor who made a choice.
pub(super) struct Chooser {
    pub(super) consent: Consent,
    site: Option<SaidSite>,
    known: Option<Box<Known>>,
    pub(super) records: Records,
}

impl From<Visitor> for Chooser {
    fn from(visitor: Visitor) -> Self {
        Self {
            consent: visitor.consent.into_consent(),
            site: visitor.site,
            known: visitor.known,
            records: visitor.records,
        }
    }
}

/// A new choice of a response.
pub(super) enum New {
    Choice(Choice),
    /// The preferences cookie is removed, and with it all answers.
    Removal,
}

impl Chooser {
    /// Returns the choice that the response makes, unless it is the one in force, or can't be read: then
    /// the consent layer withholds it.
    pub(super) fn new_choice(&self, headers: &HeaderMap) -> Option<New> {
        let policy = self.consent.policy();
        let mut values = PreferencesValues::default();
        let mut removed = false;
        for field in headers.get_all(SET_COOKIE) {
            let field = field.as_bytes();
            let Ok(name) = wire::name(field) else {
                continue;
            };
            if !is_of_choice(policy, name) {
                continue;
            }
            match wire::classify_removal(field, || self.now(), || ServerDate::Absent) {
                Removal::Certain => removed = true,
                _ => {
                    values.offer(policy, name, wire::value(field));
                }
            }
        }
        let reading = read(policy, &values, self.now());
        match reading.choice {
            Some(choice) if reading.fault.is_none() => Some(New::Choice(choice)),
            None if removed && values.is_empty() && self.consent.choice().is_some() => {
                Some(New::Removal)
            }
            _ => None,
        }
    }

    pub(super) fn now(&self) -> u64 {
        self.consent.judged_at_seconds()
    }

    /// Returns `true` if the choice grants something that was not in force, or dates a grant anew.
    pub(super) fn is_grant(&self, choice: &Choice) -> bool {
        let policy = self.consent.policy();
        let granted = (choice.granted - choice.denied) & policy.optional();
        let before = self.consent.in_force();
        // A date of its own makes consent last longer. In the second of the choice before nobody can tell if it is
        // dated anew.
        let is_new = choice.decided_at >= self.now();
        let earlier = self.consent.choice();
        let lasts_longer =
            earlier.is_none_or(|before| is_new || choice.decided_at > before.decided_at);
        // With the signal a grant counts for more.
        let counts_more = earlier.is_none_or(|before| choice.gpc && !before.gpc);
        // What is allowed without asking too: nobody could prove that yes either.
        !(granted - before.granted).is_empty()
            || (counts_more && !granted.is_empty())
            || (lasts_longer && !(granted & policy.consenting()).is_empty())
    }

    /// Returns `true` if the choice is the one that the request carried.
    pub(super) fn is_known(&self, choice: &Choice) -> bool {
        self.consent.choice() == Some(choice)
    }

    pub(super) fn entry(&self, new: &New, cause: Cause, shown: Option<&Shown>) -> Option<Entry> {
        let policy = self.consent.policy();
        let id = RecordId::now()?;
        let (now, cause, decided_at, gpc) = match new {
            New::Choice(choice) => (
                InForce::of_choice(choice),
                cause,
                choice.decided_at,
                choice.gpc,
            ),
            New::Removal => (
                InForce {
                    granted: CategorySet::EMPTY,
                    denied: CategorySet::EMPTY,
                },
                Cause::Removed,
                id.unix_seconds(),
                self.consent.gpc(),
            ),
        };
        let of_policy = self.records.document_of(policy);
        let document = shown.and_then(Shown::get_document);
        let answers = answers(policy, now, self.consent.in_force())
            .map(|(id, now, before)| (id.to_owned(), Answer::new(now, before)));
        let record = ConsentRecord {
            id,
            recorded_at: Instant::from_unix_seconds(id.unix_seconds()),
            decided_at: Instant::from_unix_seconds(decided_at),
            site: self.site(),
            policy: of_policy.digest(),
            shown: document.map(Document::digest),
            surface: shown.map_or(Surface::Handler, Shown::surface),
            language: shown.and_then(Shown::get_language).map(str::to_owned),
            regime: policy.regime().map(|regime| regime.id().to_owned()),
            gpc,
            cause,
            answers: answers.collect(),
            key: shown.and_then(Shown::get_nonce).map(str::to_owned),
        };
        let mut entry = Entry::new(Arc::new(record), vec![of_policy]);
        entry.documents.extend(document.cloned());
        if let Some(known) = self.known.as_deref() {
            let accounts = self.records.0.settings.accounts.as_ref();
            entry.account = known
                .account
                .as_ref()
                .zip(accounts)
                .map(|(name, accounts)| accounts.account(name));
            if entry.account.is_none() {
                entry.previous = known.previous;
            }
        }
        if self.records.0.settings.passing.is_some() {
            entry.withdrawals = self.withdrawals(new, &entry.record);
        }
        Some(entry)
    }

    /// Returns the news for each category and service that was allowed, and is not allowed any more.
    fn withdrawals(&self, new: &New, record: &ConsentRecord) -> Vec<Withdrawal> {
        let policy = self.consent.policy();
        let withdrawn = match new {
            New::Choice(choice) => {
                self.consent.allowed() - self.consent.with_choice(*choice).allowed()
            }
            // What is allowed without asking stays so.
            New::Removal => self.consent.in_force().granted & policy.consenting(),
        };
        let ids = (withdrawn & policy.optional()).iter();
        ids.filter_map(|index| policy.id_at(index))
            .map(|id| Withdrawal {
                record: record.id,
                provider: id.to_owned(),
                handle: self.known.as_ref().and_then(|known| known.handle.clone()),
                withdrawn_at: record.recorded_at,
            })
            .collect()
    }

    fn site(&self) -> String {
        let named = self.records.0.settings.site.clone();
        let said = || self.site.as_ref().map(SaidSite::name);
        named.or_else(said).unwrap_or_default()
    }
}
