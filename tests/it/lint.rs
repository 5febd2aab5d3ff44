//! The linter, on the policy of the portal example.

use tower_cookie_consent::{
    CookiePolicy,
    policy::{LintWarning, LintWarningKind},
};

#[test]
fn lint_warns_of_the_portals_known_faults() {
    let policy = include_str!("../../examples/portal/policy.json");
    let policy: CookiePolicy = serde_json::from_str(policy).unwrap();
    let warnings = policy.lint();
    let origins: Vec<_> = warnings
        .iter()
        .filter(|warning| warning.kind() == LintWarningKind::OriginCategory)
        .map(LintWarning::place)
        .collect();
    assert_eq!(origins, [r#"category "internes""#, r#"category "tiers""#]);
    // The names of its services are only in French.
    let others = warnings.iter().filter(|warning| match warning.kind() {
        LintWarningKind::OriginCategory => false,
        LintWarningKind::MissingTranslation => !warning.to_string().contains("the service has"),
        _ => true,
    });
    assert_eq!(others.count(), 0, "{warnings:#?}");
    for warning in &warnings {
        let line = warning.to_string();
        assert!(
            line.matches(": ").count() >= 2 && !line.contains('\n'),
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
