use std::fmt;

use cookie::{Cookie, time};
use http::HeaderValue;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::choice::Choice;
use crate::policy::{CookiePolicy, PreferencesCookie, SameSite};

/// What a cookie value can't hold (RFC 6265 §4.1.1, cookie-octet).
const NO_COOKIE_OCTET: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b',').add(b';').add(b'\\');

/// Sets the preferences cookie: the answer to a visitor who chose.
///
/// Made by [`Consent::set_cookie`](crate::Consent::set_cookie). In axum it is returned with the response; with
/// hyper or anything else, append [`header_value`](Self::header_value) as `Set-Cookie`. The layer
/// sees it leave and judges the whole response, this one already, under the new choice.
///
/// ```
/// use http::{Response, header::SET_COOKIE};
/// use tower_cookie_consent::{Category, Consent, CookiePolicy};
///
/// let policy = CookiePolicy::new([Category::consent("ads")])?;
/// let consent = Consent::undecided(policy);
/// let mut response = Response::new(());
/// let set = consent.set_cookie(consent.refuse_all());
/// response.headers_mut().append(SET_COOKIE, set.header_value());
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[must_use = "a choice is only kept once its Set-Cookie is part of the response"]
pub struct SetChoice {
    header: HeaderValue,
}

impl SetChoice {
    pub(crate) fn new(
        policy: &CookiePolicy,
        choice: &Choice,
        previous: Option<&[u8]>,
        now: u64,
    ) -> Self {
        let preferences = policy.preferences_cookie();
        let value = encoded_value(policy, choice, previous);
        // A choice keeps its age: setting an old one again does not renew it.
        let age = now.saturating_sub(choice.decided_at);
        let left = policy.choice_lifetime().as_secs().saturating_sub(age);
        // A codec that panics says nothing about the new choice. So the old one ends, whose grants it
        // may have been meant to take back.
        let cookie = match &value {
            Some(value) => preferences_cookie(preferences, value, left),
            None => preferences_cookie(preferences, "", 0),
        };
        // Name, domain and attributes were checked when the policy was built, and the value is
        // encoded: the fallback can't happen, and would set nothing.
        let header = HeaderValue::try_from(cookie.to_string());
        let mut header = header.unwrap_or(HeaderValue::from_static(""));
        // So that nobody's `Debug` prints it.
        header.set_sensitive(true);
        Self { header }
    }

    /// The value of the `Set-Cookie` header field, as it goes over the wire.
    /// See [the example](Self).
    #[must_use]
    pub fn header_value(&self) -> HeaderValue {
        self.header.clone()
    }
}

impl From<SetChoice> for HeaderValue {
    fn from(set: SetChoice) -> Self {
        set.header
    }
}

/// Without the value, which tells what somebody chose.
impl fmt::Debug for SetChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetChoice").finish_non_exhaustive()
    }
}

/// The value of the preferences cookie, with nothing in it that a cookie can't hold; of the `previous`
/// one nothing at a refusal. `None` where the codec panicked.
pub(crate) fn encoded_value(
    policy: &CookiePolicy,
    choice: &Choice,
    previous: Option<&[u8]>,
) -> Option<String> {
    let previous = previous.filter(|_| !choice.is_refusal(policy));
    let value = policy
        .preferences_cookie()
        .encode(policy, choice, previous)?;
    Some(utf8_percent_encode(&value, NO_COOKIE_OCTET).to_string())
}

fn preferences_cookie<'a>(
    preferences: &'a PreferencesCookie,
    value: &'a str,
    seconds_left: u64,
) -> Cookie<'a> {
    let seconds_left = i64::try_from(seconds_left).unwrap_or(i64::MAX);
    let mut cookie = Cookie::build((preferences.name(), value))
        .path("/")
        .max_age(time::Duration::seconds(seconds_left))
        .same_site(match preferences.get_same_site() {
            SameSite::Strict => cookie::SameSite::Strict,
            SameSite::Lax => cookie::SameSite::Lax,
            SameSite::None => cookie::SameSite::None,
        });
    if let Some(domain) = preferences.get_domain() {
        cookie = cookie.domain(domain);
    }
    if preferences.get_secure() {
        cookie = cookie.secure(true);
    }
    if preferences.get_http_only() {
        cookie = cookie.http_only(true);
    }
    cookie.build()
}
