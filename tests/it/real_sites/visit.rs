//! One visit of a site: what every site behind the proxy has to do.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{pages::browser::axe::Axe, support::browser::Browser};

pub(super) struct Site<'a> {
    /// The page without the proxy, and behind it.
    pub(super) plain: String,
    pub(super) behind: String,
    /// Logs in behind the proxy; returns what is true of the page then.
    pub(super) log_in: Option<&'a dyn Fn() -> &'static str>,
}

/// Collects the errors of every page from now on: those of scripts, of files, and of policies.
pub(super) fn watch(browser: &Browser) {
    browser.before_scripts(
        "window.errors = []; const add = (text) => window.errors.push(text); \
         addEventListener('error', (e) => add(e.message || 'no ' + e.target.outerHTML), true); \
         addEventListener('unhandledrejection', (e) => add(String(e.reason))); \
         document.addEventListener('securitypolicyviolation', (e) => add(e.violatedDirective + ' ' + e.blockedURI)); \
         const error = console.error; console.error = (...all) => { add(all.join(' ')); error(...all); }; \
         const warn = console.warn; console.warn = (...all) => { add(all.join(' ')); warn(...all); };",
    );
}

/// The elements with their ids and classes, without the proxy's own; and if the page's script ran.
const LOOK: &str = "const ours = '.tcc-banner, .tcc-document-footer, link[href*=\"cookies/style-\"], script[src*=\"cookies/script-\"]'; \
    const outline = (e) => e.matches(ours) ? '' \
      : '<' + e.localName + ' ' + e.id + ' ' + e.getAttribute('class') + '>' \
        + [...e.childNodes].map((n) => n.nodeType === 1 ? outline(n) : n.nodeType === 3 ? n.data : '').join('') + '</>'; \
    return [outline(document.documentElement), window.errors]";

const HAS_BANNER: &str = "document.querySelectorAll('.tcc-banner').length === 1";
const HAS_NONE: &str = "document.querySelector('.tcc-banner') === null \
    && document.querySelectorAll('.tcc-document-footer').length === 1";
const RAN: &str = "document.documentElement.dataset.ran === 'yes' \
    || window.jQuery && /js (mobile|desktop)/.test(document.documentElement.className)";
const IS_STYLED: &str =
    "getComputedStyle(document.querySelector('.tcc-document-footer')).display === 'flex'";
const IS_READY: &str = "document.readyState === 'complete' && window.cookieConsent?.state !== null";

fn looked(browser: &Browser, url: &str) -> Value {
    browser.go(url);
    browser.until(RAN);
    browser.run(LOOK)
}

/// What is cut off or too small to be hit.
const CUT_OFF: &str = "return [...document.querySelectorAll('.tcc-banner, .tcc-banner *, .tcc-document-footer, .tcc-document-footer *')] \
    .filter((e) => e.checkVisibility()).filter((e) => { const b = e.getBoundingClientRect(); \
      const control = e.matches('button, .tcc-choose, .tcc-document-footer a'); \
      return b.left < -1 || b.right > innerWidth + 1 || control && (b.height < 24 || b.width < 24); }) \
    .map((e) => e.outerHTML.slice(0, 120))";

/// What the banner or something else lies on, once it is scrolled to.
const IS_COVERED: &str = "scrollTo(0, document.documentElement.scrollHeight); \
    const hit = (e) => { const b = e.getBoundingClientRect(); \
      return document.elementFromPoint(b.left + b.width / 2, b.top + b.height / 2) === e; }; \
    return [...document.querySelectorAll('.tcc-document-footer a, .tcc-banner button, .tcc-choose')] \
      .filter((e) => !hit(e)).map((e) => e.outerHTML)";

/// On a phone and a desktop, in light and dark: the banner and the footer fit in, and axe finds nothing
/// that it does not find in the page without them.
fn fits(browser: &Browser, axe: Axe, site: &Site<'_>) {
    for (scheme, width) in [("light", 390), ("dark", 1280)] {
        browser.color_scheme(scheme);
        browser.resize(width, 900);
        let findings = |url: &str| -> BTreeSet<String> {
            looked(browser, url);
            serde_json::from_value(axe.findings(browser, "document")).unwrap()
        };
        browser.forget_cookies();
        let plain = findings(&site.plain);
        let behind = findings(&site.behind);
        let new: Vec<_> = behind.difference(&plain).collect();
        let what = format!("{} {scheme} {width}", site.behind);
        assert!(new.is_empty(), "{what}: {new:#?}");
        assert_eq!(browser.run(CUT_OFF), json!([]), "{what}");
        assert_eq!(browser.run(IS_COVERED), json!([]), "{what}");
    }
    browser.resize(1280, 900);
}

pub(super) fn visit(browser: &Browser, axe: Axe, site: &Site<'_>) {
    fits(browser, axe, site);
    let (plain, behind) = (&*site.plain, &*site.behind);
    browser.forget_cookies();
    let expected = looked(browser, plain);
    browser.forget_cookies();
    let found = looked(browser, behind);
    assert_eq!(found, expected, "{plain} and {behind}");
    browser.until(IS_READY);
    let holds = |what: &str| {
        assert_eq!(
            browser.run(&format!("return {what}")),
            true,
            "{behind}: {what}"
        );
    };
    holds(HAS_BANNER);
    holds(IS_STYLED);
    let errors = browser.run("return window.errors");
    assert_eq!(errors, expected[1], "{behind}");
    holds("document.body.querySelector('h2') === document.querySelector('.tcc-banner h2')");

    // With the script: in place.
    browser.click(".tcc-banner [value=accept]");
    browser.until(HAS_NONE);
    assert_eq!(looked(browser, behind)[1], expected[1], "{behind}");
    holds(HAS_NONE);

    // The footer leads to the pages, and consent can be withdrawn.
    let footer = ".tcc-document-footer ";
    browser.follow(&format!("{footer}> a"));
    holds("location.pathname === '/cookies' && document.querySelector('h1') !== null");
    browser.go(behind);
    browser.follow(&format!("{footer}.tcc-footer > a"));
    holds(
        "location.pathname === '/cookies/preferences' && document.querySelector('[name=category]').checked",
    );

    // Without it, and with the keyboard alone: by the form.
    browser.forget_cookies();
    browser.run_scripts(false);
    browser.go(behind);
    browser.tab_to_and_press("refuse");
    let path = browser.path();
    assert!(behind.ends_with(&path), "{path}");
    let banners = browser.attributes(".tcc-banner", "class");
    assert!(banners.is_empty(), "{banners:?}");
    browser.run_scripts(true);

    if let Some(log_in) = site.log_in {
        browser.forget_cookies();
        let is_in = log_in();
        browser.until(is_in);
        browser.go(behind);
        holds(is_in);
        browser.click(".tcc-banner [value=refuse]");
        browser.until(HAS_NONE);
        browser.go(behind);
        holds(is_in);
        holds(HAS_NONE);
    }
}
