use serde::{Deserialize, Serialize};

use super::{
    format::{Answers, Date, Format, Said, Undated},
    reader::reader,
    text::only,
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the cookie of ASP.NET Core's cookie policy (`ITrackingConsentFeature`):
    /// `.AspNet.Consent` with the value `yes`.
    ///
    /// It is one answer for everything: it grants every id of the policy, or those of
    /// [`answer`](Self::answer), with any key. It has no date: see [`undated`](Self::undated).
    ///
    /// - There is no value for a refusal: ASP.NET removes the cookie, and the visitor is undecided
    ///   again. Cookies of a withdrawn category are withheld then, but not expired.
    /// - If the site sets `CookiePolicyOptions.ConsentCookieValue`, set the same
    ///   [`value`](Self::value).
    ///
    /// Read in the source of ASP.NET Core,
    /// `src/Security/CookiePolicy/src/ResponseCookiesWrapper.cs`.
    ///
    /// ```
    /// use tower_cookie_consent::{
    ///     Category, CookiePolicy, codecs::AspNet, preferences::PreferencesCookie,
    /// };
    ///
    /// let banner = AspNet::new().answer("statistics", ["consent"]);
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::follow(banner))
    ///     .category(Category::consent("statistics"))
    ///     .build()?;
    /// assert_eq!(policy.preferences_cookie().name(), ".AspNet.Consent");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    AspNet: AspNetFormat
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AspNetFormat {
    #[serde(default)]
    undated: Undated,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

impl AspNet {
    /// Sets the rule for its choices, which have no date (default: they count for as long as the
    /// browser keeps the cookie).
    ///
    /// ```
    /// use tower_cookie_consent::codecs::{AspNet, Undated};
    ///
    /// let strict = AspNet::new().undated(Undated::NoGrants);
    /// assert_ne!(strict, AspNet::new());
    /// ```
    pub fn undated(mut self, rule: Undated) -> Self {
        self.0.format.undated = rule;
        self
    }

    /// Sets the value that means consent (default: `yes`). Any other one is unreadable.
    ///
    /// ```
    /// use tower_cookie_consent::codecs::AspNet;
    ///
    /// let banner = AspNet::new().value("true");
    /// assert_ne!(banner, AspNet::new());
    /// ```
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.0.format.value = Some(value.into());
        self
    }
}

impl Format for AspNetFormat {
    const ID: &'static str = "aspnet";
    const NAME: &'static str = ".AspNet.Consent";

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        let consent = self.value.as_deref().unwrap_or("yes");
        match only(values) {
            None | Some(b"") => Ok(Said::Undecided),
            Some(value) if value == consent.as_bytes() => Ok(Said::Answers(Answers {
                other_keys: Some(true),
                ..Answers::new(Vec::new(), Date::None(self.undated))
            })),
            Some(_) => Err(DecodeError::Format),
        }
    }
}
