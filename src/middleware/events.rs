//! Reports the events of one exchange, if anybody receives them: hidden cookies, changed headers, and
//! so on.

use http::{HeaderMap, HeaderValue, Request, header::HOST};

use super::{
    config::{Config, Enforcement, Gpc},
    head::RequestHead,
};
use crate::{
    consent::Choice,
    observe::{Event, EventKind, Explanation, Scene, shown_path},
    policy::{CategorySet, CookiePolicy, Found},
    wire::host,
};

/// The seconds after which a refused cookie should be gone from every open page.
const SURVIVED: u64 = 60 * 60;

/// The data that an exchange keeps for observers. Nearly always there are none and the layer's own
/// switches apply, and then this is a null pointer.
pub(super) struct Watch(Option<Box<Noted>>);

struct Noted {
    enforcement: Enforcement,
    /// Somebody wants to know more than is needed for filtering.
    on: bool,
    path: Option<String>,
    host: Option<String>,
    /// The signal of the request that counts.
    signal: HeardSignal,
    /// The response stores the refusal of that signal.
    stores_refusal: bool,
    /// The categories that were refused more than an hour ago.
    survivors: CategorySet,
    explanation: Option<Explanation>,
}

/// A signal of a request, for whoever asks why a cookie is gone.
#[derive(Clone, Copy)]
enum HeardSignal {
    None,
    Gpc,
    /// One of the site's further signals, by its number.
    Further(usize),
}

impl HeardSignal {
    /// Returns the one that counts: further ones always do.
    fn of(config: &Config, policy: &CookiePolicy, head: RequestHead<'_>) -> Self {
        let mut gpc = head.headers().get_all("sec-gpc").into_iter();
        let honours = config.gpc == Gpc::Honour && policy.heeds_signals();
        if honours && gpc.any(|value| value == "1") {
            return Self::Gpc;
        }
        let further = config.refusing_signal(head);
        further.map_or(Self::None, Self::Further)
    }

    fn name(self, config: &Config) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Gpc => Some("gpc"),
            Self::Further(number) => config.signals.get(number).map(|signal| signal.name()),
        }
    }
}

impl Watch {
    pub(super) const NONE: Self = Self(None);

    pub(super) fn of<B>(config: &Config, policy: &CookiePolicy, request: &Request<B>) -> Self {
        let on = config.explain || config.observers.watch();
        if !on && config.enforcement_for.is_none() {
            return Self::NONE;
        }
        Self::noting(config, policy, RequestHead::of(request), on)
    }

    /// Out of line, so unobserved requests do not pay for it.
    #[cold]
    #[inline(never)]
    fn noting(config: &Config, policy: &CookiePolicy, head: RequestHead<'_>, on: bool) -> Self {
        let hook = config.enforcement_for.as_ref();
        let chosen = hook.and_then(|hook| hook(head));
        if !on && chosen.is_none() {
            return Self::NONE;
        }
        let enforcement = chosen.unwrap_or(config.enforcement);
        let on = on && enforcement != Enforcement::Off;
        Self(Some(Box::new(Noted {
            enforcement,
            on,
            path: if on { path(config, head) } else { None },
            host: if on { host_of(head) } else { None },
            signal: match on {
                true => HeardSignal::of(config, policy, head),
                false => HeardSignal::None,
            },
            stores_refusal: false,
            survivors: CategorySet::EMPTY,
            explanation: (on && config.explain).then(Explanation::default),
        })))
    }

    /// Takes note that the response stores the refusal of the signal.
    pub(super) fn note_refusal(&mut self) {
        if let Some(noted) = &mut self.0 {
            noted.stores_refusal = true;
        }
    }

    /// Returns `true` if somebody wants to know more than is needed for filtering.
    pub(super) fn is_on(&self) -> bool {
        self.0.as_ref().is_some_and(|noted| noted.on)
    }

    pub(super) const fn is_worth_keeping(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn is_report_only(&self, config: &Config) -> bool {
        self.enforcement(config) == Enforcement::ReportOnly
    }

    #[inline]
    pub(super) fn is_off(&self, config: &Config) -> bool {
        self.enforcement(config) == Enforcement::Off
    }

    #[inline]
    fn enforcement(&self, config: &Config) -> Enforcement {
        let noted = self.0.as_ref();
        noted.map_or(config.enforcement, |noted| noted.enforcement)
    }

    /// Looks for cookies of these categories that should be gone, if the choice is old enough.
    #[cold]
    pub(super) fn look_for_survivors(
        &mut self,
        refused: CategorySet,
        choice: Option<Choice>,
        now: u64,
    ) {
        if let (Some(noted), Some(choice)) = (&mut self.0, choice)
            && noted.on
            && now >= choice.decided_at.saturating_add(SURVIVED)
        {
            noted.survivors = refused;
        }
    }

    pub(super) fn has_survived(&self, found: Found) -> bool {
        let survivors = self.0.as_ref().map(|noted| noted.survivors);
        let survivors = survivors.unwrap_or(CategorySet::EMPTY);
        survivors.has(found.named)
    }

    /// Returns `true` if anybody would receive an event.
    pub(super) fn hears(&self, config: &Config) -> bool {
        self.0.is_some() || config.observers.listen()
    }

    /// Passes the event to the log and the observers.
    #[inline(never)]
    pub(super) fn tell(&self, config: &Config, event: Event<'_>) {
        if !self.hears(config) {
            return;
        }
        let noted = self.0.as_deref();
        let observers = &config.observers;
        let passed = event.kind() == EventKind::Passed;
        if self.is_off(config) || (passed && !observers.want_passed()) {
            return;
        }
        let event = event.at(Scene {
            // The endpoint rejects choices, and does not know report-only.
            report_only: self.is_report_only(config)
                && !matches!(
                    event.kind(),
                    EventKind::Rejected(_) | EventKind::ChoiceMade | EventKind::Mistake(_)
                ),
            path: noted.and_then(|noted| noted.path.as_deref()),
            host: noted.and_then(|noted| noted.host.as_deref()),
            signal: noted.and_then(|noted| noted.signal.name(config)),
            stores_refusal: noted.is_some_and(|noted| noted.stores_refusal),
            now: if self.is_on() { config.now() } else { 0 },
        });
        if passed {
            observers.tell_passed(&event);
        } else {
            observers.tell(&event);
        }
        if let Some(explanation) = noted.and_then(|noted| noted.explanation.as_ref()) {
            explanation.add(&event);
        }
    }

    pub(super) fn explains(&self) -> bool {
        let noted = self.0.as_ref();
        noted.is_some_and(|noted| noted.explanation.is_some())
    }

    /// Adds the header for development, if it is turned on.
    pub(super) fn explain(&self, headers: &mut HeaderMap) {
        let noted = self.0.as_ref();
        if let Some(explanation) = noted.and_then(|noted| noted.explanation.as_ref()) {
            explanation.append_to(headers);
        }
    }
}

/// Returns the host that the request names.
fn host_of(head: RequestHead<'_>) -> Option<String> {
    let field = head.headers().get(HOST);
    let field = field.map_or(&b""[..], HeaderValue::as_bytes);
    host::name_in(host::said_in(head.uri(), field)).map(str::to_ascii_lowercase)
}

/// Returns the path in the form that observers may see.
fn path(config: &Config, head: RequestHead<'_>) -> Option<String> {
    let Some(hook) = &config.path_for else {
        return Some(shown_path(head.uri().path()));
    };
    hook(head)
}
