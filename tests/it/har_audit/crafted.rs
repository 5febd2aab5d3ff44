//! Captures that browsers would not export, and hosts that share a domain.

use super::*;

/// One exchange of a capture: a second of its minute, a URL, what was sent and what came.
fn entry(second: u32, url: &str, cookie: &str, fields: &[&str]) -> Value {
    let set: Vec<_> = fields
        .iter()
        .map(|field| json!({"name": "Set-Cookie", "value": field}))
        .collect();
    json!({
        "startedDateTime": format!("2026-11-23T12:00:{second:02}.000Z"),
        "request": {"method": "GET", "url": url,
                    "headers": [{"name": "Cookie", "value": cookie}]},
        "response": {"status": 200, "headers": set},
    })
}

fn capture(entries: &[Value]) -> Value {
    json!({"log": {"entries": entries}})
}

fn ads(cookie: CookieDeclaration) -> Conformance {
    Conformance::new(CookiePolicy::new([Category::consent("ads").cookie(cookie)]).unwrap())
}

const REFUSAL: &str = "cookies_preferences={\"ads\":false,\"timestamp\":1795435200}";
const SHOP: &str = "https://www.shop.example/";

#[test]
fn a_plain_removal_leaves_a_partitioned_cookie() {
    let set = "_ga=m4rk3r; Path=/; Secure; SameSite=None; Partitioned";
    let removal = |more: &str| format!("_ga=; Max-Age=0; Path=/; Secure{more}");
    for (removal, holds) in [(removal("; Partitioned"), true), (removal(""), false)] {
        let har = capture(&[
            entry(
                0,
                SHOP,
                "cookies_preferences={\"ads\":true,\"timestamp\":1795435200}",
                &[set],
            ),
            entry(1, SHOP, &format!("_ga=m4rk3r; {REFUSAL}"), &[&removal]),
        ]);
        let report = ads(CookieDeclaration::new("_ga").partitioned(true))
            .check_har(&har.to_string())
            .unwrap();
        assert_eq!(report.is_ok(), holds, "{report}");
        let outcome = report.outcome(Requirement::RefusalExpires);
        assert_eq!(outcome == Outcome::Held, holds, "{report}");
    }
}

#[test]
fn cookies_of_other_hosts_are_not_blamed_on_scripts() {
    let kit = || ads(CookieDeclaration::new("_ga"));
    let audit = |domain: &str| {
        let set = format!("_ga=m4rk3r; Path=/; Domain={domain}");
        let har = capture(&[
            entry(0, SHOP, "x=1", &[]),
            entry(1, "https://stats.shop.example/pixel", "", &[&set]),
            entry(2, SHOP, "x=1; _ga=m4rk3r", &[]),
        ]);
        kit().check_har(&har.to_string()).unwrap()
    };
    for domain in ["shop.example", ".Shop.example"] {
        let report = audit(domain);
        let finding = report.findings().next().unwrap();
        assert_eq!(
            finding.requirement,
            Requirement::NoCookieBeforeConsent,
            "{report}"
        );
        assert!(
            !finding.script && finding.why.contains("stats.shop.example"),
            "{report}"
        );
        assert!(
            !report.to_string().contains("cookies of scripts"),
            "{report}"
        );
    }
    // Of these, neither the host's own nor the one that browsers reject gets here.
    for domain in ["stats.shop.example", "other.example"] {
        let report = audit(domain);
        assert!(report.findings().next().unwrap().script, "{report}");
    }
}

#[test]
fn gaps_in_a_capture_are_filled_or_left_out() {
    let set = ["_ga=m4rk3r; Path=/"];
    let mut timeless = entry(5, SHOP, "", &set);
    timeless.as_object_mut().unwrap().remove("startedDateTime");
    let mut unanswered = entry(6, SHOP, "", &set);
    unanswered.as_object_mut().unwrap().remove("response");
    let mut null = entry(7, SHOP, "", &set);
    null["response"] = Value::Null;
    let mut odd = entry(8, SHOP, "", &[]);
    odd["request"]["headers"] = json!([{"name": "a b", "value": "x"}, {"name": "cookie"}]);
    let refused = entry(1, SHOP, REFUSAL, &[]);
    let har = capture(&[refused, timeless, unanswered, null, odd]);
    let report = ads(CookieDeclaration::new("_ga"))
        .check_har(&har.to_string())
        .unwrap();
    let finding: Vec<_> = report.findings().collect();
    assert_eq!(finding.len(), 1, "{report}");
    assert_eq!(finding[0].requirement, Requirement::NoCookieBeforeConsent);
    assert!(
        report
            .notes()
            .iter()
            .any(|note| note.starts_with("left out 2 request(s)")),
        "{report}"
    );
}

#[test]
fn hostile_captures_neither_panic_nor_fill_the_report() {
    let whole = portal().to_string();
    let step = whole.len() / 200;
    for end in (0..whole.len()).step_by(step) {
        let Some(part) = whole.get(..end) else {
            continue;
        };
        let error = kit().check_har(part).unwrap_err();
        assert!(error.to_string().contains("line 1"), "{error}");
    }
    let deep = "[".repeat(100_000);
    assert!(kit().check_har(&deep).is_err());
    assert!(
        kit()
            .check_har(&format!("{{\"log\": {{\"entries\": [], \"x\": {deep}"))
            .is_err()
    );
    for text in [
        "",
        "null",
        "{}",
        "[]",
        "\u{feff}",
        "{\"log\": {\"entries\": {}}}",
    ] {
        assert!(kit().check_har(text).is_err(), "{text}");
    }
    let none = kit().check_har(&capture(&[]).to_string()).unwrap();
    assert!(!none.is_ok());

    let names: Vec<_> = (0..2_000)
        .map(|number| format!("n{number}q=m4rk3r"))
        .collect();
    let mut entries = vec![
        entry(0, SHOP, "x=1", &[]),
        entry(1, SHOP, &names.join("; "), &[]),
    ];
    for number in 0..2_000 {
        let url = format!("https://h{number}.tracker.example/");
        entries.push(entry(2, &url, "", &["i=m4rk3r"]));
    }
    let mut full = entry(2, SHOP, "", &[]);
    let fields = (0..40_000).map(|number| json!({"name": format!("x-{number}"), "value": ""}));
    full["request"]["headers"] = fields.clone().collect();
    full["response"]["headers"] = fields.collect();
    entries.push(full);
    for status in [-1, 0, 99, 1_000, i64::MAX] {
        let mut odd = entry(3, SHOP, "", &[]);
        odd["response"]["status"] = json!(status);
        entries.push(odd);
    }
    for url in [
        "",
        "data:,x",
        "https://",
        "https://\u{1b}[2J/",
        "ftp://shop.example/",
    ] {
        entries.push(entry(4, url, "", &["_ga=m4rk3r"]));
    }
    for time in [
        "",
        "yesterday",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-23:59",
    ] {
        let mut odd = entry(5, SHOP, "", &["_ga=m4rk3r; Path=/"]);
        odd["startedDateTime"] = json!(time);
        entries.push(odd);
    }
    let report = kit().check_har(&capture(&entries).to_string()).unwrap();
    let text = report.to_string();
    assert!(text.len() < 24 << 10, "{}", text.len());
    assert!(
        !text.contains("m4rk3r") && !text.contains('\u{1b}'),
        "{text}"
    );
    assert!(text.contains("1950 more"), "{text}");
}

#[test]
fn the_answer_that_opens_a_websocket_is_judged() {
    let mut socket = entry(
        1,
        "wss://www.shop.example/live",
        "x=1",
        &["_ga=m4rk3r; Path=/"],
    );
    socket["response"]["status"] = json!(101);
    let har = capture(&[entry(0, SHOP, "x=1", &[]), socket]);
    let report = ads(CookieDeclaration::new("_ga"))
        .check_har(&har.to_string())
        .unwrap();
    let finding = report.findings().next().unwrap();
    assert_eq!(
        finding.requirement,
        Requirement::NoCookieBeforeConsent,
        "{report}"
    );
    assert_eq!(finding.request, "GET /live");
}

#[test]
fn no_spoilt_capture_makes_the_audit_panic() {
    const SPOILS: [&str; 16] = [
        ";", "=", " ", "\t", ",", "\"", "\\", "\0", "\n", "\u{e9}", "%", "\u{ffff}", "0", "*", "",
        "-",
    ];
    let mut state = 0x9e37_79b9_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let whole: Value = serde_json::from_str(include_str!("../../data/har/scripts.har")).unwrap();
    for _ in 0..SPOILT {
        let mut har = whole.clone();
        for entry in har["log"]["entries"].as_array_mut().unwrap() {
            for side in ["request", "response"] {
                let headers = entry[side]["headers"].as_array_mut().unwrap();
                for header in headers.iter_mut().filter(|header| {
                    let name = header["name"].as_str().unwrap().to_ascii_lowercase();
                    ["cookie", "set-cookie", "date"].contains(&name.as_str())
                }) {
                    let mut value: Vec<_> = header["value"]
                        .as_str()
                        .unwrap()
                        .chars()
                        .map(String::from)
                        .collect();
                    let at = random(value.len());
                    value[at] = SPOILS[random(SPOILS.len())].to_owned();
                    header["value"] = json!(value.concat());
                }
            }
        }
        let report = kit().check_har(&har.to_string()).unwrap();
        for text in [report.to_string(), report.to_junit()] {
            let printable = text.chars().all(|it| it == '\n' || !it.is_control());
            assert!(printable, "{text:?}");
        }
    }
}

const SPOILT: usize = 100;

#[test]
fn a_site_on_any_kind_of_host_is_judged() {
    for (host, url) in [
        (None, "https://[::1]/"),
        (None, "https://[::1]:8443/"),
        (None, "https://[2001:DB8:0:0::1]/"),
        (None, "https://127.0.0.1:8443/"),
        (None, "https://WWW.Shop.Example/"),
        (None, "https://www.shop.example./"),
        (None, "https://b\u{fc}cher.example/"),
        (None, "https://localhost:3000/"),
        (Some("[::1]"), "https://[::1]/"),
        (Some("[::1]:8443"), "https://[::1]:8443/"),
        (Some("::1"), "https://[::1]:8443/"),
        (Some("[0:0:0:0:0:0:0:1]"), "https://[::1]/"),
        (Some("[2001:DB8::1]:443"), "https://[2001:db8::1]/"),
        (Some("127.0.0.1:8443"), "https://127.0.0.1:8443/"),
        (
            Some("WWW.Shop.Example:8443"),
            "https://www.shop.example:8443/",
        ),
        (Some("www.shop.example."), "https://www.shop.example/"),
        (Some("www.shop.example"), "https://www.shop.example./"),
        (
            Some("b\u{fc}cher.example"),
            "https://xn--bcher-kva.example/",
        ),
        (
            Some("xn--bcher-kva.example"),
            "https://b\u{fc}cher.example/",
        ),
    ] {
        let har = capture(&[
            entry(0, url, "x=1", &["_ga=m4rk3r; Path=/"]),
            entry(1, "https://other.example/", "x=1", &["_ga=m4rk3r; Path=/"]),
        ]);
        let kit = ads(CookieDeclaration::new("_ga"));
        let kit = match host {
            Some(host) => kit.host(host),
            None => kit,
        };
        let report = kit.check_har(&har.to_string()).unwrap();
        // The other host's request is a finding too, but not its cookie.
        let findings = report.findings();
        let findings: Vec<_> = findings.filter(|it| it.cookie.is_some()).collect();
        assert_eq!(findings.len(), 1, "{host:?} {url}\n{report}");
        assert_eq!(findings[0].count, 1, "{host:?} {url}\n{report}");
        assert!(report.failures().is_empty(), "{host:?} {url}\n{report}");
    }
}

#[test]
fn a_host_that_is_none_is_a_failure() {
    let har = capture(&[entry(0, SHOP, "x=1", &["_ga=m4rk3r; Path=/"])]);
    for host in ["", "a b", "[::1", "https://", "::1::"] {
        let kit = ads(CookieDeclaration::new("_ga")).host(host);
        let report = kit.check_har(&har.to_string()).unwrap();
        assert!(!report.is_ok(), "{host}\n{report}");
        assert!(!report.failures().is_empty(), "{host}\n{report}");
    }
}

#[test]
fn two_requests_to_one_path_are_distinguished() {
    let url = "https://www.shop.example/cookies";
    let har = capture(&[
        entry(0, SHOP, "x=1", &[]),
        entry(1, url, "x=1", &[]),
        entry(2, url, "x=1", &["_ga=m4rk3r; Path=/"]),
    ]);
    let report = ads(CookieDeclaration::new("_ga"))
        .check_har(&har.to_string())
        .unwrap();
    let finding = report.findings().next().unwrap();
    assert_eq!(finding.request, "GET /cookies #2", "{report}");
}

#[test]
fn a_public_answer_of_a_capture_is_listed_as_excused() {
    let mut public = entry(0, SHOP, &format!("_ga=m4rk3r; {REFUSAL}"), &[]);
    let cache = json!({"name": "Cache-Control", "value": "public, max-age=60"});
    public["response"]["headers"]
        .as_array_mut()
        .unwrap()
        .push(cache);
    let report = ads(CookieDeclaration::new("_ga"))
        .check_har(&capture(&[public]).to_string())
        .unwrap();
    assert!(report.is_ok(), "{report}");
    assert_eq!(
        report.outcome(Requirement::RefusalExpires),
        Outcome::NotExercised,
        "{report}"
    );
    let text = report.to_string();
    assert!(
        text.contains("excused: GET / (after refusal)") && text.contains("_ga"),
        "{text}"
    );
}
