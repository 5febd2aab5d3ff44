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

/// A category in JSON, and the warning that it has to give.
const PLANTED: &[(&str, LintWarningKind)] = &[
    (r#"{"title": " "}"#, LintWarningKind::EmptyText),
    (r#"{"description": "\u200b"}"#, LintWarningKind::EmptyText),
    (
        r#"{"title": {"en": "Advertising", "fr": ""}}"#,
        LintWarningKind::EmptyText,
    ),
    (r#"{"title": "ads"}"#, LintWarningKind::IdAsText),
    (
        r#"{"cookies": [{"name": "x_id", "purpose": "x_id"}]}"#,
        LintWarningKind::IdAsText,
    ),
    (r#"{"title": "TODO"}"#, LintWarningKind::PlaceholderText),
    (
        r#"{"description": "Lorem ipsum dolor sit amet"}"#,
        LintWarningKind::PlaceholderText,
    ),
    (
        r#"{"cookies": [{"name": "x", "provider": "n/a"}]}"#,
        LintWarningKind::PlaceholderText,
    ),
    (
        r#"{"cookies": [{"name": "x", "privacy_url": "javascript:alert(1)"}]}"#,
        LintWarningKind::UnsafeLink,
    ),
    (
        r#"{"cookies": [{"name": "x", "privacy_url": "http://p.example/"}]}"#,
        LintWarningKind::UnsafeLink,
    ),
    (
        r#"{"services": [{"id": "s", "privacy_url": "https://p.example@evil.example/"}]}"#,
        LintWarningKind::UnsafeLink,
    ),
    (
        r#"{"description": "See http://p.example/"}"#,
        LintWarningKind::UnsafeLink,
    ),
    (
        r#"{"title": "Statistics and advertising"}"#,
        LintWarningKind::SeveralPurposes,
    ),
    (
        r#"{"title": {"de": "Analyse & Marketing", "en": "Marketing"}}"#,
        LintWarningKind::SeveralPurposes,
    ),
    (
        r#"{"title": "Essential analytics"}"#,
        LintWarningKind::NecessaryLabel,
    ),
    (
        r#"{"title": {"fr": "Publicité indispensable"}}"#,
        LintWarningKind::NecessaryLabel,
    ),
    (
        r#"{"services": [{"id": "s", "title": "Required films"}]}"#,
        LintWarningKind::NecessaryLabel,
    ),
    (
        r#"{"title": "Advertising (recommended)"}"#,
        LintWarningKind::Pressure,
    ),
    (
        r#"{"description": "Required for the best experience."}"#,
        LintWarningKind::Pressure,
    ),
    (
        r#"{"cookies": [{"name": "x", "purpose": "Veuillez accepter cela"}]}"#,
        LintWarningKind::Pressure,
    ),
    (
        r#"{"cookies": [{"name": "x", "purpose": "Kept for 2 years", "retention": "13 months"}]}"#,
        LintWarningKind::RetentionMismatch,
    ),
    (
        r#"{"cookies": [{"name": "x", "purpose": "Conservé 13 mois", "retention": "session"}]}"#,
        LintWarningKind::RetentionMismatch,
    ),
    (
        r#"{"cookies": [{"name": "x", "retention": "0 days"}]}"#,
        LintWarningKind::RetentionMismatch,
    ),
    (
        r#"{"cookies": [{"name": "_ga"}, {"name": "_fbp"}]}"#,
        LintWarningKind::MixedCookies,
    ),
    (
        r#"{"cookies": [{"name": "_clck"}], "services": [{"id": "s", "cookies": [{"name": "IDE", "third_party": "doubleclick.net"}]}]}"#,
        LintWarningKind::MixedCookies,
    ),
    (
        r#"{"basis": "exempt", "cookies": [{"name": "_ym_uid"}]}"#,
        LintWarningKind::Tracker,
    ),
    (
        r#"{"basis": "necessary", "cookies": [{"name": "mp_*"}]}"#,
        LintWarningKind::Tracker,
    ),
    (
        r#"{"basis": "necessary", "cookies": [{"name": "_pk_id*"}]}"#,
        LintWarningKind::Tracker,
    ),
    (
        r#"{"basis": "necessary", "cookies": [{"name": "v", "provider": "Criteo"}]}"#,
        LintWarningKind::Tracker,
    ),
    (
        r#"{"basis": "necessary", "cookies": [{"name": "v", "purpose": "Shows you targeted ads"}]}"#,
        LintWarningKind::Tracker,
    ),
    (
        r#"{"basis": "necessary", "cookies": [{"name": "A pixel", "kind": "pixel"}]}"#,
        LintWarningKind::Tracker,
    ),
    (
        r#"{"basis": "necessary", "title": "Advertising"}"#,
        LintWarningKind::NecessaryLabel,
    ),
    (
        r#"{"title": "Statistics – Advertising"}"#,
        LintWarningKind::SeveralPurposes,
    ),
    (
        r#"{"title": {"en": "Statistics", "cs": "Statistika a reklama"}}"#,
        LintWarningKind::SeveralPurposes,
    ),
    (
        r#"{"title": "Films", "description": "Films."}"#,
        LintWarningKind::RepeatedText,
    ),
    (r#"{"title": {}}"#, LintWarningKind::EmptyText),
    (
        r#"{"cookies": [{"name": "x", "privacy_url": ""}]}"#,
        LintWarningKind::EmptyText,
    ),
    (
        r#"{"cookies": [{"name": "x", "privacy_url": "www.p.example/privacy"}]}"#,
        LintWarningKind::UnsafeLink,
    ),
    (
        r#"{"services": [{"id": "s", "privacy_url": "https://localhost:8080/privacy"}]}"#,
        LintWarningKind::UnsafeLink,
    ),
];

#[test]
fn planted_faults_of_a_policy_are_found() {
    for &(category, kind) in PLANTED {
        let mut category: serde_json::Value = serde_json::from_str(category).unwrap();
        let members = category.as_object_mut().unwrap();
        members.insert("id".to_owned(), "ads".into());
        members.entry("basis").or_insert("consent".into());
        let policy = serde_json::json!({"categories": [category]});
        let policy: CookiePolicy = serde_json::from_value(policy).unwrap();
        let kinds: Vec<_> = policy.lint().iter().map(LintWarning::kind).collect();
        assert!(kinds.contains(&kind), "{kind:?}: {:#?}", policy.lint());
    }
    let controller = r#"{"controller": {"name": "P", "contact": "http://p.example/contact"},
            "categories": [{"id": "base", "basis": "necessary", "title": "Necessary"}]}"#;
    let policy: CookiePolicy = serde_json::from_str(controller).unwrap();
    assert_eq!(policy.lint()[0].kind(), LintWarningKind::UnsafeLink);
}

#[test]
fn empty_texts_of_the_site_and_its_controller_are_found() {
    let kinds = |of_policy: &str| -> Vec<_> {
        let json = format!(
            r#"{{{of_policy}, "categories": [{{"id": "base", "basis": "necessary", "title": "Necessary"}}]}}"#
        );
        let policy: CookiePolicy = serde_json::from_str(&json).unwrap();
        policy.lint().iter().map(LintWarning::kind).collect()
    };
    for (of_policy, kind) in [
        (r#""controller": {"name": " "}"#, LintWarningKind::EmptyText),
        (
            r#""controller": {"name": {"fr": "", "en": "P"}}"#,
            LintWarningKind::EmptyText,
        ),
        (
            r#""controller": {"name": "P", "contact": ""}"#,
            LintWarningKind::EmptyText,
        ),
        (
            r#""controller": {"name": "P", "dpo": "TODO"}"#,
            LintWarningKind::PlaceholderText,
        ),
        (r#""site": "\u200b""#, LintWarningKind::EmptyText),
    ] {
        assert_eq!(kinds(of_policy), [kind], "{of_policy}");
    }
    let right = r#""site": "The 1&1 shop", "controller": {"name": "1&1", "dpo": "<dpo@p.example>",
        "contact": "https://p.example/contact or +33 5 00 00 00 00", "address": "1 rue du Test, 31000 Toulouse"}"#;
    assert_eq!(kinds(right), []);
}

#[test]
fn the_policies_of_the_examples_give_no_false_alarm() {
    for policy in [
        include_str!("../../examples/shop/policy.json"),
        include_str!("../../examples/reverse_proxy/portal.json"),
        include_str!("../../examples/reverse_proxy/infrastructure.json"),
        include_str!("../../examples/portal/policy.json"),
    ] {
        let Ok(policy) = serde_json::from_str::<CookiePolicy>(policy) else {
            continue;
        };
        let warnings = policy.lint();
        let is_of_words = |warning: &&LintWarning| {
            matches!(
                warning.kind(),
                LintWarningKind::EmptyText
                    | LintWarningKind::IdAsText
                    | LintWarningKind::PlaceholderText
                    | LintWarningKind::RepeatedText
                    | LintWarningKind::UnsafeLink
                    | LintWarningKind::SeveralPurposes
                    | LintWarningKind::NecessaryLabel
                    | LintWarningKind::Pressure
                    | LintWarningKind::RetentionMismatch
                    | LintWarningKind::MixedCookies
                    | LintWarningKind::Tracker
            )
        };
        assert_eq!(warnings.iter().find(is_of_words), None, "{warnings:#?}");
    }
}
