//! A site's own templates.

use super::{
    error::PagesError,
    placeholder::{Embeds, PlaceholderView},
    render,
    settings::Pages,
};
use crate::consent::Consent;

impl Pages {
    /// Replaces a template: `layout.html`, `charter.html`, `charter.md`, `preferences.html`,
    /// `opt_out.html`, `error.html`, `head.html`, `banner.html`, `inform.html`, `notice.html`, `footer.html`, `document_footer.html`, `shown.html`,
    /// `macros.html`, or one of the placeholders: `placeholder.html`, `placeholder_frame.html`,
    /// `placeholder_inline.html`, `placeholder_form.html`, `placeholder_stop.html`. Templates are
    /// written for [minijinja](https://docs.rs/minijinja/2/minijinja/syntax/), with automatic escaping,
    /// and receive a [`View`](super::View), those of placeholders a [`PlaceholderView`]. The template is rendered once right away, so that faults are reported
    /// immediately.
    ///
    /// In a form with boxes, the button that saves has to be the first one: Enter in a box presses it. The field
    /// `surface` says which template the record of a choice names (`banner`, `form`, `opt_out`, `footer`).
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
    /// [`PagesError::Template`] for an unknown name, or with the fault.
    pub fn template(self, name: &str, source: impl Into<String>) -> Result<Self, PagesError> {
        let known = render::TEMPLATES.iter().find(|(known, _)| *known == name);
        let Some((name, _)) = known else {
            return Err(PagesError::Template {
                name: name.to_owned(),
                problem: "no such template".to_owned(),
            });
        };
        let mut templates = self.0.templates.clone();
        render::set(&mut templates, name, source.into())?;
        let consent = Consent::undecided(self.0.policy.clone());
        let view = self.view(&consent, self.0.policy.default_language());
        let placeholder = PlaceholderView::sample(&Embeds::new(&self, &consent, &view.lang));
        for (name, _) in render::TEMPLATES {
            match render::is_placeholder(name) {
                true => render::render(&templates, name, &placeholder)?,
                false => render::render(&templates, name, &view)?,
            };
        }
        Ok(self.with(|settings| settings.templates = templates))
    }
}
