//! The portal with django-cookie-consent: the layer follows the cookie that its views write.

use super::{portal::Portal, visitor::Visitor};

#[tokio::test(flavor = "multi_thread")]
async fn layer_follows_django_cookie_consent() {
    let Some(portal) = Portal::with_policy("tests/django/cookie_consent.json") else {
        return;
    };
    let mut visitor = Visitor::of(portal.proxy.url(""));
    visitor.get("/").await;
    assert_eq!(visitor.names(), ["csrftoken"], "before a choice");

    let all = "all_groups=true&next=/";
    let steps: [(&str, &str, &[&str]); 4] = [
        (
            "accept",
            "cookie_groups=analytics&next=/",
            &["_ga", "_ga_ABCDEF"],
        ),
        ("accept", all, &["_ga", "_ga_ABCDEF", "parcours"]),
        (
            "decline",
            "cookie_groups=social&next=/",
            &["_ga", "_ga_ABCDEF"],
        ),
        ("decline", all, &[]),
    ];
    for (action, fields, granted) in steps {
        let action = format!("/consent/{action}/");
        visitor.submit("/", &action, fields).await;
        let kept = [granted, &["cookie_consent", "csrftoken"]].concat();
        let mut kept: Vec<_> = kept.iter().map(|name| (*name).to_owned()).collect();
        kept.sort();
        assert_eq!(visitor.names(), kept, "{action} {fields}");
        // The application does not see any others either.
        let seen = visitor.get("/cookies/").await;
        let seen: serde_json::Value = serde_json::from_str(seen.body()).unwrap();
        assert_eq!(seen["names"], serde_json::json!(kept), "{action} {fields}");
    }
}
