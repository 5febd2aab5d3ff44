//! Well-known cookies that follow visitors from site to site, or measure for others, and so can be
//! neither necessary nor exempt. Based on the providers' own documentation.

use crate::policy::names::pattern_prefix;

/// Names, or prefixes with a `*`, each with its provider.
const TRACKERS: [(&str, &str); 52] = [
    ("_ga", "Google Analytics"),
    ("_ga_*", "Google Analytics"),
    ("_gid", "Google Analytics"),
    ("_gat*", "Google Analytics"),
    ("_dc_gtm_*", "Google Tag Manager"),
    ("__utm*", "Google Analytics"),
    ("_gcl_*", "Google Ads"),
    ("_gac_*", "Google Ads"),
    ("__gads", "Google Ads"),
    ("__gpi", "Google Ads"),
    ("IDE", "Google DoubleClick"),
    ("DSID", "Google DoubleClick"),
    ("test_cookie", "Google DoubleClick"),
    ("NID", "Google"),
    ("VISITOR_INFO1_LIVE", "YouTube"),
    ("YSC", "YouTube"),
    ("_fbp", "Meta"),
    ("_fbc", "Meta"),
    ("fr", "Meta"),
    ("datr", "Meta"),
    ("_uetsid", "Microsoft Advertising"),
    ("_uetvid", "Microsoft Advertising"),
    ("MUID", "Microsoft"),
    ("ANONCHK", "Microsoft Clarity"),
    ("_clck", "Microsoft Clarity"),
    ("_clsk", "Microsoft Clarity"),
    ("_hj*", "Hotjar"),
    ("_ttp", "TikTok"),
    ("_tt_enable_cookie", "TikTok"),
    ("_scid", "Snapchat"),
    ("_scid_r", "Snapchat"),
    ("_pin_unauth", "Pinterest"),
    ("_pinterest_*", "Pinterest"),
    ("bcookie", "LinkedIn"),
    ("bscookie", "LinkedIn"),
    ("li_fat_id", "LinkedIn"),
    ("li_sugr", "LinkedIn"),
    ("lidc", "LinkedIn"),
    ("UserMatchHistory", "LinkedIn"),
    ("AnalyticsSyncHistory", "LinkedIn"),
    ("personalization_id", "X"),
    ("guest_id_ads", "X"),
    ("guest_id_marketing", "X"),
    ("muc_ads", "X"),
    ("__hstc", "HubSpot"),
    ("hubspotutk", "HubSpot"),
    ("_mkto_trk", "Adobe Marketo"),
    ("cto_bundle", "Criteo"),
    ("anj", "Xandr"),
    ("uuid2", "Xandr"),
    ("TDID", "The Trade Desk"),
    ("demdex", "Adobe Audience Manager"),
];

/// Returns the provider of the tracker that a declared name or pattern is or can be.
pub(super) fn provider_of(declared: &str) -> Option<&'static str> {
    TRACKERS
        .iter()
        .find(|(tracker, _)| overlap(declared, tracker))
        .map(|(_, provider)| *provider)
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
    use super::*;

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
        ] {
            assert_eq!(provider_of(name), None, "{name}");
        }
    }
}
