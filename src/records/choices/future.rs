use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderMap, Response, header::SET_COOKIE};
use pin_project_lite::pin_project;

use super::carried::{After, LoggedOut};
use crate::{
    consent::{Consent, Corrected},
    wire,
};

/// The word for the layers around.
#[doc(hidden)]
pub struct Told {
    pub(super) after: After,
    /// The visitor's consent, if the request carried somebody else's.
    pub(super) corrected: Option<Consent>,
    /// The name of the preferences cookie.
    pub(super) own: Arc<str>,
}

impl Told {
    /// Takes note of what the service has set.
    pub(super) fn hear<B>(&mut self, response: &Response<B>) {
        let sets = sets_choice(&self.own, response.headers());
        match &mut self.after {
            After::LoggedOut { is_devices } => *is_devices |= sets,
            After::LoggedIn(after) => after.is_answer = sets,
        }
    }

    /// Leaves the word. The site's own is heard first.
    pub(super) fn tell<B>(self, response: &mut Response<B>) {
        let logged_out = response.extensions_mut().remove::<LoggedOut>();
        let after = match (logged_out, self.after) {
            (Some(LoggedOut), After::LoggedIn(after)) => After::LoggedOut {
                is_devices: after.is_answer,
            },
            (_, after) => after,
        };
        response.extensions_mut().insert(after);
        if let Some(consent) = self.corrected {
            response.extensions_mut().insert(Corrected(consent));
        }
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Told")
    }
}

/// Returns `true` if a header sets or removes the cookie of this name.
pub(super) fn sets_choice(own: &str, headers: &HeaderMap) -> bool {
    let mut fields = headers.get_all(SET_COOKIE).iter();
    fields.any(|field| wire::name(field.as_bytes()).is_ok_and(|name| name == own.as_bytes()))
}

type Asking<R> = Pin<Box<dyn Future<Output = R> + Send>>;

pin_project! {
    /// The response of an [`AccountService`](super::AccountService). The example is at
    /// [what the layers have to know](super::AccountConsent).
    #[project = Stage]
    #[must_use = "futures do nothing unless polled"]
    pub enum AccountFuture<F, R> {
        #[doc(hidden)]
        Direct {
            #[pin]
            inner: F,
            told: Option<Box<Told>>,
        },
        #[doc(hidden)]
        Asking { asking: Asking<R> },
    }
}

impl<F, R> AccountFuture<F, R> {
    pub(super) fn direct(inner: F, told: Option<Told>) -> Self {
        Self::Direct {
            inner,
            told: told.map(Box::new),
        }
    }
}

impl<F, B, E> Future for AccountFuture<F, Result<Response<B>, E>>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            Stage::Direct { inner, told } => inner.poll(cx).map_ok(|mut response| {
                if let Some(mut told) = told.take() {
                    told.hear(&response);
                    told.tell(&mut response);
                }
                response
            }),
            Stage::Asking { asking } => asking.as_mut().poll(cx),
        }
    }
}

/// Does not show the inner future, which may contain the request or the response, and so cookies.
impl<F, R> fmt::Debug for AccountFuture<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountFuture").finish_non_exhaustive()
    }
}
