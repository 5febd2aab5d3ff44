//! An address of another host, and who it belongs to.

use url::Url;

use crate::{
    Consent,
    conformance::{
        Requirement,
        recorder::{Occasion, Recorder, ThirdParty},
    },
    policy::{CookiePolicy, KnownService, Service},
};

/// An address of another host under the visitor's consent.
#[derive(Debug)]
pub(in crate::conformance) struct Suspect<'a> {
    consent: &'a Consent,
    /// Without a path and query.
    origin: Option<String>,
    /// The service that declares it.
    service: Option<&'a Service>,
    /// The service of the catalogue that it would be.
    known: Option<KnownService>,
    is_allowed: bool,
}

impl<'a> Suspect<'a> {
    pub(in crate::conformance) fn of(consent: &'a Consent, url: &Url) -> Self {
        let policy = consent.policy();
        let services = policy.services_of_url(url);
        let service = services.iter().find_map(|it| policy.service_at(it));
        Self {
            consent,
            origin: Some(url.origin().ascii_serialization()),
            service,
            known: match service {
                Some(_) => None,
                None => KnownService::of_url(url),
            },
            is_allowed: consent.allows_url(url),
        }
    }

    /// A service that an inline script loads or feeds.
    pub(super) fn of_service(consent: &'a Consent, service: &'a Service) -> Self {
        Self {
            consent,
            origin: None,
            service: Some(service),
            known: None,
            is_allowed: consent.allows(service.id()),
        }
    }

    pub(in crate::conformance) fn is_allowed(&self) -> bool {
        self.is_allowed
    }

    /// Returns `true` if some service declares it.
    pub(in crate::conformance) fn is_declared(&self) -> bool {
        self.service.is_some()
    }

    /// Returns the service that it belongs to, or may belong to, in words.
    pub(in crate::conformance) fn belongs(&self) -> String {
        match (self.service, &self.known) {
            (Some(service), _) => {
                format!("which belongs to the service {:?}", service.id())
            }
            (None, Some(known)) => {
                let ids: Vec<_> = known.ids.iter().map(|id| format!("{id:?}")).collect();
                let ids = ids.join(" or ");
                format!("which no service declares, and which the catalogue knows as {ids}")
            }
            (None, None) => "which no service declares".to_owned(),
        }
    }

    /// Returns the declaration that is missing, in words.
    pub(in crate::conformance) fn declaration(&self) -> String {
        match &self.known {
            Some(known) => {
                let uses = known.ids.iter().map(|id| format!("{{\"use\": {id:?}}}"));
                let uses: Vec<_> = uses.collect();
                format!(
                    "declare {} in a category for {}",
                    uses.join(" or "),
                    known.purpose
                )
            }
            None => "declare a service with this origin".to_owned(),
        }
    }

    /// Returns what to do about it at this place of a document.
    pub(super) fn fix(&self, place: &str, attribute: &str) -> String {
        let is_element = place.starts_with('<');
        match self.service.map(Service::id) {
            Some(id) if !attribute.is_empty() && attribute != "style" => format!(
                "add HtmlConsentLayer, or write data-consent={id:?} and data-consent-{attribute}"
            ),
            Some(id) if is_element => {
                format!("add HtmlConsentLayer, or send it only if Consent::allows({id:?})")
            }
            Some(id) => format!(
                "add HtmlConsentLayer with its Content-Security-Policy, or send it only if \
                 Consent::allows({id:?})"
            ),
            None => format!("{} or remove it", self.declaration()),
        }
    }

    pub(in crate::conformance) fn report(
        &self,
        place: &str,
        fix: &str,
        seen: Occasion<'_>,
        recorder: &mut Recorder,
    ) {
        let what = match &self.origin {
            Some(origin) => format!("loads from {origin}, {}", self.belongs()),
            None => format!("its text loads something, {}", self.belongs()),
        };
        let why = match self.service {
            Some(_) => format!("{what} without consent: {fix}"),
            None => format!("{what}: {fix}"),
        };
        let header = match place.contains(['<', ' ']) {
            true => "content",
            false => "response header",
        };
        self.tell((header, Some(place)), why, seen, recorder);
    }

    /// Reports a request of a browser.
    pub(in crate::conformance) fn request(&self, seen: Occasion<'_>, recorder: &mut Recorder) {
        let origin = self.origin.as_deref().unwrap_or_default();
        let belongs = self.belongs();
        let why = match self.service.map(Service::id) {
            Some(id) => format!(
                "the page requests {origin}, {belongs}, without consent: add HtmlConsentLayer, or \
                 embed it only if Consent::allows({id:?})"
            ),
            None => format!(
                "the page requests {origin}, {belongs}: {} or remove it",
                self.declaration()
            ),
        };
        self.tell(("request", None), why, seen, recorder);
    }

    fn tell(
        &self,
        (header, element): (&'static str, Option<&str>),
        why: String,
        seen: Occasion<'_>,
        recorder: &mut Recorder,
    ) {
        let party = ThirdParty {
            requirement: self.requirement(),
            header,
            element,
            origin: self.origin.as_deref(),
            service: self.service.map(Service::id),
            category: self.category(),
            why,
        };
        recorder.third_party(seen, party);
    }

    /// Returns what it breaks: consent to another service of its category is not consent to it.
    pub(in crate::conformance) fn requirement(&self) -> Requirement {
        let is_partial = self.category().is_some_and(|id| {
            let category = self.consent.policy().category(id);
            let services = category.map_or(&[][..], |category| category.get_services());
            let mut ids = services.iter().map(Service::id);
            !self.consent.allows(id) && ids.any(|id| self.consent.allows(id))
        });
        match is_partial {
            true => Requirement::OneService,
            false => Requirement::ThirdParties,
        }
    }

    fn category(&self) -> Option<&'a str> {
        let policy = self.consent.policy();
        category_of(policy, self.service?.id())
    }
}

fn category_of<'a>(policy: &'a CookiePolicy, service: &str) -> Option<&'a str> {
    let number = policy.index_of(service.as_bytes())?;
    let category = policy.category_number_of(number)?;
    Some(policy.category_at(category)?.id())
}
