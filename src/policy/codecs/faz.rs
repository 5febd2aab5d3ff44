use serde::{Deserialize, Serialize};

use super::{
    format::{Answers, Date, Format, Said, Undated},
    pairs::{pairs, value_of},
    reader::reader,
    text::{only, percent_decoded},
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the cookie of [FAZ Cookie Manager](https://fabiodalez.it): `fazcookie-consent`, a
    /// percent-encoded list such as `consent:yes,action:yes,necessary:yes,analytics:no,rev:1`. Its keys
    /// are the slugs of the site's categories, and `svc.` with the id of a service.
    ///
    /// Read from FAZ Cookie Manager for WordPress 1.27.0 (`frontend/js/script.js` and
    /// `cookie-manager.php`).
    ///
    /// - Nothing counts before `action:yes`. After `consent:no`, and under a law that lets visitors opt
    ///   out (`__scope.law:ccpa`), denials count and grants do not.
    /// - A service is only in the list if its answer differs from that of its category: give services a
    ///   key only if visitors can grant them one by one.
    /// - It has no date: see [`undated`](Self::undated). When the site invalidates all consents, the plugin
    ///   asks again on the next page: see [`revision`](Self::revision).
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookiePolicy, codecs::Faz, preferences::PreferencesCookie};
    ///
    /// let faz = Faz::new().answer("stats", ["analytics"]).answer("ads", ["marketing"]);
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::follow(faz))
    ///     .categories(["stats", "ads"].map(Category::consent))
    ///     .build()?;
    /// assert_eq!(policy.preferences_cookie().name(), "fazcookie-consent");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    Faz: FazFormat
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FazFormat {
    #[serde(default)]
    undated: Undated,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revision: Option<u32>,
}

impl Faz {
    /// Sets the rule for its choices, which have no date (default: they count for as long as the
    /// browser keeps the cookie).
    ///
    /// ```
    /// use tower_cookie_consent::codecs::{Faz, Undated};
    ///
    /// let strict = Faz::new().undated(Undated::NoGrants);
    /// assert_ne!(strict, Faz::new());
    /// ```
    pub fn undated(mut self, rule: Undated) -> Self {
        self.0.format.undated = rule;
        self
    }

    /// Counts only grants since this revision, the number of times that the site invalidated all
    /// consents, plus one (default: those of every revision, until the plugin asks again).
    ///
    /// ```
    /// use tower_cookie_consent::codecs::Faz;
    ///
    /// let faz = Faz::new().revision(2);
    /// assert_ne!(faz, Faz::new());
    /// ```
    pub fn revision(mut self, revision: u32) -> Self {
        self.0.format.revision = Some(revision);
        self
    }
}

/// Keys of the plugin itself.
const OWN: [&str; 10] = [
    "consentid",
    "consent",
    "action",
    "rev",
    "gpc",
    "dnsmpi",
    "source",
    "__scope.banner",
    "__scope.law",
    "__scope.fp",
];

impl Format for FazFormat {
    const ID: &'static str = "faz";
    const NAME: &'static str = "fazcookie-consent";

    fn key_problem(key: &str) -> Option<String> {
        OWN.contains(&key).then(|| {
            format!(
                "{key:?} is not a category of FAZ Cookie Manager: use slugs such as \"analytics\""
            )
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
            _ if OWN.contains(&key) => None,
            "yes" => Some((key.to_owned(), true)),
            // It could have a time after a colon.
            no if no.split(':').next() == Some("no") => Some((key.to_owned(), false)),
            _ => None,
        };
        let keys = pairs.iter().filter_map(answer).collect();
        let answers = Answers::new(keys, Date::None(self.undated));
        let law = value_of(&pairs, "__scope.law").or_else(|| value_of(&pairs, "law"));
        let counts = value_of(&pairs, "consent") == Some("yes")
            && law != Some("ccpa")
            && self.is_current(value_of(&pairs, "rev"));
        Ok(Said::Answers(match counts {
            true => answers,
            false => answers.without_grants(),
        }))
    }
}

impl FazFormat {
    fn is_current(&self, value: Option<&str>) -> bool {
        let revision = || value?.parse::<u32>().ok();
        self.revision
            .is_none_or(|current| revision().is_some_and(|revision| revision >= current))
    }
}
