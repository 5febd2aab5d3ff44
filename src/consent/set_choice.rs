use std::fmt;

use cookie::{Cookie, time};
use http::HeaderValue;

use crate::{
    policy::{CookiePolicy, PreferencesCookie, SameSite},
    preferences::{Choice, encoded_value},
};

/// Sets the preferences cookie, as part of the response to a visitor's choice.
///
/// Created by [`Consent::set_cookie`](crate::Consent::set_cookie). With axum, return it as part of
/// the response; with hyper or anything else, append [`header_value`](Self::header_value) as
/// `Set-Cookie`. The layer reads it from the response and already filters that response under the
/// new choice.
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
        // If the codec panics, the new choice is lost. The old one ends as well, since the new one
        // may have been meant to take back its grants.
        let cookie = match &value {
            Some(value) => preferences_cookie(preferences, value, left),
            None => preferences_cookie(preferences, "", 0),
        };
        // Name, domain and attributes were checked when the policy was built, and the value is
        // encoded, so the fallback can't happen; it would set nothing.
        let header = HeaderValue::try_from(cookie.to_string());
        let mut header = header.unwrap_or(HeaderValue::from_static(""));
        // Keeps it out of `Debug` output.
        header.set_sensitive(true);
        Self { header }
    }

    /// Returns the value of the `Set-Cookie` header.
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

/// Does not show the value, which contains the visitor's choice.
impl fmt::Debug for SetChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetChoice").finish_non_exhaustive()
    }
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
