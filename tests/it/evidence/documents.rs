//! The documents of a pack are those that records name.

use axum::{Router, body::Body};
use http::Request;
use tower::ServiceExt;
use tower_cookie_consent::{
    Consent, CookieConsentLayer,
    conformance::Evidence,
    pages::Pages,
    records::{Archive, RecordLayer, Records, SqliteStore},
    regimes::Whereabouts,
};

use super::{date, key, policy, run, text, written};
use crate::support::process::Folder;

/// The regime, the surface, the decision and the language of choices.
const CHOICES: [(&str, &str, &str, &str); 6] = [
    ("uk", "banner", "accept", "en"),
    ("uk", "form", "accept", "de"),
    ("us-opt-out", "form", "accept", "en"),
    ("us-opt-out", "opt_out", "opt_out", "de"),
    ("us-opt-out", "opt_out", "opt_in", "en"),
    ("uk", "footer", "withdraw", "de"),
];

/// Makes choices in two regimes, and returns the store.
fn choose(folder: &Folder, pages: &Pages) -> Archive {
    let runtime = crate::support::server::runtime();
    let store = SqliteStore::open(folder.0.join("records.db")).unwrap();
    let records = Records::builder(store).build().unwrap();
    let layer = CookieConsentLayer::new(policy())
        .regime_for(|request| {
            let is_british = request.headers().contains_key("x-uk");
            match is_british {
                true => Whereabouts::Regime("uk"),
                false => Whereabouts::Regime("us-opt-out"),
            }
        })
        .records(&records);
    let app: Router = Router::new()
        .layer(pages.clone())
        .layer(RecordLayer::new(records.clone()))
        .layer(layer);
    // Nothing needs consent in the other one, and no banner asks there.
    for (regime, surface, decision, language) in CHOICES {
        let visitor = Consent::undecided(policy().in_regime(regime).unwrap());
        let texts = pages.view(&visitor, language).texts;
        let form = format!(
            "decision={decision}&surface={surface}&lang={language}&revision=1&texts={texts}"
        );
        let mut request = Request::post(format!("/cookies/preferences?lang={language}"))
            .header("host", "shop.example")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded");
        if regime == "uk" {
            request = request.header("x-uk", "1");
        }
        let request = request.body(Body::from(form)).unwrap();
        let response = runtime.block_on(app.clone().oneshot(request)).unwrap();
        assert!(
            response.headers().contains_key("set-cookie"),
            "{response:?}"
        );
    }
    runtime.block_on(records.flush());
    let url = format!("sqlite:{}", folder.0.join("records.db").display());
    let archive = runtime.block_on(Archive::open(&url)).unwrap();
    runtime
        .block_on(archive.checkpoint(&key(), date()))
        .unwrap();
    archive
}

#[test]
fn records_name_documents_of_the_pack() {
    let folder = Folder::new("records");
    let pages = Pages::at("/cookies", policy()).unwrap().site("Example");
    let archive = choose(&folder, &pages);
    let evidence = Evidence::new(policy(), date()).pages(pages);
    let evidence = run(evidence.archive(&archive)).unwrap();
    let (pack, _folder) = written(evidence);

    let mut export = Vec::new();
    run(archive.export(&mut export)).unwrap();
    let export = String::from_utf8(export).unwrap();
    let lines = export
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let lines: Vec<serde_json::Value> = lines.collect();
    let records: Vec<_> = lines.iter().filter(|it| it["type"] == "record").collect();
    assert_eq!(records.len(), CHOICES.len(), "{export}");
    let listed: Vec<serde_json::Value> =
        serde_json::from_str(text(&pack, "documents/documents.json")).unwrap();
    for record in records {
        for (member, kind) in [
            ("policy", "policy"),
            ("shown", record["surface"].as_str().unwrap()),
        ] {
            let row = listed.iter().find(|row| row["sha256"] == record[member]);
            let row = row.unwrap_or_else(|| panic!("{member} of {record}"));
            assert_eq!(row["kind"], kind);
            assert_eq!(row["stored"], true);
            assert!(pack.file(row["file"].as_str().unwrap()).is_some());
        }
    }
    assert!(
        listed.iter().any(|row| row["stored"] == false),
        "not every text was shown"
    );
    assert!(text(&pack, "records/checkpoint.json").contains("\"signature\":\"ed25519:"));
    assert_eq!(text(&pack, "records/outbox.jsonl"), "");
}
