//! Cookies that stored the choice before the preferences cookie.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::{
    PreferencesCodec,
    codec::Codec,
    json::{self, object},
};

object! {
    /// A cookie that stored the choice earlier, under another name, for another domain or in another
    /// format: see [`PreferencesCookie::also_read`](crate::preferences::PreferencesCookie::also_read).
    ///
    /// ```
    /// use tower_cookie_consent::preferences::{FormerCookie, JsonCodec, PreferencesCookie};
    ///
    /// let cookie = PreferencesCookie::new("__Host-preferences")
    ///     .also_read("cookies_preferences")
    ///     .also_read(FormerCookie::new("old_choice").domain("example.org").codec(JsonCodec::default()));
    /// let names: Vec<_> = cookie.get_also_read().map(FormerCookie::name).collect();
    /// assert_eq!(names, ["cookies_preferences", "old_choice"]);
    /// let old = cookie.get_also_read().last().unwrap();
    /// assert_eq!(old.get_domain(), Some("example.org"));
    /// assert_eq!(old.extra("x-until"), None, "such keys come from a file");
    /// ```
    #[must_use]
    pub struct FormerCookie: "a former preferences cookie" {
        keys {
            name: String = String::new(),
            #[serde(skip_serializing_if = "Option::is_none")]
            domain: Option<String> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            codec: Option<Codec> = None,
        }
        others {}
    }
}

impl FormerCookie {
    /// Creates one of this name, in the format of the preferences cookie.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::empty()
        }
    }

    /// Sets the domain that it had, for its removal. Default: none, and it is removed from the host and
    /// from all its parent domains. It is needed if the preferences cookie keeps its name and had a
    /// domain before.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Sets the format that it has (default: that of the preferences cookie), such as a reader of the
    /// feature `codecs` for the cookie of a banner that the site no longer uses.
    pub fn codec(mut self, codec: impl PreferencesCodec + 'static) -> Self {
        self.codec = Some(Codec::custom(codec));
        self
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the domain, if it is known.
    #[must_use]
    pub fn get_domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// Returns the value of a key that begins with `x-`, as in the JSON file.
    #[must_use]
    pub fn extra(&self, key: &str) -> Option<String> {
        json::extra(&self.extra, key)
    }
}

impl From<&str> for FormerCookie {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for FormerCookie {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

/// A list of them, in JSON as objects or as names alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub(super) struct FormerCookies(pub(super) Vec<FormerCookie>);

impl FormerCookies {
    pub(super) fn are_none(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de> Deserialize<'de> for FormerCookies {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let list: Vec<Listed> = Vec::deserialize(deserializer)?;
        Ok(Self(list.into_iter().map(|listed| listed.0).collect()))
    }
}

struct Listed(FormerCookie);

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrObject;

        impl<'de> Visitor<'de> for NameOrObject {
            type Value = Listed;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a former preferences cookie, or an object with its name")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Listed, E> {
                Ok(Listed(name.into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Listed, A::Error> {
                FormerCookie::deserialize(MapAccessDeserializer::new(map)).map(Listed)
            }
        }

        deserializer.deserialize_any(NameOrObject)
    }
}
