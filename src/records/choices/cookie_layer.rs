use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{HeaderMap, HeaderValue, Request, Response, header::COOKIE};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::{AccountConsent, carried::Carried, held::Held, saving::Saving};

/// Puts the account's choice in the place of the device's, and what a response sets into the account's cookie.
/// Add it directly around [`CookieConsentLayer`](crate::CookieConsentLayer). The example is at
/// [`AccountConsent`].
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is put around a service"]
pub struct AccountCookieLayer {
    accounts: AccountConsent,
}

impl AccountCookieLayer {
    /// Creates the layer. The example is at [`AccountConsent`].
    pub const fn new(accounts: AccountConsent) -> Self {
        Self { accounts }
    }
}

impl<S> Layer<S> for AccountCookieLayer {
    type Service = AccountCookieService<S>;

    fn layer(&self, inner: S) -> AccountCookieService<S> {
        AccountCookieService {
            inner,
            accounts: self.accounts.clone(),
        }
    }
}

/// A service inside of an [`AccountCookieLayer`]. The example is at [`AccountConsent`].
#[derive(Clone, Debug)]
pub struct AccountCookieService<S> {
    inner: S,
    accounts: AccountConsent,
}

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for AccountCookieService<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
{
    type Response = Response<ResponseBody>;
    type Error = S::Error;
    type Future = AccountCookieFuture<S::Future, ResponseBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<RequestBody>) -> Self::Future {
        // Nobody else may leave one here.
        request.extensions_mut().remove::<Carried>();
        if let Some(carried) = self.accounts.take(request.headers_mut()) {
            request.extensions_mut().insert(carried);
        }
        AccountCookieFuture::Inner {
            inner: self.inner.call(request),
            accounts: Some(self.accounts.clone()),
        }
    }
}

impl AccountConsent {
    /// Takes the account's cookie out of the request. If it is valid, its choice is in the place of the device's.
    fn take(&self, headers: &mut HeaderMap) -> Option<Carried> {
        let name = self.cookie.as_bytes();
        let has_one = |field: &HeaderValue| memchr::memmem::find(field.as_bytes(), name).is_some();
        if !headers.get_all(COOKIE).iter().any(has_one) {
            return None;
        }
        let (mut kept, mut device, mut found) = (Vec::new(), Vec::new(), Vec::new());
        for field in headers.get_all(COOKIE) {
            for pair in field.as_bytes().split(|byte| *byte == b';') {
                let pair = pair.trim_ascii();
                if let Some(value) = value_of(pair, name) {
                    found.push(Held::read(self.keys(), &self.cookie, value));
                } else if let Some(value) = value_of(pair, self.own.as_bytes()) {
                    device.push(value.to_vec());
                } else if !pair.is_empty() {
                    kept.push(pair.to_vec());
                }
            }
        }
        if found.is_empty() {
            return None;
        }
        let is_one = found.len() == 1;
        let held: Vec<Held> = found.into_iter().flatten().collect();
        let own = |value: &[u8]| [self.own.as_bytes(), b"=", value].concat();
        // Of several, another host of the domain has set one: together they allow what all of them allow.
        let is_alone = is_one && held.iter().any(|held| !held.value.is_empty());
        if !is_alone {
            kept.extend(device.iter().map(|value| own(value)));
        }
        let values = held.iter().filter(|held| !held.value.is_empty());
        kept.extend(values.map(|held| own(held.value.as_bytes())));
        headers.remove(COOKIE);
        if !kept.is_empty() {
            let mut field = HeaderValue::from_bytes(&kept.join(&b"; "[..])).ok()?;
            field.set_sensitive(true);
            headers.insert(COOKIE, field);
        }
        Some(Carried {
            held,
            is_one,
            device,
        })
    }
}

fn value_of<'a>(pair: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    match pair.strip_prefix(name) {
        Some([b'=', value @ ..]) => Some(value),
        _ => None,
    }
}

pin_project! {
    /// The response of an [`AccountCookieService`]. The example is at [`AccountConsent`].
    #[project = Stage]
    #[must_use = "futures do nothing unless polled"]
    pub enum AccountCookieFuture<F, B> {
        #[doc(hidden)]
        Inner {
            #[pin]
            inner: F,
            accounts: Option<AccountConsent>,
        },
        #[doc(hidden)]
        Saving {
            response: Option<Response<B>>,
            saving: Saving,
        },
    }
}

impl<F, B, E> Future for AccountCookieFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<B>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let (response, saving) = match self.as_mut().project() {
                Stage::Inner { inner, accounts } => {
                    let mut response = ready!(inner.poll(cx))?;
                    let Some(accounts) = accounts.take() else {
                        return Poll::Ready(Ok(response));
                    };
                    match accounts.finish(&mut response) {
                        Some(saving) => (response, saving),
                        None => return Poll::Ready(Ok(response)),
                    }
                }
                Stage::Saving { response, saving } => {
                    ready!(saving.as_mut().poll(cx));
                    return match response.take() {
                        Some(response) => Poll::Ready(Ok(response)),
                        None => Poll::Pending,
                    };
                }
            };
            self.set(Self::Saving {
                response: Some(response),
                saving,
            });
        }
    }
}

/// Does not show the response, which contains cookies.
impl<F, B> fmt::Debug for AccountCookieFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountCookieFuture")
            .finish_non_exhaustive()
    }
}
