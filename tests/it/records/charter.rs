//! What the cookie policy page says of the records (GDPR, art. 13).

use axum::Router;
use http::{Method, header::ACCEPT};
use serde_json::Value;
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookiePolicy,
    pages::Pages,
    policy::Controller,
    records::{RecordLayer, RecordRetention, Records, SqliteStore},
};

use crate::support::{process::Folder, server};

const TEXTS: [&str; 4] = [
    "records_title",
    "records_text",
    "records_basis",
    "records_rights",
];

fn policy() -> CookiePolicy {
    let controller = Controller::new("Example Ltd")
        .address("1 High Street")
        .contact("privacy@example.org")
        .dpo("dpo@example.org");
    CookiePolicy::builder()
        .category(Category::consent("ads").title("Ads").description("d"))
        .controller(controller)
        .build()
        .unwrap()
}

/// Starts a site, with records that are kept for this long, or none.
fn site(retention: Option<RecordRetention>) -> (String, Folder) {
    let folder = Folder::new("charter");
    let mut site = Router::new().layer(Pages::at("/cookies", policy()).unwrap());
    let mut consent = CookieConsentLayer::new(policy());
    if let Some(retention) = retention {
        let store = SqliteStore::open(folder.0.join("consent.db")).unwrap();
        let records = Records::builder(store)
            .retention(retention)
            .build()
            .unwrap();
        consent = consent.records(&records);
        site = site.layer(RecordLayer::new(records));
    }
    (
        format!("http://{}", server::serve(site.layer(consent))),
        folder,
    )
}

fn page(url: &str, query: &str, accept: &str) -> String {
    let url = format!("{url}/cookies?{query}");
    server::send(Method::GET, &url, &[(ACCEPT, accept)], "").into_body()
}

#[test]
fn every_language_says_that_choices_are_recorded() {
    let (url, _folder) = site(Some(RecordRetention::default()));
    let (silent, _other) = site(None);
    let pages = Pages::at("/cookies", policy()).unwrap();
    let languages = pages.view(&Consent::undecided(policy()), "en").languages;
    assert_eq!(languages.len(), 24);
    for language in languages {
        let view = pages.view(&Consent::undecided(policy()), &language.tag);
        let query = format!("lang={}", language.tag);
        let texts = TEXTS.map(|key| view.t.get(key).unwrap());
        // Without records too, the page says who is responsible.
        for accept in ["text/html", "application/json"] {
            let said = page(&url, &query, accept);
            let without = page(&silent, &query, accept);
            let texts = texts.iter().skip(usize::from(accept != "text/html"));
            for text in texts {
                assert!(said.contains(text), "{}: {text}", language.tag);
                assert!(!without.contains(text), "{}: {text}", language.tag);
            }
            for fact in [
                "Example Ltd",
                "1 High Street",
                "privacy@example.org",
                "dpo@example.org",
            ] {
                assert!(said.contains(fact), "{}: {fact}", language.tag);
                assert!(without.contains(fact), "{}: {fact}", language.tag);
            }
        }
        // In Markdown, some characters are escaped.
        let title = texts[0];
        let (said, without) = (
            page(&url, &query, "text/markdown"),
            page(&silent, &query, "text/markdown"),
        );
        assert!(
            said.contains(title) && said.contains("Example Ltd"),
            "{said}"
        );
        assert!(!without.contains(title));
        // The list of contacts begins a paragraph of its own.
        assert!(
            without.contains("Example Ltd, 1 High Street\n\n- "),
            "{without}"
        );
    }
}

#[test]
fn the_page_has_the_periods_that_are_set() {
    let usual = RecordRetention::default();
    let longer = usual
        .after_grants_days(5 * 365)
        .refusals_days(1_000)
        .unwrap();
    for (retention, after, refused) in [
        (usual, "3 years", "25 months"),
        (longer, "5 years", "1000 days"),
    ] {
        let (url, _folder) = site(Some(retention));
        let json: Value = serde_json::from_str(&page(&url, "", "application/json")).unwrap();
        let kept = json["records"]["retention"].as_str().unwrap();
        assert!(kept.contains(after) && kept.contains(refused), "{kept}");
        assert!(page(&url, "", "text/html").contains(kept));
    }
}
