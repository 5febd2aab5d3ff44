//! An observer that records its events.

use std::sync::{Arc, Mutex};

use tower_cookie_consent::{Observer, observe::Event};

/// The events of a layer, one line each: direction, event, reason, name, category, path, and
/// `report` with report-only.
#[derive(Clone, Default)]
pub(crate) struct Witness {
    lines: Arc<Mutex<Vec<String>>>,
    passed: bool,
}

impl Witness {
    /// Creates one that also receives events for cookies that passed.
    pub(crate) fn of_all() -> Self {
        Self {
            passed: true,
            ..Self::default()
        }
    }

    /// Returns the events since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.lock().unwrap())
    }
}

impl Observer for Witness {
    fn observe(&self, event: &Event<'_>) {
        let name = event.name().map(|name| name.to_string());
        let parts = [
            event.direction().field(),
            event.kind().as_str(),
            event.reason(),
            name.as_deref().unwrap_or("-"),
            event.category().map_or("-", |category| category.id()),
            event.path().unwrap_or("-"),
            if event.report_only() { "report" } else { "" },
        ];
        let line = parts.join(" ");
        self.lines.lock().unwrap().push(line.trim_end().to_owned());
    }

    fn wants_passed(&self) -> bool {
        self.passed
    }
}
