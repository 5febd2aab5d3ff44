use super::{
    format::{Answers, Date, Format, Said},
    pairs::{pairs, value_of},
    reader::reader,
    text::{only, percent_decoded},
    undated::undated,
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the cookie of [CookieYes](https://www.cookieyes.com): `cookieyes-consent`, a list such as
    /// `consentid:…,consent:yes,action:yes,necessary:yes,analytics:no`, whose keys are the slugs of
    /// the site's categories.
    ///
    /// Read from its WordPress plugin (3.5.4, `lite/frontend/js/script.js`); the script of the hosted
    /// service writes the same form, with `lastRenewedDate` at its end, as captured values show.
    ///
    /// The categories are there before anybody has answered: nothing counts before `action:yes`. A banner
    /// that was only closed has `action:yes` and the defaults, but `consent:no`: then denials count and
    /// grants do not. Where the opt-out banner of US law is shown, a visitor who opts out gets
    /// `consent:yes` and `yes` for the categories that the site leaves on: do not leave on what needs
    /// consent. Cookies of releases before 3.0 (`cookielawinfo-checkbox-…`) are not read.
    ///
    /// It has no date: see [`undated`](Self::undated).
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookiePolicy, codecs::CookieYes, preferences::PreferencesCookie};
    ///
    /// let cookieyes = CookieYes::new()
    ///     .answer("stats", ["analytics"])
    ///     .answer("ads", ["advertisement"]);
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::follow(cookieyes))
    ///     .categories(["stats", "ads"].map(Category::consent))
    ///     .build()?;
    /// assert_eq!(policy.preferences_cookie().name(), "cookieyes-consent");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    CookieYes: CookieYesFormat
}

undated! { CookieYes: CookieYesFormat }

impl Format for CookieYesFormat {
    const ID: &'static str = "cookieyes";
    const NAME: &'static str = "cookieyes-consent";

    fn key_problem(key: &str) -> Option<String> {
        matches!(key, "consentid" | "consent" | "action" | "lastRenewedDate").then(|| {
            format!("{key:?} is not a category of CookieYes: use slugs such as \"analytics\"")
        })
    }

    fn asks_about(&self, key: &str) -> bool {
        key != "necessary"
    }

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        let value = only(values).ok_or(DecodeError::Format)?;
        let text = percent_decoded(value)?;
        let pairs = pairs(&text)?;
        if value_of(&pairs, "action") != Some("yes") {
            return Ok(Said::Undecided);
        }
        let answer = |&(key, value): &(&str, &str)| match value {
            "yes" => Some((key.to_owned(), true)),
            "no" => Some((key.to_owned(), false)),
            _ => None,
        };
        let keys = pairs.iter().filter_map(answer).collect();
        let answers = Answers::new(keys, Date::None(self.undated));
        Ok(Said::Answers(match value_of(&pairs, "consent") {
            Some("yes") => answers,
            _ => answers.without_grants(),
        }))
    }
}
