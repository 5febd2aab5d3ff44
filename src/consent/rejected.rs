/// The reason why an endpoint did not accept a choice. The visitor's choice does not change.
///
/// The endpoint of the feature `pages` puts one into the extensions of each response that rejects a
/// choice. The layer reads it there and reports
/// [`EventKind::Rejected`](crate::observe::EventKind::Rejected) to the log and the observers. Your
/// own endpoint can do the same:
///
/// ```
/// use axum::{Extension, Router, http::StatusCode, routing::post};
/// use tower_cookie_consent::{
///     CookieConsentLayer, CookiePolicy, observe::{Event, EventKind}, preferences::Rejected,
/// };
/// # use tower_cookie_consent::Category;
///
/// async fn choose() -> (StatusCode, Extension<Rejected>) {
///     (StatusCode::FORBIDDEN, Extension(Rejected::CrossSite))
/// }
///
/// # let policy = CookiePolicy::new([Category::consent("ads")])?;
/// let layer = CookieConsentLayer::new(policy).observe(|event: &Event<'_>| {
///     if let EventKind::Rejected(why) = event.kind() {
///         println!("{}: a choice was not taken, {}: {why}", event.path().unwrap_or("?"), why.as_str());
///     }
/// });
/// let app: Router = Router::new().route("/choice", post(choose)).layer(layer);
/// # let _ = app;
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Rejected {
    /// The body can't be read (400).
    #[error("its body can't be read")]
    Body,
    /// It does not come from a page of this site (403).
    #[error(
        "it does not come from a page of this site. If it does, make the proxy in front pass on \
         Host and Origin, or set the public origin with Pages::trusted_origin"
    )]
    CrossSite,
    /// It agrees to texts that have changed since (409).
    #[error(
        "it agrees to texts that have changed since. If this happens often, a cache stores pages with \
         the banner: see pages::mark_private"
    )]
    Stale,
    /// The body is longer than 16 KiB (413).
    #[error("its body is longer than 16 KiB")]
    TooLarge,
    /// It is neither a form nor JSON (415).
    #[error("it is neither a form nor JSON")]
    ContentType,
    /// It has no decision that the endpoint knows, or more than one (422).
    #[error("it has no known decision, or more than one")]
    Decision,
    /// It contains an unknown category or an invalid answer, or lacks the list of categories (422).
    #[error(
        "it contains an unknown category or an invalid answer, or lacks the list of categories"
    )]
    Category,
    /// No record of what it allows could be made durable (503, or 303 back for a form). What it refuses
    /// counts. It takes the feature `records`.
    #[error("no record of what it allows could be made durable; what it refuses counts")]
    NotRecorded,
    /// More choices that allow something came than are recorded in a second (429). What it refuses
    /// counts. It takes the feature `records`.
    #[error("more were sent in a second than are recorded; what it refuses counts")]
    TooMany,
}

impl Rejected {
    /// Returns the reason in a word or two, as used by the event, the metric, and the `error` in
    /// the endpoint's JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Body => "unreadable_body",
            Self::TooLarge => "body_too_large",
            Self::ContentType => "unknown_content_type",
            Self::Decision => "unknown_decision",
            Self::Category => "unknown_category",
            Self::Stale => "stale_texts",
            Self::CrossSite => "cross_site",
            Self::NotRecorded => "not_recorded",
            Self::TooMany => "too_many_choices",
        }
    }
}
