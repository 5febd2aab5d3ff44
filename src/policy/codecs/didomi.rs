use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::{Deserialize, Serialize};

use super::{
    dates::iso_time,
    format::{Answers, Date, Format, Said, Undated},
    reader::reader,
    tcf::tc_string,
    text::percent_decoded,
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the cookies of [Didomi](https://www.didomi.io): `didomi_token`, JSON in Base64 with the
    /// enabled and disabled purposes and vendors, and the TC string beside it, `euconsent-v2`.
    ///
    /// Not verified from the vendor's own source: read from its documentation ("Cookies and storage",
    /// "Didomi Consent String") and from captured values. The TC string is read as
    /// [`TcString`](crate::codecs::TcString) does.
    ///
    /// Its keys are the ids of purposes and vendors (`analytics-HpBJrrK7`, `google`, `c:hotjar`), and the
    /// keys of a TC string, such as `purpose1`, for what belongs to the framework. An id in no list is not
    /// answered; one in several is denied if it is disabled in one of them. Legitimate interests
    /// (`purposes_li`, `vendors_li`) are not read.
    ///
    /// The binary `didomi_dcs`, which can replace the token, is not read: switch it off, or follow the
    /// TC string alone. A site can give both cookies other names: set the preferences cookie's name to
    /// that of the token, and leave the TC string's as it is.
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookiePolicy, codecs::Didomi, preferences::PreferencesCookie};
    ///
    /// let didomi = Didomi::new()
    ///     .answer("stats", ["analytics-HpBJrrK7"])
    ///     .answer("ads", ["google", "purpose1", "purpose2"]);
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::follow(didomi))
    ///     .categories(["stats", "ads"].map(Category::consent))
    ///     .build()?;
    /// assert_eq!(policy.preferences_cookie().name(), "didomi_token");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    Didomi: DidomiFormat
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DidomiFormat {}

#[derive(Deserialize)]
struct Token {
    updated: Option<String>,
    version: Option<u64>,
    #[serde(default)]
    purposes: Ids,
    #[serde(default)]
    vendors: Ids,
}

#[derive(Default, Deserialize)]
struct Ids {
    #[serde(default)]
    enabled: Vec<String>,
    #[serde(default)]
    disabled: Vec<String>,
}

impl Ids {
    fn answers(self) -> impl Iterator<Item = (String, bool)> {
        let enabled = self.enabled.into_iter().map(|id| (id, true));
        enabled.chain(self.disabled.into_iter().map(|id| (id, false)))
    }
}

/// The cookie beside the token.
const TC_STRING: &str = "euconsent-v2";

impl Format for DidomiFormat {
    const ID: &'static str = "didomi";
    const NAME: &'static str = "didomi_token";

    fn names(&self, own: &str) -> Vec<String> {
        vec![own.to_owned(), TC_STRING.to_owned()]
    }

    fn name_problem(own: &str) -> Option<String> {
        (own == TC_STRING).then(|| {
            format!(
                "{TC_STRING:?} is read beside the token: use \"didomi_token\", or the codec tcf"
            )
        })
    }

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        let &[Some(token), string] = values else {
            return Ok(Said::Undecided);
        };
        let token = token_of(token)?;
        if token.version != Some(2) {
            return Ok(Said::Undecided);
        }
        let date = token.updated.as_deref().and_then(iso_time);
        let date = date.map_or(Date::None(Undated::NoGrants), Date::At);
        let keys = token.purposes.answers().chain(token.vendors.answers());
        let mut answers = Answers::new(keys.collect(), date);
        if let Some(string) = string.filter(|value| !value.is_empty()) {
            answers.tc_string = tc_string(string)?;
        }
        Ok(Said::Answers(answers))
    }
}

fn token_of(value: &[u8]) -> Result<Token, DecodeError> {
    const CONFIG: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CONFIG);
    let text = percent_decoded(value)?;
    let json = BASE64.decode(&*text).map_err(|_| DecodeError::Format)?;
    serde_json::from_slice(&json).map_err(|_| DecodeError::Format)
}
