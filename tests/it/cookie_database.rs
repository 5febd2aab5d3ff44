//! Suggestions from the whole Open Cookie Database, with all its oddities.

use std::collections::BTreeMap;

use serde::Deserialize;
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookiePolicy, Inventory,
    observe::{CookieDatabase, Suggestion},
};

use crate::support::{exchange, request, response};

const JSON: &str = include_str!("../data/cookie_database/open-cookie-database.json");

/// As the project orders them, in CSV and JSON.
const COLUMNS: &str = "ID,Platform,Category,Cookie / Data Key name,Domain,Description,\
                       Retention period,Data Controller,User Privacy & GDPR Rights Portals,\
                       Wildcard match\n";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    category: String,
    cookie: String,
    domain: String,
    description: String,
    retention_period: String,
    data_controller: String,
    privacy_link: String,
    wildcard_match: String,
}

fn rows() -> Vec<(String, Row)> {
    let platforms: BTreeMap<String, Vec<Row>> = serde_json::from_str(JSON).unwrap();
    let rows = platforms.into_iter().flat_map(|(platform, rows)| {
        rows.into_iter()
            .map(move |row| (platform.clone(), row))
            .collect::<Vec<_>>()
    });
    rows.collect()
}

/// The rows in the CSV format of the project, with this text before each cell.
fn csv(before_cell: &str) -> String {
    let mut csv = COLUMNS.to_owned();
    for (platform, row) in rows() {
        let cells = [
            &row.id,
            &platform,
            &row.category,
            &row.cookie,
            &row.domain,
            &row.description,
            &row.retention_period,
            &row.data_controller,
            &row.privacy_link,
            &row.wildcard_match,
        ];
        let cells = cells.map(|cell| format!("{before_cell}\"{}\"", cell.replace('"', "\"\"")));
        csv += &(cells.join(",") + "\n");
    }
    csv
}

fn database() -> CookieDatabase {
    CookieDatabase::from_json(JSON.as_bytes()).unwrap()
}

fn known(database: &CookieDatabase, name: &str, domains: &[&str]) -> Option<Suggestion> {
    let domains: Vec<_> = domains.iter().map(|domain| (*domain).to_owned()).collect();
    database.suggest(name, &domains)
}

fn category(name: &str, domains: &[&str]) -> Option<String> {
    known(&database(), name, domains)?.category
}

#[test]
fn the_whole_file_says_the_same_as_json_and_as_csv() {
    let json = database();
    for csv in [csv(""), csv(" ")] {
        let csv = CookieDatabase::from_csv(csv.as_bytes()).unwrap();
        let mut suggested = 0;
        for (_, row) in rows() {
            let name = row.cookie.trim();
            for domains in [vec![], vec![row.domain.as_str()]] {
                let suggestion = known(&json, name, &domains);
                assert_eq!(
                    known(&csv, name, &domains),
                    suggestion,
                    "{name} {domains:?}"
                );
                suggested += usize::from(suggestion.is_some());
            }
        }
        assert!(suggested > 3_000, "{suggested}");
    }
}

#[test]
fn a_django_login_is_not_taken_for_a_tracker() {
    let database = database();
    for name in ["sessionid", "csrftoken", "messages"] {
        assert_eq!(known(&database, name, &[]), None, "{name}");
        assert_eq!(
            known(&database, name, &["www.shop.example"]),
            None,
            "{name}"
        );
    }
    let there = category("sessionid", &["www.instagram.com"]);
    assert_eq!(there.as_deref(), Some("marketing"));
}

#[test]
fn names_are_found_exactly_or_by_the_longest_wildcard() {
    for (name, provider, kind) in [
        ("_ga", "Google", "analytics"),
        ("_ga_*", "Google", "analytics"),
        ("_ga_PORTAIL", "Google", "analytics"),
        ("_pk_id.1.fe4c", "Piwik", "analytics"),
        ("_pk_id", "Matomo", "analytics"),
        ("_hjSessionUser_*", "Hotjar", "functional"),
        ("django_language", "Django", "functional"),
        ("ce_need_secure_cookie", "Crazy Egg", "analytics"),
    ] {
        let suggestion = known(&database(), name, &[]);
        let suggestion = suggestion.unwrap_or_else(|| panic!("{name}"));
        assert_eq!(suggestion.provider.as_deref(), Some(provider), "{name}");
        assert_eq!(suggestion.category.as_deref(), Some(kind), "{name}");
        assert!(suggestion.purpose.is_some(), "{name}");
    }
}

#[test]
fn wildcards_of_three_characters_or_fewer_say_nothing() {
    let mut short = 0;
    for (_, row) in rows() {
        let prefix = row.cookie.trim();
        if row.wildcard_match == "1" && prefix.len() < 4 {
            short += 1;
            let domain = [row.domain.as_str()];
            assert_eq!(
                known(&database(), &format!("{prefix}~x"), &domain),
                None,
                "{prefix}"
            );
        }
    }
    assert_eq!(short, 19);
}

#[test]
fn duplicate_names_take_the_category_of_their_domain() {
    for (name, one, other) in [
        (
            "token",
            ("adform.net", "marketing"),
            ("ib.adnxs.com", "functional"),
        ),
        (
            "chk",
            ("pubmatic.com", "functional"),
            ("mediarithmics.com", "marketing"),
        ),
        (
            "dc",
            ("betweendigital.com", "marketing"),
            ("t.tailtarget.com", "functional"),
        ),
    ] {
        for (domain, kind) in [one, other] {
            assert_eq!(
                category(name, &[domain]).as_deref(),
                Some(kind),
                "{name} {domain}"
            );
        }
        assert_eq!(category(name, &[one.0, other.0]), None, "{name}");
        assert_eq!(known(&database(), name, &[]), None, "{name}");
    }
    // One of these two is for any site.
    assert_eq!(
        category("euconsent", &["faktor.io"]).as_deref(),
        Some("marketing")
    );
    assert_eq!(category("euconsent", &[]).as_deref(), Some("functional"));
}

#[test]
fn a_name_that_ends_in_a_star_is_a_wildcard() {
    let unmarked = rows().into_iter().map(|(_, row)| row);
    let unmarked = unmarked.filter(|row| row.cookie.ends_with('*') && row.wildcard_match == "0");
    let mut found = 0;
    for row in unmarked.filter(|row| row.cookie.len() > 4) {
        let name = row.cookie.replace('*', "42");
        assert_eq!(
            category(&name, &[&row.domain]).as_deref(),
            Some("marketing"),
            "{name}"
        );
        assert_eq!(category(&name, &[]), None, "{name}");
        found += 1;
    }
    assert_eq!(found, 3);
}

#[test]
fn an_invalid_domain_does_not_mean_any_site() {
    for name in ["gpp", "betweendigital.com"] {
        assert_eq!(known(&database(), name, &[]), None, "{name}");
    }
}

#[test]
fn no_row_makes_a_cookie_necessary() {
    let database = database();
    let mut necessary = 0;
    for (_, row) in rows() {
        necessary += usize::from(row.category == "Necessary");
        for name in [
            row.cookie.trim().to_owned(),
            format!("{}x", row.cookie.trim()),
        ] {
            for domains in [vec![], vec![row.domain.as_str()]] {
                let suggestion = known(&database, &name, &domains).unwrap_or_default();
                let category = suggestion.category.unwrap_or_default();
                let kinds = [
                    "",
                    "functional",
                    "analytics",
                    "marketing",
                    "security",
                    "personalization",
                ];
                assert!(kinds.contains(&category.as_str()), "{name}: {category}");
            }
        }
    }
    assert_eq!(necessary, 9);
    let rails = known(&database, "_rails_session", &[]).unwrap();
    assert_eq!(
        (rails.provider.as_deref(), rails.category),
        (Some("Ruby on Rails"), None)
    );
}

/// The draft of a site that sets every cookie there is can be pasted, with all that is suggested.
#[test]
fn a_draft_with_every_name_of_the_database_loads_as_a_policy() {
    let empty = CookiePolicy::new([Category::consent("tiers")]).unwrap();
    let inventory = Inventory::with_max_names(3_000);
    let layer = CookieConsentLayer::new(empty).observe(inventory.clone());
    let fields: Vec<_> = rows()
        .iter()
        .map(|(_, row)| format!("{}=1; Domain={}; Path=/", row.cookie.trim(), row.domain))
        .filter(|field| http::HeaderValue::from_str(field).is_ok())
        .collect();
    for fields in fields.chunks(100) {
        let fields: Vec<_> = fields.iter().map(String::as_str).collect();
        exchange(&layer, request([("cookie", "")]), response(&fields));
    }
    let draft = inventory.report().draft().with_database(&database());
    assert!(draft.cookies().len() > 2_000, "{}", draft.cookies().len());
    let suggested = draft
        .cookies()
        .iter()
        .filter(|cookie| cookie.provider.is_some());
    assert!(suggested.count() > 1_500);
    let pasted =
        format!(r#"{{"categories": [{{"id": "tiers", "basis": "consent", "cookies": {draft}}}]}}"#);
    serde_json::from_str::<CookiePolicy>(&pasted).unwrap();
}
