//! What is kept of a run beside its report: what was seen for an inventory, and exchanges for evidence.

use std::{
    pin::pin,
    task::{Context, Waker},
};

use http::Request;
use tower::{Layer, Service};

use super::Play;
use crate::conformance::{
    judge::PlayedExchange,
    oracle::{Recorded, quietly},
    scenes::{Situation, Start},
    target::Target,
};
#[cfg(feature = "documents")]
use crate::{
    conformance::third_parties::Document,
    consent::unix_seconds,
    observe::{Sighting, Witness},
};

fn request_of(exchange: &PlayedExchange<'_>) -> Request<()> {
    let mut request = Request::new(());
    *request.method_mut() = exchange.method.clone();
    *request.uri_mut() = exchange.uri.clone();
    *request.headers_mut() = exchange.sent.clone();
    request
}

impl<T: Target> Play<T> {
    /// Adds an exchange to the inventory, unless the kit has planted what is sent.
    pub(super) fn take_inventory(&self, scene: &Situation, exchange: &PlayedExchange<'_>) {
        let inventory = self.kit.inventory.as_ref();
        let Some(inventory) = inventory.filter(|_| scene.start != Start::Planted) else {
            return;
        };
        let layer = self.kit.oracle.layer_at(exchange.now);
        let layer = layer.report_only(true).observe(inventory.clone());
        let answer = Recorded(exchange.received.clone());
        let future = pin!(layer.layer(answer).call(request_of(exchange)));
        // It is ready at once, and only its events matter.
        drop(quietly(|| {
            future.poll(&mut Context::from_waker(Waker::noop()))
        }));
    }
}

#[cfg(feature = "documents")]
impl<T: Target> Play<T> {
    /// Adds the other sites that a document loads from to the inventory.
    pub(super) fn take_others(&self, scene: &Situation, path: &str, document: &Document<'_>) {
        let inventory = self.kit.inventory.as_ref();
        let Some(inventory) = inventory.filter(|_| scene.start != Start::Planted) else {
            return;
        };
        let policy = self.kit.oracle.policy();
        let origins = document.others().map(|(element, url)| {
            let services = policy.services_of_url(url);
            let service = services.iter().find_map(|it| policy.service_at(it));
            (element, url.origin().ascii_serialization(), service)
        });
        for (element, origin, service) in origins {
            inventory.sight(&Sighting {
                origin: &origin,
                service: service.map(crate::policy::Service::id),
                path,
                now: unix_seconds(self.kit.now()),
                witness: Witness::Reader { element },
            });
        }
    }
}

#[cfg(not(feature = "evidence"))]
impl<T: Target> Play<T> {
    #[allow(clippy::unused_self, reason = "with evidence, it matters")]
    pub(super) const fn keeps_others(&self) -> bool {
        false
    }
}

#[cfg(feature = "evidence")]
mod for_evidence {
    use http::Response;
    use url::Url;

    use super::{Play, PlayedExchange, Situation, Target, request_of};
    use crate::{conformance::third_parties::Document, policy::Service};

    /// The situations that are kept, and their names in evidence.
    const KEPT: [(&str, &str); 3] = [
        ("before a choice", "before a choice"),
        ("after refusal", "after a refusal"),
        ("after withdrawal", "after a withdrawal"),
    ];

    impl<T: Target> Play<T> {
        /// Keeps an exchange.
        pub(in crate::conformance::play) fn capture(
            &self,
            scene: &Situation,
            url: &Url,
            exchange: &PlayedExchange<'_>,
        ) {
            let kept = KEPT.iter().find(|(it, _)| scene.situation == *it);
            let Some((visits, (_, name))) = self.kit.visits.as_ref().zip(kept) else {
                return;
            };
            let mut request = request_of(exchange);
            if let Ok(uri) = url.as_str().parse() {
                *request.uri_mut() = uri;
            }
            let mut response = Response::new(());
            *response.status_mut() = exchange.status;
            *response.headers_mut() = exchange.received.clone();
            visits.add(name, &request.into_parts().0, &response.into_parts().0);
        }

        /// Returns `true` if what documents load from others is kept for each situation.
        pub(in crate::conformance::play) const fn keeps_others(&self) -> bool {
            self.kit.visits.is_some()
        }

        /// Keeps the other sites that a document loads from.
        pub(in crate::conformance::play) fn capture_others(
            &self,
            scene: &Situation,
            document: &Document<'_>,
        ) {
            let Some(visits) = &self.kit.visits else {
                return;
            };
            let policy = self.kit.oracle.policy();
            for (element, url) in document.others() {
                let services = policy.services_of_url(url);
                let service = services.iter().find_map(|it| policy.service_at(it));
                let origin = url.origin().ascii_serialization();
                visits.meet(&scene.situation, element, origin, service.map(Service::id));
            }
        }
    }
}
