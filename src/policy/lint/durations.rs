//! Warnings about a purpose that says another time than the retention.

use super::{
    About, Lint, LintWarningKind,
    words::{KEPT, UNITS},
};
use crate::policy::CookieDeclaration;

impl Lint<'_> {
    /// Compares the time in a purpose with the retention.
    pub(super) fn durations(&mut self, about: About<'_>, cookie: &CookieDeclaration) {
        let Some(retention) = cookie.get_retention() else {
            return;
        };
        let days = retention.as_days();
        if days == Some(0) {
            let message =
                "kept for 0 days, so browsers delete it at once: give its time, or \"session\"";
            self.warn(about, LintWarningKind::RetentionMismatch, message);
        }
        let Some(purpose) = cookie.get_purpose() else {
            return;
        };
        for (_, text) in purpose.written() {
            let Some(said) = duration_in(text) else {
                continue;
            };
            // Twelve months are a year, and 30 days a month.
            let is_near = |days: u32| u64::from(days).abs_diff(said) <= said / 20 + 2;
            if !days.is_some_and(is_near) {
                let message = format!(
                    "its purpose speaks of {said} days, and its retention is {retention}: visitors have to learn the \
                     right time (GDPR, art. 13(2)(a))"
                );
                return self.warn(about, LintWarningKind::RetentionMismatch, message);
            }
        }
    }
}

/// Returns the days for which a text says that something is kept, if it says one time.
fn duration_in(text: &str) -> Option<u64> {
    let lower = text.to_lowercase();
    if !KEPT.iter().any(|stem| lower.contains(stem)) {
        return None;
    }
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let mut found = words.windows(2).filter_map(|pair| {
        let [count, unit] = pair else {
            return None;
        };
        let count: u64 = count.parse().ok().filter(|count| *count < 10_000)?;
        let (_, parts) = UNITS.iter().find(|(names, _)| names.contains(unit))?;
        Some(count * parts / 48)
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_where_something_is_kept() {
        for (text, days) in [
            ("Kept for 13 months", Some(395)),
            ("Counts visits. Expires after 2 years.", Some(730)),
            ("Conservé 6 mois", Some(182)),
            ("Wird 1 Jahr gespeichert", Some(365)),
            ("Stored for 2 weeks", Some(14)),
            ("Counts the visits of the last 30 days", None),
            ("Kept for 1 day, then for 30 days", None),
            ("Kept for the session", None),
        ] {
            assert_eq!(duration_in(text), days, "{text}");
        }
    }
}
