use std::collections::BTreeMap;

use super::{
    format::{Answers, Date, Format, Said},
    reader::reader,
    text::{only, percent_encoded_json},
    undated::undated,
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the cookie of [Klaro](https://github.com/klaro-org/klaro-js) 0.7: `klaro`, a
    /// percent-encoded JSON object with an answer for each of its services.
    ///
    /// Its keys are the names of services. It has no date: see [`undated`](Self::undated).
    ///
    /// - If a service was added after the choice, the tool asks again; the server follows the
    ///   stored answers for the others until then.
    /// - Without `acceptAll`, its button "OK" stores the `default` of each service. A service with
    ///   `default: true` is then granted by visitors who only closed the notice. Do not use that
    ///   default.
    /// - With `storageMethod: 'localStorage'` (or `sessionStorage`), the choice does not reach the
    ///   server.
    ///
    /// Read in the package `klaro` 0.7.22, `src/consent-manager.js` and `src/stores.js`.
    ///
    /// ```
    /// use tower_cookie_consent::{
    ///     Category, CookiePolicy, codecs::Klaro, preferences::PreferencesCookie,
    /// };
    ///
    /// let klaro = Klaro::new()
    ///     .answer("statistiques", ["matomo"])
    ///     .answer("tiers", ["youtube", "ga"]);
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::follow(klaro))
    ///     .categories(["statistiques", "tiers"].map(Category::consent))
    ///     .build()?;
    /// assert_eq!(policy.preferences_cookie().name(), "klaro");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    Klaro: KlaroFormat
}

undated!(Klaro: KlaroFormat);

impl Format for KlaroFormat {
    const ID: &'static str = "klaro";
    const NAME: &'static str = "klaro";

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        let value = only(values).ok_or(DecodeError::Format)?;
        let services: BTreeMap<String, bool> = percent_encoded_json(value)?;
        let keys = services.into_iter().collect();
        Ok(Said::Answers(Answers::new(keys, Date::None(self.undated))))
    }
}
