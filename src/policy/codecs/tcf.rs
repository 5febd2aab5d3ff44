use serde::{Deserialize, Serialize};

use super::{
    format::{Answers, Date, Format, Said},
    reader::reader,
    tc_string::{Key, PURPOSES, SPECIAL_FEATURES, TcString as Value, Unusable},
    text::{only, percent_decoded},
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the TC string of IAB Europe's
    /// [Transparency and Consent Framework](https://iabeurope.eu/transparency-consent-framework/), v2.3:
    /// `euconsent-v2`, or, at OneTrust, `eupubconsent-v2` (set the preferences cookie's name). It is
    /// never written: only registered platforms may create or alter one.
    ///
    /// Read from the specification, "Transparency and Consent String with Global Vendor & CMP List
    /// Formats", v2.3. The values of the tests come from IAB Tech Lab's own library (1.5.21).
    ///
    /// Its keys are `purpose1` to `purpose11`, `special_feature1` and `special_feature2`, and `vendor1`
    /// to `vendor65535` with the ids of the Global Vendor List. What a vendor does needs the vendor and
    /// each of its purposes: `.answer("ads", ["purpose1", "purpose2", "vendor755"])`. Legitimate
    /// interests are not consent and are not read, nor are the publisher's own purposes and its
    /// restrictions of vendors.
    ///
    /// Grants do not count in a string that is invalid: of another scope than one service, made under
    /// a policy before version 4 after 30 September 2023, or, since 1 March 2026, without the segment of
    /// disclosed vendors. Denials count in those too. A vendor that was not disclosed, and purpose 1 if
    /// it was not (`PurposeOneTreatment`), are not answered. Strings of version 1 say nothing.
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookiePolicy, codecs::TcString, preferences::PreferencesCookie};
    ///
    /// let tcf = TcString::new()
    ///     .answer("stats", ["purpose1", "purpose8"])
    ///     .answer("ads", ["purpose1", "purpose2", "vendor755"]);
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::follow(tcf))
    ///     .categories(["stats", "ads"].map(Category::consent))
    ///     .build()?;
    /// assert_eq!(policy.preferences_cookie().name(), "euconsent-v2");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    TcString: TcStringFormat
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TcStringFormat {}

impl Format for TcStringFormat {
    const ID: &'static str = "tcf";
    const NAME: &'static str = "euconsent-v2";

    fn key_problem(key: &str) -> Option<String> {
        Key::read(key).is_none().then(|| {
            format!(
                "{key:?} is not a key of a TC string: use purpose1 to purpose{PURPOSES}, \
                 special_feature1 to special_feature{SPECIAL_FEATURES}, or vendor and its id"
            )
        })
    }

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        let value = only(values).ok_or(DecodeError::Format)?;
        Ok(match tc_string(value)? {
            Some(string) => {
                let mut answers = Answers::new(Vec::new(), Date::At(string.updated));
                answers.tc_string = Some(string);
                Said::Answers(answers)
            }
            None => Said::Undecided,
        })
    }
}

/// Reads a cookie with a TC string; `None` if it is of a version that says nothing any more.
pub(super) fn tc_string(value: &[u8]) -> Result<Option<Value>, DecodeError> {
    match Value::read(&percent_decoded(value)?) {
        Ok(string) => Ok(Some(string)),
        Err(Unusable::Version1) => Ok(None),
        Err(Unusable::Malformed) => Err(DecodeError::Format),
    }
}
