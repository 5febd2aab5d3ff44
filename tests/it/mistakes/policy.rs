//! Mistakes in the policy, and in what is asked of it.

use axum::{Router, routing::get};
use http::Response;
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy, observe::Mistake,
    policy::LintWarningKind, preferences::PreferencesCookie,
};
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};
use tracing_subscriber::filter::LevelFilter;

use super::{assert_in_guide, get_all, listening, policy_with};
use crate::{
    support::{exchange_with, request},
    tracing::logged,
};

#[test]
fn unknown_ids_are_reported_once() {
    let (layer, list) = listening(&policy_with(PreferencesCookie::default()));
    for _ in 0..3 {
        exchange_with(&layer, request::<&str>([]), |request| {
            let consent = request.extensions().get::<Consent>().unwrap();
            assert!(!consent.allows("adds") && !consent.allows("ads"));
            Response::new(())
        });
    }
    let list = list.lock().unwrap();
    let [(Mistake::UnknownId, Some(name), says)] = &list[..] else {
        panic!("{list:?}");
    };
    assert_eq!(name, "adds");
    let sentence = "Consent::allows was asked about \"adds\", which the policy does not have, and returned \
                    false: use the id of a category or service";
    assert_eq!(says, sentence);
    assert_in_guide(sentence);
}

async fn count(session: Session) {
    session.insert("visits", 1).await.unwrap();
}

/// The session of tower-sessions is called `id` by default.
#[test]
fn undeclared_session_is_named_with_its_fix() {
    let policy = policy_with(PreferencesCookie::default());
    let app = Router::new()
        .route("/", get(count))
        .layer(SessionManagerLayer::new(MemoryStore::default()))
        .layer(CookieConsentLayer::new(policy));
    let log = logged(LevelFilter::WARN, || get_all(&app, &["/", "/", "/"])).all();
    let [line] = &log[..] else {
        panic!("{log:?}");
    };
    let says = "withheld the Set-Cookie of \"id\": the policy does not declare it. Add \
                CookieDeclaration::new(\"id\") to one of its categories (a login session's cookie to a \
                Category::necessary), or see CookieConsentLayer::undeclared";
    assert!(line.contains(says), "{line}");
    assert_in_guide(says);
}

#[test]
fn revision_without_a_since_is_named() {
    let base = Category::necessary("base").cookie(CookieDeclaration::new("sessionid"));
    let policy = CookiePolicy::builder()
        .revision(2)
        .category(base)
        .build()
        .unwrap();
    let warnings = policy.lint();
    let warning = warnings
        .iter()
        .find(|warning| warning.kind() == LintWarningKind::RevisionWithoutSince)
        .unwrap();
    let says = "the revision is 2, and no category or service has since 2, so that nobody is asked again: set \
                `since` of what has changed, or keep the revision";
    assert!(warning.to_string().contains(says), "{warning}");
    assert_in_guide(says);
}

#[test]
fn json_typos_are_named_with_category_and_place() {
    for (line, says) in [
        (
            r#"{"id": "ads", "basis": "consnt"}"#,
            "categories: \"ads\": basis: unknown variant `consnt`, expected one of `necessary`, `exempt`, \
             `consent`, `opt_out` at line 2 column 31",
        ),
        (
            r#"{"id": "ads", "basis": "consent", "titles": "Ads"}"#,
            "category \"ads\": unknown key \"titles\": did you mean `title`? at line 2 column 49",
        ),
        (
            r#"{"id": "ads", "basis": "consent" "title": "Ads"}"#,
            "categories: \"ads\": expected `,` or `}` at line 2 column 34",
        ),
    ] {
        let json = format!("{{\"categories\": [\n{line}\n]}}");
        let error = serde_json::from_str::<CookiePolicy>(&json).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(error.line(), 2);
        assert_in_guide(says);
    }
}
