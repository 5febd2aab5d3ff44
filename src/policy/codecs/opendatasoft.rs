use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    dates::seconds,
    format::{Answers, Date, Format, Said, Undated},
    reader::reader,
    text::{only, percent_encoded_json},
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the cookie of Opendatasoft's portals: `cookies_preferences`, percent-encoded JSON with
    /// an answer for each tracker and the time of the choice. Not verified from a source: its
    /// script is not public, and the format is known from a public reader of that cookie.
    ///
    /// Its keys are trackers, such as `ga`, `matomo`, `xiti`, `at`, `piano` and `eulerian`. Each of
    /// them may be missing, and is not answered then.
    ///
    /// - `functional_cookies` answers nothing if it is `false`: such cookies can't be refused.
    /// - Without `timestamp` (in seconds or milliseconds), grants do not count.
    /// - The name is that of this crate's own cookie, and its format is not the same.
    ///
    /// ```
    /// use tower_cookie_consent::{
    ///     Category, CookiePolicy, codecs::Opendatasoft, preferences::PreferencesCookie,
    /// };
    ///
    /// let portal = Opendatasoft::new().answer("statistiques", ["matomo", "xiti"]);
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::follow(portal))
    ///     .category(Category::consent("statistiques"))
    ///     .build()?;
    /// assert_eq!(policy.preferences_cookie().name(), "cookies_preferences");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    Opendatasoft: OpendatasoftFormat
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OpendatasoftFormat {}

impl Format for OpendatasoftFormat {
    const ID: &'static str = "opendatasoft";
    const NAME: &'static str = "cookies_preferences";

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        let value = only(values).unwrap_or_default();
        if value.is_empty() {
            return Ok(Said::Undecided);
        }
        let object: Map<String, Value> = percent_encoded_json(value)?;
        let date = object.get("timestamp").and_then(Value::as_u64).map(seconds);
        let date = date.map_or(Date::None(Undated::NoGrants), Date::At);
        let mut keys = Vec::new();
        for (key, value) in object {
            match value {
                Value::Bool(false) if key == "functional_cookies" => {}
                Value::Bool(granted) => keys.push((key, granted)),
                // Numbers and texts are no answers.
                _ => {}
            }
        }
        match keys.is_empty() {
            true => Ok(Said::Undecided),
            false => Ok(Said::Answers(Answers::new(keys, date))),
        }
    }
}
