//! A request of a visitor who is logged in, and what the store says of the account.

use http::{HeaderMap, Request, Response, header::SET_COOKIE};

use super::{
    AccountConsent, MergeRule,
    carried::{After, Carried, LoggedIn, LoggedOut},
    future::tell,
    merge::{Merged, merge},
    notice::note,
};
use crate::{
    consent::{Choice, Consent, SetChoice},
    policy::CategorySet,
    records::{Cause, record::CauseOf},
    wire,
};

/// A request of a visitor who is logged in.
pub(super) struct Visit {
    name: String,
    consent: Consent,
    /// The choice of the account that the cookie has, if it is this account's.
    known: Option<Choice>,
    /// The cookie is of this account.
    is_known: bool,
    pub(super) is_fresh: bool,
    /// The device's own choice.
    device: Option<Choice>,
}

impl Visit {
    pub(super) fn of(
        accounts: &AccountConsent,
        name: String,
        carried: Option<Carried>,
        consent: Consent,
    ) -> Self {
        let now = consent.judged_at_seconds();
        let choice = consent.choice().copied();
        let (held, device) = match carried {
            Some(Carried { held, device }) => {
                let device = AccountConsent::choice_of(consent.policy(), &device, now);
                (held, device)
            }
            None => (None, choice),
        };
        let held = held.filter(|held| held.is_of(accounts.keys(), &name));
        let has_choice = held.as_ref().is_some_and(|held| !held.value.is_empty());
        Self {
            is_known: held.is_some(),
            is_fresh: held.is_some_and(|held| accounts.is_fresh(&held, now)),
            known: choice.filter(|_| has_choice),
            device,
            name,
            consent,
        }
    }

    pub(super) fn after(&self) -> LoggedIn {
        LoggedIn {
            name: self.name.clone(),
            policy: self.consent.policy().clone(),
            now: self.consent.judged_at_seconds(),
            stored: None,
            renewed: None,
        }
    }

    /// Asks the store, and merges.
    pub(super) async fn ask(&self, accounts: &AccountConsent) -> Asked {
        let (policy, now) = (self.consent.policy(), self.consent.judged_at_seconds());
        let Some(stored) = accounts.load(&self.name, policy, now).await else {
            return Asked::Unknown;
        };
        // Of the same account, the later choice counts: an earlier one may not have been saved.
        let (other, rule) = match self.is_known {
            true => (self.known, MergeRule::Latest),
            false => (self.device, accounts.rule),
        };
        let merged = match (stored, other) {
            (Some(stored), Some(known)) if self.is_known => Merged {
                choice: Some(if known.decided_at > stored.decided_at {
                    known
                } else {
                    stored
                }),
                ..Merged::NONE
            },
            _ => merge(policy, stored, other, rule, now),
        };
        Asked::Known { stored, merged }
    }
}

/// The answer of the store.
pub(super) enum Asked {
    Unknown,
    Known {
        stored: Option<Choice>,
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
            note(request, CategorySet::EMPTY, accounts.rule);
            return after;
        };
        after.stored = *stored;
        if merged.choice.is_none() {
            after.renewed = Some(String::new());
        }
        if let Some(choice) = merged.choice
            && visit.consent.choice() != Some(&choice)
            && let Some(consent) = request.extensions_mut().get_mut::<Consent>()
        {
            *consent = consent.with_choice(choice);
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
        if let Self::Known { merged, .. } = self
            && let Some(choice) = merged.choice
            && !sets_choice(accounts, response.headers())
            && response.extensions().get::<LoggedOut>().is_none()
        {
            // The signal of one device opts the account out, on all of them.
            let signalled = visit.consent.with_choice(choice).signalled_choice();
            let choice = signalled.unwrap_or(choice);
            let (policy, now) = (&after.policy, after.now);
            let set = SetChoice::new(policy, &choice, None, now);
            set.append_to(response.headers_mut()).ok();
            if visit.consent.choice() != Some(&choice) {
                response.extensions_mut().insert(CauseOf(Cause::Merged));
            }
        }
        tell(response, After::LoggedIn(Box::new(after)));
    }
}

fn sets_choice(accounts: &AccountConsent, headers: &HeaderMap) -> bool {
    let mut fields = headers.get_all(SET_COOKIE).iter();
    fields
        .any(|field| wire::name(field.as_bytes()).is_ok_and(|name| name == accounts.own.as_bytes()))
}
