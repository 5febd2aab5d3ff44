use std::{
    mem,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower::{Layer, Service};

use super::{
    AccountConsent,
    carried::{After, Carried},
    future::{AccountFuture, Told},
    merge::Contradicted,
    notice::note,
    visit::Visit,
};
use crate::{Consent, layer::RequestHead};

/// Knows the account of a request, and awaits the store of its choice: at login it merges the account's choice
/// and the device's. Add it directly inside of the [`RecordLayer`](crate::records::RecordLayer). The example is at
/// [`AccountConsent`].
///
/// A page after the login has the merged choice in force, as far as the response can set it: what is granted is
/// recorded once more, for this device. Only navigations ask the store.
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is put around a service"]
pub struct AccountLayer {
    accounts: AccountConsent,
}

impl AccountLayer {
    /// Creates the layer. The example is at [`AccountConsent`].
    pub const fn new(accounts: AccountConsent) -> Self {
        Self { accounts }
    }
}

impl<S> Layer<S> for AccountLayer {
    type Service = AccountService<S>;

    fn layer(&self, inner: S) -> AccountService<S> {
        AccountService {
            inner,
            accounts: self.accounts.clone(),
        }
    }
}

/// A service inside of an [`AccountLayer`]. The example is at [`AccountConsent`].
#[derive(Clone, Debug)]
pub struct AccountService<S> {
    inner: S,
    accounts: AccountConsent,
}

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for AccountService<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>> + Clone + Send + 'static,
    S::Future: Send,
    RequestBody: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = AccountFuture<S::Future, Result<Response<ResponseBody>, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<RequestBody>) -> Self::Future {
        let carried = request.extensions_mut().remove::<Carried>();
        let name = self.accounts.name(RequestHead::of(&request));
        let consent = request.extensions().get::<Consent>();
        let (name, consent) = match (name, consent, &carried) {
            (Some(name), Some(consent), _) => (name, consent.clone()),
            (None, Some(consent), Some(carried)) => {
                let corrected = carried.corrected(&self.accounts, None, consent);
                return self.logged_out(request, corrected);
            }
            _ => return AccountFuture::direct(self.inner.call(request), None),
        };
        let visit = Visit::of(&self.accounts, name, carried.as_ref(), consent);
        visit.correct(&mut request);
        if visit.is_fresh || !asks(&request) {
            let told = visit.told(&self.accounts, visit.after());
            note(&mut request, Contradicted::NOTHING, self.accounts.rule);
            return AccountFuture::direct(self.inner.call(request), Some(told));
        }
        let inner = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, inner);
        let accounts = self.accounts.clone();
        AccountFuture::Asking {
            asking: Box::pin(async move {
                let asked = visit.ask(&accounts).await;
                let after = asked.prepare(&accounts, &visit, &mut request);
                let mut response = inner.call(request).await?;
                asked.answer(&accounts, &visit, after, &mut response);
                Ok(response)
            }),
        }
    }
}

impl<S> AccountService<S> {
    /// Calls the service for a visitor who is logged out, and had the choice of an account until now.
    fn logged_out<RequestBody, R>(
        &mut self,
        mut request: Request<RequestBody>,
        corrected: Option<Consent>,
    ) -> AccountFuture<S::Future, R>
    where
        S: Service<Request<RequestBody>>,
    {
        if let Some(consent) = &corrected {
            request.extensions_mut().insert(consent.clone());
        }
        let told = Told {
            after: After::LoggedOut {
                is_devices: corrected.is_none(),
            },
            corrected,
            own: self.accounts.own.clone(),
        };
        AccountFuture::direct(self.inner.call(request), Some(told))
    }
}

/// Returns `true` for requests of pages.
fn asks<B>(request: &Request<B>) -> bool {
    let mode = request.headers().get("sec-fetch-mode");
    mode.is_none_or(|mode| mode == "navigate")
}
