//! The pages as files that are kept: as visitors without a choice see them, with links among them alone.

use serde::Serialize;

use super::{
    error::PagesError,
    evidence::ShownText,
    fragments::banner_template,
    links::PagePlace,
    placeholder::{Embed, Embeds, Owner},
    render::render,
    settings::Pages,
    view::View,
};
use crate::{
    consent::Consent,
    digest::Document,
    policy::{CookiePolicy, Placeholder, Service},
};

/// The width and height of what is held back, in CSS pixels.
const HELD_SIZE: (u32, u32) = (640, 360);

/// A page of a site.
#[derive(Serialize)]
struct PageOfSite<'a> {
    #[serde(flatten)]
    view: &'a View,
    /// The template of what asks, or informs, where something does.
    ask: Option<&'static str>,
    /// What is in place of the services that it would load.
    placeholders: Vec<String>,
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
            placeholders: Vec::new(),
        };
        let html = render(&self.0.templates, "archived.html", &page)?;
        pages.push((if page.ask.is_some() { "banner" } else { "page" }, html));
        let placeholders = self.archived_placeholders(&consent, &view);
        if !placeholders.is_empty() {
            let page = PageOfSite {
                ask: None,
                placeholders,
                ..page
            };
            let html = render(&self.0.templates, "archived.html", &page)?;
            pages.push(("placeholders", html));
        }
        if view.can_choose {
            pages.push(("form", template("preferences.html")?));
        }
        let regime = view.regime.as_ref();
        if view.can_choose && regime.is_some_and(|regime| regime.opt_out.is_some()) {
            pages.push(("opt-out", template("opt_out.html")?));
        }
        Ok(pages)
    }

    /// Returns what a page shows in place of each service that waits for consent.
    fn archived_placeholders(&self, consent: &Consent, view: &View) -> Vec<String> {
        let policy = consent.policy();
        let mut embeds = Embeds::new(self, consent, &view.lang);
        embeds.links = view.links.clone();
        let services = policy.services().iter();
        let services = services.filter_map(|number| policy.service_at(number));
        let held = services.filter(|service| {
            !consent.allows(service.id()) && service.get_placeholder() != Placeholder::None
        });
        let embed = |service: &Service| {
            let embed = Embed {
                owner: Owner::Service(service),
                shape: service.get_placeholder(),
                small: false,
                plain: false,
                once: false,
                id: format!("tcc-embed-{}", service.id()),
                anchor: None,
                parted: true,
                size: HELD_SIZE,
            };
            embeds.render("placeholder_inline.html", &embed)
        };
        held.filter_map(embed).collect()
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
