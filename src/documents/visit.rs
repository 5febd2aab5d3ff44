//! What is known of a request when its response comes.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use http::{Method, Request, Response, StatusCode};

use super::{
    accepted::ask_for_known,
    caches::Mark,
    head::Head,
    kind::{Asked, Fields, Kind},
    origin::Address,
    reader::Reader,
    settings::Settings,
};
use crate::consent::{Consent, Grants};

/// One request. It is reference counts and numbers: most responses are no documents, and they cost no
/// allocation.
pub(super) struct Visit {
    pub(super) settings: Arc<Settings>,
    pub(super) asked: Asked,
    /// `None` for parts of a page, which browsers do not read as documents.
    pub(super) page: Option<Page>,
}

/// What matters if the response is a document.
pub(super) struct Page {
    pub(super) grants: Option<Grants>,
    pub(super) address: Address,
    /// A validator of a document was passed on.
    pub(super) restored: bool,
    /// The visitor that the document is written for.
    pub(super) reader: Option<Box<Reader>>,
}

impl Visit {
    #[inline]
    pub(super) fn of<B>(settings: &Arc<Settings>, request: &mut Request<B>) -> Self {
        let head = Head::of(request.headers());
        let asked = head.asked();
        let page = match asked {
            Asked::Part => None,
            _ => {
                let (conditions, odd_codings) = (head.has_conditions, head.has_odd_codings);
                let address = head.address(request);
                let mut page = Page::of(settings, address, request);
                if conditions && !settings.report_only {
                    page.restore_validators(settings, asked, request);
                }
                let asks = odd_codings || asked == Asked::Document;
                if asks && !settings.report_only && settings.documents.gates() {
                    ask_for_known(request.headers_mut(), asked);
                }
                Some(page)
            }
        };
        Self {
            settings: Arc::clone(settings),
            asked,
            page,
        }
    }

    /// Returns how a browser reads the response, or `None` if it passes as it is.
    #[inline]
    pub(super) fn kind<B>(&self, response: &Response<B>) -> Option<Kind> {
        let fields = Fields::of(response.headers(), self.asked);
        let kind = match response.status() {
            StatusCode::NOT_MODIFIED | StatusCode::PARTIAL_CONTENT => {
                self.kind_of_rest(response, &fields)
            }
            _ => fields.kind(self.asked),
        };
        let passes = kind == Kind::Passive && !fields.logs_errors && !fields.is_filtered;
        (!passes).then_some(kind)
    }

    /// The same for a response that is only a part of what the browser reads.
    #[cold]
    fn kind_of_rest<B>(&self, response: &Response<B>, fields: &Fields<'_>) -> Kind {
        let restored = self.page.as_ref().is_some_and(|page| page.restored);
        match response.status() {
            StatusCode::NOT_MODIFIED if restored => Kind::Html,
            StatusCode::PARTIAL_CONTENT
                if Kind::is_several_parts(response.headers(), self.asked) =>
            {
                Kind::Html
            }
            _ => fields.kind(self.asked),
        }
    }
}

impl Page {
    fn of<B>(settings: &Settings, address: Address, request: &mut Request<B>) -> Self {
        let consent = Consent::innermost(request.extensions_mut());
        let grants = consent.map(|consent| {
            if settings.sends_policy() && !settings.report_only {
                consent.confine();
            }
            Grants::of(consent)
        });
        Self {
            reader: Reader::of(settings, request).map(Box::new),
            restored: false,
            address,
            grants,
        }
    }

    /// Passes on the validators of what this visitor may get, as the service knows them.
    fn restore_validators<B>(
        &mut self,
        settings: &Settings,
        asked: Asked,
        request: &mut Request<B>,
    ) {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let mark = mark(self.grants.as_ref(), settings, self.reader.as_deref());
        self.restored = mark.unmark(request.headers_mut(), asked, reads);
    }
}

/// Returns the mark of the documents that this visitor gets.
pub(super) fn mark(grants: Option<&Grants>, settings: &Settings, reader: Option<&Reader>) -> Mark {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    (settings.documents, settings.undeclared).hash(&mut hasher);
    reader.hash(&mut hasher);
    if let Some(grants) = grants {
        grants.policy().fingerprint().hash(&mut hasher);
        grants.allowed().hash(&mut hasher);
    }
    Mark(hasher.finish())
}
