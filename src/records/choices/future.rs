use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use http::Response;
use pin_project_lite::pin_project;

use super::carried::{After, LoggedOut};

/// Leaves a word for the layer with the cookie. The site's own is heard first.
pub(super) fn tell<B>(response: &mut Response<B>, after: After) {
    let logged_out = response.extensions_mut().remove::<LoggedOut>();
    let after = logged_out.map_or(after, |LoggedOut| After::LoggedOut);
    response.extensions_mut().insert(after);
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
            after: Option<Box<Told>>,
        },
        #[doc(hidden)]
        Asking { asking: Asking<R> },
    }
}

/// The word for the layer with the cookie.
#[doc(hidden)]
pub struct Told(After);

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Told")
    }
}

impl<F, R> AccountFuture<F, R> {
    pub(super) fn direct(inner: F, after: Option<After>) -> Self {
        Self::Direct {
            inner,
            after: after.map(|after| Box::new(Told(after))),
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
            Stage::Direct { inner, after } => inner.poll(cx).map_ok(|mut response| {
                if let Some(after) = after.take() {
                    tell(&mut response, after.0);
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
