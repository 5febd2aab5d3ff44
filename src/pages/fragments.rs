//! The pieces for the site's own pages: banner, notice, footer, and what stands in the head.

use std::fmt;

use super::{error::PagesError, render::render, settings::Pages};
use crate::consent::Consent;

/// A piece of HTML, escaped already; empty where nothing is to be shown. See [the example](super).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fragment(String);

/// The banner: a [`Fragment`] that asks for the choice, empty where none is needed.
/// See [the example](super).
pub type Banner = Fragment;

impl Fragment {
    /// The HTML. See [the example](super).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is to be shown. See [the example](super).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Fragment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Fragment> for String {
    fn from(fragment: Fragment) -> Self {
        fragment.0
    }
}

/// Each fails only with [`PagesError::Template`], where a replaced template can't be rendered.
#[allow(clippy::missing_errors_doc)]
impl Pages {
    /// The banner, as long as the visitor [needs to be asked](Consent::needs_choice): the first thing
    /// in the body after the skip link. Accepting, refusing and choosing are one step away, refusing
    /// as near as accepting (CNIL; EDPB taskforce 2023). After the choice the visitor is on this
    /// page again. See [the example](super).
    pub fn banner(&self, consent: &Consent, language: &str) -> Result<Banner, PagesError> {
        if !consent.needs_choice() {
            return Ok(Fragment::default());
        }
        self.fragment("banner.html", consent, language)
    }

    /// The banner for a page that nobody should be led back to, such as an error page: the choice
    /// is confirmed by the form instead. See [the example](super).
    pub fn banner_on_error_page(
        &self,
        consent: &Consent,
        language: &str,
    ) -> Result<Banner, PagesError> {
        if !consent.needs_choice() {
            return Ok(Fragment::default());
        }
        let mut view = self.view(consent, language);
        view.lead_back_to(None);
        render(&self.0.templates, "banner.html", &view).map(Fragment)
    }

    /// Says that the choice was saved, to a visitor who comes from choosing (within ten seconds):
    /// the first thing in the main content, which has the focus then. See [the example](super).
    pub fn notice(&self, consent: &Consent, language: &str) -> Result<Fragment, PagesError> {
        self.fragment("notice.html", consent, language)
    }

    /// For the foot of every page: the link to the form, and a button that withdraws the consent
    /// whenever something was consented to, since that must be as easy as giving it (GDPR, art. 7(3)).
    /// See [the example](super).
    pub fn footer(&self, consent: &Consent, language: &str) -> Result<Fragment, PagesError> {
        self.fragment("footer.html", consent, language)
    }

    /// For the head: the stylesheet, and the script that saves a page load on choosing and starts
    /// `<script type="text/plain" data-consent="…">` after consent. Both may be left out.
    /// See [the example](super).
    pub fn head(&self, consent: &Consent, language: &str) -> Result<Fragment, PagesError> {
        self.fragment("head.html", consent, language)
    }

    /// Returns the same with the nonce of the page's Content-Security-Policy, which then also decides
    /// which [held scripts](super#scripts-that-wait-for-consent) start: those with this nonce.
    ///
    /// ```
    /// use tower_cookie_consent::{Category, Consent, CookiePolicy, pages::Pages};
    ///
    /// let ads = Category::consent("ads").title("Advertising").description("Pays for what you read.");
    /// let policy = CookiePolicy::new([ads])?;
    /// let pages = Pages::at("/cookies", policy.clone())?;
    /// let nonce = "b2xkLWZhc2hpb25lZA"; // new and random for each response
    /// let csp = format!("script-src 'nonce-{nonce}' 'strict-dynamic'; object-src 'none'; base-uri 'none'");
    /// let head = pages.head_with_nonce(&Consent::undecided(policy), "en", nonce)?;
    /// let held = format!(r#"<script type="text/plain" data-consent="ads" nonce="{nonce}" src="/ads.js">"#);
    /// assert!(head.as_str().contains(r#" nonce="b2xkLWZhc2hpb25lZA" "#));
    /// # let _ = (csp, held);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn head_with_nonce(
        &self,
        consent: &Consent,
        language: &str,
        nonce: &str,
    ) -> Result<Fragment, PagesError> {
        let mut view = self.view(consent, language);
        view.nonce = Some(nonce.to_owned());
        render(&self.0.templates, "head.html", &view).map(Fragment)
    }

    fn fragment(
        &self,
        template: &str,
        consent: &Consent,
        language: &str,
    ) -> Result<Fragment, PagesError> {
        let view = self.view(consent, language);
        render(&self.0.templates, template, &view).map(Fragment)
    }
}
