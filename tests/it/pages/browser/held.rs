//! Scripts that wait for consent, under security policies: the script does not start what the
//! browser would block.

use std::time::Duration;

use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn},
    response::{Html, IntoResponse},
    routing::{MethodRouter, get},
};
use http::{
    HeaderValue,
    header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE},
};
use serde_json::{Value, json};
use tower_cookie_consent::{Consent, CookieConsentLayer, pages::Pages};

use super::{
    super::{policy, site_with},
    NO_BANNER, serve,
};
use crate::support::browser::{Browser, Kind, in_chromium_first};

in_chromium_first!(
    a_strict_policy_starts_what_has_its_nonce,
    a_strict_policy_holds_for_what_is_added_later,
    a_policy_of_hosts_decides_where_the_script_has_no_nonce,
    without_a_policy_everything_held_starts,
    trusted_types_let_held_scripts_start,
    trusted_types_without_leave_start_none_and_the_banner_works,
);

const STRICT: &str = "script-src 'nonce-r4nd0m' 'strict-dynamic'; base-uri 'none'";

/// A page of a site, with the banner, for injected elements.
#[derive(Clone, Default)]
pub(super) struct Page {
    policy: &'static str,
    nonce: Option<&'static str>,
    before: String,
    body: String,
    fields: String,
    replaced: Option<(String, String)>,
    routes: Vec<(&'static str, MethodRouter)>,
    slow: bool,
}

impl Page {
    fn under(policy: &'static str) -> Self {
        Self {
            policy,
            nonce: policy.contains("'nonce-r4nd0m'").then_some("r4nd0m"),
            ..Self::default()
        }
    }

    /// At the beginning of the body.
    pub(super) fn before(mut self, html: &str) -> Self {
        html.clone_into(&mut self.before);
        self
    }

    /// In the main content.
    pub(super) fn body(mut self, html: &str) -> Self {
        html.clone_into(&mut self.body);
        self
    }

    /// In the forms of banner and footer.
    pub(super) fn into_forms(mut self, html: &str) -> Self {
        html.clone_into(&mut self.fields);
        self
    }

    pub(super) fn replace(mut self, from: &str, to: &str) -> Self {
        self.replaced = Some((from.to_owned(), to.to_owned()));
        self
    }

    pub(super) fn route(mut self, path: &'static str, answer: MethodRouter) -> Self {
        self.routes.push((path, answer));
        self
    }

    /// The state is read at once and arrives late.
    pub(super) fn slow_state(mut self) -> Self {
        self.slow = true;
        self
    }

    fn html(&self, pages: &Pages, consent: &Consent) -> String {
        let head = match self.nonce {
            Some(nonce) => pages.head_with_nonce(consent, "en", nonce),
            None => pages.head(consent, "en"),
        };
        let (head, banner) = (head.unwrap(), pages.banner(consent, "en").unwrap());
        let footer = pages.footer(consent, "en").unwrap();
        let into = |fragment: &str| fragment.replace("</form>", &format!("{}</form>", self.fields));
        let (banner, footer) = (into(banner.as_str()), into(footer.as_str()));
        let Self { before, body, .. } = self;
        let mut html = format!(
            "<!doctype html><html lang=en><head><title>Page</title>{head}</head><body>{before}{banner}\
             <main id=main tabindex=-1>{body}</main>{footer}</body></html>"
        );
        if let Some((from, to)) = &self.replaced {
            assert!(html.contains(from), "{html}");
            html = html.replace(from, to);
        }
        html
    }

    /// Returns `None` if there is no such browser.
    pub(super) fn visit(self, kind: Kind) -> Option<Browser> {
        let browser = noting_browser(kind)?;
        self.open(&browser);
        Some(browser)
    }

    pub(super) fn open(mut self, browser: &Browser) {
        let pages = Pages::at("/cookies", policy()).unwrap();
        let script = |text: &'static str| get(([(CONTENT_TYPE, "text/javascript")], text));
        let last = get(async || {
            tokio::time::sleep(Duration::from_millis(500)).await;
            ([(CONTENT_TYPE, "text/javascript")], "ran('last')")
        });
        let slow = self.slow;
        let mut site = Router::new();
        for (path, answer) in std::mem::take(&mut self.routes) {
            site = site.route(path, answer);
        }
        let csp = HeaderValue::from_static(self.policy);
        let home = {
            let pages = pages.clone();
            async move |consent: Consent| {
                let mut page = Html(self.html(&pages, &consent)).into_response();
                if !csp.is_empty() {
                    page.headers_mut().insert(CONTENT_SECURITY_POLICY, csp);
                }
                page
            }
        };
        let site = site
            .route("/page", get(home))
            .route("/own.js", script("ran('own')"))
            .route("/evil.js", script("ran('evil')"))
            .route("/last.js", last)
            .layer(CookieConsentLayer::new(policy()));
        let site = site.merge(site_with(pages, policy()));
        let delay = from_fn(move |request: Request, next: Next| async move {
            let is_state = request.uri().path() == "/cookies/state";
            let response = next.run(request).await;
            if slow && is_state {
                tokio::time::sleep(Duration::from_millis(2_000)).await;
            }
            response
        });
        let url = serve(site.layer(delay));
        browser.go(&format!("{url}/page"));
    }
}

/// Returns a browser that records what ran on a page and what its policy forbade, or `None` without
/// one.
pub(super) fn noting_browser(kind: Kind) -> Option<Browser> {
    let browser = Browser::start(kind)?;
    // Runs in the browser itself, so no policy of the page forbids it.
    browser.before_scripts(
        "window.all = []; window.ran = (name) => { window.all.push(name) }; window.offences = []; \
         document.addEventListener('securitypolicyviolation', \
         (e) => offences.push(e.effectiveDirective))",
    );
    Some(browser)
}

/// The names of what ran, in alphabetical order.
pub(super) fn ran(browser: &Browser) -> Value {
    browser.run("return window.all.toSorted()")
}

/// The last script takes its time, so everything else that should start has started before it.
const LAST: &str =
    r#"<script type="text/plain" data-consent="base" nonce="r4nd0m" src="/last.js"></script>"#;

/// Each is blocked because its nonce is missing or different.
const WITHOUT_NONCE: &str = r#"
<script type="text/plain" data-consent="base" src="data:text/javascript,ran('data')"></script>
<script type="text/plain" data-consent="base" src="/evil.js"></script>
<script type="text/plain" data-consent="base">ran("inline")</script>
<script type="text/plain" data-consent="base" nonce>ran("empty nonce")</script>
<script type="text/plain" data-consent="base" nonce="R4ND0M">ran("other nonce")</script>
<script type="text/plain" data-consent="base" data-nonce="r4nd0m">ran("data-nonce")</script>
<script type="text/plain" data-consent="base" data-type="module">ran("module")</script>
<script type="text/plain" data-consent="base" data-type="module" src="data:text/javascript,ran('src of module')"></script>
<script type="text/plain" data-consent="base" id="nonce" name="nonce">ran("named nonce")</script>
<form id="held"><script type="text/plain" data-consent="base">ran("in a form")</script><input name="nonce"></form>
<svg><script type="text/plain" data-consent="base" href="data:text/javascript,ran('svg')"></script></svg>
<svg><script type="text/plain" data-consent="base">ran("inline svg")</script></svg>
<math><script type="text/plain" data-consent="base">ran("math")</script></math>"#;

/// A tag without an end swallows the next one and its nonce.
const SWALLOWED: &str = r#"
<script type="text/plain" data-consent="base" src="data:text/javascript,ran('swallowed')" <script nonce="r4nd0m" src="/own.js"></script>
<script type="text/plain" data-consent="base" src="data:text/javascript,ran('in a value')" x="<ScRiPt" nonce="r4nd0m"></script>
<script type="text/plain" data-consent="base" src="data:text/javascript,ran('style')" x='<style ' nonce="r4nd0m"></script>"#;

const BROKEN: &str = r#"<script type="text/plain" data-consent="base" nonce="r4nd0m" "x'<=1>ran("odd attribute")</script>"#;

const WITH_NONCE: &str = r#"
<script type="text/plain" data-consent="base" nonce="r4nd0m">ran("inline with nonce")</script>
<script type="text/plain" data-consent="base" nonce="r4nd0m" src="/own.js"></script>
<script type="text/plain" data-consent="tiers" nonce="r4nd0m">ran("not allowed yet")</script>"#;

fn a_strict_policy_starts_what_has_its_nonce(kind: Kind) {
    let held = [BROKEN, WITHOUT_NONCE, SWALLOWED, WITH_NONCE, LAST].concat();
    let Some(browser) = Page::under(STRICT).body(&held).visit(kind) else {
        return;
    };
    browser.until("window.all.includes('last')");
    let mut started = ran(&browser);
    // A browser that treats such a name as that of an attribute may start it.
    let started = started.as_array_mut().unwrap();
    started.retain(|name| name != "odd attribute");
    assert_eq!(*started, ["inline with nonce", "last", "own"]);
    browser.click("button[value=accept]");
    browser.until(NO_BANNER);
    browser.until("window.all.includes('not allowed yet')");
}

fn a_strict_policy_holds_for_what_is_added_later(kind: Kind) {
    let Some(browser) = Page::under(STRICT).visit(kind) else {
        return;
    };
    browser.until("window.cookieConsent?.state");
    let add = |html: &str| {
        let html = Value::from(html);
        browser.run(&format!(
            "document.body.insertAdjacentHTML('beforeend', {html})"
        ));
    };
    for held in [WITHOUT_NONCE, SWALLOWED, WITH_NONCE, LAST] {
        add(held);
    }
    assert_eq!(ran(&browser), json!([]));
    browser.click("button[value=accept]");
    browser.until("window.all.includes('last')");
    assert_eq!(
        ran(&browser),
        json!(["inline with nonce", "last", "not allowed yet", "own"])
    );
}

fn a_policy_of_hosts_decides_where_the_script_has_no_nonce(kind: Kind) {
    let held = [WITHOUT_NONCE, WITH_NONCE, LAST].concat();
    let page = Page::under("default-src 'self'").body(&held);
    let Some(browser) = page.visit(kind) else {
        return;
    };
    browser.until("window.all.includes('last')");
    // The browser itself allows scripts of this host, and nothing inline.
    assert_eq!(ran(&browser), json!(["evil", "last", "own"]));
}

fn without_a_policy_everything_held_starts(kind: Kind) {
    let held = [WITH_NONCE, WITHOUT_NONCE, LAST].concat();
    let Some(browser) = Page::under("").body(&held).visit(kind) else {
        return;
    };
    browser.until("window.all.includes('last')");
    let started = ran(&browser);
    for name in ["data", "inline", "inline with nonce", "module", "own"] {
        assert!(started.as_array().unwrap().contains(&name.into()), "{name}");
    }
}

const TRUSTED: [&str; 3] = [
    "require-trusted-types-for 'script'",
    "require-trusted-types-for 'script'; trusted-types tower-cookie-consent",
    "require-trusted-types-for 'script'; trusted-types tower-cookie-consent; \
     script-src 'nonce-r4nd0m' 'strict-dynamic'",
];

fn trusted_types_let_held_scripts_start(kind: Kind) {
    let Some(browser) = noting_browser(kind) else {
        return;
    };
    for policy in TRUSTED {
        let loaded = r#"<script type="text/plain" data-consent="base" nonce="r4nd0m" src="/own.js" onload="ran('loaded')"></script>"#;
        let held = [WITH_NONCE, loaded, LAST].concat();
        browser.forget_cookies();
        Page::under(policy).body(&held).open(&browser);
        // The policy is in force.
        let text =
            "try { document.createElement('script').text = 'x' } catch (e) { return e.name }";
        assert_eq!(browser.run(text), "TypeError", "{policy}");
        browser.until("window.all.includes('last')");
        browser.click("button[value=accept]");
        browser.until(NO_BANNER);
        browser.until("window.all.includes('not allowed yet')");
        let mut expected = vec!["inline with nonce", "last", "not allowed yet", "own", "own"];
        if !policy.contains("script-src") {
            expected.insert(2, "loaded");
        }
        assert_eq!(ran(&browser), json!(expected), "{policy}");
        let offences = browser.run("return offences.filter((o) => o.includes('trusted'))");
        // The one that shows that the policy is in force.
        assert!(offences.as_array().unwrap().len() <= 1, "{offences}");
    }
}

fn trusted_types_without_leave_start_none_and_the_banner_works(kind: Kind) {
    let policy = "require-trusted-types-for 'script'; trusted-types 'none'";
    let held = [WITH_NONCE, LAST].concat();
    let Some(browser) = Page::under(policy).body(&held).visit(kind) else {
        return;
    };
    browser.until("window.cookieConsent?.state");
    browser.click("button[value=accept]");
    browser.until(NO_BANNER);
    browser.until("window.cookieConsent.allows('tiers')");
    assert_eq!(ran(&browser), json!([]));
}
