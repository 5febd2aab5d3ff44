//! The wording of each regime on each page, and how a site replaces it.

use std::{fs, path::Path};

use axum::Router;
use http::{Method, StatusCode};
use serde::Deserialize;
use tower_cookie_consent::{
    Basis, Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy,
    pages::{Pages, PagesError, Words},
    policy::Retention,
    regimes::{Exemption, Regime, Whereabouts},
};

use crate::pages::{request, send};

/// Written from the laws and not from the texts.
const TABLE: &str = include_str!("../../data/wordings.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    regime: String,
    language: String,
    page: String,
    says: Vec<String>,
}

fn plain() -> CookiePolicy {
    let exemption = Exemption::new(["uk"], "Counts visits", "Shop Ltd", Retention::months(13));
    let statistics = Category::exempt("stats").exemption(exemption);
    let statistics = statistics.title("Statistics").description("Counts.");
    let pixel = CookieDeclaration::new("_ga").controller("Ads Inc.");
    CookiePolicy::builder()
        .category(statistics.cookie(CookieDeclaration::new("_pk_ses")))
        .category(
            Category::consent("ads")
                .title("Advertising")
                .description("Pays.")
                .cookie(pixel.clone()),
        )
        .category(
            Category::consent("films")
                .title("Films")
                .description("Shows.")
                .cookie(CookieDeclaration::new("film").controller("Films Inc.")),
        )
        .build()
        .unwrap()
}

fn policy() -> CookiePolicy {
    let states = || Regime::preset("us-opt-out").basis("ads", Basis::OptOut);
    plain()
        .to_builder()
        .regime("us-opt-out", states())
        .regime("california", states())
        .regime("britain", Regime::preset("uk"))
        .regime("uk", Regime::preset("uk"))
        .build()
        .unwrap()
}

fn pages() -> Pages {
    Pages::at("/cookies", policy()).unwrap()
}

fn visitor(regime: &str) -> Consent {
    Consent::undecided(policy().in_regime(regime).unwrap())
}

/// Returns the text of a key for a visitor in this regime.
fn text(pages: &Pages, regime: &str, language: &str, key: &str) -> String {
    let view = pages.view(&visitor(regime), language);
    view.t.get(key).unwrap().to_owned()
}

/// Renders a page for a visitor in this regime.
fn page(regime: &'static str, language: &str, page: &str) -> String {
    let pages = pages();
    let pieces = pages.pieces(&visitor(regime), language);
    let path = match page {
        "banner" => return pieces.banner.into(),
        "footer" => return pieces.footer.into(),
        "charter" => "",
        "form" => "/preferences",
        page => &format!("/{page}"),
    };
    let layer = CookieConsentLayer::new(policy());
    let layer = layer.regime_for(move |_| Whereabouts::Regime(regime));
    let site = Router::new().layer(pages).layer(layer);
    let path = format!("/cookies{path}?lang={language}");
    let response = send(site, request(Method::GET, &path, &[], ""));
    assert_eq!(response.status(), StatusCode::OK, "{regime} {page}");
    response.into_body()
}

#[test]
fn each_page_has_the_words_of_its_regime() {
    let rows: Vec<Row> = serde_json::from_str(TABLE).unwrap();
    assert!(rows.len() > 30);
    let mut wrong = Vec::new();
    for row in &rows {
        let regime = Box::leak(row.regime.clone().into_boxed_str());
        let html = page(regime, &row.language, &row.page);
        let what = format!("{} {} {}", row.regime, row.language, row.page);
        for text in row.says.iter().filter(|text| !html.contains(*text)) {
            wrong.push(format!("{what}: no {text:?}"));
        }
        // Nor those of other regimes.
        let (usual, own) = (visitor("eu"), visitor(regime));
        let usual = pages().view(&usual, &row.language).t;
        let own = pages().view(&own, &row.language).t;
        let mut count = 0;
        for (key, _) in Words::KEYS {
            let (usual, own) = (usual.get(key).unwrap(), own.get(key).unwrap());
            // Filled in, and too short to be found by chance.
            let start = usual.split('{').next().unwrap();
            if own == usual || own.contains(start) || start.len() < 12 {
                continue;
            }
            count += 1;
            if html.contains(start) {
                wrong.push(format!("{what}: {key} says {start:?}"));
            }
        }
        assert!(count > 4, "{what}: {count}");
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn other_regimes_have_the_words_of_the_language() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages/texts");
    let without = Pages::at("/cookies", plain()).unwrap();
    let without = |language: &str| without.view(&Consent::undecided(plain()), language).t;
    let languages = pages().view(&visitor("eu"), "en").languages;
    assert_eq!(languages.len(), 24);
    for language in languages {
        let tag = language.tag;
        let file = fs::read_to_string(folder.join(format!("{tag}.json"))).unwrap();
        let file: serde_json::Map<_, _> = serde_json::from_str(&file).unwrap();
        for (key, text) in &file {
            assert_eq!(without(&tag).get(key), text.as_str(), "{tag} {key}");
        }
        for regime in ["eu", "fr", "it", "es", "nl", "de", "strictest"] {
            let own = pages().view(&visitor(regime), &tag).t;
            assert_eq!(own, without(&tag), "{regime} {tag}");
        }
        let has_own = ["en", "es", "fr"].contains(&tag.as_str());
        for regime in ["us-opt-out", "quebec", "uk"] {
            let own = pages().view(&visitor(regime), &tag).t;
            assert_eq!(own != without(&tag), has_own, "{regime} {tag}");
        }
    }
}

#[test]
fn a_regime_under_another_id_has_the_words_of_its_preset() {
    let pages = pages();
    for (regime, preset) in [("california", "us-opt-out"), ("britain", "uk")] {
        let (own, of_preset) = (visitor(regime), visitor(preset));
        let (own, of_preset) = (pages.view(&own, "fr").t, pages.view(&of_preset, "fr").t);
        assert_eq!(own, of_preset, "{regime}");
        assert_ne!(own, pages.view(&visitor("eu"), "fr").t, "{regime}");
    }
    // A preset's id with the rules of another preset.
    let policy = plain().to_builder().regime("uk", Regime::preset("eu"));
    let policy = policy.build().unwrap().in_regime("uk").unwrap();
    let words = pages.view(&Consent::undecided(policy), "fr").t;
    assert_eq!(words, pages.view(&visitor("eu"), "fr").t);
}

#[test]
fn what_a_site_says_goes_before_the_words_of_a_regime() {
    let refuse = |text: &str| format!(r#"{{"refuse_all": "{text}"}}"#);
    let everywhere = pages().language("en", &refuse("No thanks")).unwrap();
    for regime in ["eu", "us-opt-out", "california", "quebec"] {
        let found = text(&everywhere, regime, "en", "refuse_all");
        assert_eq!(found, "No thanks", "{regime}");
    }
    // The rest stays that of the regime.
    let found = text(&everywhere, "us-opt-out", "en", "any_time");
    assert_eq!(found, text(&pages(), "us-opt-out", "en", "any_time"));

    // In one regime and those based on it, whichever comes first.
    let here = |pages: Pages| {
        let pages = pages.language_in_regime("us-opt-out", "en", &refuse("Nope"));
        pages.unwrap()
    };
    let first = here(everywhere);
    let last = here(pages()).language("en", &refuse("No thanks")).unwrap();
    for pages in [first, last] {
        for (regime, expected) in [
            ("eu", "No thanks"),
            ("uk", "No thanks"),
            ("us-opt-out", "Nope"),
            ("california", "Nope"),
        ] {
            let found = text(&pages, regime, "en", "refuse_all");
            assert_eq!(found, expected, "{regime}");
        }
        let own = pages.language_in_regime("california", "en", &refuse("Not here"));
        let own = own.unwrap();
        for (regime, expected) in [("us-opt-out", "Nope"), ("california", "Not here")] {
            let found = text(&own, regime, "en", "refuse_all");
            assert_eq!(found, expected, "{regime}");
        }
        let found = text(&own, "california", "en", "opt_out_button");
        assert_eq!(found, "Do Not Sell or Share My Personal Information");
    }
}

#[test]
fn each_regime_can_have_words_of_the_site() {
    let pages = pages()
        .language_in_regime("strictest", "de", r#"{"refuse_all": "Nein, danke"}"#)
        .unwrap()
        .language_in_regime("britain", "de", r#"{"refuse_all": "Lieber nicht"}"#)
        .unwrap();
    let usual = text(&self::pages(), "eu", "de", "refuse_all");
    for (regime, expected) in [
        ("strictest", "Nein, danke"),
        ("britain", "Lieber nicht"),
        ("uk", &usual),
        ("eu", &usual),
    ] {
        let found = text(&pages, regime, "de", "refuse_all");
        assert_eq!(found, expected, "{regime}");
    }
    let plain = Pages::at("/cookies", plain()).unwrap();
    let replaced = plain
        .clone()
        .language_in_regime("uk", "en", r#"{"refuse_all": "No"}"#)
        .unwrap();
    let nobody = Consent::undecided(self::plain());
    let (one, other) = (plain.pieces(&nobody, "en"), replaced.pieces(&nobody, "en"));
    assert_eq!(one, other, "without regimes it counts nowhere");
}

#[test]
fn wrong_words_of_a_regime_are_errors() {
    let set = |regime, tag, words| pages().language_in_regime(regime, tag, words);
    for regime in ["us-optout", "", "atlantis"] {
        let error = set(regime, "en", "{}").unwrap_err();
        let is_setting = matches!(error, PagesError::Setting { ref value, .. } if value == regime);
        assert!(is_setting, "{error:?}");
    }
    for (tag, words) in [
        ("en", r#"{"refuse": "No"}"#),
        ("en", r#"{"refuse_all": 1}"#),
        ("en", "[]"),
        ("br", "{}"),
        ("x y", "{}"),
    ] {
        let error = set("uk", tag, words).unwrap_err();
        let is_words = matches!(error, PagesError::Words { .. });
        assert!(is_words, "{tag} {words}: {error:?}");
    }
}
