//! A choice lasts its six months: it is written by HTTP, and no script of the crate writes a
//! cookie. (Safari deletes cookies written by scripts after seven days without interaction, but
//! keeps this one.)

use std::time::{SystemTime, UNIX_EPOCH};

use http::Method;
use serde_json::{Value, json};
use tower_cookie_consent::Consent;

use crate::{
    pages::{FORM, JSON, OWN, fetch, policy, post_with, request, send, set_cookies, site},
    support::{
        browser::{Browser, Kind, in_each_browser},
        raw::canned,
        rows,
        server::Server,
    },
};

const PREFERENCES: &str = "cookies_preferences";
const SIX_MONTHS: u64 = 182 * 24 * 60 * 60;

/// The value of this attribute of a `Set-Cookie` field.
fn attribute<'a>(field: &'a str, name: &str) -> Option<&'a str> {
    let (_, attributes) = field.split_once(';')?;
    attributes.split(';').find_map(|attribute| {
        let (key, value) = attribute.trim().split_once('=')?;
        key.eq_ignore_ascii_case(name).then_some(value)
    })
}

#[test]
fn each_way_to_choose_sets_the_cookie_by_http_for_182_days() {
    let consent = Consent::undecided(policy());
    let by_hand = consent.set_cookie(consent.refuse_all()).header_value();
    let mut fields = vec![by_hand.to_str().unwrap().to_owned()];
    for (headers, body) in [
        (&[FORM, OWN][..], "decision=accept"),
        (&[FORM, OWN], "decision=refuse"),
        // As the pages' script sends it.
        (
            &[FORM, OWN, ("accept", "application/json")],
            "decision=refuse",
        ),
        (&[JSON, OWN], r#"{"decision": "refuse"}"#),
    ] {
        let answer = post_with(headers, body);
        let set = set_cookies(&answer);
        let ours = set.iter().find(|field| field.starts_with(PREFERENCES));
        fields.push(ours.unwrap_or_else(|| panic!("{body}: {set:?}")).clone());
    }
    for field in fields {
        let max_age = attribute(&field, "Max-Age").unwrap();
        assert_eq!(max_age.parse(), Ok(SIX_MONTHS), "{field}");
        assert_eq!(attribute(&field, "Expires"), None, "{field}");
    }
}

/// Returns `true` if the script could write a cookie: it uses the property `cookie` in any way, or
/// the Cookie Store API.
fn touches_cookies(script: &str) -> bool {
    let name_byte = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'-');
    let alone = script.match_indices("cookie").any(|(at, word)| {
        let before = script.as_bytes()[..at].last();
        let after = script.as_bytes().get(at + word.len());
        !before.is_some_and(|byte| name_byte(*byte)) && !after.is_some_and(|byte| name_byte(*byte))
    });
    alone || script.contains("cookieStore")
}

#[test]
fn no_script_of_the_pages_can_write_a_cookie() {
    for script in [
        "document.cookie = 'a=b'",
        "d['cookie']='a'",
        "const { cookie } = doc",
        "cookieStore.set('a', 'b')",
    ] {
        assert!(touches_cookies(script), "{script}");
    }
    let mut scripts = 0;
    for path in ["/", "/cookies", "/cookies/preferences"] {
        let page = fetch(path, &[]).into_body();
        for (_, rest) in page
            .match_indices("<script")
            .map(|(at, tag)| page.split_at(at + tag.len()))
        {
            let (tag, rest) = rest.split_once('>').unwrap();
            assert!(rest.starts_with("</script>"), "inline: {path}");
            let (_, source) = tag.split_once("src=").unwrap();
            let source = source.replace("&#x2f;", "/");
            let source = source.trim_start_matches('"');
            let source = source.split(['"', ' ', '>']).next().unwrap();
            let file = source.rsplit('/').next().unwrap();
            let answer = send(
                site(),
                request(Method::GET, &format!("/cookies/{file}"), &[], ""),
            );
            assert!(answer.status().is_success(), "{source}");
            let script = answer.into_body();
            assert!(
                script.contains("fetch("),
                "the choice goes over HTTP: {source}"
            );
            assert!(!touches_cookies(&script), "{source}");
            scripts += 1;
        }
    }
    assert!(scripts > 0, "no page had the script");
}

/// Accepts on the portal and returns for how many seconds the browser will keep the choice.
fn kept_for(browser: &Browser, accept: impl Fn(&Browser)) -> f64 {
    let portal = Server::start("portal");
    browser.go(&portal.url("/"));
    accept(browser);
    let expiry = browser.expiry_of(PREFERENCES).expect("no session cookie");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    expiry - now.as_secs_f64()
}

fn assert_six_months(seconds: f64) {
    // The browser took a moment to get here.
    let missing = SIX_MONTHS as f64 - seconds;
    assert!((-5.0..120.0).contains(&missing), "{missing} s short");
}

/// Every row of `odd_dates.jsonl` is measured again.
fn odd_dates_are_read_as_they_were_measured(kind: Kind) {
    let Some(browser) = Browser::start(kind) else {
        return;
    };
    let column = match kind {
        Kind::Chromium => "chromium",
        Kind::Firefox => "firefox",
    };
    let rows = rows("odd_dates");
    // Browsers keep only so many cookies of one host.
    for rows in rows.chunks(80) {
        let seed = rows
            .iter()
            .map(|row| format!("{}=x; Max-Age=9999", id(row)));
        let set = rows.iter().map(|row| {
            let date = row["expires"].as_str().unwrap();
            format!("{}=x; Expires={date}", id(row))
        });
        let served = [seed.collect(), set.collect()].map(|fields: Vec<String>| {
            let fields = fields
                .iter()
                .map(|field| format!("Set-Cookie: {field}; Path=/\r\n"));
            let fields: String = fields.collect();
            format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 2\r\n\r\nok")
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        for served in served {
            let (address, _heads) = runtime.block_on(canned(served));
            browser.go(&format!("http://{address}/"));
        }
        let kept = browser.cookies();
        for row in rows {
            let found = match () {
                () if !kept.contains(id(row)) => json!("delete"),
                () => match browser.expiry_of(id(row)) {
                    None => json!("session"),
                    Some(expiry) => json!((days_from_now(expiry) * 10.0).round() / 10.0),
                },
            };
            assert_eq!(found, row[column], "{row}");
        }
        browser.forget_cookies();
    }
}

fn id(row: &Value) -> &str {
    row["id"].as_str().unwrap()
}

fn days_from_now(expiry: f64) -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    (expiry - now.as_secs_f64()) / 86_400.0
}

in_each_browser!(
    odd_dates_are_read_as_they_were_measured,
    scripts_do_not_shorten_the_life_of_the_choice,
    a_browser_without_scripts_keeps_the_choice_six_months,
);

fn scripts_do_not_shorten_the_life_of_the_choice(kind: Kind) {
    let Some(browser) = Browser::start(kind) else {
        return;
    };
    assert_six_months(kept_for(&browser, |browser| {
        browser.until("window.cookieConsent?.state");
        browser.run(
            "window.wrote = []; \
             Object.defineProperty(document, 'cookie', { set(it) { window.wrote.push(it) } }); \
             document.cookie = 'seen'",
        );
        browser.click("button[value=accept]");
        browser.until("!document.querySelector('.tcc-banner')");
        // It is the same page, and only saw the test's own write.
        assert_eq!(browser.run("return window.wrote"), json!(["seen"]));
    }));
}

fn a_browser_without_scripts_keeps_the_choice_six_months(kind: Kind) {
    let Some(browser) = Browser::start_without_scripts(kind) else {
        return;
    };
    assert_six_months(kept_for(&browser, |browser| {
        browser.follow("button[value=accept]");
    }));
}
