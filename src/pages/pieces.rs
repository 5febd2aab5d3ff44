//! All fragments of a page at once, as template engines take them.

use serde::Serialize;

use super::{
    fragments::{Fragment, banner_template},
    render::render,
    settings::Pages,
    view::View,
};
use crate::consent::Consent;

/// Everything of [`Pages`] that a page of the site shows, from [`Pages::pieces`]. Each piece is escaped
/// HTML, or empty if there is nothing to show: a template engine has to put it in as it is
/// (`{{ pieces.banner|safe }}` in askama, minijinja and Tera; `PreEscaped` in maud).
///
/// ```
/// use tower_cookie_consent::{Category, Consent, CookiePolicy, pages::{Pages, Pieces}};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let ads = Category::consent("ads").title("Advertising").description("Pays for what you read.");
/// let policy = CookiePolicy::new([ads])?;
/// let pages = Pages::at("/cookies", policy.clone())?;
/// let Pieces { lang, dir, head, banner, notice, footer, .. } =
///     pages.pieces(&Consent::undecided(policy), "en");
/// let page = format!(
///     "<!doctype html><html lang={lang} dir={dir}><head>{head}<body>{banner}\
///      <main id=main tabindex=-1>{notice}Hello</main>{footer}"
/// );
/// # assert!(page.contains("<html lang=en dir=ltr>") && page.contains("tcc-banner"), "{page}");
/// # Ok(())
/// # }
/// ```
///
/// With a template engine that takes what is `Serialize`:
///
/// ```
/// # use tower_cookie_consent::{Category, Consent, CookiePolicy, pages::Pages};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let ads = Category::consent("ads").title("Advertising").description("Pays for what you read.");
/// # let policy = CookiePolicy::new([ads])?;
/// # let pages = Pages::at("/cookies", policy.clone())?;
/// let template = "<head>{{ consent.head|safe }}</head><body>{{ consent.banner|safe }}Hello";
/// let mut templates = minijinja::Environment::new();
/// templates.add_template("page.html", template)?;
/// let pieces = pages.pieces(&Consent::undecided(policy), "en");
/// let page = templates.get_template("page.html")?.render(minijinja::context!(consent => pieces))?;
/// assert!(page.contains("<section class=\"tcc tcc-banner\""));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Pieces {
    /// The language of the pieces, for `<html lang>` if the page has it too.
    pub lang: String,
    /// `ltr` or `rtl`.
    pub dir: &'static str,
    /// For the head, see [`Pages::head`].
    pub head: Fragment,
    /// First in the body, see [`Pages::banner`].
    pub banner: Fragment,
    /// First in the main content, see [`Pages::notice`].
    pub notice: Fragment,
    /// Last in the body, see [`Pages::footer`].
    pub footer: Fragment,
}

impl Pages {
    /// Renders everything that a page of the site shows: head, banner, notice and footer. It can't fail:
    /// instead of a [replaced template](Self::template) that can't be rendered for this visitor, the
    /// built-in one is.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, Consent, CookiePolicy, pages::Pages};
    /// # let ads = Category::consent("ads").title("Advertising").description("Pays for what you read.");
    /// # let policy = CookiePolicy::new([ads])?;
    /// # let pages = Pages::at("/cookies", policy.clone())?;
    /// let undecided = Consent::undecided(policy);
    /// let pieces = pages.pieces(&undecided, "en");
    /// assert!(pieces.banner.as_str().contains("tcc-banner"));
    ///
    /// let decided = undecided.with_choice(undecided.refuse_all());
    /// let pieces = pages.pieces(&decided, "en");
    /// assert_eq!(pieces.banner.as_str(), "", "nothing is left to ask");
    /// assert!(pieces.footer.as_str().contains("tcc-footer"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn pieces(&self, consent: &Consent, language: &str) -> Pieces {
        self.pieces_of(&self.view(consent, language), consent)
    }

    /// Like [`pieces`](Self::pieces), with the nonce of the page's Content-Security-Policy, as in
    /// [`head_with_nonce`](Self::head_with_nonce).
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, Consent, CookiePolicy, pages::Pages};
    /// # let policy = CookiePolicy::new([Category::exempt("stats")])?;
    /// # let pages = Pages::at("/cookies", policy.clone())?;
    /// let pieces = pages.pieces_with_nonce(&Consent::undecided(policy), "en", "bm9uY2U");
    /// assert!(pieces.head.as_str().contains(r#" nonce="bm9uY2U""#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn pieces_with_nonce(&self, consent: &Consent, language: &str, nonce: &str) -> Pieces {
        let mut view = self.view(consent, language);
        view.nonce = Some(nonce.to_owned());
        view.style_nonce.clone_from(&view.nonce);
        self.pieces_of(&view, consent)
    }

    fn pieces_of(&self, view: &View, consent: &Consent) -> Pieces {
        let piece = |template| Fragment::new(self.render_in_any_case(template, view));
        Pieces {
            lang: view.lang.clone(),
            dir: view.dir,
            head: piece("head.html"),
            banner: match consent.needs_banner() {
                true => piece(banner_template(consent)),
                false => Fragment::default(),
            },
            notice: piece("notice.html"),
            footer: piece("footer.html"),
        }
    }

    /// Renders a template, or the built-in one of this name if a replaced one fails.
    fn render_in_any_case(&self, template: &str, view: &View) -> String {
        let settings = &*self.0;
        render(&settings.templates, template, view)
            .or_else(|_| render(&settings.built_in, template, view))
            // Tests render each of those.
            .unwrap_or_default()
    }
}
