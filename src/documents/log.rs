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

    /// More origins than these are not remembered, and no longer warned about; and more documents.
    const MAX_WARNINGS: usize = 1_024;

    #[derive(Clone, Debug, Default)]
    pub(crate) struct Log(Arc<Mutex<Warned>>);

    /// What there was a warning of. Whoever asks for many documents uses up none of the origins.
    #[derive(Debug, Default)]
    struct Warned {
        origins: HashSet<String>,
        documents: HashSet<String>,
    }

    impl Log {
        pub(crate) fn observe(&self, event: &DocumentEvent<'_>) {
            let kind = event.kind();
            let news = match kind {
                DocumentEventKind::Undeclared => self.is_first(event.origin().unwrap_or_default()),
                DocumentEventKind::NoConsent => self.is_first(kind.as_str()),
                DocumentEventKind::LeftOut => self.is_first(event.element()),
                DocumentEventKind::Stopped
                | DocumentEventKind::Unreadable
                | DocumentEventKind::Passed => {
                    self.is_first_of(&format!("{} {}", kind.as_str(), event.path()))
                }
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

        fn is_first(&self, origin: &str) -> bool {
            let mut warned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            add(&mut warned.origins, origin)
        }

        fn is_first_of(&self, document: &str) -> bool {
            let mut warned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            add(&mut warned.documents, document)
        }
    }

    fn add(known: &mut HashSet<String>, new: &str) -> bool {
        known.len() < MAX_WARNINGS && known.insert(new.to_owned())
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
