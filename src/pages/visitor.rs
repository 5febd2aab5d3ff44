//! The pages for one visitor: the language, the links, and the data that templates show.

use super::{
    links::PagePlace,
    settings::Pages,
    source::{Reader, Source},
    view::View,
};
use crate::{
    consent::Consent,
    policy::{CookiePolicy, languages},
};

impl Pages {
    /// Returns the language for a visitor, based on the cookie, `Accept-Language` and the policy's
    /// default: for fragments on the site's own pages. `explicit` takes precedence over all of
    /// these; use it for `?lang=`. If [`policy_for`](crate::CookieConsentLayer::policy_for) chooses among
    /// policies with different default languages, use [`language_of`](Self::language_of).
    #[must_use]
    pub fn language_for(&self, headers: &http::HeaderMap, explicit: Option<&str>) -> &str {
        self.language_under(&self.0.policy, headers, explicit)
    }

    /// Like [`language_for`](Self::language_for), with the default language of the policy that the
    /// consent was judged by.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, Consent, CookiePolicy, pages::Pages};
    /// # let policy = CookiePolicy::new([Category::exempt("stats")])?;
    /// let french = policy.to_builder().default_language("fr").build()?;
    /// let pages = Pages::at("/cookies", policy)?;
    /// let headers = http::HeaderMap::new();
    /// assert_eq!(pages.language_of(&Consent::undecided(french), &headers, None), "fr");
    /// assert_eq!(pages.language_for(&headers, None), "en");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn language_of(
        &self,
        consent: &Consent,
        headers: &http::HeaderMap,
        explicit: Option<&str>,
    ) -> &str {
        self.language_under(consent.policy(), headers, explicit)
    }

    fn language_under(
        &self,
        policy: &CookiePolicy,
        headers: &http::HeaderMap,
        explicit: Option<&str>,
    ) -> &str {
        let settings = &*self.0;
        let default = policy.default_language();
        let cookie = &settings.language_cookie;
        settings
            .languages
            .choose(explicit, cookie, headers, default)
    }

    /// Returns the language of the pages for this tag, if they have it.
    #[cfg(feature = "documents")]
    pub(crate) fn known_language(&self, tag: &str) -> Option<&str> {
        self.0.languages.look_up(tag)
    }

    /// Returns the data that fragments on a page of the site show, for a site with its own template
    /// engine. Links are relative to the page that the consent was judged for, or lead to the
    /// [path](Self::at) itself if there was no layer.
    #[must_use]
    pub fn view(&self, consent: &Consent, language: &str) -> View {
        let mut view = self.view_of_page(consent, language);
        // Where the banner is.
        if consent.needs_banner() {
            view.form_nonce = consent.form_nonce();
        }
        view
    }

    /// Returns the same without a nonce, for what a cache may store.
    pub(super) fn view_of_page(&self, consent: &Consent, language: &str) -> View {
        let place = self.place_on_site(consent);
        let mut view = self.view_at(consent, language, &place, "");
        let target = consent.return_target().map(http::uri::PathAndQuery::as_str);
        view.lead_back_to(target);
        view
    }

    /// Returns the path of the pages under this policy.
    pub(super) fn mount<'a>(&'a self, policy: &'a CookiePolicy) -> &'a str {
        policy.pages_at().unwrap_or(&self.0.mount)
    }

    /// Returns the links from the page of the site that the consent was judged for.
    pub(super) fn place_on_site(&self, consent: &Consent) -> PagePlace {
        PagePlace::of_site(self.mount(consent.policy()), consent)
    }

    /// Returns `true` if this path is one of the pages, as the layer has seen it or a router has left it.
    pub(super) fn has(&self, path: &str, consent: Option<&Consent>) -> bool {
        let mount = consent.map_or(&*self.0.mount, |consent| self.mount(consent.policy()));
        let is_below = |path: &str| {
            let rest = path.strip_prefix(mount);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let target = consent.and_then(Consent::target);
        is_below(path) || target.is_some_and(|target| is_below(target.path()))
    }

    /// Returns the same for the pages themselves.
    pub(super) fn view_at(
        &self,
        consent: &Consent,
        language: &str,
        place: &PagePlace,
        query: &str,
    ) -> View {
        let (source, reader) = (self.source(), self.reader(consent, language));
        View::new(source, consent, reader, place, query)
    }

    /// Returns a hash of all that the pages add to documents: texts, templates and style.
    #[cfg(feature = "documents")]
    pub(crate) fn fingerprint(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash, Hasher};

        let settings = &*self.0;
        let mut hasher = DefaultHasher::new();
        (&settings.mount, &settings.style.name, &settings.script.name).hash(&mut hasher);
        (
            format!("{:?}", settings.site),
            &settings.main,
            settings.fixed,
        )
            .hash(&mut hasher);
        for (tag, wordings) in settings.languages.iter() {
            (tag, format!("{wordings:?}")).hash(&mut hasher);
        }
        for (name, _) in super::render::TEMPLATES {
            let template = settings.templates.get_template(name);
            template
                .map(|it| it.source().to_owned())
                .ok()
                .hash(&mut hasher);
        }
        hasher.finish()
    }

    pub(super) fn source(&self) -> Source<'_> {
        let settings = &*self.0;
        Source {
            languages: &settings.languages,
            site: settings.site.as_ref(),
            style: &settings.style.name,
            script: &settings.script.name,
            main: &settings.main,
            fixed: settings.fixed,
        }
    }

    /// Returns the language that a form says it has, if the policy or the pages have it: nothing that is kept may grow
    /// with what anybody can send.
    pub(super) fn language_sent(
        &self,
        policy: &CookiePolicy,
        sent: Option<&str>,
    ) -> Option<String> {
        let default = policy.default_language().to_owned();
        let Some(sent) = sent else {
            return Some(default);
        };
        let mut declared = languages(policy).into_iter().chain([default]);
        let declared = declared.find(|tag| tag.eq_ignore_ascii_case(sent));
        declared.or_else(|| self.0.languages.look_up(sent).map(str::to_owned))
    }

    /// Returns the available language for this tag, and its texts in the visitor's regime.
    pub(super) fn reader(&self, consent: &Consent, language: &str) -> Reader<'_> {
        let languages = &self.0.languages;
        let lang = languages.look_up(language).unwrap_or("en");
        let words = languages.words(lang, consent.policy().regime());
        Reader { lang, words }
    }
}
