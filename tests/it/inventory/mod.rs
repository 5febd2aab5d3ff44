//! The data of the inventory, and its limits.

mod draft;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use tower_cookie_consent::{
    Category, CookieConsentLayer, CookieDeclaration, CookiePolicy, Inventory,
    observe::CookieDatabase, policy::Retention,
};

use crate::support::{NOW, Prefs, at, exchange, layer, policy, request, response};

fn through(layer: &CookieConsentLayer, path: &str, cookies: &str, set: &[&str]) {
    let mut asked = request([("cookie", cookies)]);
    *asked.uri_mut() = path.parse().unwrap();
    exchange(layer, asked, response(set));
}

#[test]
fn a_row_shows_what_was_seen_of_a_name() {
    let clock = Arc::new(AtomicU64::new(NOW));
    let time = Arc::clone(&clock);
    let inventory = Inventory::new();
    let layer = CookieConsentLayer::new(policy())
        .with_clock(move || at(time.load(Ordering::Relaxed)))
        .observe(inventory.clone());
    let accepted = Prefs::accept().pair();
    through(
        &layer,
        "/a?q=1",
        "",
        &["_ga=1; Secure; Path=/; Max-Age=100", "id=1"],
    );
    clock.store(NOW + 60, Ordering::Relaxed);
    let set = ["_ga=2; Secure; HttpOnly; SameSite=Lax; Domain=.shop.example; Max-Age=5000"];
    through(&layer, "/b", &format!("{accepted}; _ga=1"), &set);
    // A removal sets nothing.
    through(&layer, "/c", &accepted, &["_ga=; Max-Age=0"]);

    let report = inventory.report();
    let row = report.row("_ga").unwrap();
    let json = serde_json::to_value(row).unwrap();
    let expected = serde_json::json!({
        "name": "_ga", "category": "tiers", "declared": true,
        "set": 2, "received": 1, "withheld": 1, "set_before_choice": 1, "survived": 0,
        "first_seen": NOW, "last_seen": NOW + 60, "paths": ["/a", "/b", "/c"],
        "attributes": {
            "secure": 2, "http_only": 1, "partitioned": 0, "same_site": ["lax"],
            "domains": [".shop.example"], "paths": ["/"],
        },
        "longest_lifetime": 5_000, "declared_retention": null, "longer_than_declared": false,
    });
    assert_eq!(json, expected);
    let names: Vec<_> = report.rows().iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["_ga", "cookies_preferences", "id"]);
    assert!(!report.row("id").unwrap().declared);
}

#[test]
fn a_lifetime_is_compared_with_the_declared_retention() {
    let names = [("short", 1), ("long", 30)];
    let cookies =
        names.map(|(name, days)| CookieDeclaration::new(name).retention(Retention::days(days)));
    let session = CookieDeclaration::new("session").retention(Retention::session());
    let category = Category::necessary("base").cookies(cookies).cookie(session);
    let inventory = Inventory::new();
    let layer =
        CookieConsentLayer::new(CookiePolicy::new([category]).unwrap()).observe(inventory.clone());
    let set = [
        "short=1; Max-Age=90000",
        "long=1; Max-Age=90000",
        "session=1",
    ];
    through(&layer, "/", "", &set);
    let report = inventory.report();
    let longer: Vec<_> = report
        .rows()
        .iter()
        .filter(|row| row.longer_than_declared)
        .map(|row| row.name.as_str())
        .collect();
    assert_eq!(longer, ["short"]);
    assert!(report.to_string().contains("(longer than declared)"));
    through(&layer, "/", "", &["session=1; Max-Age=60"]);
    assert!(
        inventory
            .report()
            .row("session")
            .unwrap()
            .longer_than_declared
    );
}

#[test]
fn a_row_follows_a_policy_that_changes_at_run_time() {
    let declaring = |category: Category, days: u32| {
        let theme = CookieDeclaration::new("theme").retention(Retention::days(days));
        CookiePolicy::new([category.cookie(theme)]).unwrap()
    };
    let undeclared = CookiePolicy::new([Category::consent("ads")]).unwrap();
    let now = Arc::new(Mutex::new(undeclared.clone()));
    let policy = Arc::clone(&now);
    let inventory = Inventory::new();
    let layer = CookieConsentLayer::new(undeclared.clone())
        .policy_for(move |_| policy.lock().unwrap().clone())
        .observe(inventory.clone());
    for (policy, category, days) in [
        (undeclared.clone(), None, None),
        (declaring(Category::consent("ads"), 2), Some("ads"), Some(2)),
        (
            declaring(Category::necessary("base"), 2),
            Some("base"),
            Some(2),
        ),
        (
            declaring(Category::necessary("base"), 9),
            Some("base"),
            Some(9),
        ),
        (undeclared, None, None),
    ] {
        *now.lock().unwrap() = policy;
        through(&layer, "/", "", &["theme=1; Max-Age=60"]);
        let report = inventory.report();
        let row = report.row("theme").unwrap();
        assert_eq!(
            (row.category.as_deref(), row.declared),
            (category, category.is_some())
        );
        assert_eq!(row.declared_retention, days.map(|days| days * 86_400));
    }
    assert_eq!(inventory.report().row("theme").unwrap().set, 5);
}

#[test]
fn report_only_collects_the_same_as_enforcement() {
    let collected = |layer: CookieConsentLayer| {
        let inventory = Inventory::new();
        let layer = layer.observe(inventory.clone());
        through(
            &layer,
            "/",
            "_ga=1; sso=1",
            &["_fbp=1", "id=2", "session=3", "stray"],
        );
        serde_json::to_value(inventory.report()).unwrap()
    };
    assert_eq!(collected(layer()), collected(layer().report_only(true)));
}

#[test]
fn the_table_has_a_line_for_each_name_and_counts_the_rest() {
    let inventory = Inventory::with_max_names(2);
    let layer = layer().observe(inventory.clone());
    through(
        &layer,
        "/x",
        "",
        &["_ga=1; Secure", "id=1; Max-Age=60", "more=1", "stray"],
    );
    let table = inventory.report().to_string();
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 5, "{table}");
    let words = |line: &str| {
        line.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        words(lines[1]),
        [
            "_ga", "tiers", "1", "0", "1", "1", "session", "Secure", "/x"
        ]
    );
    assert_eq!(
        words(lines[2]),
        ["id", "undeclared", "1", "0", "1", "1", "60", "s", "/x"]
    );
    assert_eq!(lines[3], "and about 1 more names, seen 1 times");
    assert_eq!(
        lines[4],
        "1 fields without a name that all browsers agree on"
    );
}

#[test]
fn nothing_that_clients_send_reaches_a_terminal_unescaped() {
    let inventory = Inventory::new();
    let layer = layer()
        .path_for(|head| {
            let path = head.uri().path();
            Some(format!("{path}\u{1b}[2J\n\u{7f}\u{85}\u{202e}"))
        })
        .observe(inventory.clone());
    through(
        &layer,
        "/\u{9b}2J",
        "id\u{9b}=1; id=1",
        &["id=1; Path=/\u{9b}2J"],
    );
    let table = inventory.report().to_string();
    let clean =
        |character: char| character == '\n' || !(character.is_control() || character == '\u{202e}');
    assert!(table.chars().all(clean), "{table:?}");
    assert!(
        table.contains(r"/\u{9b}2J\u{1b}[2J\n\u{7f}\u{85}\u{202e}"),
        "{table}"
    );
    assert_eq!(table.lines().count(), 3, "{table}");
}

#[test]
fn a_row_keeps_up_with_a_policy_that_changes() {
    let inventory = Inventory::new();
    for (id, days) in [("one", 1), ("two", 2)] {
        let cookie = CookieDeclaration::new("x").retention(Retention::days(days));
        let policy = CookiePolicy::new([Category::consent(id).cookie(cookie)]).unwrap();
        let layer = CookieConsentLayer::new(policy).observe(inventory.clone());
        through(&layer, "/", "", &["x=1"]);
        let report = inventory.report();
        let row = report.row("x").unwrap();
        assert_eq!(row.category.as_deref(), Some(id));
        assert_eq!(row.declared_retention, Some(days as u64 * 86_400));
    }
}

#[test]
fn declared_but_unseen_cookies_are_reported() {
    let inventory = Inventory::with_max_names(1);
    let layer = layer().observe(inventory.clone());
    through(
        &layer,
        "/",
        "_ga_X=1; session=1",
        &["_pk_id.1.fe4c=1", "lang=1"],
    );
    let unseen = ["__Host-sid", "_pk_ses", "_ga", "_fbp"];
    assert_eq!(inventory.report().never_seen(&policy()), unseen);
    inventory.clear();
    assert_eq!(inventory.report().never_seen(&policy()).len(), 8);
}

#[test]
fn made_up_names_leave_room_for_the_services_own() {
    let inventory = Inventory::with_max_names(10);
    let layer = layer().observe(inventory.clone());
    let made_up: Vec<_> = (0..50)
        .map(|number| format!("made-up-{number}=1"))
        .collect();
    through(&layer, "/", &made_up.join("; "), &["one=1", "two=2"]);
    let report = inventory.report();
    assert_eq!(report.rows().len(), 5 + 2);
    assert!(report.row("one").is_some() && report.row("two").is_some());
    assert_eq!(report.more_sightings(), 45);
    assert!(
        (44..=46).contains(&report.more_names()),
        "{}",
        report.more_names()
    );
}

fn flood(from: usize) -> String {
    let made_up = (from..from + 50).map(|number| format!("made-up-{number}x=1"));
    made_up.collect::<Vec<_>>().join("; ")
}

#[test]
fn removals_do_not_make_room_for_names_of_clients() {
    // One that is declared, one that is not, and all that the client sent.
    for removed in [&["_ga"][..], &["sso"], &["made-up-0x", "made-up-1x", "_ga"]] {
        let inventory = Inventory::with_max_names(10);
        let layer = layer().observe(inventory.clone());
        let removals: Vec<_> = removed
            .iter()
            .map(|name| format!("{name}=; Max-Age=0; Path=/"))
            .collect();
        let removals: Vec<_> = removals.iter().map(String::as_str).collect();
        for round in 0..20 {
            through(&layer, "/", &flood(round * 50), &removals);
        }
        let report = inventory.report();
        let is_made_up = |name: &str| name.starts_with("made-up") || name == "sso";
        let made_up = report.rows().iter().filter(|row| is_made_up(&row.name));
        assert!(made_up.count() <= 5, "{removed:?}: {report}");
        through(&layer, "/", "", &["one=1", "two=2", "three=3"]);
        for name in ["one", "two", "three"] {
            assert!(
                inventory.report().row(name).is_some(),
                "{removed:?}: {name}"
            );
        }
    }
}

#[test]
fn a_service_that_removes_all_it_receives_keeps_room() {
    let inventory = Inventory::with_max_names(10);
    let layer = layer().observe(inventory.clone());
    for round in 0..20 {
        let sent = flood(round * 50);
        let removals: Vec<_> = sent
            .split("; ")
            .map(|pair| format!("{pair}; Max-Age=0"))
            .collect();
        let removals: Vec<_> = removals.iter().map(String::as_str).collect();
        through(&layer, "/", &sent, &removals);
    }
    assert_eq!(inventory.report().rows().len(), 5);
    through(&layer, "/", "", &["one=1", "_ga=1"]);
    assert!(inventory.report().row("one").is_some());
    assert!(inventory.report().row("_ga").is_some());
}

#[test]
fn declared_names_find_room_in_a_full_inventory() {
    let inventory = Inventory::with_max_names(4);
    let layer = layer().observe(inventory.clone());
    through(&layer, "/", &flood(0), &[]);
    for set in [
        &["one=1", "two=1"][..],
        &["one=1", "two=1", "three=1", "four=1"],
    ] {
        through(&layer, "/", "", set);
    }
    assert_eq!(inventory.report().rows().len(), 4);
    // Names made up by clients go first, then those that were set least often.
    through(&layer, "/", "session=1", &["_fbp=1", "_ga=; Max-Age=0"]);
    let report = inventory.report();
    let names: Vec<_> = report.rows().iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names.len(), 4);
    for name in ["session", "_fbp", "_ga"] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    assert!(
        names.contains(&"one") || names.contains(&"two"),
        "{names:?}"
    );
    assert_eq!(report.more_sightings() + sightings(&report), 50 + 6 + 2);
}

/// How often the cookies that have a row were set or received.
fn sightings(report: &tower_cookie_consent::observe::InventoryReport) -> u64 {
    report.rows().iter().map(|row| row.set + row.received).sum()
}
