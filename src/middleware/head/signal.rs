//! Signals of the browser besides `Sec-GPC`: request headers that refuse.

use std::fmt;

use super::RequestHead;
use crate::wire;

/// A request header, or anything else in a request's head, with which a browser refuses for its user.
/// Set with [`CookieConsentLayer::signal`](crate::CookieConsentLayer::signal).
///
/// A signal can only refuse: there is nothing that it can return to allow a cookie. While it refuses, the
/// request is treated as with `Sec-GPC: 1`: consent given without a signal does not count, and neither do exempt
/// categories with [`gpc(true)`](crate::Category::gpc); consent given while it was there does, and has
/// `"gpc": true` in the preferences cookie. It is called once for each request and should not block. If pages
/// depend on it and caches may store them, they need its header in `Vary`.
///
/// ```
/// use tower_cookie_consent::{
///     Category, CookieConsentLayer, CookiePolicy, layer::{RequestHead, Signal},
/// };
///
/// /// `DNT: 1`, for a site that has promised to heed it.
/// #[derive(Debug)]
/// struct DoNotTrack;
///
/// impl Signal for DoNotTrack {
///     fn refuses(&self, request: RequestHead<'_>) -> bool {
///         request.headers().get_all("dnt").iter().any(|value| value == "1")
///     }
///
///     fn name(&self) -> &str {
///         "dnt"
///     }
/// }
///
/// let policy = CookiePolicy::new([Category::consent("ads")])?;
/// let layer = CookieConsentLayer::new(policy).signal(DoNotTrack);
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
pub trait Signal: fmt::Debug + Send + Sync {
    /// Returns `true` if the request refuses what needs consent. `false` says nothing.
    fn refuses(&self, request: RequestHead<'_>) -> bool;

    /// Returns the name by which events and the log call it (default: `other`): see
    /// [`Event::signal`](crate::observe::Event::signal).
    fn name(&self) -> &str {
        "other"
    }
}

/// `ADPC: withdraw=*`, with which a browser withdraws all consent (Advanced Data Protection Control,
/// an unofficial draft of 2021, section 7.2). Other decisions in the header are about purposes that the site listed for the
/// browser, which this crate does not do, and are ignored, `consent=…` among them.
///
/// ```
/// use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy, layer::Adpc};
///
/// let policy = CookiePolicy::new([Category::consent("ads")])?;
/// let layer = CookieConsentLayer::new(policy).signal(Adpc);
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[allow(
    clippy::exhaustive_structs,
    reason = "sites write it as a value, and it has nothing to set"
)]
pub struct Adpc;

impl Signal for Adpc {
    fn refuses(&self, request: RequestHead<'_>) -> bool {
        let fields = request.headers().get_all("adpc").iter();
        fields
            .into_iter()
            .any(|field| wire::withdraws_all(field.as_bytes()))
    }

    fn name(&self) -> &str {
        "adpc"
    }
}
