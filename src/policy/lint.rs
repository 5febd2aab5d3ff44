//! What a valid policy is warned of.

use std::collections::BTreeMap;

use super::{
    Basis, Category, CookieDeclaration, CookiePolicy, Kind, LintWarning, Text, origins, trackers,
};

/// 13 months (CNIL).
const LONG_DAYS: u32 = 395;

impl CookiePolicy {
    /// What in this policy is dubious, though it can be built: warnings, never errors, in declared
    /// order.
    ///
    /// A site calls it in a test, and prints or refuses what comes:
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookieDeclaration, CookiePolicy, LintWarning, Retention};
    ///
    /// let policy = CookiePolicy::new([Category::necessary("base").title("Necessary cookies").cookie(
    ///     CookieDeclaration::new("_ga")
    ///         .provider("Google")
    ///         .purpose("Tells visitors apart")
    ///         .retention(Retention::months(13)),
    /// )])?;
    /// let warnings = policy.lint();
    /// assert!(matches!(warnings[0], LintWarning::NoReason { .. }));
    /// assert!(warnings[1].to_string().contains("a tracker of Google Analytics"));
    /// assert_eq!(warnings.len(), 2);
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    #[must_use]
    pub fn lint(&self) -> Vec<LintWarning> {
        let mut lint = Lint {
            policy: self,
            languages: languages(self),
            warnings: Vec::new(),
        };
        for category in self.categories() {
            lint.category(category);
            for cookie in category.get_cookies() {
                lint.cookie(category, cookie);
            }
        }
        lint.warnings
    }
}

/// The languages of all texts, in the order of their tags, each as first written. The default
/// language is among them where some text stands in several.
fn languages(policy: &CookiePolicy) -> Vec<String> {
    let mut languages = BTreeMap::new();
    for category in policy.categories() {
        let own = category_texts(category).map(|(_, text)| text);
        let of_cookies = category.get_cookies().iter().flat_map(|cookie| {
            let texts = cookie.texts().map(|(_, text)| text);
            texts.collect::<Vec<_>>()
        });
        for language in own.chain(of_cookies).flat_map(Text::languages) {
            languages
                .entry(language.to_ascii_lowercase())
                .or_insert_with(|| language.to_owned());
        }
    }
    if !languages.is_empty() {
        let default = policy.default_language();
        languages
            .entry(default.to_ascii_lowercase())
            .or_insert_with(|| default.to_owned());
    }
    languages.into_values().collect()
}

fn category_texts(category: &Category) -> impl Iterator<Item = (&'static str, &Text)> {
    [
        ("title", category.get_title()),
        ("description", category.get_description()),
    ]
    .into_iter()
    .filter_map(|(key, text)| Some((key, text?)))
}

struct Lint<'a> {
    policy: &'a CookiePolicy,
    languages: Vec<String>,
    warnings: Vec<LintWarning>,
}

impl Lint<'_> {
    fn category(&mut self, category: &Category) {
        let id = || category.id().to_owned();
        if category.get_title().is_none() {
            self.warnings.push(LintWarning::NoTitle { category: id() });
        }
        if let Some(word) = self.origin_in(category) {
            self.warnings.push(LintWarning::OriginCategory {
                category: id(),
                word,
            });
        }
        for (key, text) in category_texts(category) {
            self.translations(category, None, key, text);
        }
    }

    fn cookie(&mut self, category: &Category, cookie: &CookieDeclaration) {
        let id = || category.id().to_owned();
        let name = || cookie.name().to_owned();
        let basis = category.basis();
        if basis == Basis::Necessary && cookie.get_reason().is_none() {
            self.warnings.push(LintWarning::NoReason {
                category: id(),
                cookie: name(),
            });
        }
        if basis != Basis::Consent
            && cookie.get_kind() == Kind::Cookie
            && let Some(provider) = trackers::provider_of(cookie.name())
        {
            self.warnings.push(LintWarning::Tracker {
                category: id(),
                cookie: name(),
                provider,
                basis,
            });
        }
        if cookie.get_purpose().is_none() {
            self.warnings.push(LintWarning::NoPurpose {
                category: id(),
                cookie: name(),
            });
        }
        if cookie.get_provider().is_none() {
            self.warnings.push(LintWarning::NoProvider {
                category: id(),
                cookie: name(),
            });
        }
        self.retention(category, cookie);
        if self.policy.preferences_cookie().get_domain().is_none()
            && let Some(domain) = cookie.domains().next()
        {
            self.warnings.push(LintWarning::HostOnlyChoice {
                category: id(),
                cookie: name(),
                domain: domain.to_owned(),
            });
        }
        for (key, text) in cookie.texts() {
            self.translations(category, Some(cookie), key, text);
        }
    }

    fn retention(&mut self, category: &Category, cookie: &CookieDeclaration) {
        let (category, cookie_name) = (category.id().to_owned(), cookie.name().to_owned());
        match cookie.get_retention() {
            None => self.warnings.push(LintWarning::NoRetention {
                category,
                cookie: cookie_name,
            }),
            Some(retention) if retention.as_days().is_some_and(|days| days > LONG_DAYS) => {
                self.warnings.push(LintWarning::LongRetention {
                    category,
                    cookie: cookie_name,
                    retention,
                });
            }
            Some(_) => {}
        }
    }

    /// A word of the id or of a title that names an origin.
    fn origin_in(&self, category: &Category) -> Option<String> {
        let default = self.policy.default_language();
        let titles = self.languages.iter().map(String::as_str).chain([default]);
        let titles = titles.filter_map(|language| {
            let (_, title) = category.get_title()?.get(language, default)?;
            Some(title)
        });
        [category.id()]
            .into_iter()
            .chain(titles)
            .find_map(origins::word_in)
    }

    fn translations(
        &mut self,
        category: &Category,
        cookie: Option<&CookieDeclaration>,
        key: &'static str,
        text: &Text,
    ) {
        // A single name of a company is a name in every language.
        let one = text.languages().next().is_none();
        if one && matches!(key, "provider" | "controller") {
            return;
        }
        let default = self.policy.default_language();
        let lacks = |language: &&String| match one {
            true => !language.eq_ignore_ascii_case(default),
            false => text.get(language, language).is_none(),
        };
        let languages: Vec<_> = self.languages.iter().filter(lacks).cloned().collect();
        if !languages.is_empty() {
            self.warnings.push(LintWarning::MissingTranslation {
                category: category.id().to_owned(),
                cookie: cookie.map(|cookie| cookie.name().to_owned()),
                key,
                languages,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{PreferencesCookie, Reason, Retention};

    fn complete(name: &str) -> CookieDeclaration {
        CookieDeclaration::new(name)
            .reason(Reason::Authentication)
            .provider("The site")
            .purpose("Keeps you logged in")
            .retention(Retention::days(14))
    }

    fn lint(category: Category) -> Vec<String> {
        let policy = CookiePolicy::new([category]).unwrap();
        policy.lint().iter().map(ToString::to_string).collect()
    }

    #[track_caller]
    fn assert_only(category: Category, part: &str) {
        let warnings = lint(category);
        assert_eq!(warnings.len(), 1, "{warnings:#?}");
        assert!(warnings[0].contains(part), "{}", warnings[0]);
    }

    #[test]
    fn a_complete_policy_has_no_warning() {
        let base = Category::necessary("base")
            .title("Necessary")
            .cookie(complete("s"));
        assert_eq!(lint(base), [""; 0]);
    }

    #[test]
    fn each_warning_comes_for_its_own_fault_and_no_other() {
        let base = || Category::necessary("base").title("Necessary");
        let ads = || Category::consent("ads").title("Advertising");
        let bare = || CookieDeclaration::new("x").provider("P").purpose("Q");
        let kept = |retention| bare().retention(retention);
        assert_only(
            base().cookie(kept(Retention::session())),
            "without a reason",
        );
        assert_only(
            base().cookie(complete("_gid")),
            "a tracker of Google Analytics",
        );
        let stats = Category::exempt("stats").title("Statistics");
        assert_only(stats.cookie(complete("_hj*")), "a tracker of Hotjar");
        assert_only(Category::consent("ads"), "no title");
        assert_only(ads().cookie(bare()), "no retention");
        let thirteen = Retention::months(13);
        assert_eq!(lint(ads().cookie(kept(thirteen))), [""; 0]);
        assert_only(ads().cookie(kept(Retention::days(396))), "396 days");
        let cookie = CookieDeclaration::new("x").retention(thirteen);
        assert_only(ads().cookie(cookie.clone().provider("P")), "no purpose");
        assert_only(ads().cookie(cookie.purpose("Q")), "no provider");
        let shared = kept(thirteen).domain("example.org");
        assert_only(ads().cookie(shared), "\"example.org\"");
    }

    #[test]
    fn a_shared_choice_goes_with_a_shared_cookie() {
        let shared = complete("s").domain("example.org");
        let policy = CookiePolicy::builder()
            .preferences_cookie(PreferencesCookie::new("p").domain("example.org"))
            .category(
                Category::necessary("base")
                    .title("Necessary")
                    .cookie(shared),
            )
            .build()
            .unwrap();
        assert_eq!(policy.lint(), []);
    }

    #[test]
    fn a_category_that_names_an_origin_is_told_by_id_or_title() {
        for id in [
            "tiers",
            "internes",
            "third-party",
            "first_party",
            "3rd.party",
        ] {
            assert_only(
                Category::consent(id).title("Advertising"),
                "names an origin",
            );
        }
        for title in ["Cookies tiers", "Third-party cookies", "Cookies internes"] {
            assert_only(Category::consent("a").title(title), "names an origin");
        }
        let titles = [("en", "Advertising"), ("fr", "Cookies tiers")];
        assert_only(Category::consent("a").title(titles), "\"tiers\"");
        for title in ["A frontier", "First, the party", "Statistics"] {
            let warnings = lint(Category::consent("a").title(title));
            assert_eq!(warnings, [""; 0], "{title}");
        }
    }

    #[test]
    fn a_language_that_is_used_somewhere_is_missed_elsewhere() {
        let title = [("en", "Necessary"), ("fr", "Nécessaires")];
        let base = || Category::necessary("base").title(title);
        assert_only(
            base().cookie(complete("s")),
            "the purpose has no text in fr",
        );
        let german = complete("s").purpose([("de", "Anmeldung"), ("fr-CA", "Connexion")]);
        let warnings = lint(base().cookie(german));
        assert_eq!(warnings.len(), 2, "{warnings:#?}");
        assert!(
            warnings[0].contains("the title has no text in de,"),
            "{}",
            warnings[0]
        );
        assert!(warnings[1].contains("in en, fr,"), "{}", warnings[1]);
    }
}
