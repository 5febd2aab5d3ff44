use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    dates::iso_time,
    format::{Answers, Date, Format, Said, Undated},
    reader::reader,
    text::{only, percent_encoded_json},
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the cookie of [iubenda](https://www.iubenda.com): `_iub_cs-` and the site's id, percent-encoded
    /// JSON with an answer for each purpose. Set the preferences cookie's name to it.
    ///
    /// Its keys are the purposes `1` (necessary), `2` (functionality), `3` (experience), `4` (measurement)
    /// and `5` (marketing), and `consent` for sites that ask one question for everything.
    ///
    /// Read from the vendor's class for PHP (iubenda-cookie-class 4.1.16, `iubenda.class.php`), which
    /// reads `consent` and `purposes`; the date was taken from captured values.
    ///
    /// A value without either is written before anybody has answered. After `"consent":false` every
    /// purpose is denied, but `"consent":true` grants no purpose: name the key `consent` then. The cookies
    /// for US law (`-uspr`) are not read.
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookiePolicy, codecs::Iubenda, preferences::PreferencesCookie};
    ///
    /// let iubenda = Iubenda::new().answer("stats", ["4"]).answer("ads", ["5"]);
    /// let cookie = PreferencesCookie::new("_iub_cs-12345678").codec(iubenda);
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(cookie)
    ///     .categories(["stats", "ads"].map(Category::consent))
    ///     .build()?;
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    Iubenda: IubendaFormat
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IubendaFormat {}

#[derive(Deserialize)]
struct Cookie {
    timestamp: Option<String>,
    consent: Option<bool>,
    #[serde(default)]
    purposes: BTreeMap<String, bool>,
}

impl Format for IubendaFormat {
    const ID: &'static str = "iubenda";
    const NAME: &'static str = "_iub_cs-";
    const KEYS: Option<&'static [&'static str]> = Some(&["consent", "1", "2", "3", "4", "5"]);

    fn name_problem(own: &str) -> Option<String> {
        let id = own.strip_prefix("_iub_cs-").unwrap_or_default();
        let id = id.strip_prefix('s').unwrap_or(id);
        let known = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        (!known).then(|| {
            format!(
                "{own:?} is not a name of the cookie of iubenda: use \"_iub_cs-\" and the id of the site"
            )
        })
    }

    fn asks_about(&self, key: &str) -> bool {
        key != "1"
    }

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        let value = only(values).ok_or(DecodeError::Format)?;
        let cookie: Cookie = percent_encoded_json(value)?;
        let mut keys: Vec<_> = cookie.purposes.into_iter().collect();
        keys.extend(
            cookie
                .consent
                .map(|granted| ("consent".to_owned(), granted)),
        );
        let date = cookie.timestamp.as_deref().and_then(iso_time);
        let date = date.map_or(Date::None(Undated::NoGrants), Date::At);
        let answers = Answers::new(keys, date);
        Ok(Said::Answers(match cookie.consent {
            Some(false) => Answers {
                other_keys: Some(false),
                ..answers.without_grants()
            },
            _ => answers,
        }))
    }
}
