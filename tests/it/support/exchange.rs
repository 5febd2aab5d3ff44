//! One request through the layer, seen from both sides.

use std::{convert::Infallible, future::ready};

use futures_executor::block_on;
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response,
    header::{COOKIE, SET_COOKIE},
};
use tower::{Layer, Service, service_fn};
use tower_cookie_consent::{Consent, CookieConsentLayer};

use super::set_cookie::{is_strict_removal, scope_of};

/// The result of a request and its response.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// As the inner service saw it.
    pub(crate) request: Request<()>,
    /// As the client got it.
    pub(crate) response: Response<()>,
}

impl Exchange {
    /// The `Cookie` fields that the inner service saw.
    pub(crate) fn cookies(&self) -> Vec<&str> {
        texts(self.request.headers(), &COOKIE)
    }

    /// The `Set-Cookie` fields that left.
    pub(crate) fn set_cookies(&self) -> Vec<&str> {
        texts(self.response.headers(), &SET_COOKIE)
    }

    /// The `Set-Cookie` fields that left, as bytes.
    pub(crate) fn set_cookie_bytes(&self) -> Vec<&[u8]> {
        let fields = self.response.headers().get_all(SET_COOKIE);
        fields.iter().map(HeaderValue::as_bytes).collect()
    }

    /// Returns the removals that left, each as described by [`scope_of`].
    pub(crate) fn removals(&self) -> Vec<String> {
        let fields = self.set_cookies().into_iter();
        fields
            .filter(|field| is_strict_removal(field.as_bytes()))
            .map(scope_of)
            .collect()
    }

    /// The names that are removed, each once, in order.
    pub(crate) fn removed(&self) -> Vec<String> {
        let mut names: Vec<_> = self
            .removals()
            .iter()
            .map(|removal| removal.split(';').next().unwrap().to_owned())
            .collect();
        names.dedup();
        names
    }

    pub(crate) fn consent(&self) -> &Consent {
        self.request
            .extensions()
            .get()
            .expect("the layer exposes it")
    }

    pub(crate) fn cache_control(&self) -> Vec<&str> {
        texts(self.response.headers(), &http::header::CACHE_CONTROL)
    }
}

fn texts<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    let fields = headers.get_all(name).into_iter();
    fields.map(|field| field.to_str().unwrap()).collect()
}

/// A header value of any bytes that it can have.
pub(crate) fn value(bytes: impl AsRef<[u8]>) -> HeaderValue {
    HeaderValue::from_bytes(bytes.as_ref()).unwrap()
}

/// A GET for `/` on `www.shop.example` with these fields, `host` among them if it is given.
pub(crate) fn request<V: AsRef<[u8]>>(
    fields: impl IntoIterator<Item = (&'static str, V)>,
) -> Request<()> {
    let mut request = Request::new(());
    for (name, field) in fields {
        request.headers_mut().append(name, value(field));
    }
    if !request.headers().contains_key("host") {
        request
            .headers_mut()
            .append("host", value("www.shop.example"));
    }
    request
}

/// A response with these `Set-Cookie` fields.
pub(crate) fn response<V: AsRef<[u8]>>(set_cookies: impl IntoIterator<Item = V>) -> Response<()> {
    let mut response = Response::new(());
    for field in set_cookies {
        response.headers_mut().append(SET_COOKIE, value(field));
    }
    response
}

/// The request through the layer to a service that gives this response.
pub(crate) fn exchange(
    layer: &CookieConsentLayer,
    request: Request<()>,
    response: Response<()>,
) -> Exchange {
    exchange_with(layer, request, |_| response)
}

/// The request through the layer to this service.
pub(crate) fn exchange_with(
    layer: &CookieConsentLayer,
    request: Request<()>,
    handler: impl FnOnce(&Request<()>) -> Response<()>,
) -> Exchange {
    let mut seen = None;
    let mut handler = Some(handler);
    let response = {
        let service = service_fn(|request: Request<()>| {
            let response = handler.take().expect("one request")(&request);
            seen = Some(request);
            ready(Ok::<_, Infallible>(response))
        });
        let Ok(response) = block_on(layer.layer(service).call(request));
        response
    };
    Exchange {
        request: seen.expect("the service is called"),
        response,
    }
}
