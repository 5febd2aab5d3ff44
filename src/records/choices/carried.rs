//! What the two layers leave each other.

use super::{AccountConsent, answers::Answers, base::Base, held::Held};
use crate::{consent::Consent, policy::CookiePolicy};

/// In the request: it had the account's cookie.
#[derive(Clone)]
pub(super) struct Carried {
    /// The valid ones: several if another host of the domain has set one.
    pub(super) held: Vec<Held>,
    /// There was one only.
    pub(super) is_one: bool,
    /// The values of the device's own preferences cookies.
    pub(super) device: Vec<Vec<u8>>,
}

impl Carried {
    /// Returns the cookie if it is of the account of this name, and the only one.
    pub(super) fn held_of(&self, accounts: &AccountConsent, name: &str) -> Option<&Held> {
        let held = self.held.first().filter(|_| self.is_one)?;
        held.is_of(accounts.keys(), name).then_some(held)
    }

    /// Returns the consent by the device's own choice, if the one of this request is by that of another account, or of
    /// one that is not logged in any more.
    pub(super) fn corrected(
        &self,
        accounts: &AccountConsent,
        name: Option<&str>,
        consent: &Consent,
    ) -> Option<Consent> {
        let is_own = |held: &Held| name.is_some_and(|name| held.is_of(accounts.keys(), name));
        let has_choice = self.held.iter().any(|held| !held.value.is_empty());
        if !has_choice || self.held.iter().any(is_own) {
            return None;
        }
        let now = consent.judged_at_seconds();
        let reading = AccountConsent::reading_of(consent.policy(), &self.device, now);
        Some(consent.by_reading(&reading))
    }
}

/// In the response: what becomes of the account's cookie.
#[derive(Clone)]
pub(super) enum After {
    /// The visitor is logged out.
    LoggedOut {
        /// A choice of this response is the device's, and not the account's, sent again.
        is_devices: bool,
    },
    /// A choice of this response is one of the account.
    LoggedIn(Box<LoggedIn>),
}

/// A visitor who is logged in.
#[derive(Clone)]
pub(super) struct LoggedIn {
    pub(super) name: String,
    pub(super) policy: CookiePolicy,
    pub(super) now: u64,
    /// The second at which the store was asked.
    pub(super) asked_at: u64,
    /// What the visitor chose over.
    pub(super) base: Base,
    /// The answers in the store, as far as they are known.
    pub(super) stored: Option<Answers>,
    /// What becomes of the cookie if the response sets no choice.
    pub(super) unchosen: Unchosen,
    /// The service has set a choice.
    pub(super) is_answer: bool,
}

/// What becomes of the account's cookie if a response sets no choice.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unchosen {
    /// It stays.
    Kept,
    /// It is of another account.
    Removed,
    /// It says that the account has no choice, as of now.
    Empty,
}

/// Put into the extensions of the response to a logout, so that the device's own choice is back with the very
/// next request. Without it, the request that finds the visitor logged out still hides and shows cookies by the
/// account's choice.
///
/// ```
/// use http::Response;
/// use tower_cookie_consent::records::LoggedOut;
///
/// let mut response = Response::new("Good bye");
/// response.extensions_mut().insert(LoggedOut);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoggedOut;
