//! Pages with injected elements, but without injected scripts that run: the pages' script must not
//! do for them what the browser would not.

use axum::{
    Json, Router,
    response::Redirect,
    routing::{get, post},
};
use http::header::{ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN};
use serde_json::json;

use super::{
    NO_BANNER, SAID,
    held::{Page, noting_browser, ran},
    serve,
};
use crate::support::browser::{Browser, Kind, in_chromium_first};

in_chromium_first!(
    names_of_images_hide_nothing_from_the_script,
    names_of_forms_hide_nothing_from_the_script,
    names_of_embeds_hide_nothing_from_the_script,
    names_of_objects_hide_nothing_from_the_script,
    names_of_frames_hide_nothing_from_the_script,
    names_of_fields_hide_nothing_of_their_forms,
    only_the_state_of_this_origin_counts,
    a_base_leads_the_script_nowhere_else,
    a_form_that_goes_elsewhere_is_left_to_the_browser,
    an_answer_from_before_a_choice_does_not_count,
    markup_that_is_let_through_becomes_no_page_of_the_site,
);

/// Members of `document` and of `window` that a script may use, except for a few that drivers need.
const NAMES: &str = "currentScript querySelectorAll createElement getElementById addEventListener \
    dispatchEvent prerendering forms scripts body head location baseURI cookie implementation append \
    activeElement hidden dataset nonce attributes constructor nodeType ownerDocument \
    cookieConsent dataLayer gtag uetq clarity trustedTypes fetch Reflect URLSearchParams FormData CustomEvent \
    EventTarget Document Element HTMLElement HTMLFormElement HTMLScriptElement";

const HELD: &str = r#"<script type="text/plain" data-consent="tiers">ran("held")</script>"#;

/// A state that allows everything, as the attribute of an element.
const ALL_ALLOWED: &str = r#"data:application/json,{"categories":[{"id":"tiers","basis":"consent","allowed":true,"answer":true}],"needs_choice":false,"consent_mode":{"ad_storage":"granted"}}"#;

/// Drivers fail if members of `document` and of forms are hidden.
fn click(browser: &Browser, selector: &str) {
    browser.run(&format!(
        "Document.prototype.querySelector.call(document, '{selector}').click()"
    ));
}

/// Held scripts wait, the banner asks, and both follow the visitor's choice.
fn works(browser: &Browser) {
    browser.until("window.cookieConsent?.state");
    let seen = "return [cookieConsent.state.status, cookieConsent.allows('tiers'), \
        Document.prototype.querySelectorAll.call(document, '.tcc-banner').length, \
        Array.isArray(dataLayer) && dataLayer.map((a) => a[1] + ' ' + a[2].ad_storage), \
        Array.isArray(uetq) && uetq.length === 3 * dataLayer.length \
        && clarity.q?.length === dataLayer.length]";
    let asked = json!([
        "undecided",
        false,
        1,
        ["default denied", "update denied"],
        true
    ]);
    assert_eq!(browser.run(seen), asked);
    assert_eq!(ran(browser), json!([]));
    click(browser, "button[value=accept]");
    browser.until(
        "!Document.prototype.querySelector.call(document, '.tcc-banner') \
         && Document.prototype.querySelector.call(document, '.tcc-notice')?.textContent",
    );
    let chosen = json!([
        "decided",
        true,
        0,
        ["default denied", "update denied", "update granted"],
        true
    ]);
    assert_eq!(browser.run(seen), chosen);
    browser.until("window.all.includes('held')");
    assert_eq!(browser.path(), "/page");
}

fn with_names(kind: Kind, element: impl Fn(&str) -> String) {
    let mut injected = String::new();
    for name in NAMES.split_whitespace() {
        injected += &element(&format!(
            "id=\"{name}\" name=\"{name}\" data-state='{ALL_ALLOWED}' data-signals=\"\""
        ));
    }
    let page = Page::default().before(&injected).body(HELD);
    let Some(browser) = page.visit(kind) else {
        return;
    };
    // They do hide what they are named after.
    let hidden = "return document.currentScript instanceof Element || \
        document.currentScript instanceof HTMLCollection || document.currentScript?.window != null";
    assert_eq!(browser.run(hidden), true);
    works(&browser);
}

fn names_of_images_hide_nothing_from_the_script(kind: Kind) {
    with_names(kind, |named| format!("<img {named} alt=\"\">"));
}

fn names_of_forms_hide_nothing_from_the_script(kind: Kind) {
    with_names(kind, |named| {
        format!("<form {named}><input name=dataset><input name=createPolicy></form>")
    });
}

fn names_of_embeds_hide_nothing_from_the_script(kind: Kind) {
    with_names(kind, |named| format!("<embed {named}>"));
}

fn names_of_objects_hide_nothing_from_the_script(kind: Kind) {
    with_names(kind, |named| format!("<object {named}></object>"));
}

fn names_of_frames_hide_nothing_from_the_script(kind: Kind) {
    with_names(kind, |named| {
        format!("<iframe {named} srcdoc=\"<a id=dataset>\"></iframe>")
    });
}

const FIELDS: &str = "action method submit requestSubmit removeAttribute getAttribute hasAttribute \
    setAttribute toggleAttribute matches closest hidden dataset attributes elements remove \
    parentNode ownerDocument nodeType id className classList target enctype length";

fn names_of_fields_hide_nothing_of_their_forms(kind: Kind) {
    let fields: String = FIELDS
        .split_whitespace()
        .map(|name| format!("<input type=hidden name=\"{name}\" id=\"{name}\">"))
        .collect();
    // The main content, the banner and the notice may be such a form, too.
    let forms = format!(
        "<form class=tcc-banner>{fields}<input type=hidden name=prepend></form>\
         <form class=tcc-notice>{fields}</form><form id=content>{fields}<input name=focus></form>"
    );
    let page = Page::default()
        .before(&forms)
        .into_forms(&fields)
        .body(HELD);
    let Some(browser) = page.visit(kind) else {
        return;
    };
    browser.until("window.cookieConsent?.state");
    click(&browser, ".tcc button[value=accept]");
    browser.until(NO_BANNER);
    browser.until(SAID);
    browser.until("window.all.includes('held')");
    let hidden = "return document.querySelectorAll('.tcc-withdraw[hidden]').length";
    assert_eq!(browser.run(hidden), 0);
    // If the script can't proceed, the browser submits the form.
    browser.run("document.querySelector('.tcc-withdraw [name=decision]').value = 'nothing'");
    click(&browser, ".tcc-withdraw button");
    browser.until("location.pathname === '/cookies/preferences'");
    browser.until("document.querySelector('.tcc-error')?.textContent");
}

/// Sanitizers of markup let attributes such as these through.
fn markup_that_is_let_through_becomes_no_page_of_the_site(kind: Kind) {
    let frames = r#"<iframe id="own" data-consent="tiers" data-consent-srcdoc="<script>parent.ran('own')</script>"></iframe>
        <iframe id="kept" sandbox data-consent="tiers" data-consent-added="sandbox title" title="t"
        data-consent-sandbox="allow-scripts allow-same-origin" data-consent-src="about:blank"></iframe>"#;
    let page = Page::default().body(&format!("{frames}{HELD}"));
    let Some(browser) = page.visit(kind) else {
        return;
    };
    browser.until("window.cookieConsent?.state");
    click(&browser, "button[value=accept]");
    browser.until("window.all?.includes('held') && kept.hasAttribute('src')");
    let seen =
        "return [own.hasAttribute('srcdoc'), kept.getAttribute('sandbox'), kept.title, window.all]";
    assert_eq!(browser.run(seen), json!([false, "", "", ["held"]]));
}

/// Another site, whose state allows everything.
fn evil() -> String {
    let state = json!({
        "categories": [{ "id": "tiers", "basis": "consent", "allowed": true, "answer": true }],
        "needs_choice": false, "consent_mode": {}, "status": "evil",
    });
    let answer = async move || {
        let any = [
            (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"),
        ];
        (any, Json(state))
    };
    serve(Router::new().fallback(answer))
}

fn only_the_state_of_this_origin_counts(kind: Kind) {
    let Some(browser) = noting_browser(kind) else {
        return;
    };
    let evil = evil();
    let to_evil = format!("{evil}/state");
    let states = [
        ALL_ALLOWED.replace('"', "&quot;"),
        to_evil.clone(),
        to_evil.replace("127.0.0.1", "localhost"),
        to_evil.replace("http:", ""),
        to_evil.replace("http://", "http:\\\\"),
        "/leads-away".to_owned(),
        "/no-state".to_owned(),
    ];
    for state in states {
        let target = to_evil.clone();
        let away = get(move || async move { Redirect::temporary(&target) });
        let page = Page::default()
            .body(HELD)
            .replace(
                "data-state=\".&#x2f;cookies&#x2f;state\"",
                &format!("data-state=\"{state}\""),
            )
            .route("/leads-away", away)
            .route(
                "/no-state",
                get(|| async { Json(json!({ "categories": "all" })) }),
            );
        page.open(&browser);
        browser.until("document.readyState === 'complete'");
        browser.run_to_the_end("setTimeout(arguments[0], 500)");
        assert_eq!(ran(&browser), json!([]), "{state}");
        assert_eq!(
            browser.run(&format!("return {NO_BANNER}")),
            false,
            "{state}"
        );
        let taken = "return !!window.cookieConsent?.state";
        assert_eq!(browser.run(taken), false, "{state}");
    }
}

fn a_base_leads_the_script_nowhere_else(kind: Kind) {
    // After the script in the head, which it would also redirect.
    let page = Page::default().body(HELD);
    let Some(browser) = page
        .before(&format!("<base href=\"{}/\">", evil()))
        .visit(kind)
    else {
        return;
    };
    browser.until("document.baseURI !== location.href");
    works(&browser);
}

fn a_form_that_goes_elsewhere_is_left_to_the_browser(kind: Kind) {
    let Some(browser) = noting_browser(kind) else {
        return;
    };
    let evil = evil();
    for action in [format!("{evil}/cookies/preferences"), "/upload".to_owned()] {
        let form = format!(
            "<form method=post data-cookie-consent action=\"{action}\">\
             <button id=lure name=decision value=accept>Read on</button></form>"
        );
        let state = json!({
            "categories": [{ "id": "tiers", "basis": "consent", "allowed": true }],
            "consent_mode": {}, "needs_choice": false,
        });
        let page = Page::default()
            .body(&format!("{HELD}{form}"))
            .route("/upload", post(async move || Json(state)));
        page.open(&browser);
        browser.until("window.cookieConsent?.state");
        browser
            .run("document.addEventListener('cookieconsent', () => { document.title = 'taken' })");
        browser.follow("#lure");
        assert_ne!(browser.path(), "/page", "{action}");
    }
}

/// The visitor withdraws consent while an older response that still allows it is on its way.
fn an_answer_from_before_a_choice_does_not_count(kind: Kind) {
    let page = Page::default().body(HELD).slow_state();
    let Some(browser) = page.visit(kind) else {
        return;
    };
    browser.until("window.cookieConsent?.state");
    browser.click("button[value=accept]");
    browser.until("window.all.includes('held')");
    browser.run("location.reload()");
    browser.until("window.cookieConsent?.state === null && document.readyState === 'complete'");
    browser.click(".tcc-withdraw button");
    browser.until("window.cookieConsent?.state");
    browser.run_to_the_end("setTimeout(arguments[0], 2500)");
    assert_eq!(browser.run("return cookieConsent.allows('tiers')"), false);
    assert_eq!(ran(&browser), json!([]));
}
