use std::{
    fmt::Write,
    sync::{Mutex, PoisonError},
};

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Event, EventKind};

static EXPLANATION: HeaderName = HeaderName::from_static(EXPLANATION_NAME);

/// The name of the header, in lower case.
pub(crate) const EXPLANATION_NAME: &str = "x-cookie-consent";

/// The header if nothing happened, which shows that a layer judged the response.
const NOTHING: &str = "judged";

/// The length at which the header ends, with at most one more cookie.
const MOST_BYTES: usize = 1_024;

/// The events of one exchange as a response header for development: `_ga=withheld;undecided,
/// _fbp=hidden;denied`.
#[derive(Debug, Default)]
pub(crate) struct Explanation(Mutex<String>);

impl Explanation {
    pub(crate) fn add(&self, event: &Event<'_>) {
        if event.kind() == EventKind::Passed {
            return;
        }
        let mut text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if text.ends_with("...") {
            return;
        }
        if !text.is_empty() {
            text.push_str(", ");
        }
        if text.len() > MOST_BYTES {
            text.push_str("...");
            return;
        }
        // A name is visible ASCII, except for the mark of a cut; writing to a string can't fail.
        let name = match event.name() {
            Some(name) => name.to_string().replace('…', "~"),
            None => "-".to_owned(),
        };
        let _ = write!(text, "{name}={};{}", event.kind().as_str(), event.reason());
        if let Some(signal) = event.signal() {
            let _ = write!(text, ";by={signal}");
        }
        if event.report_only() {
            text.push_str(";report_only");
        }
    }

    pub(crate) fn append_to(&self, headers: &mut HeaderMap) {
        let text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = if text.is_empty() { NOTHING } else { &text };
        if let Ok(value) = HeaderValue::from_str(text) {
            let _ = headers.try_append(&EXPLANATION, value);
        }
    }
}
