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
    pages::{self, OwnPage, Pages},
    wire::cache,
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
    /// A hash of what the notice says to this visitor, if anything.
    notice: Option<u64>,
}

/// The parts that are written with the pages.
pub(crate) struct Visitor {
    pub(crate) pages: Pages,
    pub(crate) consent: Consent,
    pub(crate) language: String,
    pub(crate) policies: Policies,
    /// The nonce of the forms.
    pub(crate) form_nonce: Option<String>,
}

impl Reader {
    /// Returns `None` if there are no pages.
    pub(crate) fn of<B>(settings: &Settings, request: &mut Request<B>) -> Option<Self> {
        let pages = settings.pages.as_ref()?;
        let consent = Consent::innermost(request.extensions_mut())?.clone();
        let language = pages.pages.language_of(&consent, request.headers(), None);
        Some(Self {
            language: language.to_owned(),
            fingerprint: pages.fingerprint,
            notice: pages::notice(&consent).filter(|_| settings.added.banner),
            inserts: match settings.added.banner || settings.added.footer {
                true => navigation(request),
                false => None,
            },
            consent,
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
        let pages = settings.pages.as_ref()?.pages.clone();
        let is_own = parts.extensions.get::<OwnPage>().is_some();
        let page = Page::of(parts).filter(|_| !is_own);
        let inserts = self.inserts.zip(page);
        let asks = settings.added.banner && !is_answered && self.consent.needs_banner();
        let notice = self.notice.is_some();
        let has_banner = asks && inserts.is_some_and(|(_, page)| page == Page::Usual);
        // Now, while the head can still say that no cache may store it.
        let form_nonce = match cache::forbids_storing(&parts.headers) {
            true => self.consent.form_nonce_uncached(),
            false if has_banner => self.consent.form_nonce(),
            false => None,
        };
        let visitor = Visitor {
            pages,
            consent: self.consent,
            language: self.language,
            policies: Policies::of(&parts.headers),
            form_nonce,
        };
        let inserts = inserts.map(|(whole, page)| {
            let wanted = inserts::Wanted {
                banner: has_banner,
                notice,
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
            let consent = &self.consent;
            let granted = consent.choice().map(|choice| choice.granted);
            (consent.needs_choice(), consent.needs_notice(), granted).hash(state);
            self.notice.hash(state);
            consent.opt_out_status().hash(state);
        }
    }
}
