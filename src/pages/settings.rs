//! How the pages of a site are: built once, shared by all that shows them.

use std::{fmt, sync::Arc};

use http::HeaderValue;
use minijinja::Environment;
use tower_http::csrf::CsrfLayer;

use super::{
    assets::{Asset, STYLE},
    charter::untold,
    error::PagesError,
    gpc::GpcResource,
    language::Languages,
    links::Place,
    render,
    texts::{self, over},
    view::{Source, View},
};
use crate::{
    consent::Consent,
    policy::{CookiePolicy, Text, text::is_language_tag},
};

/// The pages of a site: a tower service, and the pieces for the site's own pages. The
/// [module](super) has the example.
///
/// It is one `Arc`, cheap to clone. What it shows is the policy of each request's [`Consent`], so
/// that tenants of [`policy_for`](crate::CookieConsentLayer::policy_for) see their own.
#[derive(Clone)]
#[must_use = "pages do nothing until they are part of a service"]
pub struct Pages(pub(super) Arc<Settings>);

#[derive(Clone)]
pub(super) struct Settings {
    pub(super) mount: String,
    pub(super) policy: CookiePolicy,
    pub(super) site: Option<Text>,
    pub(super) languages: Languages,
    pub(super) language_cookie: String,
    pub(super) templates: Environment<'static>,
    pub(super) style: Asset,
    pub(super) script: Asset,
    pub(super) main: String,
    pub(super) fixed: bool,
    pub(super) security: HeaderValue,
    pub(super) csrf: CsrfLayer,
}

impl Pages {
    /// Pages at this path, which is that of the charter; the others are below it. It is the path as
    /// the [layer](crate::CookieConsentLayer) sees it: where a router puts the pages below `/shop`
    /// and the layer stands around that router, `/shop/cookies`. See [the example](super).
    ///
    /// # Errors
    ///
    /// [`PagesError::Path`] for a path that can't be, and [`PagesError::MissingText`] for a consent
    /// category without title or description.
    pub fn at(path: impl Into<String>, policy: CookiePolicy) -> Result<Self, PagesError> {
        let mount = path.into();
        if !is_mount(&mount) {
            return Err(PagesError::Path { path: mount });
        }
        for category in policy.categories() {
            if let Some(missing) = untold(category) {
                return Err(PagesError::MissingText {
                    category: category.id().to_owned(),
                    missing,
                });
            }
        }
        Ok(Self(Arc::new(Settings {
            mount,
            policy,
            site: None,
            languages: Languages::new(texts::built_in()?),
            language_cookie: "django_language".to_owned(),
            templates: render::environment()?,
            style: Asset::style(STYLE.to_owned()),
            script: Asset::script(),
            main: "main".to_owned(),
            fixed: false,
            security: security("'self'")?,
            csrf: CsrfLayer::new(),
        })))
    }

    /// The site's name, as pages and banner show it. Default: none is shown.
    /// See [the example](super).
    pub fn site(self, name: impl Into<Text>) -> Self {
        let name = name.into();
        self.with(|settings| settings.site = Some(name))
    }

    /// The cookie with the visitor's language, a tag of BCP 47. Default: `django_language`. Declare
    /// it in the policy, or the layer may hide it. See [the example](super).
    pub fn language_cookie(self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.with(|settings| settings.language_cookie = name)
    }

    /// Replaces words of a language, or adds a language: a JSON object of keys to texts, see
    /// [`Words`](super::Words). A language that is new needs all of them.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookiePolicy, pages::Pages};
    /// # let policy = CookiePolicy::new([Category::exempt("stats")])?;
    /// let pages = Pages::at("/cookies", policy)?.language("fr", r#"{"save": "Garder mes choix"}"#)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`PagesError::Words`] with what is wrong.
    pub fn language(self, tag: &str, words: &str) -> Result<Self, PagesError> {
        if !is_language_tag(tag) {
            return Err(PagesError::Words {
                language: tag.to_owned(),
                problem: "this is no tag of BCP 47".to_owned(),
            });
        }
        let words = over(tag, self.0.languages.get(tag).map(|words| &**words), words)?;
        Ok(self.with(|settings| settings.languages.insert(tag, words)))
    }

    /// Replaces a template: `layout.html`, `charter.html`, `charter.md`, `preferences.html`,
    /// `error.html`, `head.html`, `banner.html`, `notice.html`, `footer.html`, `shown.html` or
    /// `macros.html`. It is
    /// one of [minijinja](https://docs.rs/minijinja/2/minijinja/syntax/), with automatic escaping,
    /// and sees a [`View`]. It is rendered once right away, so that what is wrong is told now.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookiePolicy, pages::Pages};
    /// # let policy = CookiePolicy::new([Category::exempt("stats")])?;
    /// let pages = Pages::at("/cookies", policy)?
    ///     .site("The Portal")
    ///     .template("error.html", "<!doctype html><title>{{ site.text }}</title>{{ error }}")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`PagesError::Template`] for another name, and with what is wrong.
    pub fn template(self, name: &str, source: impl Into<String>) -> Result<Self, PagesError> {
        let known = render::TEMPLATES.iter().find(|(known, _)| *known == name);
        let Some((name, _)) = known else {
            return Err(PagesError::Template {
                name: name.to_owned(),
                problem: "there is no template of this name".to_owned(),
            });
        };
        let mut templates = self.0.templates.clone();
        render::set(&mut templates, name, source.into())?;
        let consent = Consent::undecided(self.0.policy.clone());
        let view = self.view(&consent, self.0.policy.default_language());
        for (name, _) in render::TEMPLATES {
            render::render(&templates, name, &view)?;
        }
        Ok(self.with(|settings| settings.templates = templates))
    }

    /// Appends rules to the stylesheet, such as the site's colours.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookiePolicy, pages::Pages};
    /// # let policy = CookiePolicy::new([Category::exempt("stats")])?;
    /// let pages = Pages::at("/cookies", policy)?
    ///     .style(":root { --tcc-accent: #7a1f5c; --tcc-radius: 0; --tcc-font: Georgia, serif }");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn style(self, rules: &str) -> Self {
        self.with(|settings| settings.style = Asset::style(format!("{STYLE}\n{rules}\n")))
    }

    /// The id of the main content of the site's pages, which has `tabindex="-1"` and gets the focus
    /// after a choice. Default: `main`. See [the example](super).
    ///
    /// # Errors
    ///
    /// [`PagesError::Setting`] for other bytes than letters, digits, `-` and `_`.
    pub fn main_id(self, id: &str) -> Result<Self, PagesError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if id.is_empty() || !id.bytes().all(plain) {
            return Err(PagesError::Setting {
                setting: "main_id",
                value: id.to_owned(),
                help: "use letters, digits, `-` and `_`",
            });
        }
        Ok(self.with(|settings| id.clone_into(&mut settings.main)))
    }

    /// Whether the banner stands at the foot of the window instead of in the flow. Default: `false`.
    /// It takes at most 40 % of the height, leaves the focus visible by `scroll-padding` (WCAG 2.2,
    /// 2.4.11), and stands in the flow all the same on low screens. See [the example](super).
    pub fn fixed(self, fixed: bool) -> Self {
        self.with(|settings| settings.fixed = fixed)
    }

    /// Who may frame the pages, as in `Content-Security-Policy: frame-ancestors`. Default: `'self'`.
    /// See [the example](super).
    ///
    /// # Errors
    ///
    /// [`PagesError::Setting`] for what would end the directive.
    pub fn frame_ancestors(self, sources: &str) -> Result<Self, PagesError> {
        let security = security(sources)?;
        Ok(self.with(|settings| settings.security = security))
    }

    /// Takes choices from pages of this origin too, such as `https://www.example.org`, where the
    /// site's pages are on another than these. It has to be written as browsers send it.
    /// See [the example](super).
    ///
    /// # Errors
    ///
    /// [`PagesError::Setting`] for what is no origin.
    pub fn trusted_origin(self, origin: &str) -> Result<Self, PagesError> {
        let csrf = self.0.csrf.clone().add_trusted_origin(origin);
        let csrf = csrf.map_err(|_| PagesError::Setting {
            setting: "trusted_origin",
            value: origin.to_owned(),
            help: "write scheme and host, and a port that is not the scheme's own",
        })?;
        Ok(self.with(|settings| settings.csrf = csrf))
    }

    /// The service for `/.well-known/gpc.json`, which says that the site honours the signal, and
    /// since when: the day of the last change of that, as `2026-01-31`. See [the example](super).
    ///
    /// # Errors
    ///
    /// [`PagesError::Setting`] for what is no such day.
    pub fn gpc(&self, last_update: &str) -> Result<GpcResource, PagesError> {
        GpcResource::new(last_update)
    }

    /// The language for a visitor, by the cookie, `Accept-Language` and the policy's default: for
    /// the pieces on the site's own pages. `explicit` is what comes before all, such as `?lang=`.
    /// See [the example](super).
    #[must_use]
    pub fn language_for(&self, headers: &http::HeaderMap, explicit: Option<&str>) -> &str {
        let settings = &*self.0;
        let default = settings.policy.default_language();
        let cookie = &settings.language_cookie;
        settings
            .languages
            .choose(explicit, cookie, headers, default)
    }

    /// What the pieces on a page of the site show, for a site with an engine of its own. Links are
    /// relative to the page that the consent was judged for, or lead to the
    /// [path](Self::at) itself where there was no layer. See [the example](super).
    #[must_use]
    pub fn view(&self, consent: &Consent, language: &str) -> View {
        let mount = &*self.0.mount;
        let link = |to: &str| match consent.target() {
            Some(target) => super::links::relative(target.path(), to),
            None => to.to_owned(),
        };
        let charter = link(mount);
        let place = Place {
            resource: String::new(),
            base: format!("{charter}/"),
            charter,
            home: link("/"),
        };
        let mut view = self.view_at(consent, language, &place, "");
        let target = consent.return_target().map(http::uri::PathAndQuery::as_str);
        view.lead_back_to(target);
        view
    }

    /// The same for the pages themselves.
    pub(super) fn view_at(
        &self,
        consent: &Consent,
        language: &str,
        place: &Place,
        query: &str,
    ) -> View {
        let settings = &*self.0;
        let languages = &settings.languages;
        let tag = languages.look_up(language).unwrap_or("en");
        let source = Source {
            languages,
            site: settings.site.as_ref(),
            style: &settings.style.name,
            script: &settings.script.name,
            main: &settings.main,
            fixed: settings.fixed,
        };
        // English is built in and can't be taken away.
        let words = languages.get(tag).or_else(|| languages.get("en"));
        let words = words.map(Arc::clone).unwrap_or_default();
        View::new(source, consent, tag, words, place, query)
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.0.mount;
        f.debug_struct("Pages")
            .field("path", path)
            .finish_non_exhaustive()
    }
}

/// One segment or more, each of unreserved bytes (RFC 3986, section 2.3) and more than dots.
fn is_mount(path: &str) -> bool {
    let unreserved =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    path.strip_prefix('/').is_some_and(|rest| {
        rest.split('/').all(|segment| {
            segment.bytes().all(unreserved) && segment.bytes().any(|byte| byte != b'.')
        })
    })
}

fn security(frame_ancestors: &str) -> Result<HeaderValue, PagesError> {
    let wrong = || PagesError::Setting {
        setting: "frame_ancestors",
        value: frame_ancestors.to_owned(),
        help: "write sources parted by blanks, such as `'self' https://example.org`",
    };
    if frame_ancestors.trim().is_empty() || frame_ancestors.contains([';', ',']) {
        return Err(wrong());
    }
    HeaderValue::try_from(format!(
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
         frame-ancestors {frame_ancestors}"
    ))
    .map_err(|_| wrong())
}
