use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{CookieAttributes, Direction, EventKind, ShownName};
use crate::{
    policy::{Category, CookieDeclaration, CookiePolicy, Found, TrackerKind},
    wire::{StateHeader, Unclassifiable},
};

/// One thing that happened to a cookie, as an [`Observer`](crate::Observer) is told. It never has a
/// value. As text it is the sentence of the log: why the cookie vanished, and what to declare.
///
/// ```
/// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
/// use tower_cookie_consent::{Withheld, observe::{Event, EventKind}};
///
/// # let policy = CookiePolicy::new([Category::consent("ads")])?;
/// let layer = CookieConsentLayer::new(policy).observe(|event: &Event<'_>| {
///     let Some(name) = event.name() else { return };
///     if event.kind() == EventKind::Withheld(Withheld::Undeclared) {
///         let lifetime = event.attributes().and_then(|attributes| attributes.lifetime);
///         println!("{name} on {}, for {lifetime:?}", event.path().unwrap_or("?"));
///     }
///     // The same as a line for a log of one's own:
///     println!(
///         "{:?} {} {} {name} ({}): {}",
///         event.time(),
///         event.direction().field(),
///         event.kind().as_str(),
///         event.category().map_or("no category", Category::id),
///         event.reason(),
///     );
///     // A report is what only would have happened:
///     let known = event.is_declared() && event.declaration().is_some();
///     let _urgent = !known && event.before_choice() && !event.report_only();
/// });
/// # let _ = layer;
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Event<'a> {
    kind: EventKind,
    direction: Direction,
    policy: &'a CookiePolicy,
    name: Option<&'a [u8]>,
    found: Option<Found>,
    tracker_kind: TrackerKind,
    how: Option<Unclassifiable>,
    /// The whole `Set-Cookie`, of which only attributes are told.
    set_cookie: Option<&'a [u8]>,
    undecided: bool,
    scene: Scene<'a>,
}

/// Where and when it happened. A response may come long after its request.
#[derive(Clone, Copy, Default)]
pub(crate) struct Scene<'a> {
    pub(crate) report_only: bool,
    pub(crate) path: Option<&'a str>,
    pub(crate) now: u64,
}

impl<'a> Event<'a> {
    pub(crate) const fn new(
        kind: EventKind,
        direction: Direction,
        policy: &'a CookiePolicy,
    ) -> Self {
        Self {
            kind,
            direction,
            policy,
            name: None,
            found: None,
            tracker_kind: TrackerKind::Cookie,
            how: None,
            set_cookie: None,
            undecided: false,
            scene: Scene {
                report_only: false,
                path: None,
                now: 0,
            },
        }
    }

    pub(crate) const fn of(self, name: &'a [u8], found: Option<Found>) -> Self {
        Self {
            name: Some(name),
            found,
            ..self
        }
    }

    /// Of a header, by its name in lower case. It is told as the policy or the specification writes it.
    pub(crate) fn of_header(self, name: &'a str, found: Option<Found>) -> Self {
        let written = match StateHeader::find(name) {
            Some(known) if !known.name.ends_with('*') => known.name,
            _ => name,
        };
        Self {
            tracker_kind: TrackerKind::Header,
            ..self.of(written.as_bytes(), found)
        }
    }

    pub(crate) const fn unclassifiable(
        direction: Direction,
        how: Unclassifiable,
        of: &'a CookiePolicy,
    ) -> Self {
        Self {
            how: Some(how),
            ..Self::new(EventKind::Unclassifiable, direction, of)
        }
    }

    pub(crate) const fn with_set_cookie(self, set_cookie: &'a [u8]) -> Self {
        Self {
            set_cookie: Some(set_cookie),
            ..self
        }
    }

    pub(crate) const fn undecided(self, undecided: bool) -> Self {
        Self { undecided, ..self }
    }

    pub(crate) const fn at<'b>(self, scene: Scene<'b>) -> Event<'b>
    where
        'a: 'b,
    {
        Event { scene, ..self }
    }

    /// What happened. See [the example](Self).
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        self.kind
    }

    /// Which way the cookie went. See [the example](Self).
    #[must_use]
    pub const fn direction(&self) -> Direction {
        self.direction
    }

    /// What it happened to: a cookie, or a [header](TrackerKind::Header) from which browsers keep state (then
    /// the name is the header's, and on the way in that of the request header).
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy, observe::Event};
    /// use tower_cookie_consent::{observe::EventKind, policy::TrackerKind};
    ///
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let layer = CookieConsentLayer::new(policy).observe(|event: &Event<'_>| {
    ///     if event.tracker_kind() == TrackerKind::Header && event.kind() == EventKind::Undeclared {
    ///         eprintln!("declare it: {event}");
    ///     }
    /// });
    /// # let _ = layer;
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    #[must_use]
    pub const fn tracker_kind(&self) -> TrackerKind {
        self.tracker_kind
    }

    /// The cookie's name. `None` for [`EventKind::Unclassifiable`], [`EventKind::Unreadable`],
    /// [`EventKind::Rejected`] and what is about all cookies. See [the example](Self).
    #[must_use]
    pub fn name(&self) -> Option<ShownName<'a>> {
        let name = self.name?;
        Some(match self.found {
            Some(found) if !found.is_by_pattern() => ShownName::whole(name),
            _ => ShownName::new(name),
        })
    }

    /// The category that declares the cookie. See [the example](Self).
    #[must_use]
    pub fn category(&self) -> Option<&'a Category> {
        self.policy.category_at(self.found?.category?)
    }

    /// The row of the policy that declares the cookie. See [the example](Self).
    #[must_use]
    pub fn declaration(&self) -> Option<&'a CookieDeclaration> {
        self.policy.declaration_at(self.found?.declaration)
    }

    /// Whether the policy knows the name: declared by a category, or the preferences cookie.
    /// See [the example](Self).
    #[must_use]
    pub const fn is_declared(&self) -> bool {
        self.found.is_some()
    }

    /// The reason in a word or two, one of a few dozen: `undeclared`, `denied`, `too_long`, …
    /// See [the example](Self).
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        self.kind.reason(self.how)
    }

    /// Whether it only would have happened (see
    /// [`report_only`](crate::CookieConsentLayer::report_only)).
    #[must_use]
    pub const fn report_only(&self) -> bool {
        self.scene.report_only
    }

    /// The request's path without its query, with `*` in place of what looks generated, or what
    /// [`path_for`](crate::CookieConsentLayer::path_for) makes of it. See [the example](Self).
    #[must_use]
    pub const fn path(&self) -> Option<&'a str> {
        self.scene.path
    }

    /// When, by the layer's clock. See [the example](Self).
    #[must_use]
    pub fn time(&self) -> SystemTime {
        UNIX_EPOCH
            .checked_add(Duration::from_secs(self.scene.now))
            .unwrap_or(UNIX_EPOCH)
    }

    /// Whether the visitor had made no choice that counts when the service set it.
    /// See [the example](Self).
    #[must_use]
    pub const fn before_choice(&self) -> bool {
        self.undecided
    }

    /// What the `Set-Cookie` says beside name and value; `None` where the event is not of one. Each
    /// call reads it again. See [the example](Self).
    #[must_use]
    pub fn attributes(&self) -> Option<CookieAttributes<'a>> {
        Some(CookieAttributes::of(self.set_cookie?, self.scene.now))
    }

    /// Whether it is of a carrier of the choice.
    pub(super) fn is_of_preferences(&self) -> bool {
        self.found.is_some_and(Found::is_preferences)
    }

    pub(super) const fn how(&self) -> Option<Unclassifiable> {
        self.how
    }

    pub(super) const fn now(&self) -> u64 {
        self.scene.now
    }
}

/// What its methods tell: no value.
impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("kind", &self.kind)
            .field("tracker_kind", &self.tracker_kind)
            .field("direction", &self.direction)
            .field("name", &self.name())
            .field("category", &self.category().map(Category::id))
            .field("report_only", &self.report_only())
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}
