//! Microsoft's tags, UET and Clarity: no tag loads before consent, and each finds what was said.

use serde_json::json;

use super::held::Page;
use crate::support::browser::{Kind, in_chromium_first};

in_chromium_first!(
    the_tags_load_after_consent_and_find_what_waits,
    tags_that_run_hear_of_the_end_of_consent,
);

/// The tags as Microsoft publishes them, but that the page plays what they load.
const TAGS: &str = r#"
<script>
    window.loaded = [];
    window.UET = function (o) { loaded.push(["uet", [...o.q]]); this.push = () => {}; };
</script>
<script type="text/plain" data-consent="tiers">
    (function (w, u) { w[u] = w[u] || []; const o = { q: w[u] }; w[u] = new UET(o); })(window, "uetq");
</script>
<script type="text/plain" data-consent="tiers">
    (function (c, a) {
        c[a] = c[a] || function () { (c[a].q = c[a].q || []).push(arguments); };
        loaded.push(["clarity", c[a].q.map((given) => [...given])]);
    })(window, "clarity");
</script>"#;

fn the_tags_load_after_consent_and_find_what_waits(kind: Kind) {
    let Some(browser) = Page::default().body(TAGS).visit(kind) else {
        return;
    };
    browser.until("window.cookieConsent?.state");
    assert_eq!(browser.run("return window.loaded"), json!([]));
    let waiting = "return [Array.isArray(uetq), uetq, clarity.q.length]";
    let denied = json!({ "ad_storage": "denied" });
    let default = json!([
        true,
        ["consent", "default", denied, "consent", "update", denied],
        2
    ]);
    assert_eq!(browser.run(waiting), default);
    browser.click("button[value=accept]");
    browser.until("window.loaded.length === 2");
    let of_clarity =
        |state| json!(["consentv2", { "ad_Storage": state, "analytics_Storage": state }]);
    let found = json!([
        [
            "uet",
            [
                "consent", "default", denied, "consent", "update", denied,
                "consent", "update", { "ad_storage": "granted" }
            ]
        ],
        [
            "clarity",
            [of_clarity("denied"), of_clarity("denied"), of_clarity("granted")]
        ]
    ]);
    assert_eq!(browser.run("return window.loaded"), found);
}

/// Puts something in the place of the tags that run, and keeps what it hears: after a withdrawal, the page is
/// loaded anew.
const RUNNING: &str = r#"
<script>
    window.run = () => {
        const heard = [];
        window.uetq = { push: (...given) => heard.push(given) };
        window.clarity = (...given) => heard.push(given);
        document.addEventListener("cookieconsent", () => {
            sessionStorage.setItem("heard", JSON.stringify(heard));
        });
    };
</script>"#;

fn tags_that_run_hear_of_the_end_of_consent(kind: Kind) {
    let Some(browser) = Page::default().body(RUNNING).visit(kind) else {
        return;
    };
    browser.until("window.cookieConsent?.state");
    browser.click("button[value=accept]");
    browser.until("window.cookieConsent.state.consent_mode.ad_storage === 'granted'");
    browser.run("run()");
    browser.click("button[value=withdraw]");
    browser.until("sessionStorage.getItem('heard')");
    assert_eq!(
        browser.run("return JSON.parse(sessionStorage.getItem('heard'))"),
        json!([
            ["consent", "update", { "ad_storage": "denied" }],
            ["consentv2", { "ad_Storage": "denied", "analytics_Storage": "denied" }]
        ])
    );
}
