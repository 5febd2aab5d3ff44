use std::{fmt, sync::Arc};

use super::{ChoiceMade, Event, Log};

/// Receives events about cookies; set with
/// [`CookieConsentLayer::observe`](crate::CookieConsentLayer::observe).
///
/// It is called while a request is being handled and should be quick: no blocking, no waiting.
/// Every `Fn(&Event<'_>)` is an observer, and so is an `Arc` of one.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use tower_cookie_consent::{Observer, observe::{Event, EventKind}};
///
/// #[derive(Default)]
/// struct Survivors {
///     survived: AtomicU64,
///     passed: AtomicU64,
/// }
///
/// impl Observer for Survivors {
///     fn observe(&self, event: &Event<'_>) {
///         match event.kind() {
///             EventKind::Survived => self.survived.fetch_add(1, Ordering::Relaxed),
///             EventKind::Passed => self.passed.fetch_add(1, Ordering::Relaxed),
///             _ => 0,
///         };
///     }
///
///     /// For a share of all.
///     fn wants_passed(&self) -> bool {
///         true
///     }
/// }
/// ```
pub trait Observer: Send + Sync {
    /// Handles an event: one for each cookie that did not simply pass, and a few others; see
    /// [`EventKind`](crate::observe::EventKind).
    fn observe(&self, event: &Event<'_>);

    /// Returns `true` to also receive events for cookies that passed (default: `false`). Called
    /// once, when the observer is set.
    fn wants_passed(&self) -> bool {
        false
    }
}

impl<F: Fn(&Event<'_>) + Send + Sync> Observer for F {
    fn observe(&self, event: &Event<'_>) {
        self(event);
    }
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn observe(&self, event: &Event<'_>) {
        (**self).observe(event);
    }

    fn wants_passed(&self) -> bool {
        (**self).wants_passed()
    }
}

/// All observers: the log, and those set by the site.
#[derive(Clone, Default)]
pub(crate) struct Observers {
    log: Log,
    others: Vec<(Arc<dyn Observer>, bool)>,
    want_passed: bool,
    of_choices: Vec<Arc<ChoiceHook>>,
}

type ChoiceHook = dyn Fn(&ChoiceMade<'_>) + Send + Sync;

impl Observers {
    pub(crate) fn add(&mut self, observer: impl Observer + 'static) {
        let wants_passed = observer.wants_passed();
        self.want_passed |= wants_passed;
        self.others.push((Arc::new(observer), wants_passed));
    }

    pub(crate) fn add_of_choices(&mut self, hook: Arc<ChoiceHook>) {
        self.of_choices.push(hook);
    }

    pub(crate) fn tell_choice(&self, made: &ChoiceMade<'_>) {
        for hook in &self.of_choices {
            hook(made);
        }
    }

    /// Returns `true` if anybody receives any event.
    pub(crate) fn listen(&self) -> bool {
        !self.others.is_empty() || self.log.listens()
    }

    /// Returns `true` if it is worth looking for more than is needed for filtering, and remembering
    /// the path: not just for warnings.
    #[inline]
    pub(crate) fn watch(&self) -> bool {
        !self.others.is_empty() || self.log.watches()
    }

    pub(crate) const fn want_passed(&self) -> bool {
        self.want_passed
    }

    pub(crate) fn tell(&self, event: &Event<'_>) {
        if self.log.listens() {
            self.log.observe(event);
        }
        for (observer, _) in &self.others {
            observer.observe(event);
        }
    }

    pub(crate) fn tell_passed(&self, event: &Event<'_>) {
        for (observer, _) in self.others.iter().filter(|(_, wants_passed)| *wants_passed) {
            observer.observe(event);
        }
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} and the log", self.others.len())
    }
}
