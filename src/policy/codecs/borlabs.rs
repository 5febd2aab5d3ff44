use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    format::{Answers, Date, Format, Said, Undated},
    reader::reader,
    text::{only, percent_encoded_json},
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the cookie of [Borlabs Cookie](https://borlabs.io/borlabs-cookie/) 2 and 3:
    /// `borlabs-cookie`, percent-encoded JSON with the granted services of each group, in `consents`.
    /// A key is the id of a service, such as `google-analytics`.
    ///
    /// Not verified from the plugin's source, which is not public: read from captured values, and from
    /// the vendor's template for Google Tag Manager, whose question is "did the visitor consent to this
    /// service?".
    ///
    /// The cookie lists what was granted, so what is not listed is denied. The ids of groups are not
    /// keys, since a group is listed if one of its services is granted. It has no date: see
    /// [`undated`](Self::undated). When the site raises the cookie's version, the plugin asks again on the
    /// next page: see [`version`](Self::version).
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookiePolicy, codecs::Borlabs, preferences::PreferencesCookie};
    ///
    /// let borlabs = Borlabs::new()
    ///     .answer("stats", ["google-analytics"])
    ///     .answer("media", ["youtube", "vimeo"]);
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::follow(borlabs))
    ///     .categories(["stats", "media"].map(Category::consent))
    ///     .build()?;
    /// assert_eq!(policy.preferences_cookie().name(), "borlabs-cookie");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    Borlabs: BorlabsFormat
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BorlabsFormat {
    #[serde(default)]
    undated: Undated,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
}

impl Borlabs {
    /// Sets the rule for its choices, which have no date (default: they count for as long as the
    /// browser keeps the cookie).
    ///
    /// ```
    /// use tower_cookie_consent::codecs::{Borlabs, Undated};
    ///
    /// let strict = Borlabs::new().undated(Undated::NoGrants);
    /// assert_ne!(strict, Borlabs::new());
    /// ```
    pub fn undated(mut self, rule: Undated) -> Self {
        self.0.format.undated = rule;
        self
    }

    /// Counts only choices under this version of the cookie, which the plugin's settings show (default:
    /// those under every version, until the plugin asks again).
    ///
    /// ```
    /// use tower_cookie_consent::codecs::Borlabs;
    ///
    /// let borlabs = Borlabs::new().version(2);
    /// assert_ne!(borlabs, Borlabs::new());
    /// ```
    pub fn version(mut self, version: u32) -> Self {
        self.0.format.version = Some(version);
        self
    }
}

#[derive(Deserialize)]
struct Cookie {
    consents: BTreeMap<String, Vec<String>>,
    /// A number since version 3 of the plugin, and text before.
    version: Value,
}

impl Format for BorlabsFormat {
    const ID: &'static str = "borlabs";
    const NAME: &'static str = "borlabs-cookie";

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        let value = only(values).ok_or(DecodeError::Format)?;
        let cookie: Cookie = percent_encoded_json(value)?;
        let version = match &cookie.version {
            Value::String(text) => text.parse().ok(),
            version => version.as_u64(),
        };
        let version = version.ok_or(DecodeError::Revision)?;
        if self
            .version
            .is_some_and(|current| u64::from(current) != version)
        {
            return Ok(Said::Undecided);
        }
        let services = cookie.consents.into_values().flatten();
        let keys = services.map(|service| (service, true)).collect();
        Ok(Said::Answers(Answers {
            other_keys: Some(false),
            ..Answers::new(keys, Date::None(self.undated))
        }))
    }
}
