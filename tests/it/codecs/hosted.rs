//! The cookies of hosted banners and WordPress plugins in requests, with all of the cookies that each
//! writes.

use serde_json::json;

use super::requests::{
    Fate::{Hidden, Removed, Seen},
    fate,
};

const CLOSED: &str = "OptanonAlertBoxClosed=2026-11-20T08:12:32.123Z";

/// Returns the cookie of OneTrust.
fn onetrust(groups: &str, rest: &str) -> String {
    format!("OptanonConsent=isGpcEnabled=0&version=202506.1.0&groups={groups}{rest}")
}

#[test]
fn onetrust_needs_the_date_of_the_choice() {
    let codec = json!({"onetrust": {"stats": ["C0002"]}});
    let yes = onetrust("C0001%3A1%2CC0002%3A1", "&AwaitingReconsent=false");
    let no = onetrust("C0001%3A1%2CC0002%3A0", "&AwaitingReconsent=false");
    let awaiting = onetrust("C0001%3A1%2CC0002%3A1", "&AwaitingReconsent=true");
    let closed = onetrust("C0001%3A1%2CC0002%3A1", "&intType=3");
    for (cookies, expected) in [
        (yes.clone(), Hidden),
        (no.clone(), Hidden),
        (CLOSED.to_owned(), Hidden),
        (format!("{yes}; {CLOSED}"), Seen),
        (format!("{CLOSED}; {yes}"), Seen),
        (format!("{no}; {CLOSED}"), Removed),
        (format!("{awaiting}; {CLOSED}"), Hidden),
        (format!("{closed}; {CLOSED}"), Hidden),
        // Longer ago than consent lasts, and in the future.
        (
            format!("{yes}; OptanonAlertBoxClosed=2025-01-01T00:00:00.000Z"),
            Hidden,
        ),
        (
            format!("{yes}; OptanonAlertBoxClosed=2027-01-01T00:00:00.000Z"),
            Hidden,
        ),
        (format!("{yes}; OptanonAlertBoxClosed=yes"), Hidden),
    ] {
        assert_eq!(fate(&codec, &cookies), expected, "{cookies}");
    }
}

#[test]
fn cookiebot_needs_an_explicit_answer() {
    let codec = json!({"cookiebot": {"stats": ["statistics"]}});
    let object = |stamp: &str, granted: bool, method: &str, utc: u64| {
        format!(
            "CookieConsent={{stamp:%27{stamp}%27%2Cnecessary:true%2Cpreferences:true%2C\
             statistics:{granted}%2Cmarketing:true%2Cmethod:%27{method}%27%2Cver:1%2Cutc:{utc}%2C\
             region:%27fr%27}}"
        )
    };
    let now = 1_795_435_100_123;
    for (cookies, expected) in [
        (object("vNAlTZ21==", true, "explicit", now), Seen),
        (object("vNAlTZ21==", false, "explicit", now), Removed),
        (object("vNAlTZ21==", true, "implied", now), Hidden),
        (object("-1", true, "implied", now), Hidden),
        (object("-1", true, "explicit", now), Hidden),
        (
            object("vNAlTZ21==", true, "explicit", 1_700_000_000_123),
            Hidden,
        ),
        ("CookieConsent=-1".to_owned(), Hidden),
        ("CookieConsent=0".to_owned(), Removed),
    ] {
        assert_eq!(fate(&codec, &cookies), expected, "{cookies}");
    }
}

#[test]
fn complianz_needs_a_dismissed_banner() {
    let codec = json!({"complianz": {"stats": ["statistics"]}});
    let all = "cmplz_consented_services=; cmplz_policy_id=14; cmplz_marketing=allow; \
               cmplz_preferences=allow; cmplz_functional=allow";
    let dismissed = "cmplz_banner-status=dismissed";
    for (cookies, expected) in [
        (format!("{all}; cmplz_statistics=allow; {dismissed}"), Seen),
        (
            format!("{all}; cmplz_statistics=deny; {dismissed}"),
            Removed,
        ),
        (format!("{all}; {dismissed}"), Hidden),
        (format!("{all}; cmplz_statistics=allow"), Hidden),
        (
            format!("{all}; cmplz_statistics=allow; cmplz_banner-status=show"),
            Hidden,
        ),
        (
            format!("cmplz_policy_id=14; cmplz_statistics=allow; {dismissed}"),
            Hidden,
        ),
        (dismissed.to_owned(), Hidden),
    ] {
        assert_eq!(fate(&codec, &cookies), expected, "{cookies}");
    }
    let current = json!({"complianz": {"stats": ["statistics"]}, "policy_id": 15});
    let cookies = format!("{all}; cmplz_statistics=allow; {dismissed}");
    assert_eq!(
        fate(&current, &cookies),
        Hidden,
        "under an older cookie policy"
    );
}

#[test]
fn cookieyes_needs_an_action_and_consent() {
    let codec = json!({"cookieyes": {"stats": ["analytics"]}});
    let list = |consent: &str, action: &str, analytics: &str| {
        format!(
            "cookieyes-consent=consentid:VUp6TkdY,consent:{consent},action:{action},\
             necessary:yes,analytics:{analytics},advertisement:no"
        )
    };
    for (cookies, expected) in [
        (list("yes", "yes", "yes"), Seen),
        (list("yes", "yes", "no"), Removed),
        (list("no", "yes", "no"), Removed),
        (list("no", "yes", "yes"), Hidden),
        (list("yes", "", "yes"), Hidden),
        (list("no", "", "no"), Hidden),
        (list("", "", ""), Hidden),
    ] {
        assert_eq!(fate(&codec, &cookies), expected, "{cookies}");
    }
}

#[test]
fn tc_string_needs_each_purpose_and_the_vendor() {
    // Made on 1 September 2026 with purposes 1 and 8, vendor 10, and four disclosed vendors.
    let string =
        "euconsent-v2=CQp3NcAQp3NcAAfACBFRCWFgAIEAAAAAAAqIAFABAAAAAAAA.IF5wA4AAgAEAAoBeYAAA";
    let undisclosed = "euconsent-v2=CQgYw8AQgYw8AAfACBFRCWFgAIAAAAAAAAqIF5wAQF5gAAAA";
    for (keys, cookies, expected) in [
        (vec!["purpose1"], string, Seen),
        (vec!["purpose1", "purpose8", "vendor10"], string, Seen),
        (vec!["purpose1", "purpose2"], string, Removed),
        (vec!["purpose1", "vendor755"], string, Removed),
        (vec!["purpose1", "vendor11"], string, Hidden),
        (vec!["purpose1"], undisclosed, Hidden),
        (
            vec!["purpose1"],
            "euconsent-v2=CQp3NcAQp3NcAAfACBFR",
            Hidden,
        ),
    ] {
        let codec = json!({"tcf": {"stats": keys}});
        assert_eq!(fate(&codec, cookies), expected, "{keys:?} {cookies}");
    }
}

#[test]
fn didomi_has_a_token_and_a_tc_string() {
    let codec = json!({"didomi": {"stats": ["analytics-x", "purpose1"]}});
    // `{"user_id":"191b6c8f","updated":"2026-11-20T07:28:30.979Z","purposes":{…:["analytics-x"]},
    // "version":2}`
    let enabled = "didomi_token=eyJ1c2VyX2lkIjoiMTkxYjZjOGYiLCJ1cGRhdGVkIjoiMjAyNi0xMS0yMFQwNzoyODozMC45NzlaIiwicHVycG9zZXMiOnsiZW5hYmxlZCI6WyJhbmFseXRpY3MteCJdfSwidmVyc2lvbiI6Mn0=";
    let disabled = "didomi_token=eyJ1c2VyX2lkIjoiMTkxYjZjOGYiLCJ1cGRhdGVkIjoiMjAyNi0xMS0yMFQwNzoyODozMC45NzlaIiwicHVycG9zZXMiOnsiZGlzYWJsZWQiOlsiYW5hbHl0aWNzLXgiXX0sInZlcnNpb24iOjJ9";
    let string =
        "euconsent-v2=CQp3NcAQp3NcAAfACBFRCWFgAIEAAAAAAAqIAFABAAAAAAAA.IF5wA4AAgAEAAoBeYAAA";
    for (cookies, expected) in [
        (format!("{enabled}; {string}"), Seen),
        (format!("{string}; {disabled}"), Removed),
        (enabled.to_owned(), Hidden),
        (string.to_owned(), Hidden),
    ] {
        assert_eq!(fate(&codec, &cookies), expected, "{cookies}");
    }
}
