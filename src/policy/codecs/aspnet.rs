use super::{
    format::{Answers, Date, Format, Said},
    reader::reader,
    text::only,
    undated::undated,
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
    /// - Values of a `ConsentCookieValue` of your own can't be read.
    ///
    /// Read in the source of ASP.NET Core,
    /// `src/Security/CookiePolicy/src/ResponseCookiesWrapper.cs`.
    ///
    /// ```
    /// use tower_cookie_consent::{
    ///     Category, CookiePolicy, codecs::AspNet, preferences::PreferencesCookie,
    /// };
    ///
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::follow(AspNet::new()))
    ///     .category(Category::consent("statistics"))
    ///     .build()?;
    /// assert_eq!(policy.preferences_cookie().name(), ".AspNet.Consent");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    AspNet: AspNetFormat
}

undated!(AspNet: AspNetFormat);

impl Format for AspNetFormat {
    const ID: &'static str = "aspnet";
    const NAME: &'static str = ".AspNet.Consent";

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        match only(values) {
            None | Some(b"") => Ok(Said::Undecided),
            Some(b"yes") => Ok(Said::Answers(Answers {
                other_keys: Some(true),
                ..Answers::new(Vec::new(), Date::None(self.undated))
            })),
            Some(_) => Err(DecodeError::Format),
        }
    }
}
