//! The cookie that keeps the visitor's choice.

use serde::{Deserialize, Serialize};

use std::{fmt, sync::Arc};

use super::json::{self, object};
use crate::consent::{JsonCodec, PreferencesCodec};

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
    /// use tower_cookie_consent::{JsonCodec, PreferencesCookie, SameSite};
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
    ///     .codec(JsonCodec::default());
    /// assert_eq!(format!("{:?}", cookie.get_codec()), "JsonCodec");
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
        }
        others {
            codec: Codec = Codec::default(),
        }
    }
}

/// The format of the value. JSON policies have the default one: a codec is code.
#[derive(Clone)]
pub(super) struct Codec(Arc<dyn PreferencesCodec>);

impl Default for Codec {
    fn default() -> Self {
        Self(Arc::new(JsonCodec))
    }
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A codec is what it calls itself: two of one `Debug` text count as the same.
impl PartialEq for Codec {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || format!("{self:?}") == format!("{other:?}")
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

    /// How the choice is written into the value and read back (default: [`JsonCodec`]). It is not
    /// part of a policy's JSON. See [the example](Self).
    pub fn codec(mut self, codec: impl PreferencesCodec + 'static) -> Self {
        self.codec = Codec(Arc::new(codec));
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

    /// The format of its value. See [the example](Self).
    #[must_use]
    pub fn get_codec(&self) -> &dyn PreferencesCodec {
        &*self.codec.0
    }

    /// The names of all cookies that its codec reads: its own, unless the codec says otherwise.
    pub(super) fn names_read(&self) -> Vec<String> {
        let names = self.get_codec().names();
        if names.is_empty() {
            vec![self.name.clone()]
        } else {
            names
        }
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
    }
}
