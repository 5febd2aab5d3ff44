//! A request of a visitor who is logged in, and what the store says of the account.

use http::{Request, Response};

use super::{
    AccountConsent,
    answers::Answers,
    base::Base,
    carried::{After, Carried, LoggedIn, LoggedOut, Unchosen},
    future::{Told, sets_choice},
    merge::{Contradicted, Merged, merge},
    notice::note,
};
use crate::{
    consent::{Consent, SetChoice},
    observe::{Shown, Surface},
    records::{Cause, record::CauseOf},
};

/// A request of a visitor who is logged in.
pub(super) struct Visit {
    name: String,
    consent: Consent,
    /// The request carried the choice of another account, and `consent` is by the device's.
    is_corrected: bool,
    /// The cookie is of this account.
    is_known: bool,
    pub(super) is_fresh: bool,
    asked_at: u64,
    base: Base,
}

impl Visit {
    pub(super) fn of(
        accounts: &AccountConsent,
        name: String,
        carried: Option<&Carried>,
        consent: Consent,
    ) -> Self {
        let (policy, now) = (consent.policy(), consent.judged_at_seconds());
        let held = carried.and_then(|carried| carried.held_of(accounts, &name));
        let others = carried.filter(|_| held.is_none());
        let corrected = others.and_then(|it| it.corrected(accounts, Some(&name), &consent));
        let base = match (held, others) {
            // An empty one has left the device's choice in its place.
            (Some(held), _) => match held.answers(policy, consent.choice(), now) {
                Some(answers) => Base::Account(answers),
                None => Base::Device(consent.choice().copied()),
            },
            (None, Some(carried)) => {
                let device = AccountConsent::reading_of(policy, &carried.device, now);
                Base::Device(device.choice)
            }
            (None, None) => Base::Device(consent.choice().copied()),
        };
        Self {
            is_known: held.is_some(),
            is_fresh: held.is_some_and(|held| accounts.is_fresh(held, now)),
            asked_at: held.map_or(0, |held| held.asked_at),
            is_corrected: corrected.is_some(),
            consent: corrected.unwrap_or(consent),
            base,
            name,
        }
    }

    /// Puts the visitor's own consent in the place of another account's.
    pub(super) fn correct<B>(&self, request: &mut Request<B>) {
        if self.is_corrected {
            request.extensions_mut().insert(self.consent.clone());
        }
    }

    pub(super) fn told(&self, accounts: &AccountConsent, after: LoggedIn) -> Told {
        Told {
            after: After::LoggedIn(Box::new(after)),
            corrected: self.is_corrected.then(|| self.consent.clone()),
            own: accounts.own.clone(),
        }
    }

    pub(super) fn after(&self) -> LoggedIn {
        LoggedIn {
            name: self.name.clone(),
            policy: self.consent.policy().clone(),
            now: self.consent.judged_at_seconds(),
            asked_at: self.asked_at,
            base: self.base.clone(),
            stored: None,
            unchosen: match self.is_corrected {
                true => Unchosen::Removed,
                false => Unchosen::Kept,
            },
            is_answer: false,
        }
    }

    /// Asks the store, and merges.
    pub(super) async fn ask(&self, accounts: &AccountConsent) -> Asked {
        let (policy, now) = (self.consent.policy(), self.consent.judged_at_seconds());
        let Some(stored) = accounts.load(&self.name, policy, now).await else {
            return Asked::Unknown;
        };
        let merged = match &self.base {
            // What this device knows may not have been saved.
            Base::Account(known) => Merged::from(Some(match &stored {
                Some(stored) => stored.latest(known, policy, now),
                None => known.clone(),
            })),
            Base::Device(_) if self.is_known => Merged::from(stored.clone()),
            Base::Device(device) => merge(policy, stored.clone(), *device, accounts.rule, now),
        };
        Asked::Known { stored, merged }
    }
}

/// The answer of the store.
pub(super) enum Asked {
    Unknown,
    Known {
        stored: Option<Answers>,
        merged: Merged,
    },
}

impl Asked {
    /// Shows the merged choice to the service.
    pub(super) fn prepare<B>(
        &self,
        accounts: &AccountConsent,
        visit: &Visit,
        request: &mut Request<B>,
    ) -> LoggedIn {
        let mut after = visit.after();
        let Self::Known { stored, merged } = self else {
            note(request, Contradicted::NOTHING, accounts.rule);
            return after;
        };
        after.asked_at = after.now;
        after.stored.clone_from(stored);
        match &merged.answers {
            Some(answers) => after.base = Base::Account(answers.clone()),
            None => after.unchosen = Unchosen::Empty,
        }
        if let Some(Answers { choice, .. }) = merged.answers
            && visit.consent.choice() != Some(&choice)
            && let Some(consent) = request.extensions_mut().get_mut::<Consent>()
        {
            *consent = consent.by_choice(choice);
        }
        note(request, merged.contradicted, accounts.rule);
        after
    }

    /// Sets the merged choice, unless the service has set one.
    pub(super) fn answer<B>(
        &self,
        accounts: &AccountConsent,
        visit: &Visit,
        after: LoggedIn,
        response: &mut Response<B>,
    ) {
        let mut told = visit.told(accounts, after);
        told.hear(response);
        if let Self::Known { merged, .. } = self
            && let Some(Answers { choice, .. }) = merged.answers
            && !sets_choice(&accounts.own, response.headers())
            && response.extensions().get::<LoggedOut>().is_none()
        {
            // The signal of one device opts the account out, on all of them.
            let signalled = visit.consent.by_choice(choice).signalled_choice();
            let is_of_signal = signalled.is_some();
            let choice = signalled.unwrap_or(choice);
            let now = visit.consent.judged_at_seconds();
            let set = SetChoice::new(visit.consent.policy(), &choice, None, now);
            if is_of_signal {
                // A request of this visitor, whatever is merged with it.
                set.shown(Shown::on(Surface::Signal))
                    .apply_to(response)
                    .ok();
            } else {
                set.append_to(response.headers_mut()).ok();
                if visit.consent.choice() != Some(&choice) {
                    response.extensions_mut().insert(CauseOf(Cause::Merged));
                }
            }
        }
        told.tell(response);
    }
}
