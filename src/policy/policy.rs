//! The policy: the site's declarations, checked and compiled.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use serde::Serialize;

use super::{
    Category, Controller, CookieDeclaration, Fingerprint, PreferencesCookie, Service, Text,
    compiled::Compiled, declared::Declared, json, regimes::RegimeTable, wire_names::WireNames,
};

/// A site's declarations: its categories with their cookies, and how the visitor's choice is
/// stored.
///
/// A policy that exists is valid. It is immutable and a single `Arc`, so cloning it is cheap.
///
/// ```
/// use tower_cookie_consent::{
///     Category, CookieDeclaration, CookiePolicy, policy::{Reason, Retention},
/// };
///
/// let policy = CookiePolicy::new([
///     Category::necessary("necessaires")
///         .title("Cookies nécessaires")
///         .cookie(
///             CookieDeclaration::new("sessionid")
///                 .reason(Reason::Authentication)
///                 .retention(Retention::days(14)),
///         ),
///     Category::exempt("statistiques").cookie(CookieDeclaration::new("_pk_id.*")),
///     Category::consent("tiers").cookie(CookieDeclaration::new("_ga").domain("example.org")),
/// ])?;
/// assert_eq!(policy.category_of("_pk_id.1.a").map(Category::id), Some("statistiques"));
/// assert!(policy.category_of("unheard-of").is_none());
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
///
/// The same can be read from a JSON file. It is checked while it is read, and all problems come as
/// one error. Only a category's `id` and `basis` and a cookie's `name` are required. Null counts as
/// absent, keys that begin with `x-` are kept, and any other unknown key is an error.
///
/// ```
/// use tower_cookie_consent::CookiePolicy;
///
/// let policy: CookiePolicy = serde_json::from_str(
///     r#"{"default_language": "fr", "choice_lifetime": "6 months", "categories": [
///         {"id": "necessaires", "basis": "necessary", "title": {"fr": "Cookies nécessaires"},
///          "cookies": [{"name": "sessionid", "reason": "authentication", "retention": "14 days"}]}]}"#,
/// )?;
/// assert_eq!(policy.choice_lifetime().as_secs(), 182 * 86_400);
///
/// let error = serde_json::from_str::<CookiePolicy>(
///     r#"{"categories": [{"id": "ads", "basis": "consent",
///         "cookies": [{"name": "_ga", "domian": ["example.org"]}]}]}"#,
/// );
/// assert!(error.unwrap_err().to_string().contains("did you mean `domain`?"));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// Reading a policy:
///
/// ```
/// use tower_cookie_consent::{Category, CookieDeclaration, CookiePolicy, policy::Retention};
///
/// let ads = Category::consent("ads").cookie(CookieDeclaration::new("_ga*"));
/// let policy = CookiePolicy::new([Category::necessary("base"), ads])?;
/// assert_eq!(policy.categories().map(Category::id).collect::<Vec<_>>(), ["base", "ads"]);
/// assert_eq!(policy.category("ads"), policy.category_of("_ga_X"));
/// assert_eq!(policy.declaration_of("_ga_X").map(CookieDeclaration::name), Some("_ga*"));
/// assert_eq!((policy.revision(), policy.default_language()), (1, "en"));
/// assert_eq!((policy.site(), policy.pages_at()), (None, None));
/// assert_eq!(Some(policy.choice_lifetime()), Retention::months(6).duration());
/// assert_eq!(policy.preferences_cookie().name(), "cookies_preferences");
/// assert_eq!(policy.extra("x-owner"), None, "such keys come from a file");
/// // Two names for a record of the choice: of what is enforced, and of what was shown.
/// assert!(policy.fingerprint().to_string().starts_with("fnv1a-128:"));
/// assert_ne!(policy.fingerprint(), policy.text_fingerprint("en"));
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone)]
pub struct CookiePolicy(pub(super) Arc<PolicyData>);

pub(super) struct PolicyData {
    pub(super) declared: Declared,
    pub(super) compiled: Compiled,
    /// The policy in each of its regimes.
    pub(super) variants: Vec<CookiePolicy>,
    /// The policy as it is for minors, once somebody asks for it.
    pub(super) for_minors: OnceLock<CookiePolicy>,
}

impl CookiePolicy {
    /// Returns the categories in declared order.
    #[must_use]
    pub fn categories(&self) -> impl ExactSizeIterator<Item = &Category> {
        self.0.declared.categories.iter()
    }

    /// Returns the category with this id.
    #[must_use]
    pub fn category(&self, id: &str) -> Option<&Category> {
        self.category_at(self.index_of(id.as_bytes())?)
    }

    /// Returns the category of a cookie name: the one that declares this exact name, or else the
    /// one with the longest matching pattern. Returns `None` for an undeclared name, and for the
    /// preferences cookie if no category declares it, although it is always necessary.
    #[must_use]
    pub fn category_of(&self, name: &str) -> Option<&Category> {
        self.category_at(self.find(name.as_bytes())?.category()?)
    }

    /// Returns the service with this id.
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookiePolicy, policy::Service};
    ///
    /// let media = Category::consent("media").service(Service::new("films"));
    /// let policy = CookiePolicy::new([media])?;
    /// assert_eq!(policy.service("films").map(Service::id), Some("films"));
    /// assert!(policy.service("media").is_none());
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    #[must_use]
    pub fn service(&self, id: &str) -> Option<&Service> {
        self.service_at(self.index_of(id.as_bytes())?)
    }

    /// Returns the declaration of a cookie name, found as in [`category_of`](Self::category_of).
    #[must_use]
    pub fn declaration_of(&self, name: &str) -> Option<&CookieDeclaration> {
        self.declaration_at(self.find(name.as_bytes())?.declaration)
    }

    /// Returns the number of this edition of the policy (default: 1), which is stored with each
    /// choice.
    #[must_use]
    pub fn revision(&self) -> u32 {
        self.0.declared.revision
    }

    /// Returns the default for every category's [`since`](Category::get_since) (default: 1).
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookiePolicy};
    /// let builder = CookiePolicy::builder().revision(3).since(2);
    /// assert_eq!(builder.category(Category::consent("ads")).build()?.since(), 2);
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    #[must_use]
    pub fn since(&self) -> u32 {
        self.0.declared.since
    }

    /// Returns the controller of the site's data, if the policy names one.
    ///
    /// ```
    /// # use tower_cookie_consent::{CookiePolicy, policy::Controller};
    /// let policy: CookiePolicy = serde_json::from_str(
    ///     r#"{"controller": {"name": "Example Ltd"},
    ///         "categories": [{"id": "ads", "basis": "consent"}]}"#,
    /// )?;
    /// assert_eq!(policy.controller(), Some(&Controller::new("Example Ltd")));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn controller(&self) -> Option<&Controller> {
        self.0.declared.controller.as_ref()
    }

    /// Returns the name of the site, if the policy has one.
    ///
    /// ```
    /// # use tower_cookie_consent::CookiePolicy;
    /// let policy: CookiePolicy = serde_json::from_str(
    ///     r#"{"site": "The Shop", "pages_at": "/legal/cookies",
    ///         "categories": [{"id": "ads", "basis": "consent"}]}"#,
    /// )?;
    /// assert_eq!(policy.text(policy.site(), "en"), Some(("en", "The Shop")));
    /// assert_eq!(policy.pages_at(), Some("/legal/cookies"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn site(&self) -> Option<&Text> {
        self.0.declared.site.as_ref()
    }

    /// Returns the path of the site's pages, if the policy has one.
    #[must_use]
    pub fn pages_at(&self) -> Option<&str> {
        self.0.declared.pages_at.as_deref()
    }

    /// Returns the language of texts that are a single string (default: `en`).
    #[must_use]
    pub fn default_language(&self) -> &str {
        &self.0.declared.default_language
    }

    /// Returns a text for a reader of `language`, with its actual language, for `lang="…"`. Missing
    /// translations are in the policy's default language (see [`Text::get`]).
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookiePolicy};
    ///
    /// let policy = CookiePolicy::new([
    ///     Category::consent("ads").title([("en", "Advertising"), ("fr", "Publicité")]),
    /// ])?;
    /// let title = policy.category("ads").and_then(|category| category.get_title());
    /// assert_eq!(policy.text(title, "fr-CA"), Some(("fr", "Publicité")));
    /// assert_eq!(policy.text(title, "de"), Some(("en", "Advertising")));
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    #[must_use]
    pub fn text<'a>(
        &'a self,
        text: Option<&'a Text>,
        language: &str,
    ) -> Option<(&'a str, &'a str)> {
        text?.get(language, self.default_language())
    }

    /// Returns how long a choice counts, in whole days (default: 6 months, which are 182 days).
    #[must_use]
    pub fn choice_lifetime(&self) -> Duration {
        self.0.compiled.choice_lifetime
    }

    /// Returns how long after a refusal pages may ask again, in whole days (default: as long as a choice
    /// counts).
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookiePolicy};
    /// let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// assert_eq!(policy.reask_after_refusal(), policy.choice_lifetime());
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    #[must_use]
    pub fn reask_after_refusal(&self) -> Duration {
        self.0.compiled.reask_after_refusal
    }

    /// Returns the cookie that stores the choice.
    pub fn preferences_cookie(&self) -> &PreferencesCookie {
        &self.0.declared.preferences_cookie
    }

    /// Returns the JSON text of a key that begins with `x-`, as read from the file.
    #[must_use]
    pub fn extra(&self, key: &str) -> Option<String> {
        json::extra(&self.0.declared.extra, key)
    }

    /// Returns the fingerprint of what is enforced: the name of the preferences cookie, and each
    /// category's id, basis, since, cookie names and header names, in any order. Texts, attributes
    /// and other kinds of trackers do not count.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.0.compiled.fingerprint
    }

    /// Returns a hash of everything that is declared, texts included.
    #[cfg(all(feature = "documents", feature = "pages"))]
    pub(crate) fn content_hash(&self) -> u64 {
        self.0.compiled.content
    }

    /// Compiles checked declarations.
    pub(super) fn compile(
        declared: Declared,
        names: Arc<WireNames>,
        regimes: RegimeTable,
        variants: Vec<CookiePolicy>,
    ) -> Self {
        let compiled = Compiled::new(&declared, regimes, names);
        Self(Arc::new(PolicyData {
            declared,
            compiled,
            variants,
            for_minors: OnceLock::new(),
        }))
    }
}

impl PartialEq for CookiePolicy {
    /// Compares the declarations.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.declared == other.0.declared
    }
}

impl fmt::Debug for CookiePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let declared = &self.0.declared;
        f.debug_struct("CookiePolicy")
            .field("revision", &declared.revision)
            .field("since", &declared.since)
            .field("default_language", &declared.default_language)
            .field("choice_lifetime", &declared.choice_lifetime)
            .field("preferences_cookie", &declared.preferences_cookie)
            .field("categories", &declared.categories)
            .finish_non_exhaustive()
    }
}

impl Serialize for CookiePolicy {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.declared.serialize(serializer)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::policy::TrackerKind;

    /// Returns a policy with something of everything.
    pub(in crate::policy) fn policy() -> CookiePolicy {
        CookiePolicy::builder()
            .revision(5)
            .since(2)
            .category(Category::necessary("z").cookie(CookieDeclaration::new("s")))
            .category(Category::exempt("stats"))
            .category(Category::exempt("audience").gpc(true).cookies([
                CookieDeclaration::new("k").kind(TrackerKind::Storage),
                CookieDeclaration::new("_pk*"),
                CookieDeclaration::new("_pk"),
            ]))
            .category(
                Category::consent("ads")
                    .since(4)
                    .cookie(CookieDeclaration::new("_ga")),
            )
            .build()
            .unwrap()
    }

    #[test]
    fn is_one_arc() {
        fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}
        let policy = policy();
        shared(&policy);
        assert_eq!(policy.clone(), policy);
        assert_eq!(size_of::<CookiePolicy>(), size_of::<usize>());
        assert!(format!("{policy:?}").starts_with("CookiePolicy { revision: 5"));
    }

    #[test]
    fn made_in_rust_survives_json() {
        let policy = policy();
        let text = serde_json::to_string(&policy).unwrap();
        assert_eq!(serde_json::from_str::<CookiePolicy>(&text).unwrap(), policy);
    }
}
