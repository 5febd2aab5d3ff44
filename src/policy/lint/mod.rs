//! Warnings about a valid policy that is probably not what its author wants.

mod durations;
mod frame;
mod links;
mod misplaced;
mod origins;
mod purposes;
mod repeated;
mod services;
mod shared;
mod texts;
mod title_words;
mod titles;
mod trackers;
mod tracking_words;
mod warning;
mod wording;
mod words;

use std::collections::BTreeMap;

use super::{
    Basis, Category, CookieDeclaration, CookiePolicy, MAX_EXEMPT_DAYS, Service, Text, TrackerKind,
};
use crate::{
    policy::names::nearest,
    wire::{STATE_HEADERS, StateHeader},
};

pub use self::warning::{LintWarning, LintWarningKind};

impl CookiePolicy {
    /// Returns warnings about a valid policy, in declared order.
    ///
    /// Call it in a test, and print the warnings or fail on them:
    ///
    /// ```
    /// use tower_cookie_consent::{
    ///     Category, CookieDeclaration, CookiePolicy, policy::{LintWarningKind, Retention},
    /// };
    ///
    /// let policy = CookiePolicy::new([Category::necessary("base").title("Necessary cookies").cookie(
    ///     CookieDeclaration::new("_ga")
    ///         .provider("Google")
    ///         .purpose("Tells visitors apart")
    ///         .retention(Retention::months(13)),
    /// )])?;
    /// let warnings = policy.lint();
    /// assert_eq!(warnings[0].kind(), LintWarningKind::NoReason);
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
        lint.revision();
        lint.preferences_domain();
        lint.texts_of_the_policy();
        lint.repeated_texts();
        for category in self.categories() {
            lint.category(category);
            lint.mixed_cookies(category);
            lint.unserved_cookies(category);
            for cookie in category.get_cookies() {
                lint.cookie(category, cookie);
            }
            for service in category.get_services() {
                lint.service(category, service);
                for cookie in service.get_cookies() {
                    lint.cookie(category, cookie);
                }
            }
        }
        lint.warnings
    }
}

/// Returns the languages of all texts, sorted by tag, each as first written. Includes the default
/// language if some text has several languages.
pub(crate) fn languages(policy: &CookiePolicy) -> Vec<String> {
    let mut languages = BTreeMap::new();
    for category in policy.categories() {
        let own = category.texts().map(|(_, text)| text);
        let services = category.get_services().iter();
        let of_services = services.clone().flat_map(Service::texts);
        let cookies = services.flat_map(Service::get_cookies);
        let of_cookies = category.get_cookies().iter().chain(cookies);
        let of_cookies = of_cookies.flat_map(CookieDeclaration::texts);
        let others = of_services.chain(of_cookies).map(|(_, text)| text);
        for language in own.chain(others).flat_map(Text::languages) {
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

struct Lint<'a> {
    policy: &'a CookiePolicy,
    languages: Vec<String>,
    warnings: Vec<LintWarning>,
}

impl Lint<'_> {
    fn category(&mut self, category: &Category) {
        let about = About::category(category);
        if category.get_title().is_none() {
            let message = "no title, so pages show the id to visitors: add a title";
            self.warn(about, LintWarningKind::NoTitle, message);
        }
        if let Some(word) = self.origin_in(category) {
            let message = format!(
                "{word:?} names an origin, but consent is given for a purpose (GDPR, art. \
                 6(1)(a)): name what its cookies are for, such as \"advertising\""
            );
            self.warn(about, LintWarningKind::OriginCategory, message);
        }
        let has_regimes = self.policy.regimes().next().is_some();
        let is_exempt = category.basis() == Basis::Exempt;
        if has_regimes && is_exempt && category.get_exemption().is_none() {
            let message = "exempt without an exemption, so it needs consent in nearly all regimes: declare \
                           under which laws and conditions it is exempt (CNIL, July 2025; UK, schedule A1)";
            self.warn(about, LintWarningKind::NoExemption, message);
        }
        for (key, text) in category.texts() {
            self.text(about, key, text, category.id());
        }
        if let Some(exemption) = category.get_exemption() {
            for (key, text) in exemption.texts() {
                self.empty_texts(about, key, text, category.id());
            }
        }
        if let Some(title) = category.get_title() {
            self.title(about, title);
            self.misplaced_title(about, title);
        }
    }

    fn cookie(&mut self, category: &Category, cookie: &CookieDeclaration) {
        let about = About::cookie(category, cookie);
        let basis = category.basis();
        if basis == Basis::Necessary && cookie.get_reason().is_none() {
            let message = "declared necessary without a reason, and authorities object to \
                           \"essential\" labels that nothing supports (EDPB taskforce): add a \
                           reason, such as Reason::Authentication, or move it to another category";
            self.warn(about, LintWarningKind::NoReason, message);
        }
        self.misplaced(category, cookie);
        if cookie.get_purpose().is_none() {
            let message = "no purpose, so consent to it is not informed (GDPR, art. 4(11)): add a \
                           purpose";
            self.warn(about, LintWarningKind::NoPurpose, message);
        }
        if cookie.get_provider().is_none() {
            let message = "no provider, and visitors must be informed who gets the data (GDPR, \
                           art. 13(1)): add a provider";
            self.warn(about, LintWarningKind::NoProvider, message);
        }
        self.known_header(about, cookie);
        self.retention(about, cookie);
        self.cookie_domains(category, cookie);
        if self.policy.preferences_cookie().get_domain().is_none()
            && cookie.is_own_cookie()
            && let Some(domain) = cookie.domains().next()
        {
            let message = format!(
                "shared by the hosts of {domain:?}, while the preferences cookie is for one host, \
                 so the others set it again after a refusal: give the preferences cookie a domain, \
                 or the cookie none"
            );
            self.warn(about, LintWarningKind::HostOnlyChoice, message);
        }
        for (key, text) in cookie.texts() {
            self.text(about, key, text, cookie.name());
        }
        self.link(about, "privacy_url", cookie.get_privacy_url());
        self.durations(about, cookie);
    }

    fn known_header(&mut self, about: About<'_>, cookie: &CookieDeclaration) {
        if cookie.get_kind() == TrackerKind::Header && StateHeader::find(cookie.name()).is_none() {
            let known: Vec<_> = STATE_HEADERS.iter().map(|header| header.name).collect();
            let help = match nearest(cookie.name(), &known) {
                Some(known) => format!("did you mean {known:?}?"),
                None => "check its name, or remove it".to_owned(),
            };
            let message = format!("no browser is known to store this header: {help}");
            self.warn(about, LintWarningKind::UnknownHeader, message);
        }
    }

    fn retention(&mut self, about: About<'_>, cookie: &CookieDeclaration) {
        match cookie.get_retention() {
            None => {
                let message = "no retention, and visitors must be informed how long it is kept \
                               (CJEU Planet49): add a retention";
                self.warn(about, LintWarningKind::NoRetention, message);
            }
            Some(retention)
                if retention
                    .as_days()
                    .is_some_and(|days| days > MAX_EXEMPT_DAYS) =>
            {
                let message = format!(
                    "kept for {retention}, and over 13 months ({MAX_EXEMPT_DAYS} days) is hard to \
                     justify (CNIL), and browsers cut at 400 days: shorten it"
                );
                self.warn(about, LintWarningKind::LongRetention, message);
            }
            Some(_) => {}
        }
    }

    fn warn_of_policy(&mut self, kind: LintWarningKind, message: String) {
        self.warnings.push(LintWarning {
            kind,
            category: String::new(),
            service: None,
            cookie: None,
            message,
        });
    }

    fn warn(&mut self, about: About<'_>, kind: LintWarningKind, message: impl Into<String>) {
        self.warnings.push(LintWarning {
            kind,
            category: about.category.id().to_owned(),
            service: about.service.map(|service| service.id().to_owned()),
            cookie: about.cookie.map(|cookie| cookie.name().to_owned()),
            message: message.into(),
        });
    }

    /// Returns a word of the id or of a title that names an origin.
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

    /// Judges any text of a declaration; `id` is that of what it is about.
    fn text(&mut self, about: About<'_>, key: &'static str, text: &Text, id: &str) {
        self.translations(about, key, text);
        self.empty_texts(about, key, text, id);
        self.links(about, key, text);
        if matches!(key, "description" | "purpose" | "purposes") {
            self.pressure(about, key, text);
        }
    }

    fn translations(&mut self, about: About<'_>, key: &'static str, text: &Text) {
        // A company's name as a single string is valid in every language.
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
            let message = format!(
                "the {key} has no text in {}, which other texts of the policy have, so readers get \
                 it in another language: add {}",
                languages.join(", "),
                if languages.len() == 1 { "it" } else { "them" }
            );
            self.warn(about, LintWarningKind::MissingTranslation, message);
        }
    }
}

/// The subject of a warning.
#[derive(Clone, Copy)]
struct About<'a> {
    category: &'a Category,
    service: Option<&'a Service>,
    cookie: Option<&'a CookieDeclaration>,
}

impl<'a> About<'a> {
    const fn category(category: &'a Category) -> Self {
        Self {
            category,
            service: None,
            cookie: None,
        }
    }

    const fn service(category: &'a Category, service: &'a Service) -> Self {
        Self {
            service: Some(service),
            ..Self::category(category)
        }
    }

    const fn cookie(category: &'a Category, cookie: &'a CookieDeclaration) -> Self {
        Self {
            cookie: Some(cookie),
            ..Self::category(category)
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
    fn each_fault_gives_exactly_its_warning() {
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
    fn headers_that_advertise_or_are_unknown_are_reported() {
        let base = || Category::necessary("base").title("Necessary");
        let header = |name: &str| complete(name).kind(TrackerKind::Header);
        assert_eq!(lint(base().cookie(header("etag"))), [""; 0]);
        for name in [
            "observe-browsing-topics",
            "Attribution-Reporting-Register-Source",
        ] {
            assert_only(
                base().cookie(header(name)),
                "the browser's advertising APIs",
            );
        }
        let ads = Category::consent("ads").title("Advertising");
        let patterned = header("Attribution-Reporting-*");
        assert_eq!(lint(ads.cookie(patterned)), [""; 0]);
        assert_only(
            base().cookie(header("Acept-CH")),
            "did you mean \"Accept-CH\"?",
        );
        assert_only(base().cookie(header("X-Visitor")), "check its name");
    }

    #[test]
    fn a_shared_choice_fits_a_shared_cookie() {
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
    fn categories_named_for_an_origin_are_reported() {
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
    fn missing_translations_are_reported() {
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

    #[test]
    fn raised_revision_needs_a_since() {
        let policy = |revision, since| {
            let base = Category::necessary("base").title("Necessary").since(since);
            let builder = CookiePolicy::builder().revision(revision).category(base);
            builder.build().unwrap().lint()
        };
        assert_eq!(policy(1, 1), []);
        assert_eq!(policy(3, 3), []);
        let warnings = policy(3, 2);
        assert_eq!(warnings.len(), 1, "{warnings:#?}");
        assert_eq!(warnings[0].kind(), LintWarningKind::RevisionWithoutSince);
        let text = warnings[0].to_string();
        assert!(text.starts_with("the policy: the revision is 3"), "{text}");
    }

    #[test]
    fn domains_that_browsers_refuse_are_found() {
        let warnings = |own: &str, of_cookie: &str| -> Vec<String> {
            let base = Category::necessary("base").title("Necessary");
            let policy = CookiePolicy::builder()
                .preferences_cookie(PreferencesCookie::default().domain(own))
                .category(base.cookie(complete("s").domain(of_cookie)));
            let policy = policy.build().unwrap();
            policy.lint().iter().map(ToString::to_string).collect()
        };
        assert_eq!(warnings("example.org", "example.org"), [""; 0]);
        let found = warnings("localhost", "localhost");
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(found[0].contains("preferences cookie: the domain \"localhost\" has one label"));
        #[cfg(feature = "documents")]
        {
            let found = warnings("co.uk", "github.io");
            assert_eq!(found.len(), 2, "{found:#?}");
            assert!(
                found[1].contains("\"github.io\" is a public suffix"),
                "{}",
                found[1]
            );
        }
    }

    #[test]
    fn exempt_cookies_need_a_retention() {
        let stats = Category::exempt("stats").title("Statistics");
        let cookie = CookieDeclaration::new("x").provider("P").purpose("Q");
        assert_only(stats.cookie(cookie), "no retention");
    }
}
