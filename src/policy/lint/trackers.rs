//! Well-known cookies that follow visitors from site to site, or measure for others, and so can be
//! neither necessary nor exempt.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::policy::names::pattern_prefix;

/// The trackers of each provider, with their sources: the providers' own documentation, the Open Cookie Database, and
/// the catalogue of services. Tools that can be exempt by their settings, such as Matomo, are left out.
const DATA: &str = include_str!("trackers.json");

static TRACKERS: LazyLock<Vec<Provider>> =
    LazyLock::new(|| serde_json::from_str(DATA).unwrap_or_default());

/// A provider, and what its cookies are for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Provider {
    #[serde(rename = "provider")]
    pub(super) name: String,
    pub(super) purpose: TrackerPurpose,
    /// Names, or prefixes with a `*`.
    cookies: Vec<String>,
    #[cfg_attr(not(test), allow(dead_code, reason = "for readers of the file"))]
    sources: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TrackerPurpose {
    Advertising,
    Statistics,
    Media,
}

impl TrackerPurpose {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Advertising => "advertising",
            Self::Statistics => "statistics",
            Self::Media => "media",
        }
    }
}

/// Returns the provider of the tracker that a declared name or pattern is or can be.
pub(super) fn provider_of(declared: &str) -> Option<&'static Provider> {
    let mut providers = TRACKERS.iter();
    providers.find(|it| it.cookies.iter().any(|tracker| overlap(declared, tracker)))
}

/// Returns `true` if some name matches both.
fn overlap(declared: &str, tracker: &str) -> bool {
    match (pattern_prefix(declared), pattern_prefix(tracker)) {
        (None, None) => declared == tracker,
        (Some(prefix), None) => tracker.starts_with(prefix),
        (None, Some(prefix)) => declared.starts_with(prefix),
        (Some(one), Some(other)) => one.starts_with(other) || other.starts_with(one),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_tracker_has_its_sources_and_is_listed_once() {
        let read: Vec<Provider> = serde_json::from_str(DATA).unwrap();
        let mut names = BTreeSet::new();
        for provider in &read {
            assert!(!provider.sources.is_empty(), "{provider:?}");
            for name in &provider.cookies {
                assert!(names.insert(name), "{name}");
                assert!(pattern_prefix(name).unwrap_or(name).len() > 1, "{name}");
            }
        }
        assert!(names.len() > 200, "{}", names.len());
    }

    #[test]
    fn trackers_are_found_by_name_and_by_pattern() {
        for name in [
            "_ga",
            "_ga_ABC",
            "_ga*",
            "_g*",
            "_gcl_au",
            "_hjSession_1",
            "_hjS*",
            "_fbp",
            "IDE",
            "fr",
            "_uetsid",
            "_ttp",
            "_ym_uid",
            "__qca",
            "AMCV_1%40AdobeOrg",
            "_rdt_uuid",
        ] {
            assert!(provider_of(name).is_some(), "{name}");
        }
        for name in [
            "sessionid",
            "csrftoken",
            "_pk_id.*",
            "_gall",
            "ide",
            "fra",
            "language",
            "_h",
            "cart",
            "__Host-session",
            "django_language",
        ] {
            assert!(provider_of(name).is_none(), "{name}");
        }
    }
}
