//! The visitor that documents are written for, with the texts and templates of the pages.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use http::{Request, response::Parts};

use super::{
    consented::Consented,
    inserts::{self, Inserts, Page, Policies, Whole, navigation},
    placeholder::{self, Placeholders},
    settings::Settings,
};
use crate::{
    consent::Consent,
    pages::{OwnPage, Pages},
};

/// What is added to a document.
#[derive(Debug, Default)]
pub(crate) struct Additions {
    pub(crate) placeholders: Option<Arc<Placeholders>>,
    pub(crate) inserts: Option<Box<Inserts>>,
}

/// The visitor of one request.
pub(crate) struct Reader {
    consent: Consent,
    language: String,
    /// A hash of what the pages add to documents.
    fingerprint: u64,
    /// The banner and the footer are put into what is asked for, if it is a page.
    inserts: Option<Whole>,
}

/// The parts that are written with the pages.
pub(crate) struct Visitor {
    pub(crate) pages: Pages,
    pub(crate) consent: Consent,
    pub(crate) language: String,
    pub(crate) policies: Policies,
}

impl Reader {
    /// Returns `None` if there are no pages.
    pub(crate) fn of<B>(settings: &Settings, request: &Request<B>) -> Option<Self> {
        let pages = settings.pages.as_ref()?;
        let consent = request.extensions().get::<Consent>()?;
        let language = pages.pages.language_of(consent, request.headers(), None);
        Some(Self {
            consent: consent.clone(),
            language: language.to_owned(),
            fingerprint: pages.fingerprint,
            inserts: match settings.added.banner || settings.added.footer {
                true => navigation(request),
                false => None,
            },
        })
    }

    /// Returns where browsers report to, if the pages take reports.
    pub(crate) fn report_uri(&self, settings: &Settings) -> Option<String> {
        settings.pages.as_ref()?.pages.report_uri(&self.consent)
    }

    /// Returns what is added to a document with this head. `is_answered` if the response itself makes
    /// a choice.
    pub(crate) fn additions(
        self,
        consented: &Consented,
        parts: &Parts,
        is_answered: bool,
    ) -> Option<Additions> {
        let settings = &consented.settings;
        let visitor = Visitor {
            pages: settings.pages.as_ref()?.pages.clone(),
            consent: self.consent,
            language: self.language,
            policies: Policies::of(&parts.headers),
        };
        let is_own = parts.extensions.get::<OwnPage>().is_some();
        let page = Page::of(parts).filter(|_| !is_own);
        let inserts = self.inserts.zip(page).map(|(whole, page)| {
            let asks = settings.added.banner && page == Page::Usual && !is_answered;
            let wanted = inserts::Wanted {
                banner: asks && visitor.consent.needs_banner(),
                footer: settings.added.footer,
                page,
            };
            inserts::of_pages(&visitor, wanted, consented.document.clone(), whole)
        });
        let placeholders = settings
            .added
            .placeholders
            .then(|| placeholder::of_pages(visitor, consented));
        Some(Additions {
            placeholders,
            inserts,
        })
    }
}

/// As far as documents depend on it beside what is allowed.
impl Hash for Reader {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.fingerprint, &self.language, self.inserts).hash(state);
        // A policy that is read again may differ in its texts alone.
        self.consent.policy().content_hash().hash(state);
        if self.inserts.is_some() {
            let has_granted = self
                .consent
                .choice()
                .is_some_and(|choice| !choice.granted.is_empty());
            (self.consent.needs_choice(), has_granted).hash(state);
        }
    }
}
