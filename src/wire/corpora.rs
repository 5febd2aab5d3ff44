//! Compares every row of the measured corpora in `tests/data/corpora` with what this module reads.
//! The counts are exact, so no change of behaviour goes unnoticed.

use super::{
    DAY,
    date::{cookie_date, strict_date},
    *,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// The day of the measurement at noon, in Unix seconds: 2026-11-23T12:00:00Z.
const MEASURED: u64 = 1_795_435_200;

fn rows(file: &str) -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/corpora/");
    let text = std::fs::read_to_string(format!("{folder}{file}.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Returns the bytes of a string with one character for each byte.
fn bytes(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    text.chars().map(|c| u8::try_from(c).unwrap()).collect()
}

fn all_bytes(texts: &Value) -> Vec<Vec<u8>> {
    texts.as_array().unwrap().iter().map(bytes).collect()
}

/// Returns `true` if the row can be a header value at all.
fn possible(row: &Value) -> bool {
    row["header_value_ok"].as_bool().unwrap()
}

fn count(counts: &mut BTreeMap<String, u32>, key: &str) {
    *counts.entry(key.to_owned()).or_default() += 1;
}

/// Checks that no cookie is stored under a name other than the one that was read, if any.
#[test]
fn every_effective_name_is_read() {
    for (file, expected_rows, expected_odd) in [
        ("set_cookie_chromium", 2170, 976),
        ("set_cookie_http_state", 222, 36),
    ] {
        let rows = rows(file);
        let mut odd = 0;
        for row in rows.iter().filter(|row| possible(row)) {
            let headers = all_bytes(&row["set_cookie"]);
            let names: Vec<_> = headers.iter().map(|header| name(header)).collect();
            for (header, name) in headers.iter().zip(&names) {
                let written = written_name(header).filter(|name| check_name(name).is_ok());
                assert_eq!(written, name.ok(), "{row}");
            }
            if names.iter().any(Result::is_err) {
                odd += 1;
                continue;
            }
            for effective in all_bytes(&row["effective_names"]) {
                assert!(names.contains(&Ok(&effective[..])), "{row}");
            }
        }
        assert_eq!((rows.len(), odd), (expected_rows, expected_odd), "{file}");
    }
}

#[test]
fn real_set_cookies_are_read() {
    let rows = rows("set_cookie_real_world");
    assert_eq!(rows.len(), 51);
    for row in rows {
        for header in all_bytes(&row["set_cookie"]) {
            assert_eq!(name(&header), Ok(&bytes(&row["name"])[..]), "{row}");
            assert_eq!(scope(&header).is_some(), !header.contains(&b'"'), "{row}");
            let stored = !row["stored"].as_array().unwrap().is_empty();
            let removal = classify_removal(&header, || MEASURED, || ServerDate::Absent);
            let stores = matches!(removal, Removal::No | Removal::Unlikely);
            assert_eq!(stores, stored, "{row}");
        }
    }
}

/// Checks that no browser keeps a cookie for longer than the lifetime that was read.
#[test]
fn no_lifetime_is_too_short() {
    let mut checked = 0;
    for (file, column) in [
        ("set_cookie_chromium", "attributes"),
        ("deletion_chromium", "lifetime_days"),
    ] {
        for row in rows(file).iter().filter(|row| possible(row)) {
            // If the server's clock is behind, browsers count from its time.
            let now = match row.get("date").map(bytes) {
                Some(date) => cookie_date(&date)
                    .map_or(MEASURED, |at| MEASURED.min(u64::try_from(at).unwrap_or(0))),
                None => MEASURED,
            };
            let read: Vec<_> = all_bytes(&row["set_cookie"])
                .iter()
                .map(|header| lifetime(header, now))
                .collect();
            for measured in row[column].as_array().unwrap() {
                let measured = measured.get("lifetime_days").unwrap_or(measured);
                let long_enough = |read: &Lifetime| match (read, measured.as_f64()) {
                    (Lifetime::Session, days) => days.is_none(),
                    (Lifetime::Seconds(0), _) => false,
                    (Lifetime::Seconds(_), None) => true,
                    // Days are rounded, and the measurement took part of a day.
                    (Lifetime::Seconds(seconds), Some(days)) => (seconds / DAY + 1) as f64 >= days,
                };
                assert!(read.iter().any(long_enough), "{read:?} {row}");
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 2892);
}

#[test]
fn removals_are_what_browsers_remove() {
    let rows = rows("deletion_chromium");
    assert_eq!(rows.len(), 1676);
    let mut counts = BTreeMap::new();
    let mut undisputed = Vec::new();
    for row in &rows {
        let served = server_date(row.get("date").map(bytes).iter().map(|date| &date[..]));
        let header = bytes(&row["set_cookie"][0]);
        let removal = classify_removal(&header, || MEASURED, || served);
        let stores = row["any_browser_stores"].as_bool().unwrap();
        let deletes = ["outcome", "firefox_outcome", "webkitgtk_outcome"]
            .iter()
            .filter(|&&browser| row[browser] == "delete")
            .count();
        if removal == Removal::Certain {
            assert!(!stores && row["outcome"] != "store", "{row}");
        }
        if removal == Removal::No && deletes > 0 {
            undisputed.push(row["id"].as_str().unwrap());
        }
        let deleting = match deletes {
            0 => "none",
            3 => "all",
            _ => "some",
        };
        count(&mut counts, &format!("{removal:?}: {deleting} delete"));
    }
    let expected = [
        ("Certain: all delete", 96),
        ("Certain: none delete", 3),
        ("Disputed: all delete", 189),
        ("Disputed: none delete", 57),
        ("Disputed: some delete", 368),
        ("No: none delete", 846),
        ("No: some delete", 3),
        ("Unlikely: none delete", 114),
    ];
    assert_eq!(counts, counted(&expected));
    // WebKitGTK overflows at 2^31 and 2^32, and reads an attribute after a form feed, which a
    // header value cannot contain.
    let expected = [
        "del-max-age-193",
        "del-max-age-202",
        "del-byte-before-attr-012",
    ];
    assert_eq!(undisputed, expected);
}

fn counted(counts: &[(&str, u32)]) -> BTreeMap<String, u32> {
    let owned = |&(key, count): &(&str, u32)| (key.to_owned(), count);
    counts.iter().map(owned).collect()
}

#[test]
fn dates_are_read_as_browsers_read_them() {
    let rows = rows("expires_dates");
    assert_eq!(rows.len(), 70);
    let mut strict = 0;
    for row in &rows {
        let text = bytes(&row["expires"]);
        let date = cookie_date(&text);
        let past = date.is_some_and(|at| at < i64::try_from(MEASURED).unwrap());
        assert_eq!(past, row["outcome"] == "delete", "{row}");
        if let Some(expected) = row["expected_utc"].as_str() {
            assert_eq!(
                date,
                strict_date(expected.as_bytes()).map(|at| i64::try_from(at).unwrap()),
                "{row}"
            );
        }
        if let Some(at) = strict_date(&text) {
            assert_eq!(
                Some(at),
                date.and_then(|at| u64::try_from(at).ok()),
                "{row}"
            );
            assert_eq!(row["outcome"], row["firefox_outcome"], "{row}");
            strict += 1;
        }
    }
    assert_eq!(strict, 16);
}

/// Checks that no lifetime is too short and no removal missed, even if only one browser reads the
/// date.
#[test]
fn odd_dates_may_be_any_time() {
    let rows = rows("odd_dates");
    assert_eq!(rows.len(), 154);
    let mut differ = 0;
    for row in &rows {
        let header = [b"_ga=x; Path=/; Expires=", &bytes(&row["expires"])[..]].concat();
        let browsers = [&row["chromium"], &row["firefox"]];
        differ += u32::from(browsers[0] != browsers[1]);
        let removal = classify_removal(&header, || MEASURED, || ServerDate::Absent);
        let lifetime = lifetime(&header, MEASURED);
        for browser in browsers {
            let (deletes, keeps) = (browser == "delete", browser.is_number());
            assert!(removal != Removal::Certain || deletes, "{row}");
            let likely = matches!(removal, Removal::Certain | Removal::Disputed);
            assert!(likely || !deletes, "{row}");
            // All of them were in the far future.
            let endless = matches!(lifetime, Lifetime::Seconds(seconds) if seconds > 395 * DAY);
            assert!(endless || !keeps, "{row}");
        }
    }
    assert_eq!(differ, 56);
}

const ALLOWED: [&str; 3] = ["session", "lang", "__Host-sid"];

fn allowed(name: &[u8]) -> bool {
    ALLOWED.iter().any(|allowed| allowed.as_bytes() == name)
}

/// Returns `true` if a filter that allows three names leaves the headers unchanged.
fn passes(fields: &[Vec<u8>], strict: bool) -> bool {
    fields.iter().flat_map(|field| pairs(field)).all(|pair| {
        pair.is_blank()
            || pair.name.is_ok_and(allowed) && (!strict || names_in_value(pair.value).all(allowed))
    })
}

/// Returns the parsers that read a refused name from headers that pass, with the number of rows.
fn leaks(rows: &[Value], strict: bool) -> (u32, BTreeMap<String, u32>) {
    let (mut passed, mut leaks) = (0, BTreeMap::new());
    for row in rows.iter().filter(|row| possible(row)) {
        if passes(&all_bytes(&row["cookie"]), strict) {
            passed += 1;
            for (parser, names) in row["names"].as_object().unwrap() {
                let mut names = names.as_array().into_iter().flatten();
                if names.any(|name| !allowed(name.as_str().unwrap().as_bytes())) {
                    count(&mut leaks, parser);
                }
            }
        }
    }
    (passed, leaks)
}

/// Strict values exist for parsers that read names inside values, and cover all of them.
#[test]
fn refused_names_do_not_reach_parsers() {
    let rows = rows("request_cookie");
    assert_eq!(rows.len(), 894);
    let (passed, leaking) = leaks(&rows, false);
    let expected = [
        ("aiohttp", 53),
        ("jetty_rfc2965", 3),
        ("python_http_cookies", 52),
        ("python_http_cookies_utf8", 52),
        ("tomcat_legacy", 3),
    ];
    assert_eq!((passed, leaking), (205, counted(&expected)));
    assert_eq!(leaks(&rows, true), (106, BTreeMap::new()));
}

#[test]
fn real_cookie_fields_are_read() {
    let rows = rows("request_cookie_real_world");
    assert_eq!(rows.len(), 17);
    for row in &rows {
        let fields = all_bytes(&row["cookie"]);
        let names: Vec<_> = fields
            .iter()
            .flat_map(|field| pairs(field))
            .map(|pair| String::from_utf8(pair.name.unwrap().to_vec()).unwrap())
            .collect();
        assert_eq!(row["names"]["starlette"], serde_json::json!(names), "{row}");
    }
}
