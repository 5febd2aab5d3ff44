use serde_json::{Map, Value};

use super::{
    format::{Answers, Date, Format, Said},
    reader::reader,
    text::percent_encoded_json,
    undated::undated,
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the cookies of GOV.UK's [cookie
    /// banner](https://components.publishing.service.gov.uk/component-guide/cookie_banner):
    /// `cookies_policy`, a JSON object with an answer for each category, and
    /// `cookies_preferences_set`.
    ///
    /// On GOV.UK, the keys are `essential`, `settings`, `usage` and `campaigns`; services that
    /// copied the banner have others. It has no date: see [`undated`](Self::undated).
    ///
    /// - The banner writes `cookies_policy` before any choice. It answers nothing until
    ///   `cookies_preferences_set=true` is there too.
    ///
    /// Read in `govuk_publishing_components` 68.3.0:
    /// `app/assets/javascripts/govuk_publishing_components/lib/cookie-functions.js` and
    /// `components/cookie-banner.js`.
    ///
    /// ```
    /// use tower_cookie_consent::{
    ///     Category, CookiePolicy, codecs::GovUk, preferences::PreferencesCookie,
    /// };
    ///
    /// let banner = GovUk::new().answer("statistics", ["usage"]);
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::follow(banner))
    ///     .category(Category::consent("statistics"))
    ///     .build()?;
    /// assert_eq!(policy.preferences_cookie().name(), "cookies_policy");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    GovUk: GovUkFormat
}

undated!(GovUk: GovUkFormat);

impl Format for GovUkFormat {
    const ID: &'static str = "govuk";
    const NAME: &'static str = "cookies_policy";

    fn asks_about(&self, key: &str) -> bool {
        key != "essential"
    }

    fn names(&self, own: &str) -> Vec<String> {
        vec![own.to_owned(), "cookies_preferences_set".to_owned()]
    }

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        let [Some(value), Some(b"true")] = values else {
            return Ok(Said::Undecided);
        };
        let mut categories: Value = percent_encoded_json(value)?;
        // The tool once wrote the JSON as a string of JSON, and still reads it.
        if let Value::String(inner) = &categories {
            categories = serde_json::from_str(inner).map_err(|_| DecodeError::Format)?;
        }
        let categories: Map<String, Value> =
            serde_json::from_value(categories).map_err(|_| DecodeError::Format)?;
        let answers = categories
            .into_iter()
            .map(|(key, value)| Some((key, value.as_bool()?)));
        let keys = answers.collect::<Option<_>>().ok_or(DecodeError::Answer)?;
        Ok(Said::Answers(Answers::new(keys, Date::None(self.undated))))
    }
}
