//! Well-known cookies that follow visitors from site to site, or measure for others, and so can be
//! neither necessary nor exempt.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::policy::{Basis, names::pattern_prefix};

/// The trackers of each provider, with their sources: the providers' own documentation, the Open Cookie Database, and
/// the catalogue of services.
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
    /// A tool such as Matomo, which a site can use for itself alone, so that it can be exempt, and is not necessary.
    #[serde(default)]
    may_be_exempt: bool,
    /// Names, or with one `*` for any characters.
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
    Support,
}

impl TrackerPurpose {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Advertising => "advertising",
            Self::Statistics => "statistics",
            Self::Media => "media",
            Self::Support => "support",
        }
    }
}

impl Provider {
    /// Returns `true` if its cookies can't have this basis.
    pub(super) fn is_misplaced(&self, basis: Basis) -> bool {
        match basis {
            Basis::Consent => false,
            Basis::Necessary => true,
            Basis::Exempt | Basis::OptOut => !self.may_be_exempt,
        }
    }
}

/// Returns the provider of the tracker that a declared name or pattern is or can be.
pub(super) fn provider_of(declared: &str) -> Option<&'static Provider> {
    let mut providers = TRACKERS.iter();
    providers.find(|it| it.cookies.iter().any(|tracker| overlap(declared, tracker)))
}

/// The shortest names of which keys of the storage are taken for those of a tracker: scripts use short ones too.
const LEAST_KEY: usize = 5;

/// Returns the provider of the tracker that keeps something under a key of the storage.
pub(super) fn provider_of_key(declared: &str) -> Option<&'static Provider> {
    let length = pattern_prefix(declared).unwrap_or(declared).len();
    provider_of(declared).filter(|_| length >= LEAST_KEY)
}

/// Returns the name of a service that sets cookies of another site, and can't have this basis.
#[cfg(feature = "documents")]
pub(super) fn tracker_of_site(site: &str, basis: Basis) -> Option<&'static str> {
    misplaced(site, basis).map(crate::policy::catalogue::Row::title)
}

#[cfg(not(feature = "documents"))]
pub(super) fn tracker_of_site(_: &str, _: Basis) -> Option<&'static str> {
    None
}

/// Returns a service of the catalogue on this host, if none of those there can have this basis.
#[cfg(feature = "documents")]
pub(super) fn misplaced(
    host: &str,
    basis: Basis,
) -> Option<&'static crate::policy::catalogue::Row> {
    if !matches!(basis, Basis::Necessary | Basis::Exempt) {
        return None;
    }
    let rows = crate::policy::catalogue::Row::on_host(host);
    let fits = rows.iter().any(|row| row.fits(basis));
    rows.first().copied().filter(|_| !fits)
}

/// Returns `true` if some name matches both.
fn overlap(declared: &str, tracker: &str) -> bool {
    match (pattern_prefix(declared), tracker.split_once('*')) {
        (None, None) => declared == tracker,
        (Some(prefix), None) => tracker.starts_with(prefix),
        (None, Some((start, end))) => declared
            .strip_prefix(start)
            .is_some_and(|rest| rest.ends_with(end)),
        (Some(one), Some((other, _))) => one.starts_with(other) || other.starts_with(one),
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
                let start = name.split('*').next().unwrap_or(name);
                assert!(start.len() > 1 && name.matches('*').count() <= 1, "{name}");
            }
        }
        assert!(names.len() > 350, "{}", names.len());
    }

    #[test]
    fn it_has_what_the_catalogue_knows() {
        // These check the browser, or remember what visitors refused.
        const OTHERS: [&str; 7] = [
            "s_cc",
            "s_sq",
            "matomo_ignore",
            "optimizelyOptOut",
            "_pprv",
            "pa_privacy",
            "pa_user",
        ];
        let rows = include_str!("../catalogue/services.json");
        let rows: Vec<serde_json::Value> = serde_json::from_str(rows).unwrap();
        for row in rows {
            if !matches!(row["category"].as_str(), Some("analytics" | "advertising")) {
                continue;
            }
            for cookie in row["cookies"].as_array().unwrap() {
                let name = cookie["name"].as_str().unwrap();
                let is_own = cookie.get("third_party").is_none();
                let is_known = provider_of(name).is_some() || OTHERS.contains(&name);
                assert!(!is_own || is_known, "{name}");
            }
        }
    }

    #[test]
    fn keys_of_the_storage_are_longer() {
        assert!(provider_of_key("_hjSessionUser_1").is_some());
        for name in ["fr", "IDE", "language", "cart", "_ga"] {
            assert!(provider_of_key(name).is_none(), "{name}");
        }
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
            "mp_*",
            "mp_1a2b_mixpanel",
            "ph_*",
            "_cs_id",
            "_pk_id.*",
            "_pk_id.1.1fff",
            "visitor_id*",
            "visitor_id12345",
            "__adroll_fpc",
            "_shopify_y",
            "AMP_1a2b3c4d5e",
            "intercom-id-abc",
        ] {
            assert!(provider_of(name).is_some(), "{name}");
        }
        for name in [
            "sessionid",
            "csrftoken",
            "mp_cart",
            "ph_theme",
            "visitor_id",
            "visitor_identity",
            "guest_id",
            "drift_speed",
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
