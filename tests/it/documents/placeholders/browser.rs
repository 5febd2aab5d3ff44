//! Placeholders in real browsers. Another site, on a port of its own, remembers what it is asked.

use std::{collections::BTreeSet, env, fs, thread, time::Duration};

use axum::{Router, response::Html, routing::get};
use fantoccini::key::Key;
use serde_json::{Value, json};
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookiePolicy,
    documents::{Documents, HtmlConsentLayer},
    pages::Pages,
    policy::{Placeholder, Service},
};

use crate::{
    documents::third::{QUIET, Third},
    pages::browser::axe::Axe,
    support::{
        browser::{Browser, Kind, in_chromium_first},
        process::of_crate,
        server::serve,
    },
};

in_chromium_first!(
    a_keyboard_allows_one_service_and_stops_it_in_place,
    placeholders_work_without_a_script,
    placeholders_fit_and_axe_finds_nothing,
    just_this_once_stores_nothing_and_moves_nothing,
);

const BODY: &str = "<div style='height: 1500px'></div><p><a id=before href='#main'>Before</a></p>\
    <p><iframe src=URL/frame width=560 height=315 style='max-width: 100%'></iframe></p>\
    <p><video src=URL/video width=400 height=300 controls></video></p>\
    <p><embed src=URL/embed type=text/html width=180 height=110></p>\
    <p><iframe src=URL/narrow width=200 height=300></iframe></p>\
    <p><iframe src=http://unknown.test/ title=Unknown></iframe></p>\
    <div data-consent=films></div><div style='height: 1500px'></div>";

/// A site with these pages, and the service of the other site.
fn site(third: &Third, documents: Documents, change: impl FnOnce(Pages) -> Pages) -> String {
    let films = Service::new("films")
        .title("Films")
        .controller("Films Ireland Ltd")
        .purposes(["playing films", "advertising"])
        .countries(["IE", "US"])
        .privacy_url("https://films.example/privacy")
        .placeholder(Placeholder::Video)
        .origins([third.url.clone()]);
    let media = Category::consent("media")
        .title("Media")
        .description("Films of others.");
    let policy = CookiePolicy::new([media.service(films)]).unwrap();
    let pages = change(Pages::at("/cookies", policy.clone()).unwrap());
    let body = BODY.replace("URL", &third.url);
    let fragments = pages.clone();
    let home = async move |consent: Consent, headers: http::HeaderMap| {
        let lang = fragments.language_for(&headers, None);
        let head = fragments.head(&consent, lang).unwrap();
        Html(format!(
            "<!doctype html><html lang={lang}><head>\
             <meta name=viewport content='width=device-width'><title>Page</title>{head}\
             <style>body {{ margin: 0 }}</style></head><body>\
             <main id=main tabindex=-1><h1>Page</h1>{body}</main></body></html>"
        ))
    };
    let layer = HtmlConsentLayer::new().documents(documents);
    let site = Router::new()
        .route("/", get(home))
        .layer(layer.pages(pages.clone()).banner(false).footer(false))
        .nest_service("/cookies", pages)
        .layer(CookieConsentLayer::new(policy));
    format!("http://{}/", serve(site))
}

const IS_HELD: &str = "document.readyState === 'complete' && document.querySelector('iframe')?.srcdoc \
    && document.querySelector('iframe').contentDocument?.querySelector('button')";
const IS_SHOWN: &str = "document.readyState === 'complete' && document.querySelector('.tcc-stop') \
    && !document.querySelector('iframe').srcdoc";

/// The first frame is where the visitor looks.
fn is_in_view(browser: &Browser) {
    let top = browser.run("return document.querySelector('iframe').getBoundingClientRect().top");
    let top = top.as_f64().unwrap();
    assert!((-10.0..700.0).contains(&top), "it is at {top}");
}

fn a_keyboard_allows_one_service_and_stops_it_in_place(kind: Kind) {
    let Some(browser) = Browser::start(kind) else {
        return;
    };
    let third = Third::start();
    browser.resize(1000, 700);
    browser.go(&site(&third, Documents::Both, |pages| pages));
    browser.until(IS_HELD);
    third.is_not_asked();
    let name = browser.run("return document.querySelector('iframe').title");
    assert_eq!(name, "Video from Films");
    if kind == Kind::Chromium {
        names_are_read_by_assistive_technology(&browser);
    }
    browser.run("document.querySelector('#before').focus()");
    let is_there =
        "return document.querySelector('iframe').contentDocument.activeElement?.value === 'allow'";
    for _ in 0..5 {
        if browser.run(is_there) == true {
            break;
        }
        browser.press(Key::Tab);
        thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(browser.run(is_there), true, "Tab does not reach the button");
    browser.press(Key::Enter);
    browser.until(IS_SHOWN);
    third.is_asked("frame");
    assert_eq!(browser.run("return location.hash"), "#tcc-embed-1");
    is_in_view(&browser);

    third.forget();
    browser.run("document.querySelector('.tcc-stop button').focus()");
    browser.press(Key::Enter);
    browser.until(IS_HELD);
    third.is_not_asked();
    is_in_view(&browser);
}

/// Reads Chromium's accessibility tree: that of the page, and that of the first frame.
fn names_are_read_by_assistive_technology(browser: &Browser) {
    let tree = browser.devtools("Page.getFrameTree", json!({}));
    let frame = tree["frameTree"]["childFrames"][0]["frame"]["id"].clone();
    browser.devtools("Accessibility.enable", json!({}));
    let nodes = |of: Value| {
        let tree = browser.devtools("Accessibility.getFullAXTree", of);
        let nodes = tree["nodes"].as_array().unwrap().clone();
        let read = nodes.iter().map(|node| {
            let text = |key: &str| node[key]["value"].as_str().unwrap_or_default().to_owned();
            format!("{} {}: {}", text("role"), text("name"), text("description"))
        });
        read.collect::<Vec<_>>()
    };
    let has = |nodes: &[String], start: &str| {
        let found = nodes.iter().any(|node| node.starts_with(start));
        assert!(found, "{start} in {nodes:#?}");
    };
    let page = nodes(json!({}));
    has(&page, "Iframe Video from Films");
    has(&page, "group Video from Films");
    has(
        &page,
        "button Always show Films here: Your permission covers",
    );
    let inside = nodes(json!({ "frameId": frame }));
    has(
        &inside,
        "button Always show Films here: Your permission covers",
    );
}

fn placeholders_work_without_a_script(kind: Kind) {
    let Some(browser) = Browser::start_without_scripts(kind) else {
        return;
    };
    let third = Third::start();
    browser.resize(1000, 700);
    browser.go(&site(&third, Documents::Both, |pages| pages));
    third.is_not_asked();
    // To the link before the frame, and from there to the button inside of it.
    browser.press_tab();
    for _ in 0..3 {
        browser.press(Key::Tab);
        browser.press(Key::Enter);
        thread::sleep(Duration::from_millis(700));
        if third.asked().contains("frame") {
            break;
        }
    }
    third.is_asked("frame");
    browser.follow(".tcc-stop button");
    third.forget();
    third.is_not_asked();
    let titles = browser.attributes("iframe", "title");
    assert!(titles.contains("Video from Films"), "{titles:?}");
    // The same from outside of a frame.
    browser.follow(".tcc-held-inline button[value=allow]");
    third.is_asked("video");
}

/// What is cut off or wider than its place, in the page's boxes and in its frames.
const CUT_OFF: &str = "const found = []; \
    const look = (root, all, what) => { \
      if (root.scrollWidth > root.clientWidth + 1) found.push(what + ' is ' + root.scrollWidth + ' wide'); \
      const place = root.getBoundingClientRect(); \
      for (const e of all) { \
        if (!e.checkVisibility() || e.closest('.tcc-hidden')) continue; \
        const box = e.getBoundingClientRect(); \
        if (box.left < place.left - 1 || box.right > place.left + root.offsetWidth + 1) \
          found.push(what + ': ' + e.outerHTML.slice(0, 120)); \
      } \
    }; \
    for (const f of document.querySelectorAll('iframe[srcdoc]')) { \
      const d = f.contentDocument; \
      look(d.documentElement, d.querySelectorAll('body *'), 'a frame of ' + f.clientWidth); \
    } \
    for (const c of document.querySelectorAll('.tcc-held-content')) \
      look(c, c.querySelectorAll('*'), 'a box of ' + c.clientWidth); \
    return found";

fn placeholders_fit_and_axe_finds_nothing(kind: Kind) {
    let (Some(axe), Some(browser)) = (Axe::get(), Browser::start(kind)) else {
        return;
    };
    let third = Third::start();
    let english = {
        let policy = CookiePolicy::new([Category::exempt("stats")]).unwrap();
        let pages = Pages::at("/cookies", policy.clone()).unwrap();
        serde_json::to_string(&*pages.view(&Consent::undecided(policy), "en").t).unwrap()
    };
    let url = site(&third, Documents::Both, |pages| {
        pages.language("he", &english).unwrap()
    });
    for (scheme, language) in [("light", "en"), ("dark", "en"), ("light", "he")] {
        browser.color_scheme(scheme);
        for width in [200, 390, 1280] {
            browser.resize(width, 800);
            browser.go(&url);
            browser.run(&format!("document.cookie = 'lang={language}; path=/'"));
            browser.go(&url);
            browser.until(IS_HELD);
            let what = format!("{scheme} {language} {width}");
            assert_eq!(browser.run(CUT_OFF), json!([]), "{what}");
            let directions = browser.run(
                "return [...document.querySelectorAll('.tcc-held'), \
                 document.querySelector('iframe').contentDocument.body]\
                 .map((e) => getComputedStyle(e).direction)",
            );
            let expected = if language == "he" { "rtl" } else { "ltr" };
            for direction in directions.as_array().unwrap() {
                assert_eq!(direction, expected, "{what}");
            }
            assert_eq!(axe.findings_with_frames(&browser), json!([]), "{what}");
        }
    }
    if kind == Kind::Chromium {
        let forced = json!([{ "name": "forced-colors", "value": "active" }]);
        browser.devtools("Emulation.setEmulatedMedia", json!({ "features": forced }));
        browser.go(&url);
        browser.until(IS_HELD);
        let button = browser.run(
            "const b = document.querySelector('iframe').contentDocument.querySelector('button'), \
             s = getComputedStyle(b); return [matchMedia('(forced-colors: active)').matches, \
             s.borderTopStyle, s.borderTopColor !== s.backgroundColor]",
        );
        assert_eq!(button, json!([true, "solid", true]));
    }
    third.is_not_asked();
}

fn just_this_once_stores_nothing_and_moves_nothing(kind: Kind) {
    let Some(browser) = Browser::start(kind) else {
        return;
    };
    let third = Third::start();
    let url = site(&third, Documents::Gate, |pages| pages);
    browser.resize(1000, 1400);
    browser.go(&url);
    browser.until(IS_HELD);
    let offered = "document.querySelector('iframe').contentDocument?.querySelector('.tcc-once:not([hidden])')";
    browser.until(offered);
    third.is_not_asked();
    browser.run(
        "scrollTo(0, 1450); window.shifts = 0; \
         if (window.LayoutShift) new PerformanceObserver((list) => \
           list.getEntries().forEach((e) => { shifts += e.value })).observe({ type: 'layout-shift' })",
    );
    thread::sleep(QUIET);
    let places = "return [...document.querySelectorAll('iframe, video, .tcc-held-inline')]\
        .filter((e) => e.checkVisibility()).map((e) => e.getBoundingClientRect())\
        .map((b) => [b.x, b.y, b.width, b.height].map(Math.round).join(' '))";
    let before = browser.run(places);
    browser.run(&format!("{offered}.click()"));
    third.is_asked("frame");
    browser.run("document.querySelector('.tcc-held-inline .tcc-once').click()");
    third.is_asked("video");
    thread::sleep(QUIET);
    let state = browser.run(
        "const frame = document.querySelector('iframe'), video = document.querySelector('video'); \
         return [frame.hasAttribute('srcdoc'), frame.title, video.hidden, shifts]",
    );
    assert_eq!(state, json!([false, "", false, 0]));
    assert_eq!(browser.run(places), before);
    assert_eq!(browser.cookies(), BTreeSet::new());
    // The others still wait, and on the next page all of them do.
    assert!(!third.asked().contains("narrow"));
    third.forget();
    browser.go(&url);
    browser.until(IS_HELD);
    third.is_not_asked();
}

/// Writes the screenshots of the docs: `WRITE_SCREENSHOTS=1 cargo test writes_the_screenshots`.
#[test]
fn writes_the_screenshots_of_placeholders_when_asked_to() {
    if env::var_os("WRITE_SCREENSHOTS").is_none() {
        return;
    }
    let Some(browser) = Browser::start(Kind::Chromium) else {
        return;
    };
    let third = Third::start();
    let url = site(&third, Documents::Both, |pages| pages);
    browser.devtools("Emulation.setScrollbarsHidden", json!({ "hidden": true }));
    for scheme in ["light", "dark"] {
        browser.color_scheme(scheme);
        for (device, width, height) in [("phone", 390, 844), ("desktop", 1280, 900)] {
            browser.resize(width, height);
            browser.go(&url);
            browser.until(IS_HELD);
            browser.run(&format!(
                "document.documentElement.style.colorScheme = '{scheme}'; \
                 document.querySelector('#before').scrollIntoView()"
            ));
            thread::sleep(QUIET);
            let name = format!("docs/screenshots/placeholder-{device}-{scheme}.png");
            fs::write(of_crate(&name), browser.screenshot()).unwrap();
        }
    }
}
