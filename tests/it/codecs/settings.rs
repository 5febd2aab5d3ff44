//! The settings of readers: in Rust the same as in a policy's JSON.

use serde_json::json;
use tower_cookie_consent::{
    Category, CookiePolicy,
    codecs::{AspNet, Borlabs, Complianz, DjangoCookieConsent, Faz, Klaro, Tarteaucitron, Undated},
    preferences::PreferencesCookie,
};

fn policy(cookie: PreferencesCookie) -> CookiePolicy {
    CookiePolicy::builder()
        .preferences_cookie(cookie)
        .category(Category::consent("stats"))
        .build()
        .unwrap()
}

#[test]
fn settings_in_rust_are_those_in_json() {
    let strict = Undated::NoGrants;
    let follow = [
        (
            PreferencesCookie::follow(
                AspNet::new()
                    .answer("stats", ["consent"])
                    .undated(strict)
                    .value("true"),
            ),
            json!({"aspnet": {"stats": ["consent"]}, "undated": "no_grants", "value": "true"}),
        ),
        (
            PreferencesCookie::follow(
                Borlabs::new()
                    .answer("stats", ["matomo"])
                    .undated(strict)
                    .version(2),
            ),
            json!({"borlabs": {"stats": ["matomo"]}, "undated": "no_grants", "version": 2}),
        ),
        (
            PreferencesCookie::follow(
                Complianz::new()
                    .answer("stats", ["statistics"])
                    .undated(strict)
                    .policy_id(14),
            ),
            json!({"complianz": {"stats": ["statistics"]}, "undated": "no_grants", "policy_id": 14}),
        ),
        (
            PreferencesCookie::follow(
                DjangoCookieConsent::new()
                    .answer("stats", ["analytics"])
                    .undated(strict)
                    .version("analytics", "2026-09-21T14:13:20+00:00"),
            ),
            json!({"django_cookie_consent": {"stats": ["analytics"]}, "undated": "no_grants",
                   "versions": {"analytics": "2026-09-21T14:13:20+00:00"}}),
        ),
        (
            PreferencesCookie::follow(
                Faz::new()
                    .answer("stats", ["analytics"])
                    .undated(strict)
                    .revision(3),
            ),
            json!({"faz": {"stats": ["analytics"]}, "undated": "no_grants", "revision": 3}),
        ),
        (
            PreferencesCookie::follow(
                Tarteaucitron::new()
                    .answer("stats", ["gtag"])
                    .undated(strict)
                    .always_need_consent(true),
            ),
            json!({"tarteaucitron": {"stats": ["gtag"]}, "undated": "no_grants", "always_need_consent": true}),
        ),
        (
            PreferencesCookie::follow(Klaro::new().answer("stats", ["matomo"]).undated(strict)),
            json!({"klaro": {"stats": ["matomo"]}, "undated": "no_grants"}),
        ),
    ];
    for (cookie, codec) in follow {
        let policy = policy(cookie);
        let written = serde_json::to_value(&policy).unwrap();
        assert_eq!(written["preferences_cookie"]["codec"], codec);
        let read: CookiePolicy = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), written);
        assert_eq!(read.fingerprint(), policy.fingerprint());
    }
}
