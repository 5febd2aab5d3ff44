//! The cookie that keeps the visitor's choice.

use serde::{Deserialize, Serialize};

use super::{
    CookiePolicy,
    codec::Codec,
    json::{self, object},
};
use crate::consent::{Choice, DecodeError, Decoded, PreferencesCodec};

const DEFAULT_NAME: &str = "cookies_preferences";

/// The `SameSite` attribute. See [the example](PreferencesCookie).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SameSite {
    /// Sent on requests from the same site only.
    Strict,
    /// Sent on requests from the same site and when the visitor follows a link to it.
    #[default]
    Lax,
    /// Always sent; needs `Secure`.
    None,
}

object! {
    /// The cookie that keeps the visitor's choice: its name and attributes. Its path is always `/`, and
    /// its lifetime is the policy's choice lifetime.
    ///
    /// It is necessary, always, whether it is declared or not; a declaration in a necessary category
    /// adds its texts to the charter.
    ///
    /// Any subdomain of a site can set a cookie for all of it, and so a choice that the visitor did not
    /// make. Browsers refuse that for a name that begins with `__Host-`, which the choice of one host
    /// should therefore have.
    ///
    /// A method that sets something has its plain name, and the one that reads the same is called
    /// `get_…`, as in [`std::process::Command`].
    ///
    /// ```
    /// use tower_cookie_consent::preferences::{JsonCodec, PreferencesCookie, SameSite};
    ///
    /// let cookie = PreferencesCookie::default();
    /// assert_eq!((cookie.name(), cookie.get_domain()), ("cookies_preferences", None));
    /// assert!(cookie.get_secure() && !cookie.get_http_only());
    /// assert_eq!(cookie.get_same_site(), SameSite::Lax);
    ///
    /// // One choice for all hosts of a domain, which no script reads, over plain HTTP:
    /// let cookie = PreferencesCookie::new("choice")
    ///     .domain("example.org")
    ///     .http_only(true)
    ///     .same_site(SameSite::Strict)
    ///     .secure(false)
    ///     .keep(["matomo"])
    ///     .codec(JsonCodec::default());
    /// assert_eq!(cookie.get_keep().collect::<Vec<_>>(), ["matomo"]);
    /// assert_eq!(cookie.extra("x-owner"), None, "such keys come from a file");
    /// ```
    #[must_use]
    pub struct PreferencesCookie: "the preferences cookie" {
        keys {
            name: String = DEFAULT_NAME.to_owned(),
            #[serde(skip_serializing_if = "Option::is_none")]
            domain: Option<String> = None,
            secure: bool = true,
            http_only: bool = false,
            same_site: SameSite = SameSite::Lax,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            keep: Vec<String> = Vec::new(),
        }
        others {
            codec: Codec = Codec::default(),
        }
    }
}

impl PreferencesCookie {
    /// A cookie of this name for the host alone, with `Secure`, `SameSite=Lax`, and without
    /// `HttpOnly`, so that scripts can read the choice. See [the example](Self).
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::empty()
        }
    }

    /// The domain for whose hosts the choice counts: a host name, in ASCII, without port. The policy
    /// keeps it in lower case and without a leading dot. Default: none, the host alone.
    /// See [the example](Self).
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Whether it has `Secure` (default: true). Browsers take such a cookie over HTTPS only, and
    /// some of them over plain HTTP from `localhost`. See [the example](Self).
    pub fn secure(mut self, secure: bool) -> Self {
        self.secure = secure;
        self
    }

    /// Whether it has `HttpOnly` and scripts cannot read it (default: false).
    /// See [the example](Self).
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.http_only = http_only;
        self
    }

    /// Its `SameSite` (default: [`SameSite::Lax`]). See [the example](Self).
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.same_site = same_site;
        self
    }

    /// Keeps these members of the value beside the choice: for page scripts or other tools that read
    /// their own keys in the same JSON object. Default: none, so that no member can identify a visitor
    /// unless the site names it here; its value is theirs, and is not looked at.
    ///
    /// A member is kept as it was received when a new choice is written, while it fits. None is kept
    /// at a refusal (a choice that denies something and grants no consent category), nor where several
    /// preferences cookies were received, since another host may have planted one of them. A response
    /// that sets the cookie with other members is not let through:
    /// [`Withheld::UnknownMembers`](crate::Withheld::UnknownMembers).
    ///
    /// ```
    /// use tower_cookie_consent::preferences::PreferencesCookie;
    ///
    /// // The trackers' own keys, which the portal's scripts read:
    /// let cookie = PreferencesCookie::default().keep(["matomo", "xiti"]);
    /// assert_eq!(cookie.get_keep().collect::<Vec<_>>(), ["matomo", "xiti"]);
    /// ```
    pub fn keep<Name: Into<String>>(mut self, names: impl IntoIterator<Item = Name>) -> Self {
        self.keep.extend(names.into_iter().map(Into::into));
        self
    }

    /// How the choice is written into the value and read back (default: [`JsonCodec`](crate::preferences::JsonCodec)). It is not
    /// part of a policy's JSON. See [the example](Self).
    pub fn codec(mut self, codec: impl PreferencesCodec + 'static) -> Self {
        self.codec = Codec::custom(codec);
        self
    }

    /// The name. See [the example](Self).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The domain; `None` for the host alone. See [the example](Self).
    #[must_use]
    pub fn get_domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// Whether it has `Secure`. See [the example](Self).
    #[must_use]
    pub fn get_secure(&self) -> bool {
        self.secure
    }

    /// Whether it has `HttpOnly`. See [the example](Self).
    #[must_use]
    pub fn get_http_only(&self) -> bool {
        self.http_only
    }

    /// Its `SameSite`. See [the example](Self).
    #[must_use]
    pub fn get_same_site(&self) -> SameSite {
        self.same_site
    }

    /// The members of others that are kept in the value. See [the example](Self::keep).
    pub fn get_keep(&self) -> impl Iterator<Item = &str> {
        self.keep.iter().map(String::as_str)
    }

    pub(crate) fn keeps(&self, member: &[u8]) -> bool {
        self.keep.iter().any(|kept| kept.as_bytes() == member)
    }

    /// The names of all cookies that its codec reads: its own, unless the codec says otherwise. `None`
    /// where the codec panicked.
    pub(super) fn names_read(&self) -> Option<Vec<String>> {
        Some(match self.codec.names()? {
            [] => vec![self.name.clone()],
            names => names.to_vec(),
        })
    }

    /// What the codec reads.
    ///
    /// # Errors
    ///
    /// Why it can't; a panic of it is one of the reasons.
    #[inline]
    pub(crate) fn decode(
        &self,
        policy: &CookiePolicy,
        values: &[Option<&[u8]>],
    ) -> Result<Decoded, DecodeError> {
        self.codec.decode(policy, values)
    }

    /// What the codec writes; `None` where it panicked.
    pub(crate) fn encode(
        &self,
        policy: &CookiePolicy,
        choice: &Choice,
        previous: Option<&[u8]>,
    ) -> Option<String> {
        self.codec.encode(policy, choice, previous)
    }

    /// Whether the codec has panicked while it wrote, since this was asked last.
    pub(crate) fn take_panic(&self) -> bool {
        self.codec.take_panic()
    }

    /// The value of a key that begins with `x-`, as the JSON file has it. See [the example](Self).
    #[must_use]
    pub fn extra(&self, key: &str) -> Option<String> {
        json::extra(&self.extra, key)
    }
}

/// The plain `cookies_preferences`.
impl Default for PreferencesCookie {
    fn default() -> Self {
        Self::empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_its_attributes() {
        let cookie = PreferencesCookie::new("p")
            .domain("example.org")
            .secure(false)
            .http_only(true)
            .same_site(SameSite::Strict);
        assert_eq!(
            serde_json::to_string(&cookie).unwrap(),
            r#"{"name":"p","domain":"example.org","secure":false,"http_only":true,"same_site":"strict"}"#
        );
        assert!(
            serde_json::to_string(&cookie.keep(["a", "b"]))
                .unwrap()
                .ends_with(r#""same_site":"strict","keep":["a","b"]}"#)
        );
    }
}
