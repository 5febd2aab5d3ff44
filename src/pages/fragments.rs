//! The fragments for the site's own pages: banner, notice, footer, and the elements for the head.

use std::fmt;

use serde::Serialize;

#[cfg(feature = "documents")]
use super::view::{View, is_just_made};
use super::{error::PagesError, render::render, settings::Pages};
use crate::consent::Consent;

/// A piece of escaped HTML, returned by [`Pages::banner`] and others; empty if there is nothing to
/// show.
///
/// ```
/// # use tower_cookie_consent::{Category, Consent, CookiePolicy, pages::Pages};
/// # let ads = Category::consent("ads").title("Advertising").description("Pays for what you read.");
/// # let policy = CookiePolicy::new([ads])?;
/// # let pages = Pages::at("/cookies", policy.clone())?;
/// # let consent = Consent::undecided(policy);
/// let banner = pages.banner(&consent, "en")?;
/// assert!(!banner.is_empty() && banner.as_str().contains("Advertising"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Fragment(String);

/// The banner: a [`Fragment`] that asks for the choice, empty if none is needed.
pub type Banner = Fragment;

impl Fragment {
    pub(super) fn new(html: String) -> Self {
        Self(html)
    }

    /// Returns the HTML.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `true` if there is nothing to show.
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

/// For maud's `PreEscaped`, and whatever else takes text.
impl AsRef<str> for Fragment {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<Fragment> for String {
    fn from(fragment: Fragment) -> Self {
        fragment.0
    }
}

/// Returns the template of what asks, or informs.
pub(super) fn banner_template(consent: &Consent) -> &'static str {
    match consent.needs_notice() {
        true => "inform.html",
        false => "banner.html",
    }
}

/// Returns a hash of what the notice says to this visitor; `None` if nothing.
#[cfg(feature = "documents")]
pub(crate) fn notice(consent: &Consent) -> Option<u64> {
    use std::hash::{DefaultHasher, Hash, Hasher};

    // Another tool confirms what it stores.
    let is_own = !consent.policy().is_read_only();
    let just_made = is_own && is_just_made(consent);
    #[cfg(feature = "records")]
    let account = consent.recording().and_then(|it| {
        let note = it.account.as_deref()?;
        let signalled = consent.signalled_choice().is_some();
        let says = signalled || !(note.by_latest | note.by_account).is_empty();
        says.then_some((note.by_latest, note.by_account, signalled))
    });
    #[cfg(not(feature = "records"))]
    let account: Option<()> = None;
    if !just_made && account.is_none() {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    (just_made, account).hash(&mut hasher);
    Some(hasher.finish())
}

/// Each fails only with [`PagesError::Template`], if a replaced template can't be rendered.
#[allow(clippy::missing_errors_doc)]
impl Pages {
    /// Renders the banner while the visitor [needs to be asked](Consent::needs_choice), unless the policy
    /// [follows](crate::preferences::PreferencesCookie::follow) another tool, which asks. Put it
    /// first in the body, after the skip link. Accepting, refusing and choosing take one step each,
    /// and refusing is as easy as accepting (CNIL; EDPB taskforce 2023). After the choice, the
    /// visitor returns to this page. Where the visitor's regime only informs, it is a
    /// [notice](Consent::needs_notice) instead.
    pub fn banner(&self, consent: &Consent, language: &str) -> Result<Banner, PagesError> {
        if !consent.needs_banner() {
            return Ok(Fragment::default());
        }
        let view = self.view(consent, language);
        render(&self.0.templates, banner_template(consent), &view).map(Fragment)
    }

    /// Renders the banner for a page that visitors should not return to, such as an error page: the
    /// form confirms the choice instead.
    pub fn banner_on_error_page(
        &self,
        consent: &Consent,
        language: &str,
    ) -> Result<Banner, PagesError> {
        if !consent.needs_banner() {
            return Ok(Fragment::default());
        }
        let mut view = self.view(consent, language);
        view.lead_back_to(None);
        render(&self.0.templates, banner_template(consent), &view).map(Fragment)
    }

    /// Confirms that the choice was saved, for visitors who have just made it (within ten seconds); with the feature
    /// `records`, also reports what the account and the device contradicted each other about, once after a login.
    /// Put it first in the main content, which then has the focus.
    pub fn notice(&self, consent: &Consent, language: &str) -> Result<Fragment, PagesError> {
        self.fragment("notice.html", consent, language)
    }

    /// Renders the footer of every page: the link to the form; a button to withdraw consent if the
    /// visitor has given any, since withdrawing must be as easy as consenting (GDPR, art. 7(3)); and
    /// a button to object while something exempt or opt-out is allowed, before a choice too. In a regime with
    /// opt-outs, it has the link to the opt-out page, and says whether an opt-out or the browser's signal was
    /// processed (11 CCR §7015, §7025(c)(6)).
    pub fn footer(&self, consent: &Consent, language: &str) -> Result<Fragment, PagesError> {
        self.fragment("footer.html", consent, language)
    }

    /// Renders the elements for the head: the stylesheet, and the script that makes a choice
    /// without a page load and starts [elements that wait](super#elements-that-wait-for-consent) after
    /// consent. Both are optional.
    pub fn head(&self, consent: &Consent, language: &str) -> Result<Fragment, PagesError> {
        self.fragment("head.html", consent, language)
    }

    /// Like [`head`](Self::head), with the nonce of the page's Content-Security-Policy. The nonce
    /// then also decides which [held scripts](super#scripts-that-wait-for-consent) start: those
    /// with the same nonce.
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
        let mut view = self.view_of_page(consent, language);
        view.nonce = Some(nonce.to_owned());
        view.style_nonce.clone_from(&view.nonce);
        render(&self.0.templates, "head.html", &view).map(Fragment)
    }

    /// Returns the data of the banner and the footer in a document; visitors return to it if it
    /// `leads_back`.
    #[cfg(feature = "documents")]
    pub(crate) fn view_for(&self, consent: &Consent, language: &str, leads_back: bool) -> View {
        let mut view = self.view_of_page(consent, language);
        if !leads_back {
            view.lead_back_to(None);
        }
        view
    }

    /// Returns the template of what asks, or informs.
    #[cfg(feature = "documents")]
    #[allow(clippy::unused_self, reason = "documents know the pages alone")]
    pub(crate) fn banner_template(&self, consent: &Consent) -> &'static str {
        banner_template(consent)
    }

    /// Renders a template; a replaced one that fails is empty.
    #[cfg(feature = "documents")]
    pub(crate) fn render_or_nothing(&self, template: &str, view: &View) -> String {
        render(&self.0.templates, template, view).unwrap_or_default()
    }

    fn fragment(
        &self,
        template: &str,
        consent: &Consent,
        language: &str,
    ) -> Result<Fragment, PagesError> {
        let view = self.view_of_page(consent, language);
        render(&self.0.templates, template, &view).map(Fragment)
    }
}
