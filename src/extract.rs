//! The feature `axum`: [`Consent`] as an extractor, [`SetChoice`] as response parts.

use std::convert::Infallible;

use axum_core::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, IntoResponseParts, Response, ResponseParts},
};
use http::{StatusCode, request::Parts};

use crate::consent::{Consent, ReadOnly, SetChoice};

/// The rejection of a handler that extracts [`Consent`] from a request that did not pass a layer:
/// status 500, with a text that says what to add.
///
/// If the layer is optional, extract `Option<Consent>` instead.
///
/// ```
/// use axum::{Router, response::Redirect, routing::{get, post}};
/// use tower_cookie_consent::{Consent, SetChoice};
///
/// async fn index(consent: Consent) -> &'static str {
///     if consent.needs_choice() { "May we?" } else { "Welcome back" }
/// }
///
/// async fn refuse(consent: Consent) -> (SetChoice, Redirect) {
///     (consent.set_cookie(consent.refuse_all()), Redirect::to("/"))
/// }
///
/// let app: Router = Router::new().route("/", get(index)).route("/refuse", post(refuse));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no `Consent` in this request: add `.layer(CookieConsentLayer::new(policy))` to the Router \
     after its routes (layers apply to the routes above them) and around all other layers, and \
     leave `expose_consent` on"
)]
#[non_exhaustive]
pub struct MissingConsent;

impl IntoResponse for MissingConsent {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}

impl<S: Sync> FromRequestParts<S> for Consent {
    type Rejection = MissingConsent;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        parts.extensions.get().cloned().ok_or(MissingConsent)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Consent {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get().cloned())
    }
}

impl IntoResponseParts for SetChoice {
    type Error = ReadOnly;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, ReadOnly> {
        self.append_to(response.headers_mut())?;
        self.tell(response.extensions_mut());
        Ok(response)
    }
}

impl IntoResponse for ReadOnly {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}

impl IntoResponse for SetChoice {
    fn into_response(self) -> Response {
        (self, ()).into_response()
    }
}
