//! What is in a pack.

use std::collections::BTreeSet;

use axum::{Router, response::AppendHeaders, routing::get};
use serde_json::Value;
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookiePolicy, Inventory,
    conformance::{Conformance, Evidence, EvidencePack, Report},
    pages::Pages,
};

use super::{date, policy, portal, run, text, written};
use crate::support::{NOW, at, process::Folder};

/// What the service sets, as a visitor's secret.
const SECRET: &str = "c0ffee-s3cret-v4lue";

/// Checks a service that sets declared and undeclared cookies on its pages.
fn checked(policy: &CookiePolicy) -> (Report, Inventory) {
    let inventory = Inventory::new();
    let layer = CookieConsentLayer::new(policy.clone())
        .with_clock(|| at(NOW))
        .observe(inventory.clone());
    let home = async || {
        let fields = ["session", "_pk_id.1", "undeclared"];
        AppendHeaders(fields.map(|name| ("set-cookie", format!("{name}={SECRET}; Path=/"))))
    };
    let app: Router = Router::new()
        .route("/", get(home))
        .layer(Pages::at("/cookies", policy.clone()).unwrap())
        .layer(layer.clone());
    let kit = Conformance::for_layer(&layer).visit(["/", "/cookies", "/cookies/preferences"]);
    (run(kit.check(app)), inventory)
}

fn whole() -> Evidence {
    let before = CookiePolicy::new([Category::necessary("base").title("Needed")]).unwrap();
    let (report, inventory) = checked(&policy());
    Evidence::new(policy(), date())
        .before(before)
        .site("www.example.org")
        .pages(
            Pages::at("/cookies", policy())
                .unwrap()
                .site("Example & Söhne"),
        )
        .report(report)
        .inventory(inventory.report())
        .gap("The <shop> was closed.")
}

fn paths(pack: &EvidencePack) -> BTreeSet<&str> {
    pack.files().map(|(path, _)| path).collect()
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (one, _folder) = written(whole());
    let (other, _folder) = written(whole());
    let differ: Vec<_> = one
        .files()
        .filter(|(path, content)| other.file(path) != Some(content))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(differ, [""; 0]);
    assert_eq!(paths(&one), paths(&other));
    // The date is a part of the input.
    let later = whole().build().unwrap();
    assert_eq!(later.manifest(), one.manifest());
    let later = tower_cookie_consent::records::Instant::from_unix_seconds(NOW + 1);
    let later = Evidence::new(policy(), later).build().unwrap();
    assert!(text(&later, "index.html").contains("2026-11-23T12:00:01Z"));
}

#[test]
fn a_pack_of_the_portal_has_all_of_its_pages() {
    let (pack, _folder) = written(Evidence::new(portal(), date()));
    let paths = paths(&pack);
    for edition in [
        "policy",
        "regime-uk",
        "regime-us-opt-out",
        "regime-strictest",
    ] {
        for language in ["fr", "en"] {
            // What needs consent elsewhere is opt-out there, and nothing asks.
            let asks = match edition {
                "regime-us-opt-out" => "page",
                _ => "banner",
            };
            for page in ["charter", asks, "form"] {
                let path = format!("pages/{edition}/{language}/{page}.html");
                let page = text(&pack, &path);
                assert!(
                    page.contains(&format!("<html lang=\"{language}\"")),
                    "{path}"
                );
                assert!(
                    page.contains("href=\"..&#x2f;..&#x2f;style.css\""),
                    "{path}"
                );
                assert!(!page.contains("<script"), "{path}");
            }
        }
    }
    assert!(paths.contains("pages/regime-us-opt-out/en/opt-out.html"));
    assert!(!paths.contains("pages/policy/en/opt-out.html"));
    let banner = text(&pack, "pages/policy/en/banner.html");
    assert!(banner.contains("value=\"accept\"") && banner.contains("value=\"refuse\""));
    let law = text(&pack, "law/law.md");
    assert!(
        law.contains("2026-02-05") && law.contains("us-opt-out"),
        "{law}"
    );
    let entry = text(&pack, "register/processing.md");
    for part in ["dpo@exemple.example", "sessionid", "(g) Security"] {
        assert!(entry.contains(part), "{part}");
    }
}

#[test]
fn what_is_in_place_of_a_service_is_a_page_of_its_own() {
    let (pack, _folder) = written(whole());
    for language in ["en", "de"] {
        let path = format!("pages/policy/{language}/placeholders.html");
        let page = text(&pack, &path);
        for part in ["Films Inc.", "value=\"allow\"", "style.css"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        let name = format!("{language}&#x2f;placeholders.html");
        assert!(text(&pack, "index.html").contains(&name));
    }
    let (pack, _folder) = written(Evidence::new(
        CookiePolicy::new([Category::consent("ads").title("Ads")]).unwrap(),
        date(),
    ));
    assert!(!paths(&pack).iter().any(|it| it.contains("placeholders")));
}

#[test]
fn a_pack_says_who_receives_data_and_where() {
    let (pack, _folder) = written(whole());
    let recipients: Value = serde_json::from_str(text(&pack, "register/recipients.json")).unwrap();
    let films = &recipients
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["name"] == "Films Inc.");
    let films = films.unwrap();
    assert_eq!(films["countries"], serde_json::json!(["US", "IE"]));
    assert_eq!(films["outside_eea"], serde_json::json!(["US"]));
    let table = text(&pack, "register/recipients.md");
    assert!(
        table.contains("- Films Inc.: US, outside the European Economic Area."),
        "{table}"
    );
    assert!(
        table.contains("- Matomo: the policy names no country."),
        "{table}"
    );
    let test = text(&pack, "register/balancing-test.md");
    assert!(test.contains("## Statistics (`stats`)") && test.contains("## Films & maps"));
    assert!(test.contains("opts out (`us-opt-out`)"), "{test}");
    assert!(text(&pack, "register/processing.md").contains("Counts \\| visits."));
}

#[test]
fn what_was_checked_and_what_was_not_is_dated() {
    let (pack, _folder) = written(whole());
    let report = text(&pack, "conformance/report.txt");
    assert!(report.starts_with("Date: 2026-11-23T12:00:00Z\nVersion: tower-cookie-consent "));
    let (_, missing) = report.split_once("Not exercised by this check:\n").unwrap();
    assert!(missing.contains("- hidden-without-consent ("), "{missing}");
    let page = text(&pack, "conformance/report.html");
    assert!(
        page.contains("2026-11-23T12:00:00Z") && page.contains("www.example.org"),
        "{page}"
    );
    let json: Value = serde_json::from_str(text(&pack, "conformance/report.json")).unwrap();
    assert_eq!(json["date"], "2026-11-23T12:00:00Z");
    assert!(json["report"]["requirements"].is_array());
    let missing = json["not_exercised"].as_array().unwrap();
    assert!(
        missing
            .iter()
            .any(|it| it["requirement"] == "hidden-without-consent")
    );
    let junit = text(&pack, "conformance/junit.xml");
    assert!(
        junit.contains("<!-- 2026-11-23T12:00:00Z, tower-cookie-consent "),
        "{junit}"
    );
    let mut reader = quick_xml::Reader::from_str(junit);
    while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
    let gaps = text(&pack, "gaps.txt");
    for part in [
        "hidden-without-consent",
        "The <shop> was closed.",
        "no screenshots",
    ] {
        assert!(gaps.contains(part), "{part}: {gaps}");
    }
    let seen = text(&pack, "inventory/cookies.txt");
    assert!(seen.contains("undeclared"), "{seen}");
    let changes = text(&pack, "policy/changes.txt");
    assert!(changes.contains("media"), "{changes}");
}

#[test]
fn the_index_names_every_file() {
    let (pack, _folder) = written(whole().file("letters/a.txt", "A <b>letter</b>.", "x"));
    let index = text(&pack, "index.html");
    for path in paths(&pack) {
        // As minijinja escapes it.
        let is_there = index.contains(&format!(
            "<a href=\"{0}\">{0}</a>",
            path.replace('/', "&#x2f;")
        ));
        assert!(is_there || path == "index.html", "{path}");
    }
    assert!(index.contains("A &lt;b&gt;letter") && !index.contains("<b>letter"));
    assert!(index.contains("The &lt;shop&gt; was closed."));
    assert!(!index.contains("<script") && index.contains("<html lang=\"en\">"));
}

#[test]
fn no_file_has_a_value_of_a_cookie() {
    let (pack, _folder) = written(whole());
    for (path, content) in pack.files() {
        let content = String::from_utf8_lossy(content);
        assert!(!content.contains(SECRET), "{path}");
    }
}

#[test]
fn impossible_packs_are_errors_that_name_the_fix() {
    for (path, other, part) in [
        ("/etc/x", "a", "invalid path \"/etc/x\""),
        ("a", "a", "a was added twice"),
        ("a", "index.html", "index.html is a file of the pack itself"),
        (
            "a",
            "manifest.json",
            "manifest.json is a file of the pack itself",
        ),
        (
            "a",
            "policy/policy.json",
            "policy/policy.json was added twice",
        ),
    ] {
        let evidence = Evidence::new(policy(), date());
        let evidence = evidence.file(path, "x", "x").file(other, "x", "x");
        let error = evidence.build().unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let folder = Folder::new("evidence");
    std::fs::write(folder.0.join("x"), "x").unwrap();
    let pack = Evidence::new(policy(), date()).build().unwrap();
    let error = pack.write(&folder.0).unwrap_err().to_string();
    assert!(
        error.ends_with("is not empty: name a new folder"),
        "{error}"
    );
}

/// A banner shows titles and descriptions, so that pages can't be made without.
#[test]
fn a_policy_without_texts_has_a_pack_without_pages() {
    let policy = CookiePolicy::new([Category::consent("ads")]).unwrap();
    let (pack, _folder) = written(Evidence::new(policy, date()));
    assert!(pack.files().all(|(path, _)| !path.starts_with("pages/")));
    let gaps = text(&pack, "gaps.txt");
    assert!(
        gaps.contains("Pages could not be made from this policy"),
        "{gaps}"
    );
}
