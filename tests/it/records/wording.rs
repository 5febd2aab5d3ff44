//! The document of a record has the words of the regime that the visitor was asked in.

use axum::{Router, body::Body};
use http::{Request, StatusCode, header::SET_COOKIE};
use http_body_util::BodyExt;
use rusqlite::Connection;
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookiePolicy,
    pages::Pages,
    records::{Digest, Document, RecordLayer, Records, SqliteStore, Subject},
    regimes::{Regime, Whereabouts},
};

struct Site {
    app: Router,
    folder: tempfile::TempDir,
    records: Records,
}

fn policy() -> CookiePolicy {
    CookiePolicy::builder()
        .category(Category::consent("ads").title("Ads").description("d"))
        .regime("uk", Regime::preset("uk"))
        .build()
        .unwrap()
}

/// A site with a header that names the regime of each request.
fn site() -> Site {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("records.db")).unwrap();
    let records = Records::builder(store).subject(Subject::None);
    let records = records.build().unwrap();
    let layer = CookieConsentLayer::new(policy())
        .regime_for(|request| {
            let names = ["uk", "quebec", "us-opt-out", "brazil", "eu"];
            let field = request.headers().get("x-regime");
            let found = names
                .into_iter()
                .find(|name| field.is_some_and(|it| it == name));
            found.map_or(Whereabouts::Unknown, Whereabouts::Regime)
        })
        .records(&records);
    let app = Router::new()
        .layer(Pages::at("/cookies", policy()).unwrap())
        .layer(RecordLayer::new(records.clone()))
        .layer(layer);
    Site {
        app,
        folder,
        records,
    }
}

/// The media type and the content of a document, and its hash in the database.
type Shown = (String, String, Vec<u8>);

impl Site {
    async fn get(&self, path: &str, regime: &str) -> String {
        let request = Request::get(path).header("x-regime", regime);
        let response = self
            .app
            .clone()
            .oneshot(request.body(Body::empty()).unwrap());
        let body = response.await.unwrap().into_body().collect().await;
        String::from_utf8(body.unwrap().to_bytes().to_vec()).unwrap()
    }

    /// Sends a choice with the texts of a form. Returns the status, and `true` if it is stored.
    async fn choose(&self, decision: &str, texts: &str, regime: &str) -> (StatusCode, bool) {
        let form = format!("decision={decision}&surface=banner&lang=en&revision=1&texts={texts}");
        let request = Request::post("/cookies/preferences")
            .header("host", "shop.example")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-regime", regime)
            .body(Body::from(form));
        let response = self.app.clone().oneshot(request.unwrap()).await.unwrap();
        let is_stored = response.headers().contains_key(SET_COOKIE);
        (response.status(), is_stored)
    }

    /// Returns the documents that were shown, by record.
    async fn shown(&self) -> Vec<Option<Shown>> {
        self.records.flush().await;
        let database = Connection::open(self.folder.path().join("records.db")).unwrap();
        let sql = "SELECT media_type, content, sha256 FROM records \
                   LEFT JOIN documents ON documents.row = records.shown ORDER BY records.row";
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| {
            let Some(media_type) = row.get(0)? else {
                return Ok(None);
            };
            Ok(Some((media_type, row.get(1)?, row.get(2)?)))
        });
        rows.unwrap().map(Result::unwrap).collect()
    }
}

/// Returns the fingerprint of the texts that a form carries.
fn texts(form: &str) -> &str {
    let (_, rest) = form.split_once("name=\"texts\" value=\"").unwrap();
    rest.split('"').next().unwrap()
}

#[tokio::test]
async fn the_document_of_a_record_has_the_words_of_its_regime() {
    let site = site();
    let mut seen = Vec::new();
    for (regime, words) in [
        ("eu", "Refuse all"),
        ("uk", "There you can also object to statistics"),
        ("quebec", "Do you want to turn these cookies on?"),
        ("us-opt-out", "Decline all"),
    ] {
        let form = site.get("/cookies/preferences?lang=en", regime).await;
        let chosen = site.choose("accept", texts(&form), regime).await;
        assert_eq!(chosen, (StatusCode::SEE_OTHER, true), "{regime}");
        let shown = site.shown().await;
        let (media_type, content, hash) = shown.last().unwrap().clone().unwrap();
        assert!(content.contains(words), "{regime}: {content}");
        // It is the banner of that regime, to the byte, and under its own hash.
        let visitor = Consent::undecided(policy().in_regime(regime).unwrap());
        let banner = Pages::at("/cookies", policy()).unwrap();
        let banner = String::from(banner.banner(&visitor, "en").unwrap());
        assert_eq!(content, banner, "{regime}");
        let document = Document::new(&media_type, content);
        assert_eq!(document.digest(), Digest::of(banner.as_bytes()));
        assert_eq!(hash, document.digest().as_bytes(), "{regime}");
        assert!(!seen.contains(&hash), "{regime}");
        seen.push(hash);
    }
}

#[tokio::test]
async fn a_form_of_one_regime_asks_again_in_another() {
    let site = site();
    let form = site.get("/cookies/preferences?lang=en", "uk").await;
    let moved = site.choose("accept", texts(&form), "quebec").await;
    assert_eq!(moved, (StatusCode::CONFLICT, false));
    // A refusal counts, and its record names no texts that the visitor was not shown.
    let moved = site.choose("refuse", texts(&form), "quebec").await;
    assert_eq!(moved, (StatusCode::SEE_OTHER, true));
    assert_eq!(site.shown().await, [None]);
}

#[tokio::test]
async fn the_policy_page_names_the_law_that_wants_records() {
    let site = site();
    for (regime, language, law) in [
        ("eu", "en", "(GDPR, articles 6(1)(c) and 7(1))"),
        ("uk", "en", "(UK GDPR, articles 6(1)(c) and 7(1))"),
        ("uk", "es", "RGPD del Reino Unido"),
        ("uk", "fr", "RGPD du Royaume-Uni"),
        (
            "us-opt-out",
            "en",
            "California Code of Regulations, title 11, section 7101",
        ),
        (
            "us-opt-out",
            "es",
            "Código de Reglamentos de California, título 11, sección 7101",
        ),
        (
            "us-opt-out",
            "fr",
            "California Code of Regulations, titre 11, section 7101",
        ),
        ("quebec", "en", "the Commission d’accès à l’information"),
        ("quebec", "es", "la Commission d’accès à l’information"),
        ("quebec", "fr", "la Commission d’accès à l’information"),
        ("brazil", "pt", "(LGPD, artigo 8º, § 2º)"),
    ] {
        let page = site.get(&format!("/cookies?lang={language}"), regime).await;
        assert!(page.contains(law), "{regime} {language}");
        let is_european = page.contains("(GDPR, ") || page.contains("(RGPD, ");
        assert_eq!(is_european, regime == "eu", "{regime} {language}");
    }
}
