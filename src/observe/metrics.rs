//! The feature `metrics`.

use metrics::{counter, describe_counter};

use super::{Event, Observer, What};
use crate::policy::{Category, Kind};

/// Counts what happens to cookies, through the `metrics` facade (feature `metrics`).
///
/// One counter for each [`What`]: `cookie_consent_withheld_total`, `cookie_consent_hidden_total`, and
/// so on. Under report-only they begin with `cookie_consent_report_only_`. Their only labels are the
/// `category` (`undeclared` where there is none) and the `reason`, so that they stay as few as the
/// policy's categories times a few dozen; no name and no path ever is one. What happens to headers
/// from which browsers keep state is counted apart: `cookie_consent_header_withheld_total`,
/// `…_header_hidden_total` and `…_header_undeclared_total`.
///
/// ```
/// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
/// use tower_cookie_consent::CookieMetrics;
///
/// // Beside a recorder, such as that of metrics-exporter-prometheus:
/// # let policy = CookiePolicy::new([Category::consent("ads")])?;
/// let layer = CookieConsentLayer::new(policy).observe(CookieMetrics::new());
/// # let _ = layer;
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct CookieMetrics {}

impl CookieMetrics {
    /// Describes the counters to the recorder, if there is one by now. See [the example](Self).
    #[must_use]
    pub fn new() -> Self {
        for (what, description) in [
            ("withheld", "Cookies stripped from responses"),
            ("hidden", "Cookies that the service was not shown"),
            ("expired", "Cookies that a removal was sent for"),
            (
                "not_expired",
                "Removals that were left out on responses that shared caches may keep",
            ),
            ("clamped", "Exempt cookies cut to 13 months"),
            (
                "replaced",
                "Removals that only some browsers take for one, made one",
            ),
            (
                "unclassifiable",
                "Fields without a name that browsers agree on",
            ),
            ("undeclared", "Undeclared cookies that passed"),
            ("header_withheld", "State headers stripped from responses"),
            (
                "header_hidden",
                "Request headers that the service was not shown",
            ),
            ("header_undeclared", "Undeclared state headers that passed"),
            ("unreadable", "Preferences that could not be read"),
            (
                "survived",
                "Cookies that came in over an hour after their refusal",
            ),
            (
                "publicly_cacheable",
                "Cookies on responses that shared caches may keep",
            ),
            ("rejected", "Choices that the endpoint did not take"),
        ] {
            describe_counter!(format!("cookie_consent_{what}_total"), description);
            describe_counter!(
                format!("cookie_consent_report_only_{what}_total"),
                format!("Report-only, nothing was changed: {description}")
            );
        }
        Self {}
    }
}

impl Observer for CookieMetrics {
    fn observe(&self, event: &Event<'_>) {
        let name = match event.kind() {
            Kind::Header => header_name(event.what(), event.report_only()),
            _ => name(event.what(), event.report_only()),
        };
        let Some(name) = name else {
            return;
        };
        let category = match event.category().map(Category::id) {
            Some(id) => id.to_owned(),
            None if matches!(event.what(), What::Unreadable(_) | What::Rejected(_)) => {
                "preferences".to_owned()
            }
            None => "undeclared".to_owned(),
        };
        counter!(name, "category" => category, "reason" => event.reason()).increment(1);
    }
}

macro_rules! names {
    ($report_only:expr, $what:literal) => {
        Some(if $report_only {
            concat!("cookie_consent_report_only_", $what, "_total")
        } else {
            concat!("cookie_consent_", $what, "_total")
        })
    };
}

const fn header_name(what: What, report_only: bool) -> Option<&'static str> {
    match what {
        What::Withheld(_) => names!(report_only, "header_withheld"),
        What::Hidden(_) => names!(report_only, "header_hidden"),
        What::Undeclared => names!(report_only, "header_undeclared"),
        _ => None,
    }
}

const fn name(what: What, report_only: bool) -> Option<&'static str> {
    match what {
        What::Withheld(_) => names!(report_only, "withheld"),
        What::Hidden(_) => names!(report_only, "hidden"),
        What::Expired => names!(report_only, "expired"),
        What::NotExpired => names!(report_only, "not_expired"),
        What::Clamped => names!(report_only, "clamped"),
        What::Replaced => names!(report_only, "replaced"),
        What::Unclassifiable => names!(report_only, "unclassifiable"),
        What::Undeclared => names!(report_only, "undeclared"),
        What::Unreadable(_) => names!(report_only, "unreadable"),
        What::Survived => names!(report_only, "survived"),
        What::PubliclyCacheable => names!(report_only, "publicly_cacheable"),
        What::Rejected(_) => names!(report_only, "rejected"),
        What::Passed => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::{Rejected, Unreadable, Withheld};

    #[test]
    fn each_event_has_a_counter_of_its_name_and_what_passes_has_none() {
        for what in [
            What::Withheld(Withheld::Undecided),
            What::Hidden(Withheld::Undecided),
            What::Expired,
            What::NotExpired,
            What::Clamped,
            What::Replaced,
            What::Unclassifiable,
            What::Undeclared,
            What::Unreadable(Unreadable::Format),
            What::Survived,
            What::PubliclyCacheable,
            What::Rejected(Rejected::Stale),
        ] {
            let counter = format!("cookie_consent_{}_total", what.as_str());
            assert_eq!(name(what, false), Some(counter.as_str()));
            let counter = format!("cookie_consent_report_only_{}_total", what.as_str());
            assert_eq!(name(what, true), Some(counter.as_str()));
        }
        for what in [
            What::Withheld(Withheld::Undecided),
            What::Hidden(Withheld::Undecided),
            What::Undeclared,
        ] {
            let counter = format!("cookie_consent_header_{}_total", what.as_str());
            assert_eq!(header_name(what, false), Some(counter.as_str()));
            let counter = format!("cookie_consent_report_only_header_{}_total", what.as_str());
            assert_eq!(header_name(what, true), Some(counter.as_str()));
        }
        assert_eq!(header_name(What::Passed, false), None);
        assert_eq!(name(What::Passed, false), None);
        assert_eq!(name(What::Passed, true), None);
    }
}
