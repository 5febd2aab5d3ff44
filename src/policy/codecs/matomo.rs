use serde::{Deserialize, Serialize};

use super::{
    dates::unix_time,
    format::{Answers, Date, Format, Said, Undated},
    reader::reader,
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the cookies in which Matomo's tracker remembers consent: `mtm_consent`,
    /// `mtm_cookie_consent` and `mtm_consent_removed`, each with the time in milliseconds.
    ///
    /// Its keys are `tracking` (`rememberConsentGiven`, `forgetConsentGiven`, `optUserOut`) and
    /// `cookies` (the same, and `rememberCookieConsentGiven`).
    ///
    /// - `mtm_consent_removed` overrides the others, and denies both. After
    ///   `forgetCookieConsentGiven` there is no cookie, and the visitor is undecided again.
    /// - `setConsentGiven` and `setCookieConsentGiven` store nothing: a site that calls them on
    ///   each page has its consent elsewhere.
    /// - Matomo keeps these cookies for 30 years unless told otherwise; the policy's choice
    ///   lifetime counts here.
    ///
    /// Read in Matomo 5.2, `js/piwik.js`.
    ///
    /// ```
    /// use tower_cookie_consent::{
    ///     Category, CookiePolicy, codecs::MatomoConsent, preferences::PreferencesCookie,
    /// };
    ///
    /// let matomo = MatomoConsent::new().answer("statistics", ["cookies"]);
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::follow(matomo))
    ///     .category(Category::consent("statistics"))
    ///     .build()?;
    /// assert_eq!(policy.preferences_cookie().name(), "mtm_consent");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    MatomoConsent: MatomoFormat
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MatomoFormat {}

impl Format for MatomoFormat {
    const ID: &'static str = "matomo";
    const NAME: &'static str = "mtm_consent";
    const KEYS: Option<&'static [&'static str]> = Some(&["tracking", "cookies"]);

    fn names(&self, own: &str) -> Vec<String> {
        let others = ["mtm_cookie_consent", "mtm_consent_removed"];
        let others = others.into_iter().map(str::to_owned);
        std::iter::once(own.to_owned()).chain(others).collect()
    }

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        let [tracking, cookies, removed] = values else {
            return Ok(Said::Undecided);
        };
        // Any value counts, as in Matomo.
        if let Some(value) = removed.filter(|value| !value.is_empty()) {
            let date = time(value).map_or(Date::None(Undated::NoGrants), Date::At);
            return Ok(answers(&["tracking", "cookies"], false, date));
        }
        let given = |value: &Option<&[u8]>| match value {
            None | Some(b"") => Ok(None),
            Some(value) => time(value).map(Some).ok_or(DecodeError::Timestamp),
        };
        Ok(match (given(tracking)?, given(cookies)?) {
            (Some(time), _) => answers(&["tracking", "cookies"], true, Date::At(time)),
            (None, Some(time)) => answers(&["cookies"], true, Date::At(time)),
            (None, None) => Said::Undecided,
        })
    }
}

fn answers(keys: &[&str], granted: bool, date: Date) -> Said {
    let keys = keys.iter().map(|key| ((*key).to_owned(), granted));
    Said::Answers(Answers::new(keys.collect(), date))
}

fn time(value: &[u8]) -> Option<u64> {
    unix_time(std::str::from_utf8(value).ok()?)
}
