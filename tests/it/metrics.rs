//! The counters, as Prometheus gets them.

mod monitoring;

use metrics_exporter_prometheus::PrometheusBuilder;
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookieDeclaration, CookiePolicy, layer::StateHeaders,
    observe::CookieMetrics,
};

use crate::support::{exchange, layer, policy, request, response, value};

#[test]
fn many_tenants_share_a_bounded_number_of_series() {
    const TENANTS: usize = 300;
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    metrics::with_local_recorder(&recorder, || {
        let layer = layer()
            .policy_for(|head| {
                let tenant = head.uri().path().trim_start_matches('/');
                let ads = Category::consent(tenant).cookie(CookieDeclaration::new("_ga"));
                CookiePolicy::new([ads]).unwrap()
            })
            .observe(CookieMetrics::new());
        for round in 0..2 {
            for tenant in 0..TENANTS {
                let layer = if round == 0 {
                    layer.clone()
                } else {
                    layer.clone().report_only(true)
                };
                let mut asked = request([("cookie", "_ga=1")]);
                *asked.uri_mut() = format!("/tenant{tenant}").parse().unwrap();
                exchange(&layer, asked, response(["_ga=1"]));
            }
        }
    });
    let text = metrics.render();
    let withheld: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("cookie_consent_withheld_total{"))
        .collect();
    assert_eq!(withheld.len(), 120 + 1, "{text}");
    let other = r#"cookie_consent_withheld_total{category="other",reason="undecided"} 180"#;
    assert!(withheld.contains(&other), "{text}");
    let own = r#"cookie_consent_withheld_total{category="tenant0",reason="undecided"} 1"#;
    assert!(withheld.contains(&own), "{text}");
    let series = text
        .lines()
        .filter(|line| line.starts_with("cookie_consent_"));
    assert_eq!(series.count(), 4 * (120 + 1));
}

#[test]
fn events_are_counted_by_category_and_reason_and_nothing_else() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    metrics::with_local_recorder(&recorder, || {
        let layer = layer().observe(CookieMetrics::new());
        let cookies = "_ga=M4RK; cookies_preferences=M4RK; M4RK; session=M4RK";
        let set = ["_fbp=M4RK", "id=M4RK", "other=M4RK", "session=M4RK", "M4RK"];
        for layer in [&layer, &layer, &layer.clone().report_only(true)] {
            let mut asked = request([("cookie", cookies)]);
            *asked.uri_mut() = "/M4RK?M4RK".parse().unwrap();
            exchange(layer, asked, response(set));
        }
    });
    let text = metrics.render();
    let mut lines: Vec<_> = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    lines.sort_unstable();
    let expected = [
        r#"hidden_total{category="tiers",reason="unreadable"} 2"#,
        r#"report_only_hidden_total{category="tiers",reason="unreadable"} 1"#,
        r#"report_only_unclassifiable_total{category="undeclared",reason="no_equals"} 2"#,
        r#"report_only_unreadable_total{category="preferences",reason="format"} 1"#,
        r#"report_only_withheld_total{category="ads",reason="unreadable"} 1"#,
        r#"report_only_withheld_total{category="undeclared",reason="undeclared"} 2"#,
        r#"unclassifiable_total{category="undeclared",reason="no_equals"} 4"#,
        r#"unreadable_total{category="preferences",reason="format"} 2"#,
        r#"withheld_total{category="ads",reason="unreadable"} 2"#,
        r#"withheld_total{category="undeclared",reason="undeclared"} 4"#,
    ];
    assert_eq!(lines, expected.map(|line| format!("cookie_consent_{line}")));
    assert!(!text.contains("M4RK"), "{text}");
    // Each comes with what it counts.
    for name in expected.map(|line| line.split('{').next().unwrap()) {
        let help = format!("# HELP cookie_consent_{name} ");
        assert!(text.contains(&help), "{help} is not in {text}");
    }
}

#[test]
fn headers_are_counted_apart_from_cookies() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    metrics::with_local_recorder(&recorder, || {
        let layer = CookieConsentLayer::new(policy()).observe(CookieMetrics::new());
        let withhold = layer.clone().state_headers(StateHeaders::Withhold);
        for layer in [&layer, &withhold, &withhold.clone().report_only(true)] {
            let mut answer = response::<&str>([]);
            answer.headers_mut().append("accept-ch", value("M4RK"));
            exchange(layer, request([("dictionary-id", "M4RK")]), answer);
        }
    });
    let text = metrics.render();
    let mut lines: Vec<_> = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    lines.sort_unstable();
    let label = r#"{category="undeclared",reason="undeclared"}"#;
    let expected = [
        "header_hidden_total",
        "header_undeclared_total",
        "header_withheld_total",
        "report_only_header_hidden_total",
        "report_only_header_withheld_total",
    ];
    let counted = expected.map(|name| format!("cookie_consent_{name}{label} 1"));
    assert_eq!(lines, counted);
    for name in expected {
        let help = format!("# HELP cookie_consent_{name} ");
        assert!(text.contains(&help), "{help} is not in {text}");
    }
}
