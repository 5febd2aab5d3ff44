//! Writes placeholders with the templates and texts of the pages.

use std::sync::{Arc, OnceLock};

use url::Url;

use super::{
    super::{consented::Consented, reader::Visitor},
    Owner, Part, Placeholders, Spot, Writer,
};
use crate::{
    consent::Consent,
    pages::{self, Embed, Embeds, Pages},
    policy::{Basis, Category, CategorySet, Placeholder, Service, origin::is_own},
};

/// Returns the placeholders of a document.
pub(crate) fn of_pages(visitor: Visitor, consented: &Consented) -> Arc<Placeholders> {
    let document = consented.document.as_ref();
    Placeholders::new(Box::new(PagesWriter {
        allowed: consented.allowed,
        document: document.map(|it| it.url.clone()),
        spoken: OnceLock::new(),
        once: !consented.settings.sends_policy(),
        // Without a nonce, the stylesheet may load all the same.
        nonce: visitor.policies.style(None).unwrap_or_default(),
        embeds: OnceLock::new(),
        pages: visitor.pages,
        consent: visitor.consent,
        language: visitor.language,
        form_nonce: visitor.form_nonce,
    }))
}

/// The pages, for one visitor.
struct PagesWriter {
    pages: Pages,
    consent: Consent,
    allowed: CategorySet,
    document: Option<Url>,
    /// The language that the visitor wants.
    language: String,
    /// That of the document, which comes first.
    spoken: OnceLock<String>,
    /// May something load that the choice does not allow?
    once: bool,
    /// The nonce for stylesheets.
    nonce: Option<String>,
    /// The nonce of the forms.
    form_nonce: Option<String>,
    /// The data that all of them share, once there is one.
    embeds: OnceLock<Embeds>,
}

impl PagesWriter {
    fn embeds(&self, base: Option<&Url>) -> &Embeds {
        self.embeds.get_or_init(|| {
            let language = self.spoken.get().unwrap_or(&self.language);
            let mut embeds = Embeds::new(&self.pages, &self.consent, language);
            embeds.nonce.clone_from(&self.nonce);
            embeds.form_nonce.clone_from(&self.form_nonce);
            if let Some(document) = base {
                embeds.links.resolve(|link| absolute(document, link));
            }
            embeds
        })
    }

    fn service(&self, number: u8) -> Option<&Service> {
        self.consent.policy().service_at(number)
    }

    fn owner<'a>(&'a self, owner: Owner<'a>) -> Option<pages::Owner<'a>> {
        Some(match owner {
            Owner::Nobody(host) => pages::Owner::Nobody(host),
            Owner::Declared(number) => match self.service(number) {
                Some(service) => pages::Owner::Service(service),
                None => pages::Owner::Category(self.consent.policy().category_at(number)?),
            },
        })
    }

    /// Returns what is shown in the place of an element; `None` for nothing.
    fn embed<'a>(&'a self, spot: &'a Spot<'_>) -> Option<Embed<'a>> {
        let declared = match spot.owner {
            Owner::Declared(number) => self.service(number).map(Service::get_placeholder),
            Owner::Nobody(_) => None,
        };
        let shape = match (declared, spot.shape) {
            (Some(Placeholder::None), _) => return None,
            (Some(shape), Placeholder::Frame) => shape,
            (_, shape) => shape,
        };
        Some(Embed {
            owner: self.owner(spot.owner)?,
            shape,
            small: spot.small,
            plain: spot.plain,
            once: spot.once && self.once,
            id: spot.id.clone(),
            anchor: spot.anchor.clone(),
            parted: spot.parted,
            size: spot.size,
        })
    }

    /// Is this a service that visitors decide about, and loads now?
    fn is_granted(&self, number: u8) -> bool {
        let policy = self.consent.policy();
        let category = policy.category_number_of(number);
        let category = category.and_then(|category| policy.category_at(category));
        self.allowed.contains(number)
            && category
                .map(Category::basis)
                .is_some_and(|it| it != Basis::Necessary)
    }
}

impl Writer for PagesWriter {
    fn speak(&self, language: &str) {
        if let Some(known) = self.pages.known_language(language) {
            self.spoken.get_or_init(|| known.to_owned());
        }
    }

    fn title(&self, spot: &Spot<'_>) -> Option<String> {
        let embed = self.embed(spot)?;
        Some(self.embeds(spot.base).title(&embed))
    }

    fn write(&self, part: Part, spot: &Spot<'_>) -> Option<String> {
        let embeds = self.embeds(spot.base);
        let template = match part {
            Part::Sheet => return Some(embeds.sheet()),
            Part::Frame => "placeholder_frame.html",
            Part::Inline => "placeholder_inline.html",
            Part::Form => "placeholder_form.html",
            Part::Stop => "placeholder_stop.html",
        };
        embeds.render(template, &self.embed(spot)?)
    }

    fn service_of(&self, url: &Url) -> Option<u8> {
        if self
            .document
            .as_ref()
            .is_some_and(|document| is_own(document, url))
        {
            return None;
        }
        let services = self.consent.policy().services_of_url(url);
        services.iter().find(|number| self.is_granted(*number))
    }

    fn service_named(&self, id: &str) -> Option<u8> {
        let number = self.consent.policy().index_of(id.trim().as_bytes())?;
        (self.service(number).is_some() && self.is_granted(number)).then_some(number)
    }
}

/// Returns a link that leads to the document's own host whatever the `<base>` is. It has no scheme,
/// since it is not always known which one the browser used.
pub(crate) fn absolute(document: &Url, link: &str) -> String {
    match document.join(link) {
        Ok(url) => url
            .as_str()
            .replacen(url.scheme(), "", 1)
            .replacen(':', "", 1),
        Err(_) => link.to_owned(),
    }
}
