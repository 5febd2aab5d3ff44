//! The example `portal` in a real browser: what the pages promise, seen from outside. Each step
//! compares the browser's own jar, `HttpOnly` cookies included.

use std::{
    collections::BTreeSet,
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use serde_json::json;
use tower_cookie_consent::pages::Pages;

use super::{policy, site_with};
use crate::support::{
    browser::Browser,
    server::{Server, runtime},
};

const NECESSARY: [&str; 2] = ["csrftoken", "sessionid"];
const PREFERENCES: &str = "cookies_preferences";
const STATISTICS: &str = "_pk_id.1.fe4c";

fn jar<const N: usize>(others: [&str; N]) -> BTreeSet<String> {
    NECESSARY
        .into_iter()
        .chain(others)
        .map(str::to_owned)
        .collect()
}

fn everything() -> BTreeSet<String> {
    jar([PREFERENCES, STATISTICS, "parcours", "_ga", "_ga_PORTAIL"])
}

const NO_BANNER: &str = "!document.querySelector('.tcc-banner')";
const SAID: &str = "document.querySelector('.tcc-notice')?.textContent";

fn visit() -> Option<(Browser, Server)> {
    let browser = Browser::start()?;
    let portal = Server::start("portal");
    browser.go(&portal.url("/"));
    browser.until("window.cookieConsent?.state");
    Some((browser, portal))
}

#[test]
fn with_scripts_accepting_keeps_what_is_typed_and_moves_the_focus_to_the_content() {
    let Some((browser, portal)) = visit() else {
        return;
    };
    assert_eq!(browser.cookies(), jar([STATISTICS]));
    browser.go(&portal.url("/connexion"));
    browser.write("#name", "Amélie");
    browser.run(
        "document.addEventListener('cookieconsent', (e) => { window.told = e.detail.status })",
    );
    browser.click("button[value=accept]");
    browser.until(NO_BANNER);
    browser.until(SAID);
    assert_eq!(
        browser.run("return document.getElementById('name').value"),
        "Amélie"
    );
    assert_eq!(browser.run("return document.activeElement.id"), "content");
    assert_eq!(
        browser.run("return [window.told, cookieConsent.allows('tiers')]"),
        json!(["decided", true])
    );
    assert_eq!(browser.cookies(), jar([PREFERENCES, STATISTICS]));
    // The next page sets what was accepted, and the footer withdraws it.
    browser.go(&portal.url("/"));
    assert_eq!(browser.cookies(), everything());
    browser.click("button[value=withdraw]");
    browser.until("document.querySelector('.tcc-withdraw')?.hidden && window.cookieConsent?.state?.categories[3].allowed === false");
    assert_eq!(browser.cookies(), jar([PREFERENCES]));
}

#[test]
fn with_scripts_refusing_and_saving_a_part_keep_just_that() {
    let Some((browser, portal)) = visit() else {
        return;
    };
    browser.click("button[value=refuse]");
    browser.until(NO_BANNER);
    browser.until(SAID);
    assert_eq!(browser.cookies(), jar([PREFERENCES]));
    browser.go(&portal.url("/cookies/preferences"));
    browser.click("input[name=category][value=internes]");
    browser.follow("button[value=save]");
    browser.go(&portal.url("/"));
    assert_eq!(browser.cookies(), jar([PREFERENCES, "parcours"]));
}

#[test]
fn where_the_script_is_turned_down_the_form_says_why() {
    let Some((browser, _portal)) = visit() else {
        return;
    };
    browser.run("document.querySelector('.tcc-banner input[name=texts]').value = 'old'");
    browser.follow("button[value=accept]");
    assert_eq!(browser.path(), "/cookies/preferences");
    assert!(!browser.text(".tcc-error").is_empty());
    assert_eq!(browser.cookies(), jar([STATISTICS]));
}

#[test]
fn held_scripts_start_after_consent_and_google_is_told_denied_first() {
    let Some((browser, _portal)) = visit() else {
        return;
    };
    browser.run(
        "const held = document.createElement('script'); held.type = 'text/plain'; \
         held.dataset.consent = 'tiers'; held.nonce = 'n1'; held.src = '/icon.svg'; held.id = 'held'; \
         document.body.append(held)",
    );
    let told = "return (window.dataLayer || []).map((a) => [a[0], a[1], a[2].analytics_storage].join(' '))";
    assert_eq!(
        browser.run(told),
        json!(["consent default denied", "consent update denied"])
    );
    assert_eq!(
        browser.run("return document.getElementById('held').type"),
        "text/plain"
    );
    browser.click("button[value=accept]");
    browser.until("document.getElementById('held').type === ''");
    assert_eq!(
        browser.run("return document.getElementById('held').nonce"),
        "n1"
    );
    assert_eq!(
        browser.run(told),
        json!([
            "consent default denied",
            "consent update denied",
            "consent update granted"
        ])
    );
}

#[test]
fn without_scripts_the_choice_leads_back_and_is_announced() {
    let Some(browser) = Browser::start_without_scripts() else {
        return;
    };
    let portal = Server::start("portal");
    browser.go(&portal.url("/connexion"));
    assert_eq!(browser.cookies(), jar([STATISTICS]));
    browser.follow("button[value=accept]");
    assert_eq!(browser.path(), "/connexion");
    assert!(!browser.text(".tcc-notice").is_empty());
    assert_eq!(browser.run("return document.activeElement.id"), "content");
    assert_eq!(browser.cookies(), everything());
    browser.follow("button[value=withdraw]");
    assert_eq!(browser.cookies(), jar([PREFERENCES]));
    // From an error page the form confirms.
    browser.devtools("Storage.clearCookies", json!({}));
    browser.go(&portal.url("/introuvable"));
    browser.follow("button[value=refuse]");
    assert_eq!(browser.path(), "/cookies/preferences");
    assert!(!browser.text(".tcc-notice").is_empty());
}

#[test]
fn the_keyboard_alone_accepts_refuses_and_saves() {
    for decision in ["accept", "refuse", "save"] {
        let Some(browser) = Browser::start_without_scripts() else {
            return;
        };
        let portal = Server::start("portal");
        browser.go(&portal.url("/cookies/preferences"));
        browser.tab_to_and_press(decision);
        browser.go(&portal.url("/"));
        let expected = match decision {
            "accept" => everything(),
            "refuse" => jar([PREFERENCES]),
            _ => jar([PREFERENCES, STATISTICS]),
        };
        assert_eq!(browser.cookies(), expected, "{decision}");
    }
}

#[test]
fn after_going_back_the_banner_is_gone_and_the_state_is_right() {
    let Some((browser, portal)) = visit() else {
        return;
    };
    browser.go(&portal.url("/cookies/preferences"));
    browser.follow("button[value=accept]");
    browser.back();
    browser.back();
    assert_eq!(browser.path(), "/");
    browser.until("window.cookieConsent?.allows('tiers')");
    browser.until(NO_BANNER);
}

#[test]
fn a_choice_in_one_tab_counts_in_the_other() {
    let Some((browser, portal)) = visit() else {
        return;
    };
    let first = browser.open_tab();
    browser.go(&portal.url("/"));
    browser.click("button[value=refuse]");
    browser.until(NO_BANNER);
    assert_eq!(browser.cookies(), jar([PREFERENCES]));
    browser.switch_to(first);
    // The banner still stands there; the visitor may say yes after all.
    browser.click("button[value=accept]");
    browser.until(NO_BANNER);
    browser.go(&portal.url("/"));
    assert_eq!(browser.cookies(), everything());
}

#[test]
fn global_privacy_control_is_told_and_withholds_what_was_granted_without_it() {
    let Some((browser, portal)) = visit() else {
        return;
    };
    browser.click("button[value=accept]");
    browser.until(NO_BANNER);
    browser.devtools("Network.enable", json!({}));
    browser.devtools(
        "Network.setExtraHTTPHeaders",
        json!({ "headers": { "Sec-GPC": "1" } }),
    );
    browser.go(&portal.url("/cookies/preferences"));
    assert!(browser.text(".tcc-note").contains("Global Privacy Control"));
    assert_eq!(
        browser.run("return document.querySelectorAll('input[name=category]:checked').length"),
        0
    );
    browser.go(&portal.url("/"));
    assert_eq!(browser.cookies(), jar([PREFERENCES, STATISTICS]));
    // A yes that is given in spite of the signal stands.
    browser.go(&portal.url("/cookies/preferences"));
    browser.follow("button[value=accept]");
    browser.go(&portal.url("/"));
    assert_eq!(browser.cookies(), everything());
}

#[test]
fn pages_reflow_at_320_pixels_and_targets_are_44_pixels_high() {
    let Some((browser, portal)) = visit() else {
        return;
    };
    for width in [320, 1280] {
        browser.resize(width, 800);
        for path in ["/", "/cookies", "/cookies/preferences"] {
            browser.go(&portal.url(path));
            browser.run("document.querySelectorAll('details').forEach((d) => { d.open = true })");
            let wide = browser.run("return document.documentElement.scrollWidth - innerWidth");
            assert!(wide.as_i64().unwrap() <= 0, "{path}: {wide}");
            let small = browser.run(
                "return [...document.querySelectorAll('.tcc-button, .tcc-choose, .tcc-link, .tcc-check, summary, .tcc-footer a')]\
                 .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 43.5).map((e) => e.outerHTML)",
            );
            assert_eq!(small, json!([]), "{path} {width}");
        }
    }
}

/// The source of axe-core, fetched once into `target/`; `None`, loudly, where it can't be.
fn axe() -> Option<&'static str> {
    const VERSION: &str = "4.14.1";
    static SOURCE: OnceLock<Option<String>> = OnceLock::new();
    let fetch = || {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("axe-core-{VERSION}"));
        let file = folder.join("package/axe.min.js");
        if !file.exists() {
            fs::create_dir_all(&folder).ok()?;
            let package = format!("axe-core@{VERSION}");
            let run = |program: &str, arguments: &[&str]| {
                let status = Command::new(program)
                    .args(arguments)
                    .current_dir(&folder)
                    .output();
                status
                    .is_ok_and(|output| output.status.success())
                    .then_some(())
            };
            run("npm", &["pack", "--silent", &package])?;
            run("tar", &["-xzf", &format!("axe-core-{VERSION}.tgz")])?;
        }
        fs::read_to_string(file).ok()
    };
    let source = SOURCE.get_or_init(fetch).as_deref();
    if source.is_none() {
        let required = env::var_os("REQUIRE_BROWSER").is_some_and(|value| value == "1");
        assert!(
            !required,
            "REQUIRE_BROWSER=1, and axe-core could not be fetched with npm"
        );
        let mut stderr = io::stderr();
        writeln!(stderr, "SKIPPED: axe-core could not be fetched with npm").unwrap();
    }
    source
}

#[test]
fn axe_finds_nothing_on_any_page_in_any_state() {
    let (Some(axe), Some((browser, portal))) = (axe(), visit()) else {
        return;
    };
    for state in ["undecided", "accept", "refuse", "gpc"] {
        if state == "gpc" {
            browser.devtools("Network.enable", json!({}));
            browser.devtools(
                "Network.setExtraHTTPHeaders",
                json!({ "headers": { "Sec-GPC": "1" } }),
            );
        } else if state != "undecided" {
            browser.go(&portal.url("/cookies/preferences"));
            browser.follow(&format!("button[value={state}]"));
        }
        for scheme in ["light", "dark"] {
            browser.color_scheme(scheme);
            for path in [
                "/",
                "/cookies",
                "/cookies/preferences",
                "/cookies/none",
                "/cookies?lang=en",
            ] {
                for width in [320, 1280] {
                    browser.resize(width, 900);
                    browser.go(&portal.url(path));
                    browser.run(
                        "document.querySelectorAll('details').forEach((d) => { d.open = true })",
                    );
                    browser.run(axe);
                    let found = browser.run_to_the_end(
                        "const done = arguments[arguments.length - 1]; \
                         axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] })\
                         .then((r) => done(r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html + ' ' + n.failureSummary).join(' | '))))",
                    );
                    assert_eq!(found, json!([]), "{state} {scheme} {path} {width}");
                }
            }
        }
    }
}

#[test]
fn nothing_on_the_pages_offends_their_security_policy() {
    let Some((browser, portal)) = visit() else {
        return;
    };
    for path in ["/", "/cookies", "/cookies/preferences"] {
        browser.devtools(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({ "source": "window.offences = []; document.addEventListener('securitypolicyviolation', (e) => offences.push(e.violatedDirective + ' ' + e.blockedURI))" }),
        );
        browser.go(&portal.url(path));
        browser.until("window.cookieConsent?.state");
        assert_eq!(browser.run("return window.offences"), json!([]), "{path}");
    }
}

#[test]
fn on_paper_what_is_folded_is_open_and_what_is_for_the_screen_is_gone() {
    let Some((browser, portal)) = visit() else {
        return;
    };
    browser.go(&portal.url("/cookies/preferences"));
    let height = "return document.querySelector('details').getBoundingClientRect().height";
    let folded = browser.run(height).as_f64().unwrap();
    browser.devtools("Emulation.setEmulatedMedia", json!({ "media": "print" }));
    assert!(browser.run(height).as_f64().unwrap() > folded + 100.0);
    let buttons = "return document.querySelector('.tcc-button').checkVisibility()";
    assert_eq!(browser.run(buttons), false);
}

#[test]
fn a_fixed_banner_takes_two_fifths_of_the_height_at_most_and_hides_no_focus() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let pages = Pages::at("/cookies", policy()).unwrap().fixed(true);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        runtime().block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, site_with(pages, policy()))
                .await
                .unwrap();
        });
    });
    for (height, position) in [(800, "fixed"), (500, "static")] {
        browser.resize(1280, height);
        browser.go(&format!("http://{address}/"));
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

/// Writes the screenshots of the docs: `WRITE_SCREENSHOTS=1 cargo test writes_the_screenshots`.
#[test]
fn writes_the_screenshots_of_the_docs_when_asked_to() {
    if env::var_os("WRITE_SCREENSHOTS").is_none() {
        return;
    }
    let Some((browser, portal)) = visit() else {
        return;
    };
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/screenshots");
    fs::create_dir_all(&folder).unwrap();
    for scheme in ["light", "dark"] {
        browser.color_scheme(scheme);
        for (device, width, height) in [("phone", 390, 844), ("desktop", 1280, 900)] {
            browser.resize(width, height);
            for (name, path) in [
                ("banner", "/"),
                ("charter", "/cookies?lang=fr#tcc-necessaires"),
                ("form", "/cookies/preferences?lang=fr"),
            ] {
                browser.go(&portal.url(path));
                let file = folder.join(format!("{name}-{device}-{scheme}.png"));
                fs::write(file, browser.screenshot()).unwrap();
            }
        }
    }
}
