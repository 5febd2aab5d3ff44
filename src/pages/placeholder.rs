//! What is shown in place of something that is held back: the data of its templates.

use std::sync::Arc;

use serde::Serialize;

use super::{
    category::{ServiceText, service_text, titled},
    language::direction,
    links::LinksView,
    render::render,
    settings::Pages,
    source::{Reader, words},
    texts::{Words, duration, fill},
};
use crate::{
    consent::Consent,
    policy::{Category, CookiePolicy, Placeholder, Service},
};

/// The data of the templates of placeholders (`placeholder.html` and its kin), which
/// `HtmlConsentLayer::pages` puts into documents (feature `documents`).
///
/// ```
/// # use tower_cookie_consent::{Category, CookiePolicy, pages::Pages};
/// # let policy = CookiePolicy::new([Category::exempt("stats")])?;
/// let pages = Pages::at("/cookies", policy)?
///     .template("placeholder_stop.html", r#"<button form="{{ form }}" name="decision" value="deny">{{ t.held_stop | fill(service=name) }}</button>"#)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PlaceholderView {
    /// The language of the texts, a BCP 47 tag.
    pub lang: String,
    /// `ltr` or `rtl`.
    pub dir: &'static str,
    /// The texts in that language.
    #[serde(serialize_with = "words")]
    pub t: Arc<Words>,
    /// The links to the pages.
    pub links: LinksView,
    /// The service that it belongs to; `None` for a whole category, or an origin that no service
    /// declares.
    pub service: Option<ServiceText>,
    /// The name of the service or category, or the host of the origin.
    pub name: String,
    /// What would be here, such as "Video from …".
    pub title: String,
    /// The controller of the service, or else its provider, or else its name.
    pub controller: String,
    /// The duration of a choice, in words.
    pub lasts: String,
    /// `frame`, `video` or `map`.
    pub shape: &'static str,
    /// The pages can store a choice; see [`View::can_choose`](super::View::can_choose).
    pub can_choose: bool,
    /// Nobody declares the origin: there is nothing to consent to.
    pub unknown: bool,
    /// There is only room for a link to the form.
    pub small: bool,
    /// It is inside of a link or a button, where there can be no other.
    pub plain: bool,
    /// It can be shown without a stored choice.
    pub once: bool,
    /// Its own id, unique in the document.
    pub id: String,
    /// The id of the element to return to.
    pub anchor: Option<String>,
    /// The id of the form that its buttons submit; empty in a frame, where they are inside of it.
    pub form: String,
    /// The size of the element in CSS pixels, if it is known; otherwise 0.
    pub width: u32,
    /// See `width`.
    pub height: u32,
    /// The revision of the policy, to be sent back with the choice.
    pub revision: u32,
    /// The fingerprint of the texts, to be sent back with the choice.
    pub texts: String,
    /// The nonce of the form, to be sent back with the choice as `nonce`.
    pub form_nonce: Option<String>,
    /// The path to which the visitor returns.
    pub return_to: Option<String>,
    /// The nonce of the page's Content-Security-Policy for stylesheets.
    pub nonce: Option<String>,
}

/// Whose something is that is shown only with consent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Owner<'a> {
    Service(&'a Service),
    Category(&'a Category),
    /// Nobody; the host of its address.
    Nobody(&'a str),
}

/// An element of a document that is, or would be, visible.
#[derive(Clone, Debug)]
pub(crate) struct Embed<'a> {
    pub(crate) owner: Owner<'a>,
    pub(crate) shape: Placeholder,
    pub(crate) small: bool,
    pub(crate) plain: bool,
    pub(crate) once: bool,
    pub(crate) id: String,
    pub(crate) anchor: Option<String>,
    /// Is the button outside of its form?
    pub(crate) parted: bool,
    pub(crate) size: (u32, u32),
}

/// The data that all placeholders of a document share.
#[derive(Clone, Debug)]
pub(crate) struct Embeds {
    pages: Pages,
    policy: CookiePolicy,
    lang: String,
    t: Arc<Words>,
    pub(crate) links: LinksView,
    return_to: Option<String>,
    lasts: String,
    texts: String,
    pub(crate) nonce: Option<String>,
    pub(crate) form_nonce: Option<String>,
}

impl Embeds {
    pub(crate) fn new(pages: &Pages, consent: &Consent, language: &str) -> Self {
        let Reader { lang, words: t } = pages.reader(consent, language);
        let policy = consent.policy();
        let place = pages.place_on_site(consent);
        let mut links = LinksView::new(pages.source(), &place, "");
        let target = consent.return_target();
        let return_to = links.lead_back_to(target.map(http::uri::PathAndQuery::as_str));
        Self {
            lasts: duration(policy.choice_lifetime(), lang, &t),
            texts: policy.form_texts(lang),
            pages: pages.clone(),
            policy: policy.clone(),
            lang: lang.to_owned(),
            t,
            links,
            return_to,
            nonce: None,
            form_nonce: None,
        }
    }

    /// Renders a template; `None` if a replaced one fails.
    pub(crate) fn render(&self, template: &str, embed: &Embed<'_>) -> Option<String> {
        render(&self.pages.0.templates, template, &self.view(embed)).ok()
    }

    /// Returns the element of the stylesheet.
    pub(crate) fn sheet(&self) -> String {
        let nonce = self
            .nonce
            .as_ref()
            .map(|nonce| format!(" nonce=\"{}\"", escape(nonce)));
        let (nonce, href) = (nonce.unwrap_or_default(), escape(&self.links.style));
        format!("<link rel=\"stylesheet\"{nonce} href=\"{href}\">")
    }

    /// Returns what would be where the element is, such as "Video from …".
    pub(crate) fn title(&self, embed: &Embed<'_>) -> String {
        let form = match embed.shape {
            Placeholder::Video => &self.t.held_video,
            Placeholder::Map => &self.t.held_map,
            Placeholder::Frame | Placeholder::None => &self.t.held_frame,
        };
        fill(form, &[("service", &self.name(embed.owner))])
    }

    fn name(&self, owner: Owner<'_>) -> String {
        let titled = |title, id| titled(title, id, &self.policy, &self.lang).text;
        match owner {
            Owner::Service(service) => titled(service.get_title(), service.id()),
            Owner::Category(category) => titled(category.get_title(), category.id()),
            Owner::Nobody(host) => host.to_owned(),
        }
    }

    fn view(&self, embed: &Embed<'_>) -> PlaceholderView {
        let Self { t, lang, .. } = self;
        let service = match embed.owner {
            Owner::Service(service) => Some(service_text(service, &self.policy, lang, t)),
            Owner::Category(_) | Owner::Nobody(_) => None,
        };
        let name = self.name(embed.owner);
        let controller = service.as_ref().and_then(|service| {
            let controller = service.controller.as_ref().or(service.provider.as_ref())?;
            Some(controller.text.clone())
        });
        PlaceholderView {
            lang: lang.clone(),
            dir: direction(lang),
            t: Arc::clone(t),
            links: self.links.clone(),
            title: self.title(embed),
            controller: controller.unwrap_or_else(|| name.clone()),
            name,
            lasts: self.lasts.clone(),
            shape: match embed.shape {
                Placeholder::Video => "video",
                Placeholder::Map => "map",
                Placeholder::Frame | Placeholder::None => "frame",
            },
            can_choose: !self.policy.is_read_only() && !self.policy.is_for_minors(),
            unknown: matches!(embed.owner, Owner::Nobody(_)),
            small: embed.small || matches!(embed.owner, Owner::Category(_)),
            plain: embed.plain,
            once: embed.once,
            form: match embed.parted {
                true => format!("{}-form", embed.id),
                false => String::new(),
            },
            id: embed.id.clone(),
            anchor: embed.anchor.clone(),
            width: embed.size.0,
            height: embed.size.1,
            service,
            revision: self.policy.revision(),
            texts: self.texts.clone(),
            form_nonce: self.form_nonce.clone(),
            return_to: self.return_to.clone(),
            nonce: self.nonce.clone(),
        }
    }
}

impl PlaceholderView {
    /// Returns an example, for the check of a replaced template.
    pub(super) fn sample(embeds: &Embeds) -> Self {
        let service = Service::new("films");
        embeds.view(&Embed {
            owner: Owner::Service(&service),
            shape: Placeholder::Video,
            small: false,
            plain: false,
            once: true,
            id: "tcc-embed-1".to_owned(),
            anchor: Some("tcc-embed-1".to_owned()),
            parted: true,
            size: (640, 360),
        })
    }
}

/// Writes text as the value of an attribute.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}
