//! What the two layers leave each other.

use super::held::Held;
use crate::{consent::Choice, policy::CookiePolicy};

/// In the request: it had the account's cookie.
#[derive(Clone)]
pub(super) struct Carried {
    /// The account's choice, which is in the place of the device's. `None` if the cookie is not valid, or not
    /// the only one.
    pub(super) held: Option<Held>,
    /// The values of the device's own preferences cookies.
    pub(super) device: Vec<Vec<u8>>,
}

/// In the response: what becomes of the account's cookie.
#[derive(Clone)]
pub(super) enum After {
    /// The visitor is logged out.
    LoggedOut,
    /// A choice of this response is one of the account.
    LoggedIn(Box<LoggedIn>),
}

/// A visitor who is logged in.
#[derive(Clone)]
pub(super) struct LoggedIn {
    pub(super) name: String,
    pub(super) policy: CookiePolicy,
    pub(super) now: u64,
    /// The choice in the store, as far as it is known.
    pub(super) stored: Option<Choice>,
    /// The value to hold, with a new time, if the response sets no choice.
    pub(super) renewed: Option<String>,
}

/// Put into the extensions of the response to a logout, so that the device's own choice is back with the very
/// next request. Without it, it is back one request later.
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
