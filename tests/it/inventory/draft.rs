//! The declarations that an inventory drafts.

use super::*;
use crate::support::{all_bytes, possible, rows, value};

#[test]
fn the_draft_is_the_json_that_the_policy_lacks_ready_to_paste() {
    let inventory = Inventory::new();
    let layer = layer().observe(inventory.clone());
    let set = [
        "theme=1; Path=/; Max-Age=86401",
        "_hjSession_1234567=1; Domain=.Shop.example; Path=/x; Partitioned; Secure",
        "_hjSession_7654321=1",
        "x1234567=1",
        "_ga=1",
    ];
    through(&layer, "/", "script=1; session=1", &set);
    let draft = inventory.report().draft();
    assert_eq!(
        draft.left_out(),
        ["x*"],
        "a pattern of one letter declares too much"
    );
    let json: serde_json::Value = serde_json::from_str(&draft.to_string()).unwrap();
    let expected = serde_json::json!([
        {"name": "_hjSession_*", "provider": null, "purpose": null, "retention": "session",
         "path": ["/x"], "domain": ["shop.example"], "partitioned": true},
        {"name": "script", "provider": null, "purpose": null, "retention": null},
        {"name": "theme", "provider": null, "purpose": null, "retention": "2 days"},
    ]);
    assert_eq!(json, expected);

    // Complete: with the draft in it, nothing is missing any more.
    let pasted =
        format!(r#"{{"categories": [{{"id": "tiers", "basis": "consent", "cookies": {draft}}}]}}"#);
    let policy: CookiePolicy = serde_json::from_str(&pasted).unwrap();
    let again = Inventory::new();
    let layer = CookieConsentLayer::new(policy).observe(again.clone());
    through(&layer, "/", "script=1", &set[..3]);
    assert_eq!(again.report().draft().cookies(), []);
}

fn drafted(set: &[&str]) -> (String, Vec<String>) {
    let inventory = Inventory::new();
    let layer = layer().observe(inventory.clone());
    through(&layer, "/", "", set);
    let draft = inventory.report().draft();
    (draft.to_string(), draft.left_out().to_vec())
}

#[test]
fn a_draft_holds_only_what_a_policy_takes() {
    let long = format!("long=1; Path=/{}", "x".repeat(200));
    let set = [
        "folder=1; Path=shop",
        "number=1; Domain=127.0.0.1; Path=/a;b",
        "single=1; Domain=localhost",
        "odd=1; Domain=shop.example.; Path=/\u{e9}",
        &long,
        "__Host-id=1; Path=/x; Secure",
        "forever=1; Max-Age=99999999999999999999",
    ];
    let (draft, left_out) = drafted(&set);
    let pasted =
        format!(r#"{{"categories": [{{"id": "tiers", "basis": "consent", "cookies": {draft}}}]}}"#);
    let policy = serde_json::from_str::<CookiePolicy>(&pasted);
    assert!(policy.is_ok(), "{:?}\n{draft}", policy.err());
    assert_eq!(left_out, [""; 0]);
    for name in [
        "folder",
        "number",
        "single",
        "odd",
        "long",
        "__Host-id",
        "forever",
    ] {
        assert!(
            draft.contains(&format!("\"name\": \"{name}\"")),
            "{name}\n{draft}"
        );
    }
    // A path that was cut is another one.
    assert!(!draft.contains("/xxx"), "{draft}");
}

#[test]
fn a_star_sent_by_a_client_is_not_a_pattern() {
    let inventory = Inventory::new();
    let layer = layer().observe(inventory.clone());
    through(&layer, "/", "sess*=1; a*b=1", &["theme*=1"]);
    let draft = inventory.report().draft();
    assert_eq!(draft.cookies(), []);
    assert_eq!(draft.left_out(), [r"a\x2ab", r"sess\x2a", r"theme\x2a"]);
}

#[test]
fn a_database_never_calls_a_cookie_necessary() {
    let csv = "ID,Platform,Category,Cookie / Data Key name,Domain,Description,Retention period,\
               Data Controller,User Privacy & GDPR Rights Portals,Wildcard match\n\
               1,Hotjar,Analytics,_hjSession_,,Holds the session,30 minutes,Hotjar,,1\n\
               2,Any,Necessary,theme,,Keeps a colour,1 year,Any,,0\n";
    let database = CookieDatabase::from_csv(csv.as_bytes()).unwrap();
    let inventory = Inventory::new();
    let layer = layer().observe(inventory.clone());
    through(
        &layer,
        "/",
        "",
        &["_hjSession_1234567=1", "theme=1", "mine=1"],
    );
    let draft = inventory.report().draft().with_database(&database);
    let json: serde_json::Value = serde_json::from_str(&draft.to_string()).unwrap();
    let expected = serde_json::json!([
        {"name": "_hjSession_*", "provider": "Hotjar", "purpose": "Holds the session",
         "retention": "session", "x-suggested-category": "analytics"},
        {"name": "mine", "provider": null, "purpose": null, "retention": "session"},
        {"name": "theme", "provider": "Any", "purpose": "Keeps a colour", "retention": "session"},
    ]);
    assert_eq!(json, expected);
    let pasted =
        format!(r#"{{"categories": [{{"id": "tiers", "basis": "consent", "cookies": {draft}}}]}}"#);
    assert!(serde_json::from_str::<CookiePolicy>(&pasted).is_ok());
}

#[test]
fn any_names_give_a_valid_draft_and_a_line_each() {
    let inventory = Inventory::with_max_names(10_000);
    let layer = layer().observe(inventory.clone());
    for set in [
        "deletion_chromium",
        "set_cookie_chromium",
        "set_cookie_real_world",
    ] {
        for row in rows(set).iter().filter(|row| possible(row)) {
            let answer = response(all_bytes(&row["set_cookie"]));
            exchange(&layer, request([("cookie", "")]), answer);
        }
    }
    for row in rows("request_cookie").iter().filter(|row| possible(row)) {
        let mut asked = request([("host", "www.shop.example")]);
        for field in all_bytes(&row["cookie"]) {
            asked.headers_mut().append("cookie", value(field));
        }
        exchange(&layer, asked, response([""; 0]));
    }
    let report = inventory.report();
    let draft = report.draft();
    assert!(draft.cookies().len() > 50, "{}", draft.cookies().len());
    let pasted =
        format!(r#"{{"categories": [{{"id": "tiers", "basis": "consent", "cookies": {draft}}}]}}"#);
    let policy = serde_json::from_str::<CookiePolicy>(&pasted);
    assert!(policy.is_ok(), "{:?}", policy.err());
    let lines = report.to_string().lines().count();
    assert_eq!(lines, 1 + report.rows().len() + 1);
}
