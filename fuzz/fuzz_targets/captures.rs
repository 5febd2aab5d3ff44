//! The audit of captures reads any text, says nothing of a cookie's value, and writes valid JSON and XML.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use tower_cookie_consent::{CookiePolicy, conformance::Conformance};

static POLICY: LazyLock<CookiePolicy> = LazyLock::new(|| {
    let policy = include_str!("../../tests/data/har/policy.json");
    serde_json::from_str(policy).expect("a policy")
});

/// What the values of the cookies in the seeds begin with.
const MARKER: &str = "s3cr3t";

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(text) = str::from_utf8(data) else {
        return Corpus::Reject;
    };
    let Ok(report) = Conformance::new(POLICY.clone()).check_har(text) else {
        return Corpus::Keep;
    };
    let json = serde_json::to_string(&report).expect("JSON");
    serde_json::from_str::<serde_json::Value>(&json).expect("JSON");
    let junit = report.to_junit();
    is_xml(&junit);
    // Elsewhere than in a value, a capture may have anything.
    let elsewhere = text.matches(MARKER).count() > in_values(text);
    if !elsewhere {
        for written in [&json, &junit, &report.to_string()] {
            assert!(!written.contains(MARKER), "{written}");
        }
    }
    Corpus::Keep
});

/// Counts the markers that directly follow an equals sign after a name of the policy.
fn in_values(text: &str) -> usize {
    let after = |name: &str| text.matches(&format!("{name}={MARKER}")).count();
    ["csrftoken", "sessionid", "_pk_id.1.fe4c"]
        .map(after)
        .iter()
        .sum()
}

fn is_xml(text: &str) {
    let mut reader = quick_xml::Reader::from_str(text);
    loop {
        match reader.read_event().expect("well-formed XML") {
            quick_xml::events::Event::Eof => return,
            _ => {}
        }
    }
}
