//! The tools' cookies in requests: what the service sees of a cookie that needs consent, and its
//! removal from the browser.

use serde_json::{Value, json};
use tower_cookie_consent::{CookieConsentLayer, CookiePolicy};

use crate::support::{NOW, at, exchange, request, response};

/// The reader in JSON, the tool's cookies, and what becomes of `_ga`.
type Case = (fn() -> Value, &'static str, Fate);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Seen,
    /// Hidden from the service, and kept by the browser: nobody has answered.
    Hidden,
    /// Hidden, and removed from the browser.
    Removed,
}

use Fate::{Hidden, Removed, Seen};

const DJANGO: fn() -> Value = || json!({"django_cookie_consent": {"stats": ["analytics"]}});
const GOVUK: fn() -> Value = || json!({"govuk": {"stats": ["usage"]}});
const MATOMO: fn() -> Value = || json!({"matomo": {"stats": ["cookies"]}});
const OSANO: fn() -> Value = || json!({"osano": {"stats": ["ANALYTICS"]}});
const TARTEAUCITRON: fn() -> Value = || json!({"tarteaucitron": {"stats": ["gtag"]}});
const KLARO: fn() -> Value = || json!({"klaro": {"stats": ["ga", "matomo"]}});

const CASES: [Case; 26] = [
    (|| json!({"aspnet": {}}), ".AspNet.Consent=yes", Seen),
    (|| json!({"aspnet": {}}), "other=yes", Hidden),
    (
        DJANGO,
        "cookie_consent=\"analytics=2026-09-21T14:13:20.431350+00:00|social=-1\"",
        Seen,
    ),
    (DJANGO, "cookie_consent=\"analytics=-1|social=-1\"", Removed),
    (DJANGO, "cookie_consent=\"social=-1\"", Hidden),
    (
        GOVUK,
        "cookies_policy={\"essential\":true,\"usage\":true}",
        Hidden,
    ),
    (
        GOVUK,
        "cookies_policy={\"essential\":true,\"usage\":true}; cookies_preferences_set=true",
        Seen,
    ),
    (
        GOVUK,
        "cookies_preferences_set=true; cookies_policy={\"essential\":true,\"usage\":false}",
        Removed,
    ),
    (
        GOVUK,
        "cookies_policy={\"essential\":true,\"usage\":false}",
        Hidden,
    ),
    (GOVUK, "cookies_preferences_set=true", Hidden),
    (MATOMO, "mtm_consent=1795435100123", Seen),
    (MATOMO, "mtm_cookie_consent=1795435100123", Seen),
    (MATOMO, "mtm_consent_removed=1795435100123", Removed),
    (
        MATOMO,
        "mtm_consent=1795435100123; mtm_consent_removed=1795435000123",
        Removed,
    ),
    // Longer ago than consent lasts.
    (MATOMO, "mtm_consent=1700000000123", Hidden),
    (
        OSANO,
        "cookieconsent_status_ANALYTICS=ALLOW; cookieconsent_status_MARKETING=DENY",
        Seen,
    ),
    (OSANO, "cookieconsent_status_ANALYTICS=DENY", Removed),
    (OSANO, "cookieconsent_status_ANALYTICS=DISMISS", Hidden),
    (OSANO, "cookieconsent_status=allow", Seen),
    (OSANO, "cookieconsent_status=deny", Removed),
    (TARTEAUCITRON, "tarteaucitron=!gtag=true!youtube=wait", Seen),
    (
        TARTEAUCITRON,
        "tarteaucitron=!gtag=wait!youtube=true",
        Hidden,
    ),
    // Two hosts of a domain, and two answers.
    (
        TARTEAUCITRON,
        "tarteaucitron=!gtag=true; tarteaucitron=!gtag=false",
        Hidden,
    ),
    // Each key has to be granted, and one denied key denies.
    (
        KLARO,
        "klaro=%7B%22ga%22%3Atrue%2C%22matomo%22%3Atrue%7D",
        Seen,
    ),
    (KLARO, "klaro=%7B%22ga%22%3Atrue%7D", Hidden),
    (
        KLARO,
        "klaro=%7B%22ga%22%3Atrue%2C%22matomo%22%3Afalse%7D",
        Removed,
    ),
];

fn layer(codec: &Value) -> CookieConsentLayer {
    let policy = json!({
        "preferences_cookie": {"codec": codec},
        "categories": [{"id": "stats", "basis": "consent", "cookies": [{"name": "_ga"}]}],
    });
    let policy: CookiePolicy = serde_json::from_str(&policy.to_string()).unwrap();
    CookieConsentLayer::new(policy).with_clock(|| at(NOW))
}

#[test]
fn layer_follows_the_cookies_of_requests() {
    for (codec, cookies, expected) in CASES {
        let codec = codec();
        assert_eq!(fate(&codec, cookies), expected, "{codec} {cookies}");
    }
}

/// Returns what becomes of `_ga` beside the tool's cookies, which all have to pass.
pub(super) fn fate(codec: &Value, cookies: &str) -> Fate {
    let cookie = format!("{cookies}; _ga=1");
    let exchange = exchange(
        &layer(codec),
        request([("cookie", cookie)]),
        response::<&str>([]),
    );
    let seen = exchange.cookies().join("; ");
    // The tool's own cookies are necessary, all of them.
    for pair in cookies
        .split("; ")
        .filter(|pair| !pair.starts_with("other"))
    {
        assert!(seen.contains(pair), "{codec} {cookies}: {seen}");
    }
    let is_seen = seen.split("; ").any(|pair| pair == "_ga=1");
    match (is_seen, exchange.removed()) {
        (true, removed) if removed.is_empty() => Seen,
        (false, removed) if removed.is_empty() => Hidden,
        (false, removed) if removed == ["_ga"] => Removed,
        other => panic!("{codec} {cookies}: {other:?}"),
    }
}

/// Without a mapping, ids are keys. A category that the tool does not know is not refused by it.
#[test]
fn tool_answers_only_what_it_asks_about() {
    let refusals = [
        (
            json!({"vanilla_cookieconsent": {}}),
            "cc_cookie=%7B%22categories%22%3A%5B%22necessary%22%5D%2C%22revision%22%3A0%2C\
             %22consentTimestamp%22%3A%222026-11-20T10%3A00%3A00.000Z%22%2C%22consentId%22%3A%221%22%2C\
             %22services%22%3A%7B%22necessary%22%3A%5B%5D%2C%22marketing%22%3A%5B%5D%7D%2C\
             %22lastConsentTimestamp%22%3A%222026-11-20T10%3A00%3A00.000Z%22%7D",
        ),
        (
            json!({"c15t": {}}),
            "c15t=c.necessary:1,i.t:1795435100123,i.sid:sub_1",
        ),
    ];
    for (codec, refusal) in refusals {
        let policy = json!({
            "preferences_cookie": {"codec": codec},
            "categories": [
                {"id": "audience", "basis": "exempt", "cookies": [{"name": "_pk_id"}]},
                {"id": "marketing", "basis": "consent", "cookies": [{"name": "_fbp"}]},
            ],
        });
        let policy: CookiePolicy = serde_json::from_str(&policy.to_string()).unwrap();
        let layer = CookieConsentLayer::new(policy).with_clock(|| at(NOW));
        let request = request([("cookie", format!("{refusal}; _pk_id=1; _fbp=1"))]);
        let exchange = exchange(&layer, request, response::<&str>([]));
        assert!(
            exchange.cookies().join("; ").ends_with("_pk_id=1"),
            "{codec}"
        );
        assert_eq!(exchange.removed(), ["_fbp"], "{codec}");
    }
}
