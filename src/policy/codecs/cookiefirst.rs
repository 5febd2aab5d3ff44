use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    dates::{iso_time, seconds},
    format::{Answers, Date, Format, Said, Undated},
    reader::reader,
    text::{only, percent_encoded_json},
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the cookie of [CookieFirst](https://cookiefirst.com): `cookiefirst-consent`, percent-encoded
    /// JSON with the answers `necessary`, `performance`, `functional` and `advertising`.
    ///
    /// Read from the vendor's plugin for WordPress (4.3, `admin/class-cookiefirst-plugin-admin.php`), which
    /// reads the four answers. Its script is not public: the date and the type were taken from captured
    /// values.
    ///
    /// A value of another type than `"type":"category"` counts as undecided, since nothing shows what its
    /// members mean. Grants without a date do not count.
    ///
    /// ```
    /// use tower_cookie_consent::{
    ///     Category, CookiePolicy, codecs::CookieFirst, preferences::PreferencesCookie,
    /// };
    ///
    /// let cookiefirst = CookieFirst::new()
    ///     .answer("stats", ["performance"])
    ///     .answer("ads", ["advertising"]);
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::follow(cookiefirst))
    ///     .categories(["stats", "ads"].map(Category::consent))
    ///     .build()?;
    /// assert_eq!(policy.preferences_cookie().name(), "cookiefirst-consent");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    CookieFirst: CookieFirstFormat
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CookieFirstFormat {}

#[derive(Deserialize)]
struct Cookie {
    necessary: Option<bool>,
    performance: Option<bool>,
    functional: Option<bool>,
    advertising: Option<bool>,
    #[serde(default)]
    timestamp: Value,
    r#type: Option<String>,
}

impl Format for CookieFirstFormat {
    const ID: &'static str = "cookiefirst";
    const NAME: &'static str = "cookiefirst-consent";
    const KEYS: Option<&'static [&'static str]> =
        Some(&["necessary", "performance", "functional", "advertising"]);

    fn asks_about(&self, key: &str) -> bool {
        key != "necessary"
    }

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        let value = only(values).ok_or(DecodeError::Format)?;
        let cookie: Cookie = percent_encoded_json(value)?;
        if cookie.r#type.is_some_and(|kind| kind != "category") {
            return Ok(Said::Undecided);
        }
        let answers = [
            ("necessary", cookie.necessary),
            ("performance", cookie.performance),
            ("functional", cookie.functional),
            ("advertising", cookie.advertising),
        ];
        let answers = answers.into_iter();
        let keys = answers.filter_map(|(key, granted)| Some((key.to_owned(), granted?)));
        let date = match &cookie.timestamp {
            Value::String(text) => iso_time(text),
            number => number.as_u64().map(seconds),
        };
        let date = date.map_or(Date::None(Undated::NoGrants), Date::At);
        Ok(Said::Answers(Answers::new(keys.collect(), date)))
    }
}
