use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{
    dates::iso_time,
    format::{Answers, Date, Format, Said, Undated},
    reader::reader,
    text::percent_decoded,
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the cookies of [OneTrust](https://www.onetrust.com): `OptanonConsent`, a query string whose
    /// `groups` have an answer for each of the site's groups (`C0001` to `C0005`, and its own), and
    /// `OptanonAlertBoxClosed`, the date of the choice.
    ///
    /// Not verified from the vendor's own source: read from its documentation ("OneTrust Cookies"), from
    /// published copies of its script, and from captured values.
    ///
    /// `groups` exists before anybody has answered, with the defaults of the visitor's region. So
    /// nothing counts without `OptanonAlertBoxClosed`, nor while `AwaitingReconsent=true` says that the
    /// visitor is asked again. If the banner was only closed (`intType=3`, in scripts since 2024), denials
    /// count and grants do not. Older scripts do not say it, and some sites let the banner close by itself
    /// on scrolling or on the next page. Where groups are active by default, switch that off.
    ///
    /// `hosts` and `genVendors` are not read. The TC string of `eupubconsent-v2` has
    /// a reader of its own.
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookiePolicy, codecs::OneTrust, preferences::PreferencesCookie};
    ///
    /// let onetrust = OneTrust::new()
    ///     .answer("stats", ["C0002"])
    ///     .answer("ads", ["C0004"]);
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::follow(onetrust))
    ///     .categories(["stats", "ads"].map(Category::consent))
    ///     .build()?;
    /// assert_eq!(policy.preferences_cookie().name(), "OptanonConsent");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    OneTrust: OneTrustFormat
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OneTrustFormat {}

/// The cookie with the date.
const CLOSED: &str = "OptanonAlertBoxClosed";

impl Format for OneTrustFormat {
    const ID: &'static str = "onetrust";
    const NAME: &'static str = "OptanonConsent";

    fn names(&self, own: &str) -> Vec<String> {
        vec![own.to_owned(), CLOSED.to_owned()]
    }

    fn name_problem(own: &str) -> Option<String> {
        (own == CLOSED)
            .then(|| format!("{CLOSED:?} only has the date of the choice: use \"OptanonConsent\""))
    }

    fn asks_about(&self, key: &str) -> bool {
        key != "C0001"
    }

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        let &[Some(consent), Some(closed)] = values else {
            return Ok(Said::Undecided);
        };
        let closed = percent_decoded(closed)?;
        if closed.is_empty() {
            return Ok(Said::Undecided);
        }
        let consent = Consent::read(consent)?;
        let Some(groups) = consent.groups else {
            return Ok(Said::Undecided);
        };
        if consent.awaiting {
            return Ok(Said::Undecided);
        }
        let date = iso_time(&closed).map_or(Date::None(Undated::NoGrants), Date::At);
        let answers = Answers::new(answers(&groups)?, date);
        Ok(Said::Answers(match consent.only_closed {
            true => answers.without_grants(),
            false => answers,
        }))
    }
}

/// The parameters of the cookie that matter.
#[derive(Default)]
struct Consent<'a> {
    groups: Option<Cow<'a, str>>,
    awaiting: bool,
    only_closed: bool,
}

impl<'a> Consent<'a> {
    fn read(query: &'a [u8]) -> Result<Self, DecodeError> {
        let mut consent = Self::default();
        for parameter in query.split(|&byte| byte == b'&') {
            let Some(at) = memchr::memchr(b'=', parameter) else {
                continue;
            };
            let (name, value) = (&parameter[..at], &parameter[at + 1..]);
            match name {
                b"groups" if consent.groups.is_some() => return Err(DecodeError::Duplicate),
                b"groups" => consent.groups = Some(percent_decoded(value)?),
                b"AwaitingReconsent" => consent.awaiting |= !value.eq_ignore_ascii_case(b"false"),
                b"intType" => consent.only_closed |= value == b"3",
                _ => {}
            }
        }
        Ok(consent)
    }
}

/// Reads `C0001:1,C0002:0`. A group that is neither active nor inactive has no answer.
fn answers(groups: &str) -> Result<Vec<(String, bool)>, DecodeError> {
    let mut answers = Vec::new();
    for group in groups.split(',').filter(|group| !group.is_empty()) {
        let (id, status) = group.rsplit_once(':').ok_or(DecodeError::Format)?;
        match status {
            "1" => answers.push((id.to_owned(), true)),
            "0" => answers.push((id.to_owned(), false)),
            _ => {}
        }
    }
    Ok(answers)
}
