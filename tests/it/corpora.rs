//! Sends every row of the measured corpora through the layer. The counts are exact, so no change of
//! behaviour goes unnoticed.

use std::collections::{BTreeMap, BTreeSet};

use http::{HeaderMap, HeaderValue, header::DATE};
use serde_json::Value;
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookieDeclaration, CookiePolicy, Undeclared,
};

use crate::support::{
    NOW, Prefs, all_bytes, at, bytes, exchange, is_strict_removal, layer, name_of, possible,
    request, response, rows, value,
};

const SET_COOKIE_FILES: [&str; 2] = ["set_cookie_chromium", "set_cookie_http_state"];

/// The result for the headers of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Passed,
    /// At least one header was removed or replaced with a removal.
    Changed,
}

type Counts = BTreeMap<String, u32>;

fn counted(counts: &[(&str, u32)]) -> Counts {
    counts
        .iter()
        .map(|&(key, count)| (key.to_owned(), count))
        .collect()
}

fn count(counts: &mut Counts, key: impl Into<String>) {
    *counts.entry(key.into()).or_default() += 1;
}

/// A policy of these names, and nothing else.
fn site(allowed: &[&str], refused: &[&str]) -> Option<CookieConsentLayer> {
    let declare =
        |names: &[&str]| -> Vec<_> { names.iter().copied().map(CookieDeclaration::new).collect() };
    let policy = CookiePolicy::new([
        Category::necessary("base").cookies(declare(allowed)),
        Category::consent("tiers").cookies(declare(refused)),
    ]);
    Some(CookieConsentLayer::new(policy.ok()?).with_clock(|| at(NOW)))
}

/// The fields through the layer: what left, and that nothing was added or moved.
fn through(layer: &CookieConsentLayer, fields: &[Vec<u8>]) -> (Outcome, Vec<Vec<u8>>) {
    let done = exchange(layer, request([("cookie", "x=1")]), response(fields));
    let left: Vec<_> = done
        .set_cookie_bytes()
        .iter()
        .map(|field| field.to_vec())
        .collect();
    let mut sent = fields.iter();
    for field in &left {
        let kept = sent.by_ref().any(|sent| {
            sent == field || name_of(sent) == name_of(field) && is_strict_removal(field)
        });
        assert!(kept, "{left:?} is not part of {fields:?}");
    }
    let outcome = if left == fields {
        Outcome::Passed
    } else {
        Outcome::Changed
    };
    (outcome, left)
}

fn effective_names(row: &Value) -> Vec<Vec<u8>> {
    all_bytes(&row["effective_names"])
}

#[test]
fn no_cookie_passes_under_a_name_that_is_not_allowed() {
    for (file, expected) in SET_COOKIE_FILES.into_iter().zip([(105, 1777), (132, 88)]) {
        let allowed = ["session", "foo"];
        let layer = site(&allowed, &["_ga"]).unwrap();
        let (mut passed, mut changed) = (0, 0);
        for row in rows(file).iter().filter(|row| possible(row)) {
            let (outcome, left) = through(&layer, &all_bytes(&row["set_cookie"]));
            for field in left {
                let allowed = allowed.contains(&str::from_utf8(name_of(&field)).unwrap());
                assert!(allowed || is_strict_removal(&field), "{row}");
            }
            match outcome {
                Outcome::Passed => {
                    passed += 1;
                    for name in effective_names(row) {
                        assert!(allowed.contains(&str::from_utf8(&name).unwrap()), "{row}");
                    }
                }
                Outcome::Changed => changed += 1,
            }
        }
        assert_eq!((passed, changed), expected, "{file}");
    }
}

#[test]
fn no_withheld_name_passes_where_undeclared_ones_may() {
    for (file, expected) in SET_COOKIE_FILES.into_iter().zip([(530, 1352), (184, 36)]) {
        let layer = site(&["session"], &["_ga"])
            .unwrap()
            .undeclared(Undeclared::Allow);
        let (mut passed, mut changed) = (0, 0);
        for row in rows(file).iter().filter(|row| possible(row)) {
            match through(&layer, &all_bytes(&row["set_cookie"])).0 {
                Outcome::Passed => {
                    passed += 1;
                    assert!(!effective_names(row).contains(&b"_ga".to_vec()), "{row}");
                }
                Outcome::Changed => changed += 1,
            }
        }
        assert_eq!((passed, changed), expected, "{file}");
    }
}

/// Each name under which a browser stored something is withheld in turn, and all others may pass.
/// An invalid name is withheld whatever the policy; a name with a `*` or of more than 4,096 bytes,
/// which policies can't declare, is withheld if undeclared ones are.
#[test]
fn no_cookie_passes_under_any_browsers_name_for_it() {
    let closed = site(&[], &[]).unwrap();
    let open = closed.clone().undeclared(Undeclared::Allow);
    for (file, expected) in SET_COOKIE_FILES
        .into_iter()
        .zip([[1314, 9, 738], [203, 1, 9]])
    {
        let [mut declared, mut long, mut odd] = [0; 3];
        for row in rows(file).iter().filter(|row| possible(row)) {
            let fields = all_bytes(&row["set_cookie"]);
            for name in effective_names(row) {
                let declarable = str::from_utf8(&name)
                    .ok()
                    .filter(|name| !name.contains('*'));
                let layer = match declarable.and_then(|name| site(&[], &[name])) {
                    Some(layer) => {
                        declared += 1;
                        &layer.undeclared(Undeclared::Allow)
                    }
                    None if name.contains(&b'*') || name.len() > 4_096 => {
                        long += 1;
                        &closed
                    }
                    None => {
                        odd += 1;
                        &open
                    }
                };
                assert_eq!(through(layer, &fields).0, Outcome::Changed, "{row}");
            }
        }
        assert_eq!([declared, long, odd], expected, "{file}");
    }
}

#[test]
fn no_measured_cookie_passes_as_a_removal() {
    let refused = layer();
    let mut counts = Counts::new();
    for row in rows("deletion_chromium").iter().filter(|row| possible(row)) {
        let field = bytes(&row["set_cookie"][0]);
        let mut removal = response([&field]);
        if let Some(date) = row.get("date") {
            removal.headers_mut().append(DATE, value(bytes(date)));
        }
        let done = exchange(
            &refused,
            request([("cookie", Prefs::refuse().pair())]),
            removal,
        );
        let left = done.set_cookie_bytes();
        match left[..] {
            [] => count(&mut counts, "withheld"),
            [same] if same == field => {
                let stores = ["outcome", "firefox_outcome", "webkitgtk_outcome"]
                    .iter()
                    .any(|browser| row[browser] == "store");
                assert!(!stores && row["any_browser_stores"] == false, "{row}");
                count(&mut counts, "passed");
            }
            [other] => {
                assert!(is_strict_removal(other), "{row}: {}", other.escape_ascii());
                assert_eq!(name_of(other), b"_ga", "{row}");
                count(&mut counts, "replaced");
            }
            _ => panic!("{row}: {left:?}"),
        }
    }
    let expected = [("passed", 99), ("replaced", 302), ("withheld", 1129)];
    assert_eq!(counts, counted(&expected));
}

#[test]
fn no_future_date_passes_as_a_removal() {
    let mut counts = Counts::new();
    for row in rows("expires_dates") {
        let field = bytes(&row["set_cookie"][0]);
        let done = exchange(&layer(), request::<&str>([]), response([&field]));
        match done.set_cookie_bytes()[..] {
            [] => count(&mut counts, "withheld"),
            [same] if same == field => {
                assert_eq!(row["outcome"], "delete", "{row}");
                assert_eq!(row["firefox_outcome"], "delete", "{row}");
                count(&mut counts, "passed");
            }
            [other] => {
                assert!(
                    is_strict_removal(other) && name_of(other) == b"_ga",
                    "{row}"
                );
                count(&mut counts, "replaced");
            }
            _ => panic!("{row}"),
        }
    }
    let expected = [("passed", 16), ("replaced", 47), ("withheld", 7)];
    assert_eq!(counts, counted(&expected));
}

#[test]
fn set_cookies_of_known_sites_pass_byte_for_byte() {
    let rows = rows("set_cookie_real_world");
    assert_eq!(rows.len(), 51);
    for row in &rows {
        let fields = all_bytes(&row["set_cookie"]);
        let name = row["name"].as_str().unwrap();
        let necessary = site(&[name], &[]).unwrap();
        assert_eq!(through(&necessary, &fields).0, Outcome::Passed, "{row}");

        let consenting = site(&[], &[name]).unwrap();
        let granted = Prefs::of(&[("tiers", true)]).pair();
        let done = exchange(
            &consenting,
            request([("cookie", granted)]),
            response(&fields),
        );
        assert_eq!(done.set_cookie_bytes(), fields, "{row}");

        // Without consent nothing is left of those that browsers stored.
        let stored = !row["stored"].as_array().unwrap().is_empty();
        let (outcome, left) = through(&consenting, &fields);
        if stored {
            assert!(left.is_empty(), "{row}");
        } else {
            assert!(
                outcome == Outcome::Passed || left.iter().all(|field| is_strict_removal(field)),
                "{row}"
            );
        }
    }
}

const ALLOWED: [&str; 3] = ["session", "lang", "__Host-sid"];

/// Returns every name except the allowed ones that any parser read in the rows and that can be
/// declared.
fn refused_names(rows: &[Value]) -> Vec<String> {
    let names = rows
        .iter()
        .flat_map(|row| row["names"].as_object().unwrap().values());
    let names: BTreeSet<_> = names
        .filter_map(Value::as_array)
        .flatten()
        .map(|name| name.as_str().unwrap())
        .filter(|name| !ALLOWED.contains(name) && !name.ends_with('*'))
        .filter(|name| site(&[], &[name]).is_some())
        .map(str::to_owned)
        .collect();
    names.into_iter().collect()
}

fn cookie_fields(row: &Value) -> HeaderMap {
    let fields = all_bytes(&row["cookie"]).into_iter();
    fields
        .map(|field| (http::header::COOKIE, value(field)))
        .collect()
}

/// Counts the rows that the filter did not change, and how often each parser read a name in those
/// for which `is_leak` holds.
fn leaks(
    layer: &CookieConsentLayer,
    rows: &[Value],
    is_leak: impl Fn(&str) -> bool,
) -> (u32, Counts) {
    let (mut passed, mut leaks) = (0, Counts::new());
    for row in rows.iter().filter(|row| possible(row)) {
        let mut asked = request::<&str>([]);
        let sent = cookie_fields(row);
        asked.headers_mut().extend(sent.clone());
        let done = exchange(layer, asked, response::<&str>([]));
        let seen: Vec<_> = done.request.headers().get_all("cookie").iter().collect();
        if seen != sent.values().collect::<Vec<&HeaderValue>>() {
            continue;
        }
        passed += 1;
        for (parser, names) in row["names"].as_object().unwrap() {
            let mut names = names.as_array().into_iter().flatten();
            if names.any(|name| is_leak(name.as_str().unwrap())) {
                count(&mut leaks, parser.as_str());
            }
        }
    }
    (passed, leaks)
}

/// Strict values exist for parsers that read names inside values, and cover all of them.
#[test]
fn no_parser_reads_a_refused_name_out_of_cookies_that_pass() {
    let rows = rows("request_cookie");
    let refused = refused_names(&rows);
    let refused: Vec<_> = refused.iter().map(String::as_str).collect();
    let hiding = site(&ALLOWED, &refused)
        .unwrap()
        .undeclared(Undeclared::Hide);
    let is_refused = |name: &str| !ALLOWED.contains(&name);
    let expected = [
        ("aiohttp", 53),
        ("jetty_rfc2965", 3),
        ("python_http_cookies", 52),
        ("python_http_cookies_utf8", 52),
        ("tomcat_legacy", 3),
    ];
    let (passed, leaking) = leaks(&hiding, &rows, is_refused);
    assert_eq!((passed, leaking), (205, counted(&expected)));
    let strict = hiding.strict_values(true);
    assert_eq!(leaks(&strict, &rows, is_refused), (106, Counts::new()));
}

/// If undeclared names pass in requests, decoding parsers read some of them as refused names: a
/// browser would need a cookie with such a name, which it can't get from this site.
#[test]
fn decoding_parsers_read_refused_names_only_if_undeclared() {
    let rows = rows("request_cookie");
    let is_refused = |name: &str| name == "_ga";
    let default = site(&ALLOWED, &["_ga"]).unwrap();
    let expected = [
        ("aiohttp", 55),
        ("axum_extra_jar", 1),
        ("jetty_rfc2965", 3),
        ("php", 3),
        ("python_http_cookies", 52),
        ("python_http_cookies_utf8", 52),
        ("rust_cookie_encoded", 1),
        ("tomcat_legacy", 5),
    ];
    let (passed, leaking) = leaks(&default, &rows, is_refused);
    assert_eq!((passed, leaking), (296, counted(&expected)));
    let expected = [
        ("axum_extra_jar", 1),
        ("php", 3),
        ("rust_cookie_encoded", 1),
        ("tomcat_legacy", 2),
    ];
    let strict = default.clone().strict_values(true);
    let (passed, leaking) = leaks(&strict, &rows, is_refused);
    assert_eq!((passed, leaking), (194, counted(&expected)));
    let hiding = default.strict_values(true).undeclared(Undeclared::Hide);
    assert_eq!(leaks(&hiding, &rows, is_refused), (106, Counts::new()));
}

#[test]
fn cookies_of_known_sites_arrive_byte_for_byte() {
    let rows = rows("request_cookie_real_world");
    assert_eq!(rows.len(), 17);
    for row in &rows {
        let names = row["names"]["starlette"].as_array().unwrap();
        let names: BTreeSet<_> = names.iter().map(|name| name.as_str().unwrap()).collect();
        let names: Vec<_> = names.into_iter().collect();
        let sent = all_bytes(&row["cookie"]);
        for layer in [
            site(&names, &[]).unwrap().undeclared(Undeclared::Hide),
            site(&[], &[]).unwrap(),
        ] {
            let asked = request(sent.iter().map(|field| ("cookie", field)));
            let done = exchange(&layer, asked, response::<&str>([]));
            let seen = done.request.headers().get_all("cookie");
            let seen: Vec<_> = seen.iter().map(HeaderValue::as_bytes).collect();
            assert_eq!(seen, sent, "{row}");
        }
        let refusing = site(&[], &names).unwrap();
        let asked = request(sent.iter().map(|field| ("cookie", field)));
        let done = exchange(&refusing, asked, response::<&str>([]));
        assert!(!done.request.headers().contains_key("cookie"), "{row}");
    }
}
