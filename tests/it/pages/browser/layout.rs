//! The layout in narrow windows, at 400 % zoom, with wide text spacing, right to left, on paper,
//! and with the fixed banner.

use serde_json::json;
use tower_cookie_consent::{Consent, pages::Pages};

use super::{
    super::{policy, site_with},
    UNFOLD,
    axe::Axe,
    serve, visit,
};
use crate::support::{
    browser::{Browser, Kind, in_chromium_first},
    server::Server,
};

in_chromium_first!(
    pages_reflow_at_320_pixels_and_targets_are_44_pixels_high,
    at_400_percent_every_control_can_be_reached,
    where_text_is_set_wider_nothing_is_cut_off,
    tab_reaches_every_control_in_order_and_the_focus_is_seen,
    a_language_from_right_to_left_mirrors_the_pages,
    print_opens_what_is_folded_and_hides_controls,
    a_fixed_banner_is_low_and_hides_no_focus,
);

const PAGES: [&str; 4] = ["/", "/cookies", "/cookies/preferences", "/cookies/none"];

/// Neither the page nor anything on it is wider than the window, and no text is cut off.
pub(crate) fn nothing_is_cut_off(browser: &Browser, what: &str) {
    let cut = browser.run(
        "const wide = document.documentElement.clientWidth, found = []; \
         if (document.documentElement.scrollWidth > wide) found.push('the page'); \
         for (const e of document.querySelectorAll('body *')) { \
           if (!e.checkVisibility() || e.closest('.tcc-hidden, .tcc-skip, .skip')) continue; \
           const box = e.getBoundingClientRect(), hides = getComputedStyle(e).overflowX !== 'visible'; \
           if (box.left < -1 || box.right > wide + 1 || hides && e.scrollWidth > e.clientWidth + 1) \
             found.push(e.outerHTML.slice(0, 200)); \
         } return found",
    );
    assert_eq!(cut, json!([]), "{what}");
}

/// Each control can be scrolled to, and is not covered there.
fn every_control_can_be_reached(browser: &Browser, what: &str) {
    let [all, lost] = [
        "return controls.length",
        "return controls.filter((e) => { \
           e.scrollIntoView({ block: 'center' }); \
           const box = e.getBoundingClientRect(); \
           const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2); \
           return !e.contains(hit); \
         }).map((e) => e.outerHTML)",
    ]
    .map(|rest| {
        browser.run(&format!(
            "const controls = [...document.querySelectorAll('.tcc-button, .tcc-choose, .tcc-link, \
             .tcc-check input, summary, .tcc-footer a, .tcc-languages a')]\
             .filter((e) => e.checkVisibility()); {rest}"
        ))
    });
    assert!(all.as_u64().unwrap() > 0, "{what}");
    assert_eq!(lost, json!([]), "{what}");
}

fn pages_reflow_at_320_pixels_and_targets_are_44_pixels_high(kind: Kind) {
    let Some((browser, portal)) = visit(kind) else {
        return;
    };
    for_each_page_narrow_and_wide(&browser, &portal, |what| {
        nothing_is_cut_off(&browser, what);
        let small = browser.run(
            "return [...document.querySelectorAll('.tcc-button, .tcc-choose, .tcc-link, .tcc-check, summary, .tcc-footer a')]\
             .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 43.5).map((e) => e.outerHTML)",
        );
        assert_eq!(small, json!([]), "{what}");
    });
}

/// On a phone and on a desktop, with everything unfolded.
fn for_each_page_narrow_and_wide(browser: &Browser, portal: &Server, look: impl Fn(&str)) {
    for width in [320, 1280] {
        browser.resize(width, 800);
        for path in PAGES {
            browser.go(&portal.url(path));
            browser.run(UNFOLD);
            look(&format!("{path} {width}"));
        }
    }
}

/// A window of 1280 by 1024 pixels of the screen, each CSS pixel as four by four of them.
fn at_400_percent_every_control_can_be_reached(kind: Kind) {
    let Some((browser, portal)) = visit(kind) else {
        return;
    };
    let fixed = Pages::at("/cookies", policy()).unwrap().fixed(true);
    let fixed = format!("{}/", serve(site_with(fixed, policy())));
    browser.zoom(320, 256, 4);
    let mut urls = PAGES.map(|path| portal.url(path)).to_vec();
    urls.push(fixed);
    for url in urls {
        browser.go(&url);
        browser.run(UNFOLD);
        assert_eq!(
            browser.run("return [innerWidth, innerHeight, devicePixelRatio]"),
            json!([320, 256, 4])
        );
        nothing_is_cut_off(&browser, &url);
        every_control_can_be_reached(&browser, &url);
    }
}

/// WCAG 1.4.12: the spacing that a visitor may set.
fn where_text_is_set_wider_nothing_is_cut_off(kind: Kind) {
    let Some((browser, portal)) = visit(kind) else {
        return;
    };
    for_each_page_narrow_and_wide(&browser, &portal, |what| {
        browser.run(
            "const wider = new CSSStyleSheet(); \
             wider.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; \
             word-spacing: .16em !important } p { margin-block-end: 2em !important }'); \
             document.adoptedStyleSheets = [wider]",
        );
        let spacing = "return getComputedStyle(document.querySelector('h1')).letterSpacing";
        assert_ne!(browser.run(spacing), "normal");
        nothing_is_cut_off(&browser, what);
        every_control_can_be_reached(&browser, what);
    });
}

/// Follows Tab from the skip link through the page in order, without skipping anything and without
/// a trap; the outline has at least two pixels, inside the window as far as the browser scrolls (WCAG 2.4.3,
/// 2.4.7, 2.4.11).
fn tab_reaches_every_control_in_order_and_the_focus_is_seen(kind: Kind) {
    let Some((browser, portal)) = visit(kind) else {
        return;
    };
    browser.resize(1280, 600);
    let in_sight = kind.shows_focus();
    for path in PAGES {
        browser.go(&portal.url(path));
        let controls = "[...document.querySelectorAll('a[href], button, input, summary')]\
             .filter((e) => e.type !== 'hidden' && e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }))";
        let count = browser.run(&format!("return {controls}.length"));
        let count = count.as_u64().unwrap();
        assert!(count > 3, "{path}");
        for number in 0..count {
            browser.press_tab();
            let wrong = browser.run(&format!(
                "const focused = document.activeElement, due = {controls}[{number}]; \
                 const style = getComputedStyle(focused), box = focused.getBoundingClientRect(); \
                 return [ \
                   focused !== due && 'the focus is on ' + focused.outerHTML.slice(0, 120), \
                   !(style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2) && 'no outline', \
                   !({in_sight}) && 'the outline is cut off', \
                 ].filter(Boolean).map((what) => what + ': ' + due.outerHTML.slice(0, 120))"
            ));
            assert_eq!(wrong, json!([]), "{path}, after {} times Tab", number + 1);
        }
    }
}

/// With the English texts under another language's tag: an element's distance from the left must
/// become its distance from the right. Only widths may differ, as browsers choose fonts by
/// language.
fn a_language_from_right_to_left_mirrors_the_pages(kind: Kind) {
    let (Some(axe), Some(browser)) = (Axe::get(), Browser::start(kind)) else {
        return;
    };
    let pages = Pages::at("/cookies", policy()).unwrap().site("Portal");
    let english = pages.view(&Consent::undecided(policy()), "en").t;
    let english = serde_json::to_string(&*english).unwrap();
    let site = serve(site_with(pages.language("he", &english).unwrap(), policy()));
    browser.go(&format!("{site}/"));
    for (width, path) in [320, 1280]
        .into_iter()
        .flat_map(|width| PAGES.map(|path| (width, path)))
    {
        browser.resize(width, 800);
        let what = format!("{path} {width}");
        let open = |language: &str| {
            browser.run(&format!("document.cookie = 'lang={language}; path=/'"));
            browser.go(&format!("{site}{path}"));
            browser.run(UNFOLD);
        };
        open("en");
        let left = starts(&browser, "b.left");
        open("he");
        let right = starts(&browser, "document.documentElement.clientWidth - b.right");
        let direction =
            "return getComputedStyle(document.querySelector('.tcc, .tcc-main')).direction";
        assert_eq!(browser.run(direction), "rtl", "{what}");
        assert_eq!(left.len(), right.len(), "{what}");
        for ((html, left), (_, right)) in left.iter().zip(&right) {
            assert!(
                (left - right).abs() < 1.5,
                "{what}: {left} became {right}: {html}"
            );
        }
        // The first of two buttons in a row is the one on the right.
        let in_order = "return [...document.querySelectorAll('.tcc-buttons')].every((row) => { \
             const [one, two] = [...row.children].map((e) => e.getBoundingClientRect()); \
             return !two || (one.top === two.top ? one.left >= two.right : one.right === two.right); })";
        assert_eq!(browser.run(in_order), true, "{what}");
        nothing_is_cut_off(&browser, &what);
        every_control_can_be_reached(&browser, &what);
        let part = if path == "/" { "'.tcc'" } else { "document" };
        assert_eq!(axe.findings(&browser, part), json!([]), "{what}");
    }
}

/// Returns how far elements that begin a row are from one side; `b` is the box of each.
fn starts(browser: &Browser, distance: &str) -> Vec<(String, f64)> {
    let found = browser.run(&format!(
        "return [...document.querySelectorAll('.tcc-site, h1, h2, h3, h4, legend, li, fieldset, .tcc-told, .tcc-inner > form, \
         .tcc-notice, .tcc-note, .tcc-badge, .tcc-buttons > :first-child, .tcc-check input, summary, th, td, code, \
         .tcc-footer > :first-child')]\
         .filter((e) => e.checkVisibility() && !e.closest('.tcc-languages li'))\
         .map((e) => {{ const b = e.getBoundingClientRect(); return [e.outerHTML.slice(0, 80), {distance}]; }})",
    ));
    let rows = found.as_array().unwrap().iter();
    rows.map(|row| (row[0].to_string(), row[1].as_f64().unwrap()))
        .collect()
}

fn print_opens_what_is_folded_and_hides_controls(kind: Kind) {
    let Some((browser, portal)) = visit(kind) else {
        return;
    };
    browser.go(&portal.url("/cookies/preferences"));
    let height = "return document.querySelector('details').getBoundingClientRect().height";
    let folded = browser.run(height).as_f64().unwrap();
    browser.print();
    assert!(browser.run(height).as_f64().unwrap() > folded + 100.0);
    let buttons = "return document.querySelector('.tcc-button').checkVisibility()";
    assert_eq!(browser.run(buttons), false);
}

fn a_fixed_banner_is_low_and_hides_no_focus(kind: Kind) {
    let Some(browser) = Browser::start(kind) else {
        return;
    };
    let pages = Pages::at("/cookies", policy()).unwrap().fixed(true);
    let site = serve(site_with(pages, policy()));
    for (height, position) in [(800, "fixed"), (500, "static")] {
        browser.resize(1280, height);
        browser.go(&format!("{site}/"));
        let banner = "getComputedStyle(document.querySelector('.tcc-banner'))";
        assert_eq!(browser.run(&format!("return {banner}.position")), position);
        let covered = browser.run(
            "const rest = innerHeight * 0.6 - 1; \
             const banner = document.querySelector('.tcc-banner').getBoundingClientRect(); \
             if (getComputedStyle(document.querySelector('.tcc-banner')).position === 'static') return []; \
             const filler = document.createElement('div'); filler.style.height = '3000px'; \
             document.querySelector('main').append(filler); \
             const links = [...document.querySelectorAll('footer a')]; \
             links.forEach((a) => a.focus()); \
             const low = links.filter((a) => a.getBoundingClientRect().bottom > banner.top); \
             return [banner.top >= rest ? null : banner.top, ...low.map((a) => a.outerHTML)].filter(Boolean)",
        );
        assert_eq!(covered, json!([]), "{height}");
    }
}
