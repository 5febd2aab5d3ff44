//! An observer that writes down what it is told.

use std::sync::{Arc, Mutex};

use tower_cookie_consent::{Observer, observe::Event};

/// What a layer told, one line for each event: way, event, reason, name, category, path, and
/// `report` under report-only.
#[derive(Clone, Default)]
pub(crate) struct Witness {
    lines: Arc<Mutex<Vec<String>>>,
    passed: bool,
}

impl Witness {
    /// One that is told, too, what passed.
    pub(crate) fn of_all() -> Self {
        Self {
            passed: true,
            ..Self::default()
        }
    }

    /// What was told since the last call.
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
