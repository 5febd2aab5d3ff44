//! One exchange through the layer, seen from both sides.

use std::{convert::Infallible, future::ready};

use futures_executor::block_on;
use http::{HeaderMap, Request};
use tower::{Layer, Service, service_fn};
use tower_cookie_consent::Consent;

use crate::scene::{Scene, values};

/// The result of a request and its response.
#[derive(Debug)]
pub struct Done {
    /// The request as the service saw it.
    pub seen: HeaderMap,
    /// The consent that the layer passed to the service.
    pub consent: Option<Consent>,
    /// The response as the client got it.
    pub sent: HeaderMap,
}

impl Done {
    pub fn cookies(&self) -> Vec<Vec<u8>> {
        values(&self.seen, "cookie")
    }

    pub fn set_cookies(&self) -> Vec<Vec<u8>> {
        values(&self.sent, "set-cookie")
    }
}

/// Plays a scene.
pub fn play(scene: &Scene) -> Done {
    let mut seen = None;
    let service = service_fn(|request: Request<()>| {
        let (parts, ()) = request.into_parts();
        seen = Some(parts);
        ready(Ok::<_, Infallible>(scene.response()))
    });
    let Ok(response) = block_on(scene.layer().layer(service).call(scene.request()));
    let seen = seen.expect("the layer calls the service");
    Done {
        consent: seen.extensions.get().cloned(),
        seen: seen.headers,
        sent: response.headers().clone(),
    }
}
