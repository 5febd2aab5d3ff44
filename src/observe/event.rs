use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{ChoiceMade, CookieAttributes, Direction, EventKind, ShownName};
use crate::{
    consent::{Surface, Withheld},
    policy::{Category, CookieDeclaration, CookiePolicy, Found, TrackerKind},
    wire::{StateHeader, Unclassifiable},
};

/// One thing that happened to a cookie, as passed to an [`Observer`](crate::Observer). It never
/// contains a value. Its `Display` output is the log line: why the cookie disappeared, and what to
/// declare.
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
///         let (host, path) = (event.host().unwrap_or("?"), event.path().unwrap_or("?"));
///         println!("{name} on {host}{path}, for {lifetime:?}, revision {}", event.policy().revision());
///     }
///     // As a line for your own log:
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
    /// The whole `Set-Cookie`; only its attributes are exposed.
    set_cookie: Option<&'a [u8]>,
    undecided: bool,
    made: Option<ChoiceMade<'a>>,
    scene: Scene<'a>,
}

/// The place and time of an event. A response may come long after its request.
#[derive(Clone, Copy, Default)]
pub(crate) struct Scene<'a> {
    pub(crate) report_only: bool,
    pub(crate) path: Option<&'a str>,
    pub(crate) host: Option<&'a str>,
    /// The signal of the request that counts, as the site calls it.
    pub(crate) signal: Option<&'a str>,
    /// The response stores the refusal of that signal.
    pub(crate) stores_refusal: bool,
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
            made: None,
            scene: Scene {
                report_only: false,
                path: None,
                host: None,
                signal: None,
                stores_refusal: false,
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

    /// Sets the header's name, given in lower case. It is shown as the policy or the specification
    /// writes it.
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

    pub(crate) const fn choice(made: ChoiceMade<'a>) -> Self {
        Self {
            made: Some(made),
            ..Self::new(EventKind::ChoiceMade, Direction::Response, made.policy)
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

    /// Returns what happened.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        self.kind
    }

    /// Returns the new choice of an [`EventKind::ChoiceMade`], with what it replaces: see
    /// [`ChoiceMade`].
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy, observe::Event};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let layer = CookieConsentLayer::new(policy).observe(|event: &Event<'_>| {
    ///     if let Some(made) = event.choice_made() {
    ///         println!("{:?}: a choice in the {:?}", event.host(), made.surface());
    ///     }
    /// });
    /// # let _ = layer;
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    #[must_use]
    pub const fn choice_made(&self) -> Option<ChoiceMade<'a>> {
        self.made
    }

    /// Returns the direction in which the cookie went.
    #[must_use]
    pub const fn direction(&self) -> Direction {
        self.direction
    }

    /// Returns what it happened to: a cookie, or a [header](TrackerKind::Header) that browsers
    /// store. The name is then the header's, and for requests that of the request header.
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

    /// Returns the policy under which the request was judged.
    #[must_use]
    pub const fn policy(&self) -> &'a CookiePolicy {
        self.policy
    }

    /// Returns the host of the request in lower case, without its port. It is `None` if only the log
    /// listens, and only to warnings, or if the host is not a name.
    #[must_use]
    pub const fn host(&self) -> Option<&'a str> {
        self.scene.host
    }

    /// Returns the cookie's name. It is `None` for [`EventKind::Unclassifiable`],
    /// [`EventKind::Unreadable`], [`EventKind::Rejected`], [`EventKind::ChoiceMade`] and events about all cookies. For an
    /// [`EventKind::Mistake`], it is what the mistake is about.
    #[must_use]
    pub fn name(&self) -> Option<ShownName<'a>> {
        let name = self.name?;
        Some(match self.found {
            Some(found) if !found.by_pattern => ShownName::whole(name),
            _ => ShownName::new(name),
        })
    }

    /// Returns the category that declares the cookie.
    #[must_use]
    pub fn category(&self) -> Option<&'a Category> {
        self.policy.category_at(self.found?.category()?)
    }

    /// Returns the policy's declaration of the cookie.
    #[must_use]
    pub fn declaration(&self) -> Option<&'a CookieDeclaration> {
        self.policy.declaration_at(self.found?.declaration)
    }

    /// Returns `true` if the policy knows the name: a category declares it, or it is the
    /// preferences cookie.
    #[must_use]
    pub const fn is_declared(&self) -> bool {
        self.found.is_some()
    }

    /// Returns the reason in a word or two, out of a few dozen: `undeclared`, `denied`, `too_long`,
    /// …
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        self.kind.reason(self.how)
    }

    /// Returns the name of the signal that refused: `gpc` for `Sec-GPC`, or else the
    /// [`name`](crate::layer::Signal::name) of the further one. It is for cookies that are gone because of
    /// [`Withheld::Signal`], or in the response that stores the refusal of a signal, and for that choice
    /// itself; `None` for all other events. At most 32 ASCII letters, digits, `-`, `_` and `.`; a name with anything else is `other`.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy, observe::Event};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let layer = CookieConsentLayer::new(policy).observe(|event: &Event<'_>| {
    ///     if let (Some(name), Some(signal)) = (event.name(), event.signal()) {
    ///         println!("{name} is gone because of {signal}");
    ///     }
    /// });
    /// # let _ = layer;
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    #[must_use]
    pub fn signal(&self) -> Option<&'a str> {
        let is_of_signal = match self.kind {
            EventKind::Withheld(Withheld::Signal) | EventKind::Hidden(Withheld::Signal) => true,
            EventKind::Withheld(Withheld::Denied) | EventKind::Expired => {
                self.scene.stores_refusal && self.direction == Direction::Response
            }
            EventKind::ChoiceMade => self
                .made
                .is_some_and(|made| made.surface() == Surface::Signal),
            _ => false,
        };
        let name = self.scene.signal.filter(|_| is_of_signal)?;
        Some(if is_plain(name) { name } else { "other" })
    }

    /// Returns `true` if it only would have happened (see
    /// [`report_only`](crate::CookieConsentLayer::report_only)).
    #[must_use]
    pub const fn report_only(&self) -> bool {
        self.scene.report_only
    }

    /// Returns the request's path without its query, with `*` in place of parts that look
    /// generated, or the path returned by [`path_for`](crate::CookieConsentLayer::path_for).
    #[must_use]
    pub const fn path(&self) -> Option<&'a str> {
        self.scene.path
    }

    /// Returns the time of the event by the layer's clock.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        UNIX_EPOCH
            .checked_add(Duration::from_secs(self.scene.now))
            .unwrap_or(UNIX_EPOCH)
    }

    /// Returns `true` if no choice of the visitor was in force when the service set the cookie.
    #[must_use]
    pub const fn before_choice(&self) -> bool {
        self.undecided
    }

    /// Returns the attributes of the `Set-Cookie`, or `None` if the event is not about one. Each
    /// call parses it again.
    #[must_use]
    pub fn attributes(&self) -> Option<CookieAttributes<'a>> {
        Some(CookieAttributes::of(self.set_cookie?, self.scene.now))
    }

    /// Returns `true` if the cookie carries the visitor's choice.
    pub(super) fn is_of_preferences(&self) -> bool {
        self.found.is_some_and(|found| found.is_preferences())
    }

    pub(super) const fn how(&self) -> Option<Unclassifiable> {
        self.how
    }

    pub(super) const fn now(&self) -> u64 {
        self.scene.now
    }
}

/// The longest name of a signal that is shown.
const MOST_OF_SIGNAL: usize = 32;

/// Returns `true` for a name that no log, header or label can misread.
fn is_plain(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !name.is_empty() && name.len() <= MOST_OF_SIGNAL && name.bytes().all(is_plain)
}

/// Shows the results of its methods, without values.
impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("kind", &self.kind)
            .field("tracker_kind", &self.tracker_kind)
            .field("direction", &self.direction)
            .field("name", &self.name())
            .field("category", &self.category().map(Category::id))
            .field("signal", &self.signal())
            .field("report_only", &self.report_only())
            .field("host", &self.host())
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}
