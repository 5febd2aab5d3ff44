//! The settings of a site's pages: built once, and shared by everything that renders them.

use std::{fmt, sync::Arc};

use http::HeaderValue;
use minijinja::Environment;
use tower_http::csrf::CsrfLayer;

use super::{
    arrivals::Arrivals,
    assets::{Asset, STYLE},
    category::missing_texts,
    error::PagesError,
    gpc::GpcResource,
    language::Languages,
    render,
};
use crate::policy::{CookiePolicy, Text, location::is_pages_path};

/// The pages of a site: a tower service, and fragments for the site's own pages. The
/// [module](super) shows them in a router.
///
/// It is one `Arc` and cheap to clone. It shows the policy of each request's [`Consent`](crate::Consent), so the
/// tenants of [`policy_for`](crate::CookieConsentLayer::policy_for) see their own, with its default
/// language, its [site](CookiePolicy::site) and at its [path](CookiePolicy::pages_at).
///
/// ```
/// use tower_cookie_consent::{Category, Consent, CookiePolicy, pages::Pages};
///
/// let ads = Category::consent("ads").title("Advertising").description("Pays for what you read.");
/// let policy = CookiePolicy::new([ads])?;
/// let pages = Pages::at("/cookies", policy.clone())?
///     .site([("en", "The Portal"), ("fr", "Le Portail")])
///     .language_cookie("locale")
///     .main_id("content")?
///     .fixed(true)
///     .frame_ancestors("'none'")?
///     .trusted_origin("https://www.example.org")?;
///
/// // On the site's own pages:
/// let headers = http::HeaderMap::new();
/// let consent = Consent::undecided(policy);
/// let language = pages.language_for(&headers, Some("fr-CA"));
/// assert_eq!(language, "fr");
/// let head = pages.head(&consent, language)?;
/// let banner = pages.banner(&consent, language)?;
/// let notice = pages.notice(&consent, language)?;
/// let footer = pages.footer(&consent, language)?;
/// assert!(notice.is_empty(), "nothing was saved just now");
/// let page = format!(
///     "<!doctype html><head>{head}<body>{banner}<main id=content tabindex=-1>{notice}…</main>{footer}"
/// );
/// assert!(page.contains("Le Portail"));
/// let lost = pages.banner_on_error_page(&consent, language)?; // leads to the form instead of back
/// assert!(!lost.as_str().is_empty());
/// // For your own template engine:
/// assert_eq!(pages.view(&consent, language).main, "content");
/// // At /.well-known/gpc.json:
/// let gpc = pages.gpc("2026-01-31")?;
/// # let _ = gpc;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Pages are a service to be mounted, and a layer around one:
///
/// ```
/// use axum::{Router, routing::get};
/// use tower_cookie_consent::{
///     Category, CookieConsentLayer, CookiePolicy, layer::HostPolicies, pages::Pages,
/// };
///
/// let ads = || Category::consent("ads").title("Advertising").description("Pays for what you read.");
/// let policy = CookiePolicy::new([ads()])?;
/// let french = CookiePolicy::builder()
///     .category(ads())
///     .site("La Boutique")
///     .pages_at("/temoins")
///     .default_language("fr")
///     .build()?;
/// let hosts = HostPolicies::new(policy.clone()).host("boutique.example", french)?;
/// let app: Router = Router::new()
///     .route("/", get(async || "Hello"))
///     .layer(Pages::at("/cookies", policy.clone())?.site("The Shop"))
///     .layer(CookieConsentLayer::new(policy).policy_for(hosts.hook()));
/// # use tower::ServiceExt;
/// # let status = |host: &str, path: &str| {
/// #     let request = http::Request::get(path).header("host", host).body(axum::body::Body::empty());
/// #     let response = app.clone().oneshot(request.unwrap());
/// #     futures_executor::block_on(response).unwrap().status().as_u16()
/// # };
/// # assert_eq!(status("shop.example", "/cookies"), 200);
/// # assert_eq!(status("shop.example", "/temoins"), 404);
/// # assert_eq!(status("boutique.example", "/temoins/preferences"), 200);
/// # assert_eq!(status("boutique.example", "/cookies"), 404);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// Those that come with the crate, for when a replaced one fails.
    pub(super) built_in: Environment<'static>,
    pub(super) style: Asset,
    pub(super) script: Asset,
    pub(super) main: String,
    pub(super) fixed: bool,
    pub(super) security: HeaderValue,
    pub(super) csrf: CsrfLayer,
    pub(super) arrivals: Arc<Arrivals>,
    /// Takes what browsers report.
    #[cfg(feature = "documents")]
    pub(super) reports: Option<crate::Inventory>,
}

impl Pages {
    /// Creates pages at this path, which is that of the cookie policy page; the others are below
    /// it. Use the path as the [layer](crate::CookieConsentLayer) sees it: if a router mounts the
    /// pages below `/shop` and the layer wraps that router, `/shop/cookies`.
    ///
    /// # Errors
    ///
    /// [`PagesError::Path`] for an invalid path, and [`PagesError::MissingText`] for a consent
    /// category without title or description.
    pub fn at(path: impl Into<String>, policy: CookiePolicy) -> Result<Self, PagesError> {
        let mount = path.into();
        if !is_pages_path(&mount) {
            return Err(PagesError::Path { path: mount });
        }
        Self::check(&policy)?;
        let templates = render::environment()?;
        Ok(Self(Arc::new(Settings {
            mount,
            policy,
            site: None,
            languages: Languages::built_in()?,
            language_cookie: "lang".to_owned(),
            built_in: templates.clone(),
            templates,
            style: Asset::style(STYLE.to_owned()),
            script: Asset::script(),
            main: "main".to_owned(),
            fixed: false,
            security: security("'self'")?,
            csrf: CsrfLayer::new(),
            arrivals: Arc::default(),
            #[cfg(feature = "documents")]
            reports: None,
        })))
    }

    /// Checks that pages can show this policy, for one that
    /// [`policy_for`](crate::CookieConsentLayer::policy_for) chooses.
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookiePolicy, pages::Pages};
    ///
    /// let policy = CookiePolicy::new([Category::consent("ads").title("Advertising")])?;
    /// let error = Pages::check(&policy).unwrap_err();
    /// assert!(error.to_string().contains("has no description"));
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`PagesError::MissingText`] for a consent category without title or description.
    pub fn check(policy: &CookiePolicy) -> Result<(), PagesError> {
        for category in policy.categories() {
            if let Some(missing) = missing_texts(category) {
                return Err(PagesError::MissingText {
                    category: category.id().to_owned(),
                    missing,
                });
            }
        }
        Ok(())
    }

    /// Sets the site's name, shown on the pages and the banner, for policies without a
    /// [site](CookiePolicy::site) of their own. Default: no name is shown.
    pub fn site(self, name: impl Into<Text>) -> Self {
        let name = name.into();
        self.with(|settings| settings.site = Some(name))
    }

    /// Sets the name of the cookie with the visitor's language, a BCP 47 tag. Default: `lang`, as in
    /// `?lang=`; Django's is `django_language`. Declare it in the policy, or the layer may hide it.
    pub fn language_cookie(self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.with(|settings| settings.language_cookie = name)
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

    /// Sets the id of the main content of the site's pages, which has `tabindex="-1"` and gets the
    /// focus after a choice. Default: `main`.
    ///
    /// # Errors
    ///
    /// [`PagesError::Setting`] for anything but letters, digits, `-` and `_`.
    pub fn main_id(self, id: &str) -> Result<Self, PagesError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if id.is_empty() || !id.bytes().all(plain) {
            return Err(PagesError::Setting {
                setting: "main_id",
                value: id.to_owned(),
                help: "use only letters, digits, `-` and `_`",
            });
        }
        Ok(self.with(|settings| id.clone_into(&mut settings.main)))
    }

    /// Fixes the banner to the bottom of the window instead of placing it in the flow. Default:
    /// `false`. It takes up at most 40 % of the height, in which its text scrolls and
    /// its buttons stay in sight, keeps the focus visible with
    /// `scroll-padding` (WCAG 2.2, 2.4.11), and stays in the flow on low screens.
    pub fn fixed(self, fixed: bool) -> Self {
        self.with(|settings| settings.fixed = fixed)
    }

    /// Sets which sites may frame the pages, as in `Content-Security-Policy: frame-ancestors`.
    /// Default: `'self'`.
    ///
    /// # Errors
    ///
    /// [`PagesError::Setting`] for anything that would end the directive.
    pub fn frame_ancestors(self, sources: &str) -> Result<Self, PagesError> {
        let security = security(sources)?;
        Ok(self.with(|settings| settings.security = security))
    }

    /// Also accepts choices from pages of this origin, such as `https://www.example.org`, if the
    /// site's pages have a different origin. Write it exactly as browsers send it.
    ///
    /// # Errors
    ///
    /// [`PagesError::Setting`] for an invalid origin.
    pub fn trusted_origin(self, origin: &str) -> Result<Self, PagesError> {
        let csrf = self.0.csrf.clone().add_trusted_origin(origin);
        let csrf = csrf.map_err(|_| PagesError::Setting {
            setting: "trusted_origin",
            value: origin.to_owned(),
            help: "use a scheme, a host, and the port if it is not the scheme's default, as in \"https://example.org\"",
        })?;
        Ok(self.with(|settings| settings.csrf = csrf))
    }

    /// Returns the service for `/.well-known/gpc.json`, which states that the site honours the
    /// signal, and the date of the last change to that, as in `2026-01-31`.
    ///
    /// # Errors
    ///
    /// [`PagesError::Setting`] for an invalid date.
    pub fn gpc(&self, last_update: &str) -> Result<GpcResource, PagesError> {
        GpcResource::new(last_update)
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
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

fn security(frame_ancestors: &str) -> Result<HeaderValue, PagesError> {
    let wrong = || PagesError::Setting {
        setting: "frame_ancestors",
        value: frame_ancestors.to_owned(),
        help: "separate sources by spaces, as in `'self' https://example.org`",
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
