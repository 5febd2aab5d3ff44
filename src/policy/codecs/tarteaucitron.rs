use serde::{Deserialize, Serialize};

use super::{
    format::{Answers, Date, Format, Said, Undated},
    reader::reader,
    text::only,
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the cookie of [tarteaucitron.js](https://tarteaucitron.io): `tarteaucitron`, with
    /// `true`, `false` or `wait` for each service: `!gtag=wait!youtube=true`.
    ///
    /// Its keys are those of the services in `tarteaucitron.services.js`. It has no date: see
    /// [`undated`](Self::undated).
    ///
    /// - `wait` is written before any choice, and answers nothing.
    /// - For the services that the tool allows without a question (`needConsent: false`: `crisp`,
    ///   `matomo`, `matomohightrack`, `microanalytics`, `plausible`, `simpleanalytics`, `stonly`,
    ///   `wysistathightrack`), `true` is written before any choice too. It answers nothing; `false`
    ///   is an objection. They can answer for exempt categories alone, unless the tool is set to
    ///   [`always_need_consent`](Self::always_need_consent).
    /// - With `serviceDefaultState: true`, or outside the EU with `tarteaucitron.user.bypass`, the
    ///   tool writes a `true` that nobody gave and that looks like any other. Do not use these.
    ///
    /// Read in the package `tarteaucitronjs` 1.34.0, `tarteaucitron.js` (`cookie.create`,
    /// `addService`) and `tarteaucitron.services.js`.
    ///
    /// ```
    /// use tower_cookie_consent::{
    ///     Category, CookiePolicy, codecs::Tarteaucitron, preferences::PreferencesCookie,
    /// };
    ///
    /// let banner = Tarteaucitron::new()
    ///     .answer("statistiques", ["matomo"])
    ///     .answer("tiers", ["gtag", "youtube"]);
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::follow(banner))
    ///     .categories([Category::exempt("statistiques"), Category::consent("tiers")])
    ///     .build()?;
    /// assert_eq!(policy.preferences_cookie().name(), "tarteaucitron");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    Tarteaucitron: TarteaucitronFormat
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TarteaucitronFormat {
    #[serde(default)]
    undated: Undated,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    always_need_consent: bool,
}

impl Tarteaucitron {
    /// Sets the rule for its choices, which have no date (default: they count for as long as the
    /// browser keeps the cookie).
    ///
    /// ```
    /// use tower_cookie_consent::codecs::{Tarteaucitron, Undated};
    ///
    /// let strict = Tarteaucitron::new().undated(Undated::NoGrants);
    /// assert_ne!(strict, Tarteaucitron::new());
    /// ```
    pub fn undated(mut self, rule: Undated) -> Self {
        self.0.format.undated = rule;
        self
    }

    /// Sets that the tool is configured with `alwaysNeedConsent: true`, so that it asks about every
    /// service (default: false).
    ///
    /// ```
    /// use tower_cookie_consent::{
    ///     Category, CookiePolicy, codecs::Tarteaucitron, preferences::PreferencesCookie,
    /// };
    ///
    /// let policy = |banner: Tarteaucitron| {
    ///     CookiePolicy::builder()
    ///         .preferences_cookie(PreferencesCookie::follow(banner))
    ///         .category(Category::consent("statistics"))
    ///         .build()
    /// };
    /// let banner = Tarteaucitron::new().answer("statistics", ["matomo"]);
    /// let error = policy(banner.clone()).unwrap_err().to_string();
    /// assert!(error.contains("allows \"matomo\" without a question"), "{error}");
    /// assert!(policy(banner.always_need_consent(true)).is_ok());
    /// ```
    pub fn always_need_consent(mut self, on: bool) -> Self {
        self.0.format.always_need_consent = on;
        self
    }
}

/// The services with `needConsent: false`, in order.
const NOT_ASKED: [&str; 8] = [
    "crisp",
    "matomo",
    "matomohightrack",
    "microanalytics",
    "plausible",
    "simpleanalytics",
    "stonly",
    "wysistathightrack",
];

impl Format for TarteaucitronFormat {
    const ID: &'static str = "tarteaucitron";
    const NAME: &'static str = "tarteaucitron";

    fn asks_about(&self, key: &str) -> bool {
        self.always_need_consent || NOT_ASKED.binary_search(&key).is_err()
    }

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        let value = only(values).unwrap_or_default();
        if value.is_empty() {
            return Ok(Said::Undecided);
        }
        let text = std::str::from_utf8(value).map_err(|_| DecodeError::Format)?;
        let mut keys = Vec::new();
        for pair in text
            .strip_prefix('!')
            .ok_or(DecodeError::Format)?
            .split('!')
        {
            let (key, state) = pair.split_once('=').ok_or(DecodeError::Format)?;
            match state {
                "wait" => {}
                "true" if !self.asks_about(key) => {}
                "true" | "false" => keys.push((key.to_owned(), state == "true")),
                _ => return Err(DecodeError::Answer),
            }
        }
        match keys.is_empty() {
            true => Ok(Said::Undecided),
            false => Ok(Said::Answers(Answers::new(keys, Date::None(self.undated)))),
        }
    }
}
