//! The linter, on the policy of the portal example.

use tower_cookie_consent::{CookiePolicy, LintWarning};

#[test]
fn the_portals_policy_is_warned_of_what_its_charter_is_known_for() {
    let policy = include_str!("../../examples/portal/policy.json");
    let policy: CookiePolicy = serde_json::from_str(policy).unwrap();
    let warnings = policy.lint();
    let origins: Vec<_> = warnings
        .iter()
        .filter_map(|warning| match warning {
            LintWarning::OriginCategory { category, .. } => Some(category.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(origins, ["internes", "tiers"]);
    // The names of its services are French alone.
    let others = warnings.iter().filter(|warning| match warning {
        LintWarning::OriginCategory { .. } => false,
        LintWarning::MissingTranslation { key, .. } => *key != "service",
        _ => true,
    });
    assert_eq!(others.count(), 0, "{warnings:#?}");
    for warning in &warnings {
        let line = warning.to_string();
        assert!(
            line.contains(": ") && line.contains("; ") && !line.contains('\n'),
            "{line}"
        );
    }
    let json = serde_json::to_value(&warnings).unwrap();
    assert!(
        json.as_array()
            .unwrap()
            .iter()
            .any(|w| w["warning"] == "origin_category")
    );
}
