//! Judges what a document loads by the visitor's consent.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use url::Url;

use super::{
    event::{DocumentEvent, DocumentEventKind},
    judge::{Held, Judge, Judgement, LeftOut},
    origin::{Address, Located},
    settings::{Settings, UndeclaredOrigins},
    stopped::Stopped,
};
use crate::{
    consent::Grants,
    policy::{CategorySet, Placeholder, Service, origin::is_own},
};

/// The consent of one visitor, for one document.
pub(super) struct Consented {
    pub(super) grants: Option<Grants>,
    /// Everything that both the choice of the request and that of the response allow.
    pub(super) allowed: CategorySet,
    /// The document's address; `None` if the request does not say it.
    pub(super) document: Option<Located>,
    pub(super) address: Address,
    pub(super) settings: Arc<Settings>,
}

impl Consented {
    /// Passes an event about the whole document, with the reason if it could not be judged.
    pub(super) fn tell(&self, kind: DocumentEventKind, reason: Option<Stopped>) {
        self.settings.tell(&DocumentEvent {
            reason,
            ..self.event(kind)
        });
    }

    fn event(&self, kind: DocumentEventKind) -> DocumentEvent<'_> {
        DocumentEvent {
            kind,
            origin: None,
            element: "",
            attribute: "",
            service: None,
            reason: None,
            path: self.address.path(),
            now: self.now(),
            report_only: self.settings.report_only,
        }
    }

    /// Returns the time at which the request was judged, or now if no layer judged it.
    fn now(&self) -> u64 {
        let system = || SystemTime::now().duration_since(UNIX_EPOCH);
        let system = || system().map_or(0, |now| now.as_secs());
        self.grants.as_ref().map_or_else(system, Grants::now)
    }

    /// Returns the sources of a Content-Security-Policy: the origins of what is allowed, each once.
    pub(super) fn sources(&self) -> Vec<String> {
        let Some(grants) = &self.grants else {
            return Vec::new();
        };
        let origins = grants.policy().origins();
        let allowed = origins.filter(|(_, service)| self.allowed.contains(*service));
        let mut sources: Vec<String> = Vec::new();
        for source in allowed.flat_map(|(origin, _)| origin.sources()) {
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
        sources
    }

    /// Judges what belongs to any of these services. It waits for one of them: the first that shows
    /// something in its place, so that visitors have a button for it.
    fn waits_for(&self, services: CategorySet) -> Judgement {
        if !(services & self.allowed).is_empty() {
            return Judgement::Loads;
        }
        let policy = self.grants.as_ref().map(Grants::policy);
        let is_shown = |number: &u8| {
            let service = policy.and_then(|policy| policy.service_at(*number));
            service.is_some_and(|service| service.get_placeholder() != Placeholder::None)
        };
        let shown = services.iter().find(is_shown);
        shown
            .or_else(|| services.iter().next())
            .map_or(Judgement::FOR_GOOD, Judgement::held)
    }
}

impl Judge for Consented {
    fn url(&self, url: &Url) -> Judgement {
        let is_own = |document: &Located| is_own(&document.url, url);
        if self.document.as_ref().is_some_and(is_own) {
            return Judgement::Loads;
        }
        let services = match &self.grants {
            Some(grants) => grants.policy().services_of_url(url),
            None => CategorySet::EMPTY,
        };
        match self.settings.undeclared {
            UndeclaredOrigins::Allow if services.is_empty() => Judgement::Loads,
            _ => self.waits_for(services),
        }
    }

    fn script(&self, text: &str) -> Judgement {
        let Some(grants) = &self.grants else {
            return Judgement::Loads;
        };
        let policy = grants.policy();
        let names = |service: &Service| {
            let mut markers = service.get_markers().iter();
            markers.any(|marker| text.contains(&**marker))
        };
        // All of them: the consent to one must not start what another one does in the same script.
        (policy.services() - self.allowed)
            .iter()
            .filter(|number| policy.service_at(*number).is_some_and(names))
            .fold(Judgement::Loads, |judgement, number| {
                judgement.and(Judgement::held(number))
            })
    }

    fn label(&self, ids: &str) -> Judgement {
        let policy = self.grants.as_ref().map(Grants::policy);
        let mut ids = ids.split_ascii_whitespace().peekable();
        if ids.peek().is_none() {
            return Judgement::FOR_GOOD;
        }
        ids.fold(Judgement::Loads, |judgement, id| {
            let number = policy.and_then(|policy| policy.index_of(id.as_bytes()));
            judgement.and(match number {
                Some(number) if self.allowed.contains(number) => Judgement::Loads,
                number => number.map_or(Judgement::FOR_GOOD, Judgement::held),
            })
        })
    }

    fn id(&self, service: u8) -> &str {
        let policy = self.grants.as_ref().map(Grants::policy);
        policy
            .and_then(|policy| policy.id_at(service))
            .unwrap_or_default()
    }

    fn held(&self, held: &Held<'_>) {
        let origin = held.url.map(|url| url.origin().ascii_serialization());
        let Judgement::Held(services) = held.judgement else {
            return;
        };
        let service = services.iter().next();
        let kind = match (service, &origin) {
            (Some(_), Some(_)) => DocumentEventKind::Held,
            (None, Some(_)) => DocumentEventKind::Undeclared,
            (_, None) => DocumentEventKind::Labelled,
        };
        self.settings.tell(&DocumentEvent {
            origin: origin.as_deref(),
            element: held.place.element,
            attribute: held.place.attribute,
            service: service.map(|service| self.id(service)),
            ..self.event(kind)
        });
    }

    fn stopped(&self, reason: Stopped) {
        let kind = match reason {
            Stopped::Charset if self.settings.pass_charsets || self.settings.report_only => {
                DocumentEventKind::Passed
            }
            Stopped::Coding | Stopped::Charset | Stopped::Series => DocumentEventKind::Unreadable,
            Stopped::Memory | Stopped::Ambiguous => DocumentEventKind::Stopped,
        };
        self.tell(kind, Some(reason));
    }

    fn left_out(&self, LeftOut { element, directive }: LeftOut) {
        self.settings.tell(&DocumentEvent {
            element,
            attribute: directive,
            ..self.event(DocumentEventKind::LeftOut)
        });
    }
}
