//! Records name the page with the button that was pressed, and say what the response says.

use axum::{Router, body::Body};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use rusqlite::Connection;
use serde_json::{Value, json};
use tower::ServiceExt;
use tower_cookie_consent::{
    Basis, Category, CookieConsentLayer, CookiePolicy,
    pages::Pages,
    policy::Service,
    records::{RecordLayer, Records, SqliteStore, Subject},
    regimes::{Regime, Whereabouts},
};

use crate::pages::rendered::Rendered;

/// A visitor of a site in California.
struct Visitor {
    app: Router,
    folder: tempfile::TempDir,
    records: Records,
    cookie: String,
}

fn policy() -> CookiePolicy {
    let ads = Category::consent("ads").title("Ads").description("d");
    let films = Category::consent("media").title("Media").description("d");
    CookiePolicy::builder()
        .category(ads.service(Service::new("auction").title("Auction")))
        .category(films.service(Service::new("films").title("Films")))
        .regime(
            "us-opt-out",
            Regime::preset("us-opt-out")
                .basis("ads", Basis::OptOut)
                .basis("media", Basis::Consent),
        )
        .build()
        .unwrap()
}

impl Visitor {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("records.db")).unwrap();
        let records = Records::builder(store).subject(Subject::None);
        let records = records.build().unwrap();
        let layer = CookieConsentLayer::new(policy())
            .regime_for(|_| Whereabouts::Regime("us-opt-out"))
            .records(&records);
        let app = Router::new()
            .layer(Pages::at("/cookies", policy()).unwrap())
            .layer(RecordLayer::new(records.clone()))
            .layer(layer);
        Self {
            app,
            folder,
            records,
            cookie: "a=b".to_owned(),
        }
    }

    async fn send(&self, method: &str, path: &str, body: String) -> Response<Body> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "shop.example")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "text/html")
            .header("cookie", &self.cookie)
            .body(Body::from(body));
        self.app.clone().oneshot(request.unwrap()).await.unwrap()
    }

    async fn page(&self, path: &str) -> String {
        let response = self.send("GET", path, String::new()).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap()
    }

    async fn form(&self, path: &str, button: &str) -> Rendered {
        Rendered::with(&self.page(path).await, button)
    }

    /// Sends a form, and returns its record: the surface, the document and the answers.
    async fn press(&mut self, form: &Rendered, button: &str) -> (String, String, Value) {
        let response = self
            .send("POST", "/cookies/preferences", form.body(button))
            .await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{button}");
        let field = response.headers()["set-cookie"].to_str().unwrap();
        self.cookie = field.split(';').next().unwrap().to_owned();
        assert_eq!(self.records.flush().await, 0);
        let database = Connection::open(self.folder.path().join("records.db")).unwrap();
        let sql = "SELECT surface, content, answers FROM records \
                   LEFT JOIN documents ON documents.row = records.shown \
                   ORDER BY records.row DESC LIMIT 1";
        let row = database.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        let (surface, document, answers): (_, _, String) = row.unwrap();
        (surface, document, serde_json::from_str(&answers).unwrap())
    }
}

/// What a document has, and what it does not have.
fn has(document: &str, texts: &[&str], others: &[&str]) {
    for text in texts {
        assert!(document.contains(text), "{text}: {document}");
    }
    for text in others {
        assert!(!document.contains(text), "{text}: {document}");
    }
}

#[tokio::test]
async fn opt_outs_name_the_page_on_which_they_were_made() {
    let mut visitor = Visitor::new();
    let form = visitor.form("/cookies/opt-out", "opt_out").await;
    let (surface, document, answers) = visitor.press(&form, "opt_out").await;
    assert_eq!(surface, "opt_out");
    has(
        &document,
        &["value=\"opt_out\""],
        &["opt_in", "value=\"save\""],
    );
    assert_eq!(answers["ads"], "dn", "{answers}");
    // Allowing it again is another question.
    let form = visitor.form("/cookies/opt-out?confirm", "opt_in").await;
    let (surface, document, answers) = visitor.press(&form, "opt_in").await;
    assert_eq!(surface, "opt_out");
    let year = time::OffsetDateTime::now_utc().year().to_string();
    has(&document, &["value=\"opt_in\""], &["tcc-notice", &year]);
    assert_eq!(answers["ads"], "gd", "{answers}");
}

#[tokio::test]
async fn withdrawals_name_the_footer_in_which_they_were_made() {
    for button in ["withdraw", "object"] {
        let mut visitor = Visitor::new();
        let form = visitor.form("/cookies/preferences", "accept").await;
        visitor.press(&form, "accept").await;
        let form = visitor.form("/cookies", button).await;
        let (surface, document, _) = visitor.press(&form, button).await;
        assert_eq!(surface, "footer");
        let both = ["value=\"withdraw\"", "value=\"object\""];
        has(
            &document,
            &both,
            &["hidden>", "<html", "return_to", "tcc-saved"],
        );
    }
}

#[tokio::test]
async fn the_record_of_a_saved_form_denies_services_too() {
    let mut visitor = Visitor::new();
    let form = visitor.form("/cookies/preferences", "accept").await;
    visitor.press(&form, "accept").await;
    let form = visitor.form("/cookies/preferences", "save").await;
    let form = form.set("category", "media", false);
    let form = form.set("objection", "ads", true);
    let (surface, _, answers) = visitor.press(&form, "save").await;
    assert_eq!(surface, "form");
    let denied = json!({"ads": "dg", "auction": "dn", "films": "dn", "media": "dg"});
    assert_eq!(answers, denied);
    let state: Value = serde_json::from_str(&visitor.page("/cookies/state").await).unwrap();
    for category in state["categories"].as_array().unwrap() {
        for unit in [category, &category["services"][0]] {
            assert_eq!(
                (&unit["allowed"], &unit["answer"]),
                (&json!(false), &json!(false)),
                "{unit}"
            );
        }
    }
}
