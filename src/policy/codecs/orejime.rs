use std::collections::BTreeMap;

use super::{
    format::{Answers, Date, Format, Said},
    reader::reader,
    text::{only, percent_encoded_json},
    undated::undated,
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the cookie of [Orejime](https://orejime.boscop.fr) 3: `eu-consent`, a percent-encoded
    /// JSON object with an answer for each purpose.
    ///
    /// Its keys are the ids of purposes (not of groups). It has no date: see
    /// [`undated`](Self::undated).
    ///
    /// - Orejime 2 wrote the same value to `orejime`: set that name if you use it.
    /// - If a visitor answers one purpose on its own (in a contextual notice), the tool stores the
    ///   defaults of all others with it. A purpose with `default: true` is then granted, though
    ///   nobody was asked about it. Do not use that default.
    /// - Values of a `cookie.stringify` of your own can't be read.
    ///
    /// Read in the package `orejime` 3.2.1, and in its source at version 3.2.0:
    /// `src/core/CookieConsentsRepository.ts` and `src/core/Manager.ts`.
    ///
    /// ```
    /// use tower_cookie_consent::{
    ///     Category, CookiePolicy, codecs::Orejime, preferences::PreferencesCookie,
    /// };
    ///
    /// let banner = Orejime::new().answer("tiers", ["youtube", "ga"]);
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::follow(banner))
    ///     .category(Category::consent("tiers"))
    ///     .build()?;
    /// assert_eq!(policy.preferences_cookie().name(), "eu-consent");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    Orejime: OrejimeFormat
}

undated!(Orejime: OrejimeFormat);

impl Format for OrejimeFormat {
    const ID: &'static str = "orejime";
    const NAME: &'static str = "eu-consent";

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        let value = only(values).unwrap_or_default();
        if value.is_empty() {
            return Ok(Said::Undecided);
        }
        let purposes: BTreeMap<String, bool> = percent_encoded_json(value)?;
        let keys = purposes.into_iter().collect();
        Ok(Said::Answers(Answers::new(keys, Date::None(self.undated))))
    }
}
