//! The log of what happens to documents: a warning for each thing that is new.

#[cfg(feature = "tracing")]
mod lines {
    use std::{
        collections::HashSet,
        sync::{Arc, Mutex, PoisonError},
    };

    use tracing::{debug, warn};

    use super::super::event::{DocumentEvent, DocumentEventKind};

    const TARGET: &str = "tower_cookie_consent";

    /// More origins than these are not remembered, and no longer warned about.
    const MOST_WARNINGS: usize = 1_024;

    #[derive(Clone, Debug, Default)]
    pub(crate) struct Log(Arc<Mutex<HashSet<String>>>);

    impl Log {
        pub(crate) fn observe(&self, event: &DocumentEvent<'_>) {
            let news = match event.kind() {
                DocumentEventKind::Undeclared => self.is_first(event.origin().unwrap_or_default()),
                DocumentEventKind::NoConsent
                | DocumentEventKind::Stopped
                | DocumentEventKind::Unreadable
                | DocumentEventKind::Passed => self.is_first(event.kind().as_str()),
                DocumentEventKind::LeftOut => self.is_first(event.element()),
                DocumentEventKind::Held | DocumentEventKind::Labelled => false,
            };
            let (origin, service) = (event.origin(), event.service());
            let (path, report_only) = (event.path(), event.report_only());
            if news {
                warn!(target: TARGET, origin, service, path, report_only, "{event}");
            } else {
                debug!(target: TARGET, origin, service, path, report_only, "{event}");
            }
        }

        fn is_first(&self, what: &str) -> bool {
            let mut warned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            warned.len() < MOST_WARNINGS && warned.insert(what.to_owned())
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod lines {
    use super::super::event::DocumentEvent;

    #[derive(Clone, Debug, Default)]
    pub(crate) struct Log {}

    impl Log {
        #[allow(clippy::unused_self, reason = "the same call as with tracing")]
        pub(crate) fn observe(&self, _: &DocumentEvent<'_>) {}
    }
}

pub(super) use lines::Log;
