//! Builds a policy from declarations.

use std::sync::Arc;

use super::{
    Category, Controller, CookiePolicy, PolicyError, PreferencesCookie, Retention, Text, check,
    declared::Declared,
    location::plain_domain,
    regimes::{Regime, RegimeTable, with_variants},
    wire_names::WireNames,
};

/// A builder of a [`CookiePolicy`], from [`CookiePolicy::builder`].
///
/// ```
/// use tower_cookie_consent::{
///     Category, CookiePolicy, policy::Retention, preferences::PreferencesCookie,
/// };
///
/// let policy = CookiePolicy::builder()
///     .category(Category::necessary("base"))
///     .categories([Category::exempt("statistics"), Category::consent("ads").since(3)])
///     .revision(3)
///     .since(2)
///     .default_language("fr")
///     .site("La Boutique")
///     .choice_lifetime(Retention::months(6))
///     .preferences_cookie(PreferencesCookie::new("__Host-preferences"))
///     .build()?;
/// let since: Vec<_> = policy.categories().map(Category::get_since).collect();
/// assert_eq!(since, [2, 2, 3]);
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct CookiePolicyBuilder(pub(super) Declared);

impl Default for CookiePolicyBuilder {
    fn default() -> Self {
        Self(Declared::empty())
    }
}

impl CookiePolicyBuilder {
    /// Adds a category. Pages show categories in the order in which they were added.
    pub fn category(mut self, category: Category) -> Self {
        self.0.categories.push(category);
        self
    }

    /// Adds categories, in order.
    pub fn categories(mut self, categories: impl IntoIterator<Item = Category>) -> Self {
        self.0.categories.extend(categories);
        self
    }

    /// Sets the number of this edition of the policy (default: 1), which is stored with each
    /// choice. Increase it together with [`Category::since`] of the categories that visitors should
    /// be asked about again.
    pub fn revision(mut self, revision: u32) -> Self {
        self.0.revision = revision;
        self
    }

    /// Sets the default for every category's [`since`](Category::since) (default: 1). Increase it
    /// with the revision to ask about all categories again.
    pub fn since(mut self, revision: u32) -> Self {
        self.0.since = revision;
        self
    }

    /// Sets the language of texts that are a single string, and the fallback for readers of other
    /// languages: a BCP 47 tag (default: `en`).
    pub fn default_language(mut self, language: impl Into<String>) -> Self {
        self.0.default_language = language.into();
        self
    }

    /// Sets how long a choice counts, including a refusal, and how long the preferences cookie is
    /// kept (default: 6 months, as recommended by the CNIL). Between 1 and 400 days: browsers do
    /// not keep cookies for longer (RFC 6265bis, section 5.5). An objection to what needs no consent does not end
    /// with the choice: navigations get its cookie again.
    pub fn choice_lifetime(mut self, lifetime: Retention) -> Self {
        self.0.choice_lifetime = lifetime;
        self
    }

    /// Sets how long after a refusal pages may ask again about what was refused: 1 to 400 days (default:
    /// as long as a choice counts). The refusal itself stays in effect.
    ///
    /// Sources: Garante, 10 June 2021 (6 months); COM(2025) 837, article 88a(4).
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookiePolicy, policy::Retention};
    /// let policy = CookiePolicy::builder().reask_after_refusal(Retention::months(12));
    /// assert!(policy.category(Category::consent("ads")).build().is_ok());
    /// ```
    pub fn reask_after_refusal(mut self, period: Retention) -> Self {
        self.0.reask_after_refusal = Some(period);
        self
    }

    /// Adds a regime: the rules of asking for visitors of some place. [`Regime`] has an example.
    pub fn regime(mut self, id: impl Into<String>, regime: Regime) -> Self {
        self.0.regimes.insert(id.into(), regime);
        self
    }

    /// Sets the cookie that stores the choice (default: [`PreferencesCookie::default`]).
    pub fn preferences_cookie(mut self, cookie: PreferencesCookie) -> Self {
        self.0.preferences_cookie = cookie;
        self
    }

    /// Signs the preferences cookie with this key, as
    /// [`PreferencesCookie::signed`](crate::preferences::PreferencesCookie::signed) does, for a policy from
    /// a file whose preferences cookie says `"signed": true` (feature `signed`).
    ///
    /// ```
    /// # let key = [1_u8; 32];
    /// use tower_cookie_consent::{CookiePolicy, policy::CookiePolicyBuilder};
    ///
    /// let file = r#"{"preferences_cookie": {"domain": "shop.example", "signed": true},
    ///     "categories": [{"id": "ads", "basis": "consent"}]}"#;
    /// let builder: CookiePolicyBuilder = serde_json::from_str(file)?;
    /// let policy = builder.signed(key).build()?;
    ///
    /// let error = serde_json::from_str::<CookiePolicy>(file).unwrap_err();
    /// assert!(error.to_string().contains("no key was given"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "signed")]
    pub fn signed(mut self, key: impl AsRef<[u8]>) -> Self {
        self.0.preferences_cookie = self.0.preferences_cookie.signed(key);
        self
    }

    /// Sets the controller of the site's data (default: none).
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookiePolicy, policy::Controller};
    ///
    /// let policy = CookiePolicy::builder()
    ///     .controller(Controller::new("Example Ltd").contact("privacy@example.org"))
    ///     .category(Category::consent("ads"))
    ///     .build()?;
    /// assert!(policy.controller().is_some());
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn controller(mut self, controller: Controller) -> Self {
        self.0.controller = Some(controller);
        self
    }

    /// Sets the name of the site, for pages that several sites share (default: that of
    /// `Pages::site`).
    pub fn site(mut self, name: impl Into<Text>) -> Self {
        self.0.site = Some(name.into());
        self
    }

    /// Sets the path of this site's pages, for pages that several sites share (default: that of
    /// `Pages::at`).
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookiePolicy};
    ///
    /// let policy = CookiePolicy::builder()
    ///     .site([("en", "The Shop"), ("fr", "La Boutique")])
    ///     .pages_at("/legal/cookies")
    ///     .category(Category::consent("ads"));
    /// assert_eq!(policy.clone().build()?.pages_at(), Some("/legal/cookies"));
    /// assert!(policy.pages_at("legal/").build().is_err());
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn pages_at(mut self, path: impl Into<String>) -> Self {
        self.0.pages_at = Some(path.into());
        self
    }

    /// Checks everything and returns the policy.
    ///
    /// # Errors
    /// All problems at once; see [`PolicyProblem`](super::PolicyProblem).
    pub fn build(self) -> Result<CookiePolicy, PolicyError> {
        let Self(mut declared) = self;
        let mut problems = Vec::new();
        #[cfg(feature = "documents")]
        super::catalogue::complete(&mut declared, &mut problems);
        check::check(&declared, &mut problems);
        if let Some(error) = PolicyError::of(problems) {
            return Err(error);
        }
        declared.preferences_cookie.settle_name();
        if let Some(domain) = &mut declared.preferences_cookie.domain {
            *domain = plain_domain(domain);
        }
        for category in &mut declared.categories {
            category.default_since = declared.since;
            let since = category.get_since();
            let services = category.services.iter_mut();
            let of_services = services.flat_map(|service| {
                service.default_since = since;
                // In the place of a row of the catalogue, an empty list says something.
                if service.r#use.is_none() {
                    service.leave_out_defaults();
                }
                service.cookies.iter_mut().flatten()
            });
            for cookie in category.cookies.iter_mut().chain(of_services) {
                for domain in cookie.domain.iter_mut().chain(&mut cookie.third_party) {
                    *domain = plain_domain(domain);
                }
            }
        }
        let policy = match declared.regimes.is_empty() {
            true => {
                let names = Arc::new(WireNames::of(&declared));
                CookiePolicy::compile(declared, names, RegimeTable::default(), Vec::new())
            }
            false => with_variants(declared),
        };
        match PolicyError::of(check::check_codec(&policy)) {
            Some(error) => Err(error),
            None => Ok(policy),
        }
    }
}

/// Building a policy.
impl CookiePolicy {
    /// Builds a policy from these categories with defaults for everything else; short for
    /// [`builder`](Self::builder).
    ///
    /// # Errors
    /// All problems at once; see [`PolicyProblem`](super::PolicyProblem).
    pub fn new(categories: impl IntoIterator<Item = Category>) -> Result<Self, PolicyError> {
        Self::builder().categories(categories).build()
    }

    /// Starts building a policy.
    ///
    /// ```
    /// use tower_cookie_consent::{
    ///     Category, CookiePolicy, policy::Retention, preferences::PreferencesCookie,
    /// };
    ///
    /// let policy = CookiePolicy::builder()
    ///     .revision(3)
    ///     .default_language("fr")
    ///     .choice_lifetime(Retention::months(6))
    ///     .preferences_cookie(PreferencesCookie::new("__Host-preferences"))
    ///     .category(Category::necessary("necessaires"))
    ///     .category(Category::consent("tiers").since(2))
    ///     .build()?;
    /// assert_eq!(policy.category("tiers").map(Category::get_since), Some(2));
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn builder() -> CookiePolicyBuilder {
        CookiePolicyBuilder::default()
    }

    /// Returns a builder with all declarations of this policy, to change some of them: for example,
    /// to give a policy from a file a codec, a domain or, for development over plain HTTP, no
    /// `Secure`.
    ///
    /// ```
    /// use tower_cookie_consent::{CookiePolicy, preferences::PreferencesCookie};
    ///
    /// let file = r#"{"categories": [{"id": "ads", "basis": "consent"}]}"#;
    /// let policy: CookiePolicy = serde_json::from_str(file)?;
    /// let local = policy
    ///     .to_builder()
    ///     .preferences_cookie(policy.preferences_cookie().clone().secure(false))
    ///     .build()?;
    /// assert!(!local.preferences_cookie().get_secure());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_builder(&self) -> CookiePolicyBuilder {
        CookiePolicyBuilder(self.0.declared.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        policy::{CookieDeclaration, PolicyProblem, PolicyProblemKind},
        wire::DAY,
    };

    #[test]
    fn has_the_documented_defaults() {
        let policy = CookiePolicyBuilder::default()
            .category(Category::consent("a"))
            .build()
            .unwrap();
        assert_eq!(policy.revision(), 1);
        assert_eq!(policy.default_language(), "en");
        assert_eq!(policy.choice_lifetime().as_secs(), 182 * DAY);
        assert_eq!(policy.preferences_cookie(), &PreferencesCookie::default());
        assert_eq!(policy.category("a").map(Category::get_since), Some(1));
    }

    #[test]
    fn a_reader_of_another_language_gets_the_default_one() {
        let titles = [("fr", "Publicité"), ("de", "Werbung")];
        let policy = CookiePolicyBuilder::default()
            .default_language("fr")
            .category(Category::consent("ads").title(titles))
            .build()
            .unwrap();
        let title = policy.category("ads").and_then(Category::get_title);
        assert_eq!(policy.text(title, "de"), Some(("de", "Werbung")));
        assert_eq!(policy.text(title, "mt"), Some(("fr", "Publicité")));
    }

    #[test]
    fn keeps_domains_plain() {
        let policy = CookiePolicyBuilder::default()
            .preferences_cookie(PreferencesCookie::new("p").domain(".Example.org"))
            .category(Category::consent("a").cookie(CookieDeclaration::new("c").domain(".A.b")))
            .build()
            .unwrap();
        assert_eq!(
            policy.preferences_cookie().get_domain(),
            Some("example.org")
        );
        let domains = policy
            .declaration_of("c")
            .map(|cookie| cookie.domains().collect());
        assert_eq!(domains, Some(vec!["a.b"]));
    }

    #[test]
    fn reports_every_problem_at_once() {
        let error = CookiePolicyBuilder::default()
            .choice_lifetime(Retention::session())
            .category(Category::consent("").cookie(CookieDeclaration::new("a=b")))
            .category(Category::consent("id"))
            .build()
            .unwrap_err();
        let kinds: Vec<_> = error.problems().iter().map(PolicyProblem::kind).collect();
        assert_eq!(
            kinds,
            [
                PolicyProblemKind::InvalidValue,
                PolicyProblemKind::Missing,
                PolicyProblemKind::InvalidName,
                PolicyProblemKind::InvalidId,
            ]
        );
        assert_eq!(error.to_string().lines().count(), 4);
    }
}
