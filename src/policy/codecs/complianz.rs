use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    format::{Answers, Date, Format, Said, Undated},
    reader::reader,
    text::{percent_decoded, percent_encoded_json},
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the cookies of [Complianz](https://complianz.io): `cmplz_banner-status`, one for each
    /// category (`cmplz_functional`, `cmplz_preferences`, `cmplz_statistics`, `cmplz_marketing`), and
    /// `cmplz_consented_services`, whose keys are services of the site.
    ///
    /// Read from Complianz for WordPress 7.4.0 (`cookiebanner/js/complianz.js`, `functions.php` and
    /// `cookiebanner/class-banner-loader.php`). On the main site of a multisite the names begin with
    /// `cmplz_rt_`: set the preferences cookie's name to `cmplz_rt_banner-status`.
    ///
    /// - Nothing counts before `cmplz_banner-status` is `dismissed`: in a region that needs no banner,
    ///   the plugin grants everything without one.
    /// - A category without a cookie has no answer. Where visitors opt out, the plugin treats that as
    ///   permission; this reader does not.
    /// - `cmplz_statistics=allow` without `cmplz_functional` is not an answer either: the plugin writes it
    ///   without asking where its settings say that statistics need no consent.
    /// - A service without an answer of its own has that of its category: give services a key only if
    ///   visitors can grant them one by one.
    ///
    /// It has no date: see [`undated`](Self::undated). When the cookie policy changes, the plugin asks
    /// again on the next page: see [`policy_id`](Self::policy_id).
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookiePolicy, codecs::Complianz, preferences::PreferencesCookie};
    ///
    /// let complianz = Complianz::new()
    ///     .answer("stats", ["statistics"])
    ///     .answer("ads", ["marketing"]);
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::follow(complianz))
    ///     .categories(["stats", "ads"].map(Category::consent))
    ///     .build()?;
    /// assert_eq!(policy.preferences_cookie().name(), "cmplz_banner-status");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    Complianz: ComplianzFormat
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ComplianzFormat {
    #[serde(default)]
    undated: Undated,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy_id: Option<u32>,
}

impl Complianz {
    /// Sets the rule for its choices, which have no date (default: they count for as long as the
    /// browser keeps the cookies).
    ///
    /// ```
    /// use tower_cookie_consent::codecs::{Complianz, Undated};
    ///
    /// let strict = Complianz::new().undated(Undated::NoGrants);
    /// assert_ne!(strict, Complianz::new());
    /// ```
    pub fn undated(mut self, rule: Undated) -> Self {
        self.0.format.undated = rule;
        self
    }

    /// Counts only grants under this version of the cookie policy: the value of `cmplz_policy_id`
    /// (default: those under every version, until the plugin asks again).
    ///
    /// ```
    /// use tower_cookie_consent::codecs::Complianz;
    ///
    /// let complianz = Complianz::new().policy_id(14);
    /// assert_ne!(complianz, Complianz::new());
    /// ```
    pub fn policy_id(mut self, id: u32) -> Self {
        self.0.format.policy_id = Some(id);
        self
    }
}

const STATUS: &str = "banner-status";
const CATEGORIES: [&str; 4] = ["functional", "preferences", "statistics", "marketing"];

impl Format for ComplianzFormat {
    const ID: &'static str = "complianz";
    const NAME: &'static str = "cmplz_banner-status";

    fn names(&self, own: &str) -> Vec<String> {
        let prefix = own.strip_suffix(STATUS).unwrap_or("cmplz_");
        let others = ["consented_services", "policy_id"];
        let others = CATEGORIES.iter().chain(&others);
        let others = others.map(|name| format!("{prefix}{name}"));
        std::iter::once(own.to_owned()).chain(others).collect()
    }

    fn name_problem(own: &str) -> Option<String> {
        let known = matches!(own, "cmplz_banner-status" | "cmplz_rt_banner-status");
        (!known).then(|| {
            format!(
                "{own:?} is not a name of the cookie of Complianz: use \"cmplz_banner-status\", or \
                 \"cmplz_rt_banner-status\" on the main site of a multisite"
            )
        })
    }

    fn asks_about(&self, key: &str) -> bool {
        key != "functional"
    }

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        let &[
            status,
            functional,
            preferences,
            statistics,
            marketing,
            services,
            policy_id,
        ] = values
        else {
            return Err(DecodeError::Format);
        };
        if status != Some(b"dismissed") {
            return Ok(Said::Undecided);
        }
        let categories = [functional, preferences, statistics, marketing];
        let mut keys = Vec::new();
        for (category, value) in CATEGORIES.iter().zip(categories) {
            let granted = match value {
                None | Some(b"") => continue,
                Some(b"allow") => true,
                Some(b"deny") => false,
                Some(_) => return Err(DecodeError::Answer),
            };
            let unasked = *category == "statistics" && functional.is_none();
            if !(granted && unasked) {
                keys.push(((*category).to_owned(), granted));
            }
        }
        if let Some(services) = services.filter(|value| !value.is_empty()) {
            keys.extend(percent_encoded_json::<BTreeMap<String, bool>>(services)?);
        }
        let answers = Answers::new(keys, Date::None(self.undated));
        Ok(Said::Answers(match self.is_current(policy_id)? {
            true => answers,
            false => answers.without_grants(),
        }))
    }
}

impl ComplianzFormat {
    fn is_current(&self, value: Option<&[u8]>) -> Result<bool, DecodeError> {
        let Some(current) = self.policy_id else {
            return Ok(true);
        };
        let value = percent_decoded(value.unwrap_or_default())?;
        Ok(value.parse() == Ok(current))
    }
}
