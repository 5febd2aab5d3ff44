//! What the pages' script starts after a choice, in real browsers: elements that the gate held back, and
//! those that the site itself wrote like that.

use std::{collections::BTreeSet, thread};

use axum::{Router, response::Html, routing::get};
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookiePolicy,
    documents::{Documents, HtmlConsentLayer},
    pages::Pages,
    policy::Service,
};

use super::third::{QUIET, Third};
use crate::support::{
    browser::{Browser, Kind, in_chromium_first},
    server::serve,
};

in_chromium_first!(
    held_elements_start_in_place_behind_the_gate,
    elements_that_the_site_holds_start_without_the_gate,
    a_page_under_a_policy_is_loaded_again_at_the_anchor,
    a_choice_without_a_script_leads_back_and_loads,
);

/// An element of each kind, with a path that says which. The gate renames the attributes; where the
/// site itself holds them back, `LABEL` is its label, and `HELD-` is before the names.
const ELEMENTS: &str = r#"
<iframe LABEL HELD-src="URL/iframe"></iframe>
<img LABEL HELD-src="URL/img" alt="">
<img LABEL HELD-srcset="URL/srcset 1x, URL/srcset2 9x" alt="">
<picture><source LABEL HELD-srcset="URL/picture"><img alt="" src="data:,"></picture>
<video LABEL HELD-src="URL/video" HELD-poster="URL/poster" preload="auto"></video>
<audio LABEL HELD-src="URL/audio" preload="auto"></audio>
<video preload="auto"><source LABEL HELD-src="URL/source"></video>
<video crossorigin><track default kind="subtitles" LABEL HELD-src="URL/track"></video>
<embed LABEL HELD-src="URL/embed">
<object LABEL HELD-data="URL/object"></object>
<input type="image" LABEL HELD-src="URL/input" alt="x">
<link rel="stylesheet" LABEL HELD-href="URL/link">
<link rel="preload" as="image" LABEL HELD-imagesrcset="URL/imagesrcset 1x">
<svg><image LABEL HELD-href="URL/svgimage" width="9" height="9"/></svg>
<svg><image LABEL HELD-xlink:href="URL/xlink" width="9" height="9"/></svg>
<table LABEL HELD-background="URL/background"><tr><td>x</td></tr></table>"#;

const PATHS: [&str; 17] = [
    "iframe",
    "img",
    "srcset",
    "picture",
    "video",
    "poster",
    "audio",
    "source",
    "track",
    "embed",
    "object",
    "input",
    "link",
    "imagesrcset",
    "svgimage",
    "xlink",
    "background",
];

/// In this order they have to run, but for the one that does not wait.
const SCRIPTS: &str = r#"
<script HOLD LABEL HELD-src="URL/1.js"></script>
<script HOLD LABEL>(window.ran ??= []).push("Marker(2)")</script>
<script HOLD LABEL HELD-src="URL/3.js"></script>
<script HOLD LABEL MODULE HELD-src="URL/4.mjs"></script>
<script HOLD LABEL>(window.ran ??= []).push("Marker(5)")</script>
<script async HOLD LABEL HELD-src="URL/async.js"></script>
<svg><script HOLD LABEL HELD-href="URL/svg.js"></script></svg>"#;

const SCRIPT_PATHS: [&str; 5] = ["1.js", "3.js", "4.mjs", "async.js", "svg.js"];

const RAN_IN_ORDER: &str = r#"["1.js","Marker(2)","3.js","Marker(5)"]"#;

fn paths() -> BTreeSet<String> {
    let all = PATHS.into_iter().chain(SCRIPT_PATHS);
    all.map(str::to_owned).collect()
}

/// A site, and two others that its page loads from.
struct Site {
    url: String,
    films: Third,
    maps: Third,
    unknown: Third,
}

/// A form for one service, as a placeholder has it.
fn form(decision: &str) -> String {
    format!(
        "<form method=post action=/cookies/preferences data-cookie-consent>\
         <input type=hidden name=service value=films><input type=hidden name=return_to value=/page>\
         <input type=hidden name=anchor value=here>\
         <button name=decision value={decision}>{decision}</button></form>"
    )
}

impl Site {
    /// With `None`, there is no layer for documents: the site itself holds its elements back.
    fn start(documents: Option<Documents>) -> Self {
        let [films, maps, unknown] = [Third::start(), Third::start(), Third::start()];
        let service = |id: &str, third: &Third| {
            let origins = [third.url.as_str()];
            Service::new(id).title(id).origins(origins)
        };
        let media = Category::consent("media").title("Media");
        let media = media.description("Films and maps.").services([
            service("films", &films).markers(["Marker("]),
            service("maps", &maps),
        ]);
        let policy = CookiePolicy::new([media]).unwrap();
        let pages = Pages::at("/cookies", policy.clone()).unwrap();
        let labelled = |third: &Third, id: &str| {
            let markup = [ELEMENTS, SCRIPTS].concat().replace("URL", &third.url);
            if documents.is_some() {
                return markup
                    .replace("HELD-", "")
                    .replace("LABEL", "")
                    .replace("HOLD", "")
                    .replace("MODULE", "type=module");
            }
            markup
                .replace("HELD-", "data-consent-")
                .replace("LABEL", &format!("data-consent={id}"))
                .replace("HOLD", "type=text/plain")
                .replace("MODULE", "data-type=module")
        };
        let mut markup = labelled(&films, "films");
        // Of these two, no script has a marker.
        for (third, id) in [(&maps, "maps"), (&unknown, "nobody")] {
            markup += &labelled(third, id).replace("Marker(", "other(");
        }
        let body = format!(
            "{}{}<h2 id=here>Here</h2>{markup}",
            form("allow"),
            form("deny")
        );
        let fragments = pages.clone();
        let page = async move |consent: Consent| {
            let head = fragments.head(&consent, "en").unwrap();
            Html(format!(
                "<!doctype html><title>t</title>{head}<main id=main tabindex=-1>{body}</main>"
            ))
        };
        let site = Router::new()
            .route("/page", get(page))
            .nest_service("/cookies", pages);
        let consent = CookieConsentLayer::new(policy);
        let site = match documents {
            Some(documents) => site
                .layer(HtmlConsentLayer::new().documents(documents))
                .layer(consent),
            None => site.layer(consent),
        };
        Self {
            url: format!("http://{}", serve(site)),
            films,
            maps,
            unknown,
        }
    }

    /// Opens the page, on which nothing loads yet.
    fn open(&self, browser: &Browser) {
        browser.go(&format!("{}/page", self.url));
        thread::sleep(QUIET);
        self.is_silent();
    }

    fn is_silent(&self) {
        for third in [&self.films, &self.maps, &self.unknown] {
            assert_eq!(third.asked(), BTreeSet::new());
        }
    }

    /// All of the films load, and nothing else.
    fn shows_films(&self, of: &str) {
        self.films.is_only_asked(&paths(), of);
        for third in [&self.maps, &self.unknown] {
            assert_eq!(third.asked(), BTreeSet::new(), "{of}");
        }
    }
}

const KNOWN: &str = "window.cookieConsent?.state";

/// The names of scripts that ran, but for those that wait for nothing.
fn ran(browser: &Browser) -> String {
    browser.until("window.ran?.includes('Marker(5)')");
    let script = "return JSON.stringify(ran.filter((name) => !/mjs|async|svg|other/.test(name)))";
    browser.run(script).as_str().unwrap().to_owned()
}

fn starts_in_place(kind: Kind, documents: Option<Documents>) {
    let Some(browser) = Browser::start(kind) else {
        return;
    };
    let site = Site::start(documents);
    site.open(&browser);
    browser.until(KNOWN);
    browser.run("window.same = true");
    browser.click("button[value=allow]");
    site.shows_films("in place");
    assert_eq!(ran(&browser), RAN_IN_ORDER);
    assert_eq!(
        browser.run("return window.same === true && !location.hash"),
        true
    );

    // What runs can't be unloaded, so that a withdrawal loads the page again.
    site.films.forget();
    browser.click("button[value=deny]");
    browser.until(&format!("!window.same && {KNOWN}"));
    thread::sleep(QUIET);
    site.is_silent();
    let left = "return (window.ran ?? []).filter((name) => !/other/.test(name)).length";
    assert_eq!(browser.run(left), 0);
}

fn held_elements_start_in_place_behind_the_gate(kind: Kind) {
    starts_in_place(kind, Some(Documents::Gate));
}

fn elements_that_the_site_holds_start_without_the_gate(kind: Kind) {
    starts_in_place(kind, None);
}

fn a_page_under_a_policy_is_loaded_again_at_the_anchor(kind: Kind) {
    let Some(browser) = Browser::start(kind) else {
        return;
    };
    for documents in [Documents::Both, Documents::Csp] {
        browser.forget_cookies();
        let site = Site::start(Some(documents));
        site.open(&browser);
        browser.until(KNOWN);
        browser.run("window.same = true");
        browser.click("button[value=allow]");
        browser.until(&format!("!window.same && {KNOWN}"));
        site.shows_films(&format!("{documents:?}"));
        assert_eq!(browser.run("return location.hash"), "#here");
        assert_eq!(ran(&browser), RAN_IN_ORDER);
        // It does not go on like that.
        browser.run("window.same = true");
        thread::sleep(QUIET);
        assert_eq!(browser.run("return window.same"), true);
    }
}

fn a_choice_without_a_script_leads_back_and_loads(kind: Kind) {
    let Some(browser) = Browser::start_without_scripts(kind) else {
        return;
    };
    for documents in [Documents::Gate, Documents::Both] {
        browser.forget_cookies();
        let site = Site::start(Some(documents));
        site.open(&browser);
        browser.follow("button[value=allow]");
        assert_eq!(browser.run("return location.hash"), "#here");
        let elements: BTreeSet<_> = PATHS.into_iter().map(str::to_owned).collect();
        site.films
            .is_only_asked(&elements, &format!("{documents:?}"));
        site.films.forget();
        browser.follow("button[value=deny]");
        thread::sleep(QUIET);
        site.is_silent();
    }
}
