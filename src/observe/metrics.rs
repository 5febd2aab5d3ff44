//! The feature `metrics`.

use std::sync::{Arc, OnceLock};

use metrics::{counter, describe_counter};

use super::{Event, EventKind, Observer};
use crate::policy::{Category, TrackerKind};

/// Counts what happens to cookies, through the `metrics` facade (feature `metrics`).
///
/// There is a counter for each [`EventKind`]: `cookie_consent_withheld_total`,
/// `cookie_consent_hidden_total`, and so on. With report-only, the names begin with
/// `cookie_consent_report_only_`. The only labels are the `category` and the `reason`, which have a
/// few dozen values; names and paths are never used as labels.
///
/// The category is the declared id, `undeclared` without one, and `preferences` for the preferences
/// cookie. The first 120 ids get their own series, which is enough for any single policy. If
/// [`policy_for`](crate::CookieConsentLayer::policy_for) chooses among the policies of many
/// tenants, further ids are counted together as `other`, so use the same id everywhere for
/// categories with the same purpose. Clones share the 120. Headers that browsers store are counted
/// separately: `cookie_consent_header_withheld_total`, `…_header_hidden_total` and
/// `…_header_undeclared_total`.
///
/// `examples/monitoring/` has a dashboard for Grafana and alerts for Prometheus.
///
/// ```
/// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
/// use tower_cookie_consent::observe::CookieMetrics;
///
/// // Beside a recorder, such as that of metrics-exporter-prometheus:
/// # let policy = CookiePolicy::new([Category::consent("ads")])?;
/// let layer = CookieConsentLayer::new(policy).observe(CookieMetrics::new());
/// # let _ = layer;
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct CookieMetrics {
    categories: Arc<Categories>,
}

impl CookieMetrics {
    /// Creates the counters and describes them to the recorder, if one is installed.
    #[must_use]
    pub fn new() -> Self {
        for (what, description) in [
            ("withheld", "Cookies stripped from responses"),
            ("hidden", "Cookies hidden from the service"),
            ("expired", "Cookies for which a removal was sent"),
            (
                "not_expired",
                "Removals left out of responses that shared caches may store",
            ),
            (
                "clamped",
                "Exempt cookies whose lifetime was cut to 13 months",
            ),
            (
                "replaced",
                "Removals that only some browsers recognise, replaced with plain ones",
            ),
            (
                "unclassifiable",
                "Headers without a name that browsers agree on",
            ),
            ("undeclared", "Undeclared cookies that passed"),
            ("header_withheld", "State headers stripped from responses"),
            ("header_hidden", "State headers hidden from the service"),
            ("header_undeclared", "Undeclared state headers that passed"),
            ("unreadable", "Preferences that could not be read"),
            (
                "survived",
                "Cookies still sent more than an hour after their refusal",
            ),
            (
                "publicly_cacheable",
                "Cookies on responses that shared caches may store",
            ),
            ("rejected", "Choices that the endpoint did not accept"),
            (
                "clears_cookies",
                "Responses whose Clear-Site-Data deletes the choice",
            ),
            (
                "spares_choice",
                "Responses whose Clear-Site-Data was replaced to spare the choice",
            ),
            ("choice_made", "Responses that carried a new choice"),
            ("mistake", "Mistakes in the set-up of the layer"),
        ] {
            describe_counter!(format!("cookie_consent_{what}_total"), description);
            describe_counter!(
                format!("cookie_consent_report_only_{what}_total"),
                format!("Report-only, nothing was changed: {description}")
            );
        }
        Self::default()
    }
}

impl Observer for CookieMetrics {
    fn observe(&self, event: &Event<'_>) {
        let name = match event.tracker_kind() {
            TrackerKind::Header => header_name(event.kind(), event.report_only()),
            _ => name(event.kind(), event.report_only()),
        };
        let Some(name) = name else {
            return;
        };
        let category = match event.category().map(Category::id) {
            Some(id) => self.categories.label(id),
            None if is_about_preferences(event.kind()) => "preferences",
            None => "undeclared",
        };
        counter!(name, "category" => category.to_owned(), "reason" => event.reason()).increment(1);
    }
}

/// The number of categories with their own label: the most that a policy can have.
const MOST_CATEGORIES: usize = 120;

/// The ids that have a label, each in the first slot that was free.
#[derive(Debug)]
struct Categories([OnceLock<Box<str>>; MOST_CATEGORIES]);

impl Default for Categories {
    fn default() -> Self {
        Self([const { OnceLock::new() }; MOST_CATEGORIES])
    }
}

impl Categories {
    fn label<'a>(&self, id: &'a str) -> &'a str {
        let has_slot = |slot: &OnceLock<Box<str>>| &**slot.get_or_init(|| id.into()) == id;
        match self.0.iter().any(has_slot) {
            true => id,
            false => "other",
        }
    }
}

const fn is_about_preferences(what: EventKind) -> bool {
    matches!(
        what,
        EventKind::Unreadable(_)
            | EventKind::Rejected(_)
            | EventKind::ClearsCookies
            | EventKind::SparesChoice
            | EventKind::ChoiceMade
    )
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

const fn header_name(what: EventKind, report_only: bool) -> Option<&'static str> {
    match what {
        EventKind::Withheld(_) => names!(report_only, "header_withheld"),
        EventKind::Hidden(_) => names!(report_only, "header_hidden"),
        EventKind::Undeclared => names!(report_only, "header_undeclared"),
        _ => None,
    }
}

const fn name(what: EventKind, report_only: bool) -> Option<&'static str> {
    match what {
        EventKind::Withheld(_) => names!(report_only, "withheld"),
        EventKind::Hidden(_) => names!(report_only, "hidden"),
        EventKind::Expired => names!(report_only, "expired"),
        EventKind::NotExpired => names!(report_only, "not_expired"),
        EventKind::Clamped => names!(report_only, "clamped"),
        EventKind::Replaced => names!(report_only, "replaced"),
        EventKind::Unclassifiable => names!(report_only, "unclassifiable"),
        EventKind::Undeclared => names!(report_only, "undeclared"),
        EventKind::Unreadable(_) => names!(report_only, "unreadable"),
        EventKind::Survived => names!(report_only, "survived"),
        EventKind::PubliclyCacheable => names!(report_only, "publicly_cacheable"),
        EventKind::Rejected(_) => names!(report_only, "rejected"),
        EventKind::ClearsCookies => names!(report_only, "clears_cookies"),
        EventKind::SparesChoice => names!(report_only, "spares_choice"),
        EventKind::ChoiceMade => names!(report_only, "choice_made"),
        EventKind::Mistake(_) => names!(report_only, "mistake"),
        EventKind::Passed => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        consent::{DecodeError, Rejected, Withheld},
        policy::mistakes::Mistake,
    };

    #[test]
    fn each_event_but_a_pass_has_a_counter() {
        for what in [
            EventKind::Withheld(Withheld::Undecided),
            EventKind::Hidden(Withheld::Undecided),
            EventKind::Expired,
            EventKind::NotExpired,
            EventKind::Clamped,
            EventKind::Replaced,
            EventKind::Unclassifiable,
            EventKind::Undeclared,
            EventKind::Unreadable(DecodeError::Format),
            EventKind::Survived,
            EventKind::PubliclyCacheable,
            EventKind::Rejected(Rejected::Stale),
            EventKind::ClearsCookies,
            EventKind::SparesChoice,
            EventKind::ChoiceMade,
            EventKind::Mistake(Mistake::TwoLayers),
        ] {
            let counter = format!("cookie_consent_{}_total", what.as_str());
            assert_eq!(name(what, false), Some(counter.as_str()));
            let counter = format!("cookie_consent_report_only_{}_total", what.as_str());
            assert_eq!(name(what, true), Some(counter.as_str()));
        }
        for what in [
            EventKind::Withheld(Withheld::Undecided),
            EventKind::Hidden(Withheld::Undecided),
            EventKind::Undeclared,
        ] {
            let counter = format!("cookie_consent_header_{}_total", what.as_str());
            assert_eq!(header_name(what, false), Some(counter.as_str()));
            let counter = format!("cookie_consent_report_only_header_{}_total", what.as_str());
            assert_eq!(header_name(what, true), Some(counter.as_str()));
        }
        assert_eq!(header_name(EventKind::Passed, false), None);
        assert_eq!(name(EventKind::Passed, false), None);
        assert_eq!(name(EventKind::Passed, true), None);
    }
}
