//! The pages as files that are kept: as visitors without a choice see them, with links among them alone.

use serde::Serialize;

use super::{
    error::PagesError, evidence::ShownText, fragments::banner_template, links::PagePlace,
    render::render, settings::Pages, view::View,
};
use crate::{consent::Consent, digest::Document, policy::CookiePolicy};

/// A page of a site.
#[derive(Serialize)]
struct PageOfSite<'a> {
    #[serde(flatten)]
    view: &'a View,
    /// The template of what asks, or informs, where something does.
    ask: Option<&'static str>,
}

impl Pages {
    /// Returns `true` if there are texts in this language.
    pub(crate) fn speaks(&self, language: &str) -> bool {
        self.0.languages.look_up(language).is_some()
    }

    /// Returns the stylesheet.
    pub(crate) fn style_text(&self) -> &[u8] {
        &self.0.style.content
    }

    /// Returns the pages of this policy with their names: what a visitor without a choice sees. The
    /// stylesheet is at `style`; the script is left out, and so are languages that would lead nowhere.
    pub(crate) fn archived(
        &self,
        policy: &CookiePolicy,
        language: &str,
        style: &str,
    ) -> Result<Vec<(&'static str, String)>, PagesError> {
        let consent = Consent::undecided(policy.clone());
        let view = self.archived_view(&consent, language, style);
        let template = |name| render(&self.0.templates, name, &view);
        let mut pages = vec![("charter", template("charter.html")?)];
        let page = PageOfSite {
            view: &view,
            ask: consent.needs_banner().then(|| banner_template(&consent)),
        };
        let html = render(&self.0.templates, "archived.html", &page)?;
        pages.push((if page.ask.is_some() { "banner" } else { "page" }, html));
        if view.can_choose {
            pages.push(("form", template("preferences.html")?));
        }
        let regime = view.regime.as_ref();
        if view.can_choose && regime.is_some_and(|regime| regime.opt_out.is_some()) {
            pages.push(("opt-out", template("opt_out.html")?));
        }
        Ok(pages)
    }

    fn archived_view(&self, consent: &Consent, language: &str, style: &str) -> View {
        let place = PagePlace {
            resource: String::new(),
            base: String::new(),
            charter: "charter.html".to_owned(),
            home: "charter.html".to_owned(),
        };
        let mut view = self.view_at(consent, language, &place, "");
        style.clone_into(&mut view.links.style);
        "form.html".clone_into(&mut view.links.preferences);
        "form.html".clone_into(&mut view.links.choose);
        "opt-out.html".clone_into(&mut view.links.opt_out);
        view.has_script = false;
        let own = view.lang.clone();
        view.languages.retain(|language| language.tag == own);
        view
    }

    /// Returns the document that records of this policy refer to, for a choice made with this text.
    pub(crate) fn shown_document(
        &self,
        text: ShownText,
        policy: &CookiePolicy,
        language: &str,
    ) -> Option<Document> {
        let consent = Consent::undecided(policy.clone());
        let is_shown = match text {
            ShownText::Banner => consent.needs_banner(),
            _ => !policy.is_read_only(),
        };
        is_shown
            .then(|| self.shown(text, &consent, language))
            .flatten()
    }
}
