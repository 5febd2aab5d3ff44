use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    time::SystemTime,
};

use http::{
    HeaderMap, HeaderValue, Request, Response,
    header::{COOKIE, SET_COOKIE},
};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::{
    AccountConsent,
    carried::{After, Carried, LoggedIn},
    held::Held,
};
use crate::{
    consent::Choice,
    preferences::unix_seconds,
    wire::{
        self, Removal, ServerDate,
        cache::{self, Cacheability},
    },
};

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
            held: held.into_iter().next().filter(|_| is_one),
            device,
        })
    }

    /// Moves the choice that a response sets into the account's cookie. Returns the one to save.
    fn keep(&self, after: &LoggedIn, headers: &mut HeaderMap) -> Option<Choice> {
        let now = after.now;
        let mut kept = Vec::new();
        let (mut chosen, mut values, mut is_removed) = (None, Vec::new(), false);
        for field in headers.get_all(SET_COOKIE) {
            let bytes = field.as_bytes();
            if !wire::name(bytes).is_ok_and(|name| name == self.own.as_bytes()) {
                kept.push(field.clone());
            } else if let Removal::Certain =
                wire::classify_removal(bytes, || now, || ServerDate::Absent)
            {
                is_removed = true;
            } else {
                values = vec![wire::value(bytes).to_vec()];
                chosen = self.moved(after, bytes);
            }
        }
        let choice = Self::choice_of(&after.policy, &values, now);
        if values.is_empty() && !is_removed {
            let held = after.renewed.as_ref()?;
            if is_shared(headers, now) {
                return None;
            }
            let held = Held::new(self.keys(), &after.name, held, now);
            let field = self.set(&held, &self.attributes(self.lifetime()))?;
            let _ = headers.try_append(SET_COOKIE, field);
            return None;
        }
        // One that does not fit is the device's.
        let field = if is_removed && values.is_empty() {
            self.removal()
        } else {
            chosen
        };
        let field = field?;
        headers.remove(SET_COOKIE);
        for field in kept.into_iter().chain([field]) {
            let _ = headers.try_append(SET_COOKIE, field);
        }
        match is_removed && values.is_empty() {
            // Without an answer: otherwise the next page would bring the removed choice back.
            true => Some(Choice::from_unix_seconds(now)),
            false => choice.filter(|choice| after.stored != Some(*choice)),
        }
    }

    /// Returns the header of the account's cookie for one of the preferences cookie.
    fn moved(&self, after: &LoggedIn, field: &[u8]) -> Option<HeaderValue> {
        let value = str::from_utf8(wire::value(field)).ok()?;
        let text = str::from_utf8(field).ok()?;
        let rest = text.find(';').map_or("", |at| &text[at..]);
        let held = Held::new(self.keys(), &after.name, value, after.now);
        self.set(&held, rest)
    }
}

/// Returns `true` if a shared cache would give a cookie of this response to everybody.
fn is_shared(headers: &HeaderMap, now: u64) -> bool {
    cache::keeps_cookies(headers, Cacheability::USUAL, || now)
}

fn value_of<'a>(pair: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    match pair.strip_prefix(name) {
        Some([b'=', value @ ..]) => Some(value),
        _ => None,
    }
}

type Saving = Pin<Box<dyn Future<Output = ()> + Send>>;

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

impl AccountConsent {
    /// Sets or removes the account's cookie. Returns what has to be saved before the response goes out.
    fn finish<B>(self, response: &mut Response<B>) -> Option<Saving> {
        match response.extensions_mut().remove::<After>()? {
            After::LoggedOut => {
                let now = unix_seconds(SystemTime::now());
                let removal = self
                    .removal()
                    .filter(|_| !is_shared(response.headers(), now));
                if let Some(removal) = removal {
                    let _ = response.headers_mut().try_append(SET_COOKIE, removal);
                }
                None
            }
            After::LoggedIn(after) => {
                let choice = self.keep(&after, response.headers_mut())?;
                let LoggedIn {
                    name, policy, now, ..
                } = *after;
                Some(Box::pin(async move {
                    self.save(name, choice, policy, now).await;
                }))
            }
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
