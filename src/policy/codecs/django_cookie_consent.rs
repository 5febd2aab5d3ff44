use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    dates::iso_time,
    format::{Answers, Date, Format, Said, Undated},
    reader::reader,
    text::only,
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the cookie of [django-cookie-consent](https://pypi.org/project/django-cookie-consent/)
    /// 1.0: `cookie_consent`, with the accepted version of each cookie group, or `-1` if it was
    /// declined: `"analytics=2026-09-21T14:13:20.123456+00:00|social=-1"`.
    ///
    /// Its keys are the `varname`s of cookie groups. The version of a group is the time at which
    /// its newest cookie was declared, not that of the choice, so it has no date: see
    /// [`undated`](Self::undated).
    ///
    /// - A version that is older than the group's no longer counts as consent. Only Django's database
    ///   knows that version: give it with [`version`](Self::version) when you add a cookie to a
    ///   group.
    /// - An empty version, which is written for a group without cookies, answers nothing.
    /// - Values of a `COOKIE_CONSENT_DECLINE` of your own can't be read.
    ///
    /// Read in the package `django-cookie-consent` 1.0.0, `cookie_consent/util.py` and `models.py`.
    ///
    /// ```
    /// use tower_cookie_consent::{
    ///     Category, CookiePolicy, codecs::DjangoCookieConsent, preferences::PreferencesCookie,
    /// };
    ///
    /// let banner = DjangoCookieConsent::new().answer("statistics", ["analytics"]);
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::follow(banner))
    ///     .category(Category::consent("statistics"))
    ///     .build()?;
    /// assert_eq!(policy.preferences_cookie().name(), "cookie_consent");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    DjangoCookieConsent: DjangoCookieConsentFormat
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DjangoCookieConsentFormat {
    #[serde(default)]
    undated: Undated,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    versions: BTreeMap<String, String>,
}

impl DjangoCookieConsent {
    /// Sets the rule for its choices, which have no date (default: they count for as long as the
    /// browser keeps the cookie).
    ///
    /// ```
    /// use tower_cookie_consent::codecs::{DjangoCookieConsent, Undated};
    ///
    /// let strict = DjangoCookieConsent::new().undated(Undated::NoGrants);
    /// assert_ne!(strict, DjangoCookieConsent::new());
    /// ```
    pub fn undated(mut self, rule: Undated) -> Self {
        self.0.format.undated = rule;
        self
    }

    /// Sets the present version of a cookie group, as `CookieGroup.get_version()` returns it.
    /// Consent to an older one does not count. In JSON:
    /// `"versions": {"analytics": "2026-09-21T14:13:20+00:00"}`.
    ///
    /// ```
    /// use tower_cookie_consent::codecs::DjangoCookieConsent;
    ///
    /// let banner = DjangoCookieConsent::new()
    ///     .answer("statistics", ["analytics"])
    ///     .version("analytics", "2026-09-21T14:13:20+00:00");
    /// ```
    pub fn version(mut self, group: impl Into<String>, version: impl Into<String>) -> Self {
        self.0.format.versions.insert(group.into(), version.into());
        self
    }
}

impl Format for DjangoCookieConsentFormat {
    const ID: &'static str = "django_cookie_consent";
    const NAME: &'static str = "cookie_consent";

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        let value = only(values).unwrap_or_default();
        let text = std::str::from_utf8(value).map_err(|_| DecodeError::Format)?;
        // Python quotes values with an equals sign.
        let quoted = text.strip_prefix('"').map(|rest| rest.strip_suffix('"'));
        let text = quoted.unwrap_or(Some(text)).ok_or(DecodeError::Format)?;
        if text.is_empty() {
            return Ok(Said::Undecided);
        }
        let mut keys = Vec::new();
        for pair in text.split('|') {
            let (group, version) = pair.split_once('=').ok_or(DecodeError::Format)?;
            match version {
                "" => {}
                "-1" => keys.push((group.to_owned(), false)),
                _ if iso_time(version).is_none() => return Err(DecodeError::Answer),
                _ if self.is_old(group, version) => {}
                _ => keys.push((group.to_owned(), true)),
            }
        }
        match keys.is_empty() {
            true => Ok(Said::Undecided),
            false => Ok(Said::Answers(Answers::new(keys, Date::None(self.undated)))),
        }
    }
}

impl DjangoCookieConsentFormat {
    /// Compares the texts, as the tool does.
    fn is_old(&self, group: &str, version: &str) -> bool {
        let present = self.versions.get(group);
        present.is_some_and(|present| version < present.as_str())
    }
}
