use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    dates::iso_time,
    format::{Answers, Date, Format, Said, Undated},
    reader::reader,
    text::{only, percent_encoded_json},
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the cookie of [Axeptio](https://www.axept.io): `axeptio_cookies`, percent-encoded JSON with
    /// an answer for each of the site's vendors, such as `google_analytics`.
    ///
    /// The names of the members were read from the vendor's plugin for WordPress (2.6.3,
    /// `includes/classes/cookies/class-axeptio-cookies.php`). Its script is not public: how it writes the
    /// vendors was taken from captured values.
    ///
    /// Nothing counts before `$$completed` is `true`. `axeptio_authorized_vendors` and
    /// `axeptio_all_vendors` repeat the answers and are not read. The names of vendors are
    /// case-sensitive, and some sites have one of them in two spellings: name both.
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookiePolicy, codecs::Axeptio, preferences::PreferencesCookie};
    ///
    /// let axeptio = Axeptio::new()
    ///     .answer("stats", ["google_analytics"])
    ///     .answer("ads", ["facebook_pixel", "google_ads"]);
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::follow(axeptio))
    ///     .categories(["stats", "ads"].map(Category::consent))
    ///     .build()?;
    /// assert_eq!(policy.preferences_cookie().name(), "axeptio_cookies");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    Axeptio: AxeptioFormat
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AxeptioFormat {}

impl Format for AxeptioFormat {
    const ID: &'static str = "axeptio";
    const NAME: &'static str = "axeptio_cookies";

    fn key_problem(key: &str) -> Option<String> {
        key.starts_with("$$").then(|| {
            format!("{key:?} is not a vendor of Axeptio: use names such as \"google_analytics\"")
        })
    }

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        let value = only(values).ok_or(DecodeError::Format)?;
        let members: BTreeMap<String, Value> = percent_encoded_json(value)?;
        if members.get("$$completed") != Some(&Value::Bool(true)) {
            return Ok(Said::Undecided);
        }
        let date = members.get("$$date").and_then(Value::as_str);
        let date = date.and_then(iso_time);
        let date = date.map_or(Date::None(Undated::NoGrants), Date::At);
        let vendors = members
            .into_iter()
            .filter(|(name, _)| !name.starts_with("$$"));
        let keys = vendors.filter_map(|(name, answer)| Some((name, answer.as_bool()?)));
        Ok(Said::Answers(Answers::new(keys.collect(), date)))
    }
}
