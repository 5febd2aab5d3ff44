//! Purposes, and what each is allowed on.

use serde::{Deserialize, Serialize};

use super::{
    CookieDeclaration, Text,
    json::{self, object},
};

/// What allows the cookies of a category. See [the example](Category).
///
/// Exhaustive on purpose: every decision depends on it, and a new basis must break the code that
/// decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Always allowed: without it the service that the visitor asked for does not work.
    Necessary,
    /// Allowed unless the visitor objects, such as the publisher's own anonymous audience
    /// measurement (CNIL's exemption).
    Exempt,
    /// Withheld until the visitor consents.
    Consent,
    /// Allowed unless the visitor objects or `Sec-GPC: 1` does, for regimes that know the opt-out,
    /// such as those of US states. Unlike [`Exempt`](Self::Exempt) it has no limit of 13 months.
    OptOut,
}

impl Basis {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Necessary => "necessary",
            Self::Exempt => "exempt",
            Self::Consent => "consent",
            Self::OptOut => "opt_out",
        }
    }
}

object! {
    /// A purpose that the visitor decides on as a whole: an id, a [`Basis`], and cookies.
    ///
    /// The id is a key in the preferences cookie: 1 to 32 letters, digits, `-`, `.`, `_` or `~`, none of
    /// the cookie's own keys (`timestamp`, `revision`, `id`, `gpc`), nothing that begins with `_`. A
    /// [`CookiePolicy`](super::CookiePolicy) checks it when it is built.
    ///
    /// A method that sets something has its plain name, and the one that reads the same is called
    /// `get_…`, as in [`std::process::Command`].
    ///
    /// ```
    /// use tower_cookie_consent::{Basis, Category, CookieDeclaration};
    ///
    /// let ads = Category::consent("ads")
    ///     .title([("fr", "Publicité"), ("en", "Advertising")])
    ///     .description("Pays for what you read.")
    ///     .cookie(CookieDeclaration::new("_fbp"))
    ///     .cookies(["_ga", "_ga_*"].map(CookieDeclaration::new))
    ///     .consent_mode(["ad_storage", "ad_user_data"])
    ///     .since(2);
    /// assert_eq!((ads.id(), ads.basis(), ads.get_since()), ("ads", Basis::Consent, 2));
    /// assert_eq!(ads.get_title().and_then(|title| title.get("fr", "en")), Some(("fr", "Publicité")));
    /// assert!(ads.get_description().is_some());
    /// assert_eq!((ads.get_cookies().len(), ads.get_consent_mode().len()), (3, 2));
    /// assert_eq!(ads.extra("x-owner"), None, "such keys come from a file");
    ///
    /// let statistics = Category::exempt("statistics").gpc(true);
    /// assert!(statistics.get_gpc() && !Category::necessary("base").get_gpc());
    /// ```
    #[must_use]
    pub struct Category: "a category" {
        keys {
            id: String = String::new(),
            /// Absent only in JSON, until the check reports it.
            basis: Option<Basis> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            title: Option<Text> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            description: Option<Text> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            since: Option<u32> = None,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            consent_mode: Vec<String> = Vec::new(),
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            gpc: bool = false,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            cookies: Vec<CookieDeclaration> = Vec::new(),
        }
        others {
            /// The policy's `since`, once there is one.
            default_since: u32 = 1,
        }
    }
}

impl Category {
    /// A category that is always allowed. See [the example](Self).
    pub fn necessary(id: impl Into<String>) -> Self {
        Self::new(id.into(), Basis::Necessary)
    }

    /// A category that is allowed unless the visitor objects. See [the example](Self).
    pub fn exempt(id: impl Into<String>) -> Self {
        Self::new(id.into(), Basis::Exempt)
    }

    /// A category that is withheld until the visitor consents. See [the example](Self).
    pub fn consent(id: impl Into<String>) -> Self {
        Self::new(id.into(), Basis::Consent)
    }

    /// Creates a category that is allowed unless the visitor objects or `Sec-GPC: 1` does.
    ///
    /// ```
    /// use tower_cookie_consent::{Category, Consent, CookiePolicy};
    ///
    /// let policy = CookiePolicy::new([Category::opt_out("ads")])?;
    /// let consent = Consent::undecided(policy);
    /// assert!(consent.allows("ads") && !consent.needs_choice());
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn opt_out(id: impl Into<String>) -> Self {
        Self::new(id.into(), Basis::OptOut)
    }

    fn new(id: String, basis: Basis) -> Self {
        Self {
            id,
            basis: Some(basis),
            ..Self::empty()
        }
    }

    /// The name that pages show. See [the example](Self).
    pub fn title(mut self, title: impl Into<Text>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// What the category is for, as pages explain it. See [the example](Self).
    pub fn description(mut self, description: impl Into<Text>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Adds a cookie. See [the example](Self).
    pub fn cookie(mut self, cookie: CookieDeclaration) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// Adds cookies. See [the example](Self).
    pub fn cookies(mut self, cookies: impl IntoIterator<Item = CookieDeclaration>) -> Self {
        self.cookies.extend(cookies);
        self
    }

    /// The revision of the policy since which the category is what it is: a consent that was given
    /// under an older one does not cover it, and the visitor is asked again for this category alone.
    /// At most the policy's revision; default: the policy's own `since`. See [the example](Self).
    pub fn since(mut self, revision: u32) -> Self {
        self.since = Some(revision);
        self
    }

    /// The signals of Google Consent Mode v2 that a consent to this category grants: of
    /// `ad_storage`, `ad_user_data`, `ad_personalization`, `analytics_storage`,
    /// `functionality_storage`, `personalization_storage` and `security_storage`. Default: none.
    /// See [the example](Self).
    pub fn consent_mode<S: Into<String>>(mut self, signals: impl IntoIterator<Item = S>) -> Self {
        self.consent_mode = signals.into_iter().map(Into::into).collect();
        self
    }

    /// Whether `Sec-GPC: 1` also withholds this exempt category (default: false). The signal never
    /// touches a necessary category and always refuses a consent one, so that `true` is an error in
    /// both, and `false` changes nothing there. See [the example](Self).
    pub fn gpc(mut self, withhold: bool) -> Self {
        self.gpc = withhold;
        self
    }

    /// The key under which the preferences cookie keeps the visitor's answer.
    /// See [the example](Self).
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What allows the category's cookies. See [the example](Self).
    #[must_use]
    pub fn basis(&self) -> Basis {
        self.basis.unwrap_or(Basis::Necessary)
    }

    /// The name that pages show. See [the example](Self).
    #[must_use]
    pub fn get_title(&self) -> Option<&Text> {
        self.title.as_ref()
    }

    /// What the category is for. See [the example](Self).
    #[must_use]
    pub fn get_description(&self) -> Option<&Text> {
        self.description.as_ref()
    }

    /// What is declared under the category, in declared order: cookies, and what only informs.
    /// See [the example](Self).
    pub fn get_cookies(&self) -> &[CookieDeclaration] {
        &self.cookies
    }

    /// The [`since`](Self::since) in effect: the category's own, else that of the policy it is in
    /// (1 as long as it is in none). See [the example](Self).
    #[must_use]
    pub fn get_since(&self) -> u32 {
        self.since.unwrap_or(self.default_since)
    }

    /// The signals of Google Consent Mode. See [the example](Self).
    #[must_use]
    pub fn get_consent_mode(&self) -> &[String] {
        &self.consent_mode
    }

    /// Whether `Sec-GPC: 1` also withholds this exempt category. See [the example](Self).
    #[must_use]
    pub fn get_gpc(&self) -> bool {
        self.gpc
    }

    /// The value of a key that begins with `x-`, as the JSON file has it. See [the example](Self).
    #[must_use]
    pub fn extra(&self, key: &str) -> Option<String> {
        json::extra(&self.extra, key)
    }

    /// Every text with its key.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&'static str, &Text)> {
        [
            ("title", self.title.as_ref()),
            ("description", self.description.as_ref()),
        ]
        .into_iter()
        .filter_map(|(key, text)| Some((key, text?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_is_set() {
        let category = Category::exempt("stats")
            .title("Statistics")
            .description("How many come")
            .since(3)
            .consent_mode(["analytics_storage"])
            .gpc(true)
            .cookie(CookieDeclaration::new("a"))
            .cookies(["b", "c*"].map(CookieDeclaration::new));
        assert_eq!(category.basis(), Basis::Exempt);
        assert_eq!(category.get_title(), Some(&Text::from("Statistics")));
        assert_eq!(
            category.get_description(),
            Some(&Text::from("How many come"))
        );
        assert_eq!(category.get_since(), 3);
        assert_eq!(category.get_consent_mode(), ["analytics_storage"]);
        assert!(category.get_gpc());
        let names: Vec<_> = category
            .get_cookies()
            .iter()
            .map(CookieDeclaration::name)
            .collect();
        assert_eq!(names, ["a", "b", "c*"]);
    }

    #[test]
    fn writes_only_what_is_set() {
        let json = serde_json::to_string(&Category::consent("ads")).unwrap();
        assert_eq!(json, r#"{"id":"ads","basis":"consent"}"#);
        assert_eq!(Category::necessary("n").get_since(), 1);
        for basis in [Basis::Necessary, Basis::Exempt, Basis::Consent] {
            assert_eq!(serde_json::to_value(basis).unwrap(), basis.word());
        }
    }
}
