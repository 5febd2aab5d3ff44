//! The conformance kit reads any page, overlooks no page that asks, finds nothing in one without markup, and writes
//! valid JSON and XML.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use quick_xml::{Reader, events::Event};
use tower_cookie_consent::{Consent, CookiePolicy, conformance_for_tests::read_page};
use url::Url;

static POLICY: LazyLock<CookiePolicy> = LazyLock::new(|| {
    let policy = r#"{"categories": [
        {"id": "base", "basis": "necessary", "cookies": [{"name": "csrftoken"}]},
        {"id": "ads", "basis": "consent", "cookies": [{"name": "_ga"}]},
        {"id": "media", "basis": "consent", "services": [
            {"id": "films", "origins": ["https://films.example"]}]},
        {"id": "stats", "basis": "exempt", "cookies": [{"name": "_pk_*"}]}
    ]}"#;
    serde_json::from_str(policy).expect("a policy")
});

// The page of a visitor who has not chosen, then of one who accepted.
fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(page) = str::from_utf8(data) else {
        return Corpus::Reject;
    };
    let url = Url::parse("https://own.example/dir/page").expect("a URL");
    let undecided = Consent::undecided(POLICY.clone());
    let accepted = undecided.with_choice(undecided.accept_all());
    for consent in [undecided, accepted] {
        let (report, is_overlooked) = read_page(page, &url, &consent);
        assert!(!is_overlooked, "{report}");
        if !page.contains('<') {
            assert!(report.findings().next().is_none(), "{report}");
        }
        let json = serde_json::to_string(&report).expect("JSON");
        serde_json::from_str::<serde_json::Value>(&json).expect("JSON");
        let junit = report.to_junit();
        let mut reader = Reader::from_str(&junit);
        while reader.read_event().expect("well-formed XML") != Event::Eof {}
        let _ = (report.to_html(), report.to_string());
    }
    Corpus::Keep
});
