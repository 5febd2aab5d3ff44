//! Categories: purposes, and the legal basis of each.

use serde::{Deserialize, Serialize};

use super::{
    CookieDeclaration, Service, Text,
    json::{self, object},
    regimes::Exemption,
};

/// The basis on which the cookies of a [`Category`] are allowed.
///
/// This enum is exhaustive on purpose: every decision depends on it, and a new basis must break the
/// code that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Always allowed: the service that the visitor asked for does not work without it.
    Necessary,
    /// Allowed unless the visitor objects, such as the publisher's own audience
    /// measurement (CNIL's exemption).
    Exempt,
    /// Withheld until the visitor consents.
    Consent,
    /// Allowed unless the visitor or `Sec-GPC: 1` objects, for legal regimes with an opt-out, such
    /// as those of US states. Unlike [`Exempt`](Self::Exempt), it is not limited to 13 months.
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
    /// The id is a key in the preferences cookie: 1 to 32 letters, digits, `-`, `.`, `_` or `~`. It
    /// must not begin with `_` or be one of the cookie's own keys (`timestamp`, `revision`, `id`,
    /// `gpc`). A [`CookiePolicy`](super::CookiePolicy) checks this when it is built.
    ///
    /// Methods that set something have a plain name, and those that read it are called `get_…`, as
    /// in [`std::process::Command`].
    ///
    /// ```
    /// use tower_cookie_consent::{Basis, Category, CookieDeclaration, policy::Service};
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
    /// let media = Category::consent("media").service(Service::new("films")).sensitive(true);
    /// assert!(media.get_services().len() == 1 && media.get_sensitive());
    ///
    /// let statistics = Category::exempt("statistics").gpc(true);
    /// assert!(statistics.get_gpc() && !Category::necessary("base").get_gpc());
    /// ```
    #[must_use]
    pub struct Category: "a category" {
        keys {
            id: String = String::new(),
            /// Only absent in JSON, until the check reports it.
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
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            sensitive: bool = false,
            #[serde(skip_serializing_if = "Option::is_none")]
            exemption: Option<Exemption> = None,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            cookies: Vec<CookieDeclaration> = Vec::new(),
            #[serde(skip_serializing_if = "Vec::is_empty")]
            services: Vec<Service> = Vec::new(),
        }
        others {
            /// The policy's `since`, once it is part of one.
            default_since: u32 = 1,
        }
    }
}

impl Category {
    /// Creates a category that is always allowed.
    pub fn necessary(id: impl Into<String>) -> Self {
        Self::new(id.into(), Basis::Necessary)
    }

    /// Creates a category that is allowed unless the visitor objects.
    pub fn exempt(id: impl Into<String>) -> Self {
        Self::new(id.into(), Basis::Exempt)
    }

    /// Creates a category that is withheld until the visitor consents.
    pub fn consent(id: impl Into<String>) -> Self {
        Self::new(id.into(), Basis::Consent)
    }

    /// Creates a category that is allowed unless the visitor or `Sec-GPC: 1` objects.
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

    /// Sets the name that pages show.
    pub fn title(mut self, title: impl Into<Text>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Sets the explanation of the purpose that pages show.
    pub fn description(mut self, description: impl Into<Text>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Adds a cookie.
    pub fn cookie(mut self, cookie: CookieDeclaration) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// Adds cookies.
    pub fn cookies(mut self, cookies: impl IntoIterator<Item = CookieDeclaration>) -> Self {
        self.cookies.extend(cookies);
        self
    }

    /// Adds a service, which visitors can also answer for separately.
    pub fn service(mut self, service: Service) -> Self {
        self.services.push(service);
        self
    }

    /// Adds services.
    ///
    /// ```
    /// use tower_cookie_consent::{Category, policy::Service};
    ///
    /// let media = Category::consent("media").services(["films", "maps"].map(Service::new));
    /// assert_eq!(media.get_services().len(), 2);
    /// ```
    pub fn services(mut self, services: impl IntoIterator<Item = Service>) -> Self {
        self.services.extend(services);
        self
    }

    /// Marks the category as sensitive: its cookies or services say something about health,
    /// religion, sexuality or the like (default: false). It must then ask for consent, so `true` is
    /// an error for an exempt or opt-out category (GDPR, art. 9; Washington My Health My Data Act).
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookiePolicy};
    ///
    /// let policy = CookiePolicy::new([Category::opt_out("health").sensitive(true)]);
    /// assert!(policy.unwrap_err().to_string().contains("sensitive"));
    /// assert!(Category::consent("health").sensitive(true).get_sensitive());
    /// ```
    pub fn sensitive(mut self, sensitive: bool) -> Self {
        self.sensitive = sensitive;
        self
    }

    /// Sets the revision of the policy in which the category last changed. Consent given under an
    /// older revision does not cover it, and the visitor is asked again about this category only.
    /// At most the policy's revision; default: the policy's own `since`.
    pub fn since(mut self, revision: u32) -> Self {
        self.since = Some(revision);
        self
    }

    /// Sets the Google Consent Mode v2 signals granted by consent to this category: `ad_storage`,
    /// `ad_user_data`, `ad_personalization`, `analytics_storage`, `functionality_storage`,
    /// `personalization_storage`, `security_storage`. Default: none. The pages' script passes `ad_storage` and
    /// `analytics_storage` on to Microsoft's UET and Clarity too.
    pub fn consent_mode<S: Into<String>>(mut self, signals: impl IntoIterator<Item = S>) -> Self {
        self.consent_mode = signals.into_iter().map(Into::into).collect();
        self
    }

    /// Makes `Sec-GPC: 1` withhold this exempt category too (default: false). The signal never
    /// affects necessary categories and always refuses consent categories, so `true` is an error
    /// for both.
    pub fn gpc(mut self, withhold: bool) -> Self {
        self.gpc = withhold;
        self
    }

    /// Sets the conditions under which the category is exempt, for those that are exempt in the policy
    /// or in one of its regimes. [`Exemption`] has more of the example.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, policy::Retention, regimes::Exemption};
    /// let exemption = Exemption::new(["fr"], "Counts visits", "Example Ltd", Retention::months(25));
    /// let statistics = Category::exempt("statistics").exemption(exemption.clone());
    /// assert_eq!(statistics.get_exemption(), Some(&exemption));
    /// ```
    pub fn exemption(mut self, exemption: Exemption) -> Self {
        self.exemption = Some(exemption);
        self
    }

    /// Returns the key of the visitor's answer in the preferences cookie.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the basis on which the category's cookies are allowed.
    #[must_use]
    pub fn basis(&self) -> Basis {
        self.basis.unwrap_or(Basis::Necessary)
    }

    /// Returns the name that pages show.
    #[must_use]
    pub fn get_title(&self) -> Option<&Text> {
        self.title.as_ref()
    }

    /// Returns the explanation of the purpose.
    #[must_use]
    pub fn get_description(&self) -> Option<&Text> {
        self.description.as_ref()
    }

    /// Returns the declarations in declared order: cookies, and informational ones.
    pub fn get_cookies(&self) -> &[CookieDeclaration] {
        &self.cookies
    }

    /// Returns the services in declared order.
    pub fn get_services(&self) -> &[Service] {
        &self.services
    }

    /// Returns `true` if it is marked as sensitive.
    #[must_use]
    pub fn get_sensitive(&self) -> bool {
        self.sensitive
    }

    /// Returns `true` if it or one of its services is sensitive.
    pub(super) fn is_sensitive(&self) -> bool {
        self.sensitive || self.services.iter().any(Service::get_sensitive)
    }

    /// Returns the conditions under which it is [exempt](Self::exemption).
    #[must_use]
    pub fn get_exemption(&self) -> Option<&Exemption> {
        self.exemption.as_ref()
    }

    /// Returns the [`since`](Self::since) in effect: the category's own, or else that of its policy
    /// (1 outside a policy).
    #[must_use]
    pub fn get_since(&self) -> u32 {
        self.since.unwrap_or(self.default_since)
    }

    /// Returns the Google Consent Mode signals.
    #[must_use]
    pub fn get_consent_mode(&self) -> &[String] {
        &self.consent_mode
    }

    /// Returns `true` if `Sec-GPC: 1` also withholds this exempt category.
    #[must_use]
    pub fn get_gpc(&self) -> bool {
        self.gpc
    }

    /// Returns the JSON text of a key that begins with `x-`, as read from the file.
    #[must_use]
    pub fn extra(&self, key: &str) -> Option<String> {
        json::extra(&self.extra, key)
    }

    /// Returns every text with its key.
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
