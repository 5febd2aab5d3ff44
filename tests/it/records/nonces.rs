//! A form that is sent twice is one choice: through real HTTP, into a real SQLite file.

use std::{num::NonZeroU32, path::PathBuf, thread, time::Duration};

use axum::{Extension, Router, response::Html, routing::get};
use futures_executor::block_on;
use http::{
    Method, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, COOKIE, ORIGIN, SET_COOKIE},
};
use rusqlite::Connection;
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookiePolicy,
    documents::HtmlConsentLayer,
    pages::Pages,
    policy::Service,
    records::{RecordLayer, Records, SqliteStore, Subject},
};

use crate::support::{process::Folder, server};

/// Where the forms of a site are, and what their records say.
const FORMS: [(&str, &str); 4] = [
    ("/", "banner"),
    ("/cookies/preferences", "form"),
    ("/document", "banner"),
    ("/film", "placeholder"),
];

struct Site {
    url: String,
    folder: Folder,
    records: Option<Records>,
}

async fn home(
    pages: Extension<Pages>,
    consent: Extension<Consent>,
) -> impl axum::response::IntoResponse {
    let pieces = pages.pieces(&consent, "en");
    let page = format!(
        "<!doctype html><head>{}<body>{}<main>Hello",
        pieces.head, pieces.banner
    );
    ([(CACHE_CONTROL, "private, max-age=600")], Html(page))
}

/// Starts a site, whose banner has nonces or not, if it has records.
fn site(records: Option<bool>) -> Site {
    let folder = Folder::new("nonces");
    let films = Service::new("films").origins(["https://films.example"]);
    let policy = CookiePolicy::new([
        Category::consent("ads").title("Ads").description("d"),
        Category::consent("media")
            .title("Media")
            .description("d")
            .service(films),
    ])
    .unwrap();
    let pages = Pages::at("/cookies", policy.clone()).unwrap();
    let film = r#"<!doctype html><title>x</title><iframe src="https://films.example/1"></iframe>"#;
    let documents = Router::new()
        .route(
            "/document",
            get(async || Html("<!doctype html><title>x</title>Hello")),
        )
        .route(
            "/film",
            get(async move || ([(CACHE_CONTROL, "no-store")], Html(film))),
        )
        .layer(HtmlConsentLayer::new().pages(pages.clone()));
    let mut site = Router::new()
        .route("/", get(home))
        .merge(documents)
        .layer(Extension(pages.clone()))
        .layer(pages);
    let mut consent = CookieConsentLayer::new(policy);
    let mut kept = None;
    if let Some(banner_nonces) = records {
        let store = SqliteStore::open(folder.0.join("consent.db")).unwrap();
        let records = Records::builder(store)
            .subject(Subject::Receipt {
                path: "/cookies".to_owned(),
            })
            .most_grants_a_second(NonZeroU32::new(100_000).unwrap())
            .build()
            .unwrap();
        consent = consent.records(&records);
        kept = Some(records.clone());
        site = site.layer(RecordLayer::new(records).banner_nonces(banner_nonces));
    }
    let address = server::serve(site.layer(consent));
    Site {
        url: format!("http://{address}"),
        folder,
        records: kept,
    }
}

/// Returns the value of the first hidden field with this name.
fn field(page: &str, name: &str) -> Option<String> {
    let start = format!("name=\"{name}\" value=\"");
    let value = page.split(&start).nth(1)?;
    Some(value.split('"').next()?.to_owned())
}

/// Returns a page from its form for this place, which is in a frame for placeholders.
fn form_of(page: &str, surface: &str) -> String {
    let page = page.replace("&#34;", "\"").replace("&#60;", "<");
    let place = page
        .find(&format!("name=\"surface\" value=\"{surface}\""))
        .expect(&page);
    page[page[..place].rfind("<form").unwrap()..].to_owned()
}

/// Returns the cookies of a response as a browser sends them back.
fn cookies(response: &Response<String>) -> String {
    let fields = response.headers().get_all(SET_COOKIE).iter();
    let pairs = fields.map(|field| field.to_str().unwrap().split(';').next().unwrap());
    pairs.collect::<Vec<_>>().join("; ")
}

fn receipt(response: &Response<String>) -> String {
    let all = cookies(response);
    let (_, receipt) = all.split_once("consent_receipt=").expect("a receipt");
    receipt.to_owned()
}

fn grants(response: &Response<String>) -> bool {
    cookies(response).contains("%3Atrue")
}

impl Site {
    fn page(&self, path: &str, cookies: &str) -> Response<String> {
        let headers = [(COOKIE, cookies), (http::header::ACCEPT, "text/html,*/*")];
        server::send(Method::GET, &format!("{}{path}", self.url), &headers, "")
    }

    /// Sends the form of a page, as a browser does.
    fn choose(&self, page: &str, decision: &str, cookies: &str) -> Response<String> {
        let mut form = format!("decision={decision}");
        for name in ["revision", "texts", "lang", "nonce", "surface"] {
            if let Some(value) = field(page, name) {
                form.push_str(&format!("&{name}={value}"));
            }
        }
        self.send("application/x-www-form-urlencoded", &form, cookies)
    }

    fn send(&self, media_type: &str, body: &str, cookies: &str) -> Response<String> {
        let url = format!("{}/cookies/preferences", self.url);
        let headers = [
            (CONTENT_TYPE, media_type),
            (ORIGIN, &self.url),
            (COOKIE, cookies),
        ];
        server::send(Method::POST, &url, &headers, body)
    }

    /// Returns the answers, the nonce and the place of each record.
    fn rows(&self) -> Vec<(String, Option<String>, String)> {
        // A refusal does not wait for its record.
        if let Some(records) = &self.records {
            assert_eq!(block_on(records.flush()), 0);
        }
        let path: PathBuf = self.folder.0.join("consent.db");
        let database = Connection::open(path).unwrap();
        let sql = "SELECT answers, key, surface FROM records ORDER BY row";
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        rows.unwrap().map(Result::unwrap).collect()
    }
}

#[test]
fn a_form_sent_twice_makes_one_record_and_grants() {
    for (path, surface) in FORMS {
        let site = site(Some(true));
        let page = site.page(path, "");
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        assert_eq!(page.headers()[CACHE_CONTROL], "no-store", "{path}");
        let form = &form_of(page.body(), surface);
        let nonce = field(form, "nonce").expect(path);
        assert!(
            nonce.len() == 32 && nonce.bytes().all(|it| it.is_ascii_hexdigit()),
            "{nonce}"
        );
        let first = site.choose(form, "accept", "");
        let again = site.choose(form, "accept", "");
        // Within the second of the choice, a reload sends the very choice that is known.
        thread::sleep(Duration::from_millis(1100));
        let reloaded = site.choose(form, "accept", &cookies(&first));
        for response in [&first, &again, &reloaded] {
            assert_eq!(response.status(), StatusCode::SEE_OTHER, "{path}");
            assert!(grants(response), "{path}");
            assert_eq!(receipt(response), receipt(&first), "{path}");
        }
        let rows = site.rows();
        assert_eq!(rows.len(), 1, "{path}: {rows:?}");
        assert_eq!((&rows[0].1, &*rows[0].2), (&Some(nonce), surface));
    }
}

#[test]
fn accept_refuse_accept_on_one_page_makes_three() {
    for (path, _) in FORMS {
        let site = site(Some(true));
        let page = site.page(path, "").into_body();
        let mut jar = String::new();
        for (decision, granted) in [("accept", true), ("refuse", false), ("accept", true)] {
            let response = site.choose(&page, decision, &jar);
            assert_eq!(grants(&response), granted, "{path}: {decision}");
            jar = cookies(&response);
        }
        let answers: Vec<_> = site.rows().into_iter().map(|row| row.0).collect();
        assert_eq!(answers.len(), 3, "{path}: {answers:?}");
        assert!(
            answers[1].contains("dg") && answers[2].contains("gd"),
            "{answers:?}"
        );
    }
}

#[test]
fn a_form_replayed_1_000_times_is_one_record() {
    let site = site(Some(true));
    let page = site.page("/", "").into_body();
    let first = receipt(&site.choose(&page, "accept", ""));
    for _ in 0..999 {
        let again = site.choose(&page, "accept", "");
        assert!(grants(&again));
        assert_eq!(receipt(&again), first);
    }
    assert_eq!(site.rows().len(), 1);
}

#[test]
fn two_tabs_that_differ_at_once_are_two_records() {
    let site = site(Some(true));
    let tabs = [
        site.page("/", "").into_body(),
        site.page("/", "").into_body(),
    ];
    assert_ne!(field(&tabs[0], "nonce"), field(&tabs[1], "nonce"));
    let [accepted, refused] = thread::scope(|scope| {
        let both = [(&tabs[0], "accept"), (&tabs[1], "refuse")];
        let both = both.map(|(page, decision)| {
            let site = &site;
            scope.spawn(move || site.choose(page, decision, ""))
        });
        both.map(|tab| tab.join().unwrap())
    });
    assert!(grants(&accepted) && !grants(&refused));
    assert_ne!(receipt(&accepted), receipt(&refused));
    let answers: Vec<_> = site.rows().into_iter().map(|row| row.0).collect();
    assert_eq!(answers.len(), 2, "{answers:?}");
    assert_eq!(answers.iter().filter(|it| it.contains("gn")).count(), 1);
}

#[test]
fn without_a_nonce_nothing_is_merged() {
    let site = site(Some(true));
    let form = "application/x-www-form-urlencoded";
    for nonce in [
        "",
        "&nonce=",
        "&nonce=x",
        "&nonce=0123456789abcdef0123456789abcdeg",
    ] {
        for _ in 0..2 {
            assert!(grants(&site.send(
                form,
                &format!("decision=accept{nonce}"),
                ""
            )));
        }
    }
    let rows = site.rows();
    assert_eq!(rows.len(), 8);
    assert!(rows.iter().all(|row| row.1.is_none()), "{rows:?}");
}

#[test]
fn json_may_have_a_nonce() {
    let site = site(Some(true));
    let body = r#"{"decision": "accept", "nonce": "0123456789ABCDEF0123456789abcdef"}"#;
    for _ in 0..2 {
        assert!(grants(&site.send("application/json", body, "")));
    }
    let rows = site.rows();
    assert_eq!(rows.len(), 1);
    assert_eq!(
        rows[0].1.as_deref(),
        Some("0123456789abcdef0123456789abcdef")
    );
}

#[test]
fn what_a_cache_may_store_has_no_nonce() {
    let site = site(Some(true));
    let decided = cookies(&site.send("application/json", r#"{"decision": "refuse"}"#, ""));
    let home = site.page("/", &decided);
    assert_eq!(home.headers()[CACHE_CONTROL], "private, max-age=600");
    assert_eq!(field(home.body(), "nonce"), None);
    let charter = site.page("/cookies", "");
    assert_eq!(charter.headers()[CACHE_CONTROL], "private, no-cache");
    assert_eq!(field(charter.body(), "nonce"), None);
    // Not even of what was shown: its document is the same for all.
    let page = site.page("/", "").into_body();
    site.choose(&page, "accept", "");
    let database = Connection::open(site.folder.0.join("consent.db")).unwrap();
    let sql = "SELECT count(*), sum(content LIKE '%name=\"nonce\"%') FROM documents
               WHERE media_type LIKE 'text/html%'";
    let found: (u64, u64) = database
        .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!(found, (1, 0));
}

#[test]
fn the_banner_has_a_nonce_only_where_the_site_allows_it() {
    let site = site(Some(false));
    for (path, has_one) in [
        ("/", false),
        ("/document", false),
        ("/film", true),
        ("/cookies/preferences", true),
    ] {
        let page = site.page(path, "");
        let is_kept = page
            .headers()
            .get(CACHE_CONTROL)
            .is_none_or(|it| it != "no-store");
        let nonce = field(page.body(), "nonce");
        assert_eq!((nonce.is_some(), is_kept), (has_one, !has_one), "{path}");
    }
}

#[test]
fn where_nothing_is_recorded_there_is_no_nonce() {
    let site = site(None);
    for (path, _) in FORMS {
        let page = site.page(path, "");
        assert_eq!(field(page.body(), "nonce"), None, "{path}");
        assert!(field(page.body(), "texts").is_some(), "{path}");
    }
    let home = site.page("/", "");
    assert_eq!(home.headers()[CACHE_CONTROL], "private, max-age=600");
}
