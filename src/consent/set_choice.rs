use std::fmt;

use cookie::{Cookie, time};
use http::{Extensions, HeaderMap, HeaderValue, Response, header::SET_COOKIE};

use super::{Beside, Shown, regime::holds_objection};
use crate::{
    policy::{CookiePolicy, PreferencesCookie, SameSite},
    preferences::{Choice, EncodeError, encoded_value},
    wire::MAX_COOKIE_SECONDS,
};

/// Sets the preferences cookie, as part of the response to a visitor's choice.
///
/// Created by [`Consent::set_cookie`](crate::Consent::set_cookie). With axum, return it as part of
/// the response; with hyper or anything else, call [`append_to`](Self::append_to). The layer reads it from the response and already filters that response under the
/// new choice.
///
/// ```
/// use http::Response;
/// use tower_cookie_consent::{Category, Consent, CookiePolicy};
///
/// let policy = CookiePolicy::new([Category::consent("ads")])?;
/// let consent = Consent::undecided(policy);
/// let mut response = Response::new(());
/// consent.set_cookie(consent.refuse_all()).append_to(response.headers_mut())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[must_use = "a choice is only kept once its Set-Cookie is part of the response"]
pub struct SetChoice {
    /// The header of the cookie, unless the policy only reads it.
    header: Option<HeaderValue>,
    /// Of other cookies that store a choice.
    removals: Vec<HeaderValue>,
    shown: Option<Shown>,
}

/// The error of a choice that can't be set, since the policy's preferences cookie is another tool's
/// ([`PreferencesCookie::follow`](crate::preferences::PreferencesCookie::follow)) or its codec can't
/// write. Nothing is sent. With axum, it is an answer with status 500 and this text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the policy only reads its preferences cookie, so no choice can be set: let the tool that writes \
     the cookie ask, or give the policy a preferences cookie with a codec that writes"
)]
#[non_exhaustive]
pub struct ReadOnly;

/// Returns for how many seconds the browser keeps a choice.
pub(crate) fn seconds_left(policy: &CookiePolicy, choice: &Choice, now: u64) -> u64 {
    let lifetime = policy.choice_lifetime().as_secs();
    // A choice keeps its age: setting an old one again does not renew it. An objection does not end with it.
    match (holds_objection(policy, choice), policy.is_in_regime()) {
        (true, true) => MAX_COOKIE_SECONDS,
        (true, false) => lifetime,
        (false, _) => lifetime.saturating_sub(now.saturating_sub(choice.decided_at)),
    }
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
        let left = seconds_left(policy, choice, now);
        // If the codec panics, the new choice is lost. The old one ends as well, since the new one
        // may have been meant to take back its grants.
        let cookie = match &value {
            Ok(value) => preferences_cookie(preferences, value, left),
            Err(EncodeError::CodecPanicked) => preferences_cookie(preferences, "", 0),
            Err(EncodeError::ReadOnly) => return Self::NOTHING,
        };
        // Name, domain and attributes were checked when the policy was built, and the value is
        // encoded, so it always is a header value.
        let mut header = HeaderValue::try_from(cookie.to_string()).ok();
        if let Some(header) = &mut header {
            // Keeps it out of `Debug` output.
            header.set_sensitive(true);
        }
        Self {
            header,
            removals: Vec::new(),
            shown: None,
        }
    }

    /// Creates one for a choice that was received in a former cookie, which is removed. Returns `None`
    /// if the choice is too old to be stored.
    pub(crate) fn taken_over(
        policy: &CookiePolicy,
        choice: &Choice,
        beside: &Beside,
        now: u64,
    ) -> Option<Self> {
        let age = now.saturating_sub(choice.decided_at);
        let is_current = age < policy.choice_lifetime().as_secs();
        let set = Self::new(policy, choice, None, now);
        is_current.then(|| set.removing(beside.removals(policy)))
    }

    const NOTHING: Self = Self {
        header: None,
        removals: Vec::new(),
        shown: None,
    };

    /// Adds removals, each once.
    pub(super) fn removing(mut self, removals: Vec<HeaderValue>) -> Self {
        for removal in removals {
            if !self.removals.contains(&removal) {
                self.removals.push(removal);
            }
        }
        self
    }

    /// Says where the visitor made the choice, and what they were shown, for events and records. It
    /// takes effect with [`apply_to`](Self::apply_to), and with axum.
    ///
    /// ```
    /// # use http::Response;
    /// # use tower_cookie_consent::{Category, Consent, CookiePolicy, observe::Shown};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// # let consent = Consent::undecided(policy);
    /// let mut response = Response::new("Thank you");
    /// let set = consent.set_cookie(consent.accept_all());
    /// set.shown(Shown::by_handler().language("en")).apply_to(&mut response)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shown(mut self, shown: Shown) -> Self {
        self.shown = Some(shown);
        self
    }

    /// Adds it to a response: the `Set-Cookie` headers, and for layers [what was shown](Self::shown).
    ///
    /// # Errors
    ///
    /// [`ReadOnly`] if the policy only reads its preferences cookie.
    pub fn apply_to<B>(self, response: &mut Response<B>) -> Result<(), ReadOnly> {
        self.append_to(response.headers_mut())?;
        self.tell(response.extensions_mut());
        Ok(())
    }

    pub(crate) fn tell(self, extensions: &mut Extensions) {
        if let Some(shown) = self.shown {
            extensions.insert(shown);
        }
    }

    /// Appends the `Set-Cookie` headers to those of a response.
    ///
    /// ```
    /// # use http::HeaderMap;
    /// # use tower_cookie_consent::{Category, Consent, CookiePolicy};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// # let consent = Consent::undecided(policy);
    /// let mut headers = HeaderMap::new();
    /// consent.set_cookie(consent.accept_all()).append_to(&mut headers)?;
    /// assert_eq!(headers.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReadOnly`] if the policy only reads its preferences cookie.
    pub fn append_to(&self, headers: &mut HeaderMap) -> Result<(), ReadOnly> {
        for value in self.header_values()? {
            // A full map, with more than 24,000 headers, has no room, and no server sends it.
            let _ = headers.try_append(SET_COOKIE, value);
        }
        Ok(())
    }

    /// Returns the values of the `Set-Cookie` headers: first the choice, then removals of preferences
    /// cookies that would stand beside it.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, Consent, CookiePolicy};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// # let consent = Consent::undecided(policy);
    /// let set = consent.set_cookie(consent.accept_all());
    /// assert_eq!(set.header_values()?.collect::<Vec<_>>(), [set.header_value()]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReadOnly`] if the policy only reads its preferences cookie.
    pub fn header_values(&self) -> Result<impl Iterator<Item = HeaderValue>, ReadOnly> {
        let header = self.header.clone().ok_or(ReadOnly)?;
        Ok(std::iter::once(header).chain(self.removals.clone()))
    }

    /// Returns the value of the `Set-Cookie` header of the choice alone. It is empty, and would set
    /// nothing, if the policy only reads its preferences cookie.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, Consent, CookiePolicy};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// # let consent = Consent::undecided(policy);
    /// let value = consent.set_cookie(consent.refuse_all()).header_value();
    /// assert!(value.to_str()?.starts_with("cookies_preferences="));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn header_value(&self) -> HeaderValue {
        self.header.clone().unwrap_or(HeaderValue::from_static(""))
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
