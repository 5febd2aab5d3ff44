//! The console for staff, over HTTP, as a site mounts it behind its login.

mod browser;
#[cfg(unix)]
mod postgres;

use std::{
    sync::{Arc, Mutex},
    time::SystemTime,
};

use axum::{Router, extract::Request, middleware::from_fn};
use futures_executor::block_on;
use http::{HeaderName, Method, Response, StatusCode, header::*};
use rusqlite::Connection;
use tower_cookie_consent::{
    Category, CookieDeclaration, CookiePolicy,
    records::{
        Archive, ConsentRecord, Console, Document, Entry, Instant, RecordId, RecordStore, Records,
        SigningKey, SqliteStore, Viewer, verify,
    },
};
use tracing_subscriber::filter::LevelFilter;

use crate::{
    support::{process::Folder, server},
    tracing::logged,
};

const DAY: u64 = 86_400;
const PATH: &str = "/staff/consent";
const STAFF: HeaderName = HeaderName::from_static("x-staff");
const FORM: &str = "application/x-www-form-urlencoded";

fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap().as_secs()
}

/// A surface, a language, the answer and the one before, so many times on each of the last days.
type Choices = (&'static str, &'static str, [&'static str; 2], usize);

const CHOICES: [Choices; 6] = [
    ("banner", "en", ["granted", "not_asked"], 40),
    ("banner", "fr", ["granted", "not_asked"], 12),
    ("banner", "en", ["denied", "not_asked"], 30),
    ("form", "fr", ["denied", "not_asked"], 13),
    ("form", "en", ["denied", "granted"], 11),
    ("signal", "en", ["denied", "not_asked"], 7),
];

fn entry(number: usize, seconds: u64, choice: &Choices) -> Entry {
    let ads = Category::consent("ads").cookie(CookieDeclaration::new("_ga"));
    let policy = Document::of_policy(&CookiePolicy::new([ads]).unwrap());
    let mut random = [0; 10];
    random[..8].copy_from_slice(&number.to_be_bytes());
    let time = Instant::from_unix_seconds(seconds);
    let (surface, language, [state, before], _) = choice;
    let record = serde_json::json!({
        "id": RecordId::at(seconds, random), "recorded_at": time, "decided_at": time,
        "site": "shop.example", "policy": policy.digest(), "shown": null, "surface": surface,
        "language": language, "regime": null, "gpc": *surface == "signal", "cause": "choice",
        "key": null, "answers": {"ads": {"state": state, "before": before}},
    });
    let record: ConsentRecord = serde_json::from_value(record).unwrap();
    Entry::new(Arc::new(record), vec![policy])
}

type Looks = Arc<Mutex<Vec<String>>>;

/// A site with the console, over an SQLite file with choices.
struct Site {
    url: String,
    file: String,
    /// A visitor's last record, and the one before.
    ids: [RecordId; 2],
    key: SigningKey,
    looks: Looks,
    _folder: Folder,
}

impl Site {
    fn new() -> Self {
        Self::with(&CHOICES, 3)
    }

    /// Creates a site where these choices were made on each of the last days.
    fn with(choices: &[Choices], days: u64) -> Self {
        let folder = Folder::new("console");
        let file = folder.0.join("consent.db").display().to_string();
        let store = SqliteStore::open(&file).unwrap();
        let mut entries = Vec::new();
        for day in 0..days {
            for choice in choices {
                for _ in 0..choice.3 {
                    entries.push(entry(entries.len(), now() - day * DAY, choice));
                }
            }
        }
        let first = entries[0].record.id;
        let mut last = entry(entries.len(), now(), &CHOICES[4]);
        last.previous = Some(first);
        let ids = [last.record.id, first];
        entries.push(last);
        block_on(store.append(&entries)).unwrap();
        let archive = Archive::from(store);
        let key = SigningKey::generate().unwrap();
        block_on(archive.checkpoint(&key, Instant::from_unix_seconds(now()))).unwrap();
        let looks = Looks::default();
        let url = serve(&file, archive, &key, &looks);
        Self {
            url,
            file,
            ids,
            key,
            looks,
            _folder: folder,
        }
    }

    fn send(&self, who: &str, method: Method, path: &str, body: &str) -> Response<String> {
        let headers = [(STAFF, who), (CONTENT_TYPE, FORM)];
        server::send(method, &format!("{}{path}", self.url), &headers, body)
    }

    fn overview(&self, who: &str) -> String {
        let response = self.send(who, Method::GET, "", "");
        assert_eq!(response.status(), StatusCode::OK);
        response.into_body()
    }

    fn looks(&self) -> Vec<String> {
        self.looks.lock().unwrap().clone()
    }

    fn sql(&self, sql: &str) {
        Connection::open(&self.file)
            .unwrap()
            .execute_batch(sql)
            .unwrap();
    }
}

/// The site's login: here, whoever the request says. Browsers, which can't say, are an auditor.
#[derive(Clone)]
struct Staff(String);

fn console(archive: Archive, looks: &Looks) -> Console {
    let looks = Arc::clone(looks);
    let name = |request: &http::request::Parts| {
        let Staff(name) = request.extensions.get()?;
        match &**name {
            "nobody" => None,
            "reader" => Some(Viewer::reader("m.rossi")),
            name => Some(Viewer::auditor(name)),
        }
    };
    Console::at(PATH, archive, name)
        .unwrap()
        .on_look(move |look| {
            let line = format!(
                "{} {} {}",
                look.viewer.name(),
                look.part.as_str(),
                look.allowed
            );
            looks.lock().unwrap().push(line);
        })
}

async fn log_in(mut request: Request, next: axum::middleware::Next) -> axum::response::Response {
    let who = request.headers().get(STAFF);
    let who = who.map_or("dpo", |who| who.to_str().unwrap());
    let staff = Staff(who.to_owned());
    request.extensions_mut().insert(staff);
    next.run(request).await
}

fn serve(file: &str, archive: Archive, key: &SigningKey, looks: &Looks) -> String {
    let records = block_on(Records::open(&format!("sqlite:{file}"))).unwrap();
    let console = console(archive, looks)
        .records(&records.build().unwrap())
        .public_key(key.public());
    let site = Router::new()
        .nest_service(PATH, console)
        .layer(from_fn(log_in));
    format!("http://{}{PATH}", server::serve(site))
}

/// Returns the text of each cell of the tables with a count, and whatever else people read as one.
fn figures(page: &str) -> Vec<String> {
    let cells = page.split("<td").skip(1).map(|rest| {
        let (_, rest) = rest.split_once('>').unwrap();
        rest.split("</td>").next().unwrap()
    });
    let totals = page
        .split("<strong>")
        .skip(1)
        .map(|rest| rest.split("</strong>").next().unwrap());
    cells.chain(totals).map(text).collect()
}

/// Returns the text between tags.
fn text(html: &str) -> String {
    let parts = html
        .split('<')
        .map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    parts.collect::<String>().trim().to_owned()
}

fn row(page: &str, head: &str) -> Vec<String> {
    let row = page
        .split("<tr")
        .find(|row| row.contains(&format!(">{head}</th>")));
    let row = row.unwrap_or_else(|| panic!("no row {head}"));
    let row = row.split("</tr>").next().unwrap();
    row.split("<td")
        .skip(1)
        .map(|cell| text(&format!("<td{cell}")))
        .collect()
}

#[test]
fn choices_are_counted_by_day_place_and_language() {
    let site = Site::new();
    let page = site.overview("reader");
    // 40 and 12 a day; nothing was partly accepted, so no share is shown.
    assert!(page.contains("<strong>156</strong>"), "{page}");
    for (head, cells) in [
        ("Banner", ["156", "–hidden", "90", "–hidden"]),
        ("Preferences form", ["–hidden", "–hidden", "39", "34"]),
        (
            "Signal of the browser",
            ["–hidden", "–hidden", "21", "–hidden"],
        ),
        ("en", ["120", "–hidden", "111", "34"]),
        ("fr", ["36", "–hidden", "39", "–hidden"]),
    ] {
        assert_eq!(row(&page, head), cells, "{head}");
    }
    let day = Instant::from_unix_seconds(now()).to_string();
    assert_eq!(row(&page, &day[..10]), ["52", "–hidden", "50", "12"]);
    assert!(page.contains("<svg role=\"img\"") && page.contains("<rect class=\"k0\""));
}

#[test]
fn shares_are_of_rows_in_which_nothing_is_hidden() {
    let site = Site::with(&CHOICES[..5], 1);
    assert!(!site.overview("reader").contains('%'), "a count is hidden");
    // A placeholder asks about a part alone.
    let partial: Choices = ("placeholder", "en", ["granted", "not_asked"], 60);
    let whole = [partial, CHOICES[0], CHOICES[2], CHOICES[4]];
    let site = Site::with(&whole, 1);
    let page = site.overview("reader");
    // 40 accepted, 60 in part, 30 refused, 12 withdrawn.
    assert_eq!(
        row(&page, "en"),
        ["40 28.2%", "60 42.3%", "30 21.1%", "12 8.5%"]
    );
    assert!(page.contains("100%"), "the chart of rates");
}

#[test]
fn no_count_under_ten_is_shown() {
    let few: [Choices; 3] = [
        ("banner", "en", ["granted", "not_asked"], 40),
        ("form", "en", ["granted", "not_asked"], 9),
        ("json", "fr", ["granted", "not_asked"], 12),
    ];
    let site = Site::with(&few, 1);
    let page = site.overview("dpo");
    assert!(page.contains("<strong>61</strong>"));
    assert_eq!(row(&page, "Banner")[0], "40");
    // Either would show the other.
    assert_eq!(
        (&*row(&page, "Preferences form")[0], &*row(&page, "JSON")[0]),
        ("–hidden", "–hidden")
    );
    for figure in figures(&page) {
        let number: String = figure.chars().take_while(char::is_ascii_digit).collect();
        assert!(
            number.is_empty() || number.parse::<u32>().unwrap() >= 10,
            "{figure}"
        );
    }
    assert!(
        !Site::with(&few[1..2], 1).overview("dpo").contains("<svg"),
        "nothing to draw"
    );
}

#[test]
fn a_search_shows_the_newest_two_hundred_records() {
    let site = Site::new();
    let store = SqliteStore::open(&site.file).unwrap();
    let mut entries: Vec<_> = (0..250)
        .map(|at| entry(1000 + at, now(), &CHOICES[4]))
        .collect();
    for at in 1..entries.len() {
        entries[at].previous = Some(entries[at - 1].record.id);
    }
    block_on(store.append(&entries)).unwrap();
    let search = format!("receipt={}", entries[249].record.id);
    let page = site
        .send("dpo", Method::POST, "/search", &search)
        .into_body();
    assert_eq!(page.matches("<article").count(), 200);
    let shows = |at: usize| page.contains(&entries[at].record.id.to_string());
    assert!(shows(249) && shows(50) && !shows(49));
}

#[test]
fn a_reader_may_neither_search_nor_export() {
    let site = Site::new();
    let receipt = format!("receipt={}", site.ids[0]);
    let page = site.overview("reader");
    assert!(!page.contains("<form") && page.contains("Your role shows counts"));
    for (path, body) in [("/search", &*receipt), ("/export", "")] {
        let refused = site.send("reader", Method::POST, path, body);
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{path}");
        assert!(!refused.body().contains("shop.example"), "{path}");
        let allowed = site.send("dpo", Method::POST, path, body);
        assert_eq!(allowed.status(), StatusCode::OK, "{path}");
        assert!(allowed.body().contains("shop.example"), "{path}");
    }
    assert_eq!(site.overview("dpo").matches("<form").count(), 2);
}

#[test]
fn without_a_viewer_nothing_is_shown() {
    let site = Site::new();
    let receipt = format!("receipt={}", site.ids[0]);
    for (method, path, body) in [
        (Method::GET, "", ""),
        (Method::HEAD, "", ""),
        (Method::GET, "?days=90", ""),
        (Method::POST, "/search", &*receipt),
        (Method::POST, "/export", ""),
    ] {
        let refused = site.send("nobody", method, path, body);
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{path}");
        assert!(!refused.body().contains("156") && !refused.body().contains("shop"));
    }
    assert_eq!(site.looks(), [""; 0]);
}

#[test]
fn each_look_is_logged_without_whose_records() {
    let site = Site::new();
    let receipt = site.ids[0].to_string();
    let archive = block_on(Archive::open(&format!("sqlite:{}", site.file))).unwrap();
    let looks = Looks::default();
    let console = console(archive, &looks);
    let lines = logged(LevelFilter::TRACE, || {
        server::runtime().block_on(async {
            for (who, method, path, body) in [
                ("reader", Method::GET, "", ""),
                (
                    "dpo",
                    Method::POST,
                    "/search",
                    &*format!("receipt={receipt}"),
                ),
                (
                    "reader",
                    Method::POST,
                    "/search",
                    &*format!("receipt={receipt}"),
                ),
                ("dpo", Method::POST, "/export", ""),
                ("nobody", Method::GET, "", ""),
            ] {
                let mut request = http::Request::builder()
                    .method(method)
                    .uri(format!("{PATH}{path}"))
                    .header(COOKIE, format!("consent_receipt={receipt}"))
                    .body(axum::body::Body::from(body.to_owned()))
                    .unwrap();
                request.extensions_mut().insert(Staff(who.to_owned()));
                let answered = tower::ServiceExt::oneshot(console.clone(), request).await;
                assert!(answered.is_ok());
            }
        });
    });
    let expected = [
        ("m.rossi", "overview", true),
        ("dpo", "search", true),
        ("m.rossi", "search", false),
        ("dpo", "export", true),
    ];
    let of = |(name, part, allowed): &(&str, &str, bool)| format!("{name} {part} {allowed}");
    let wanted: Vec<_> = expected.iter().map(of).collect();
    assert_eq!(*looks.lock().unwrap(), wanted);
    let lines = lines.all();
    assert_eq!(lines.len(), 4, "{lines:?}");
    for (line, (name, part, allowed)) in lines.iter().zip(expected) {
        let fields = format!("viewer=\"{name}\" part=\"{part}\" allowed={allowed}");
        assert!(
            line.contains("INFO tower_cookie_consent: ") && line.contains(&fields),
            "{line}"
        );
        assert!(
            !line.contains(&receipt) && !line.contains("consent_receipt"),
            "{line}"
        );
    }
}

#[test]
fn a_receipt_finds_the_records_up_to_it() {
    let site = Site::new();
    let [last, first] = site.ids;
    let search = |receipt: &str| {
        site.send(
            "dpo",
            Method::POST,
            "/search",
            &format!("receipt={receipt}"),
        )
    };
    let found = search(&format!("+{last}%0D%0A")).into_body();
    let place = |id: RecordId| found.find(&format!("<code>{id}</code>")).unwrap();
    assert!(place(first) < place(last));
    assert_eq!(row(&found, "ads"), ["not asked", "granted"]);
    assert!(found.contains("shop.example") && found.contains("leaf "));
    assert!(
        !search(&first.to_string())
            .body()
            .contains(&last.to_string())
    );
    let unknown = "01a0c3e2-7a00-7000-8000-000000000000";
    for (receipt, status) in [
        (unknown, StatusCode::NOT_FOUND),
        ("", StatusCode::BAD_REQUEST),
        ("<script>", StatusCode::BAD_REQUEST),
        (&"a".repeat(5000), StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let answer = search(receipt);
        assert_eq!(answer.status(), status, "{receipt}");
        // Nothing of what was sent.
        assert!(!answer.body().contains("script") && !answer.body().contains(unknown));
    }
}

#[test]
fn the_export_is_the_archives_own() {
    let site = Site::new();
    let sent = site.send("dpo", Method::POST, "/export", "");
    assert_eq!(sent.headers()[CACHE_CONTROL], "no-store");
    assert_eq!(sent.headers()[TRANSFER_ENCODING], "chunked");
    let file = sent.headers()[CONTENT_DISPOSITION].to_str().unwrap();
    assert_eq!(file, "attachment; filename=\"consent-records.jsonl\"");
    let archive = block_on(Archive::open(&format!("sqlite:{}", site.file))).unwrap();
    let mut own = Vec::new();
    block_on(archive.export(&mut own)).unwrap();
    assert_eq!(sent.body().as_bytes(), own);
    // More than one part.
    let leaves = String::from_utf8(own.clone()).unwrap();
    assert!(leaves.matches(r#""type":"leaf""#).count() > 300);
    verify(&own[..], &site.key.public(), false).unwrap();
}

#[test]
fn an_export_that_fails_is_not_taken_for_the_whole() {
    let site = Site::new();
    // A leaf of the second part.
    site.sql("DELETE FROM leaves WHERE leaf_index >= 300");
    let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        site.send("dpo", Method::POST, "/export", "")
    }));
    assert!(failed.is_err(), "the body ends with an error");
}

#[test]
fn answers_allow_nothing_but_their_own_style() {
    let site = Site::new();
    let receipt = format!("receipt={}", site.ids[0]);
    let overview = site.send("dpo", Method::GET, "", "");
    let pages = [
        site.send("dpo", Method::POST, "/search", &receipt),
        site.send("nobody", Method::GET, "", ""),
        site.send("dpo", Method::GET, "/elsewhere", ""),
    ];
    for page in pages.iter().chain([&overview]) {
        let fields = page.headers();
        let policy = fields[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'self'; "),
            "{policy}"
        );
        assert_eq!(fields[CACHE_CONTROL], "no-store");
        assert_eq!(fields[X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert!(!page.body().contains("<script") && !page.body().contains(" style="));
    }
    assert_eq!(pages.map(|page| page.status().as_u16()), [200, 403, 404]);
    let style = overview.body().split("/style-").nth(1).unwrap();
    let style = format!("/style-{}", style.split('"').next().unwrap());
    // Strangers see it too, so that their page is a page.
    let style = site.send("nobody", Method::GET, &style, "");
    assert_eq!(style.headers()[CONTENT_TYPE], "text/css; charset=utf-8");
    assert!(
        style.headers()[CACHE_CONTROL]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
    let head = site.send("dpo", Method::HEAD, "", "");
    assert_eq!((head.status(), head.body().len()), (StatusCode::OK, 0));
}

#[test]
fn other_sites_and_methods_are_refused() {
    let site = Site::new();
    let host = site
        .url
        .strip_prefix("http://")
        .unwrap()
        .split('/')
        .next()
        .unwrap();
    let own = format!("http://{host}");
    let fetch = HeaderName::from_static("sec-fetch-site");
    let mut looks = Vec::new();
    for (name, value, status) in [
        (fetch.clone(), "same-origin", 200),
        (fetch.clone(), "cross-site", 403),
        (fetch, "same-site", 403),
        (ORIGIN, &*own, 200),
        (ORIGIN, "https://evil.example", 403),
        (ORIGIN, "null", 403),
    ] {
        let url = format!("{}/export", site.url);
        let headers = [(STAFF, "dpo"), (name, value)];
        let answer = server::send(Method::POST, &url, &headers, "");
        assert_eq!(answer.status(), status, "{value}");
        looks.push(format!("dpo export {}", status == 200));
    }
    for (method, path, allowed) in [
        (Method::POST, "", "GET, HEAD"),
        (Method::GET, "/search", "POST"),
        (Method::GET, "/export", "POST"),
    ] {
        let answer = site.send("dpo", method, path, "");
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(answer.headers()[ALLOW], allowed);
    }
    // Another site can't make the log say that somebody saw a record.
    looks.extend(["overview", "search", "export"].map(|part| format!("dpo {part} false")));
    assert_eq!(site.looks(), looks);
}

#[test]
fn the_last_checkpoint_is_checked() {
    let site = Site::new();
    let page = site.overview("reader");
    assert!(page.contains("signed with the known key") && page.contains("have this root"));
    assert!(page.contains("could sign another history"), "no witness");
    site.sql("UPDATE checkpoints SET root = zeroblob(32)");
    let page = site.overview("reader");
    assert!(page.contains("not signed with the known key") && page.contains("have another root"));
    site.sql("DELETE FROM nodes");
    assert!(site.overview("reader").contains("have another root"));
    site.sql("DELETE FROM checkpoints");
    assert!(site.overview("reader").contains("None yet"));
}

fn fact(page: &str, name: &str) -> String {
    let rest = page.split(&format!("<dt>{name}</dt>")).nth(1);
    text(rest.unwrap().split("</dd>").next().unwrap())
}

#[test]
fn readers_cannot_compute_what_is_hidden() {
    // 61 records, of which 40 were accepted and 12 withdrawn: 9 are left.
    let few: [Choices; 3] = [
        ("banner", "en", ["granted", "not_asked"], 40),
        ("form", "en", ["denied", "granted"], 11),
        ("banner", "en", ["denied", "not_asked"], 9),
    ];
    let site = Site::with(&few, 1);
    let page = site.overview("reader");
    assert_eq!(
        row(&page, "Banner"),
        ["40", "–hidden", "–hidden", "–hidden"]
    );
    for name in ["Records kept", "Not in the tree yet", "Last checkpoint"] {
        let shown = fact(&page, name);
        let words = shown.split_whitespace();
        // The time of the checkpoint is not a count.
        let count = words.filter(|it| it.chars().all(|c| c.is_ascii_digit() || c == ','));
        assert_eq!(count.count(), 0, "{name}: {shown}");
    }
    assert_eq!(fact(&page, "Records kept"), "some");
    assert_eq!(fact(&page, "Not in the tree yet"), "none");
    // Who may export has them anyway.
    let page = site.overview("dpo");
    assert_eq!(fact(&page, "Records kept"), "61");
    assert!(fact(&page, "Last checkpoint").starts_with("62 leaves, "));
    // Nor when the store is down.
    site.sql("DROP TABLE counters");
    let down = site.send("reader", Method::GET, "", "").into_body();
    let spooled = fact(&down, "In the spool, waiting for the store");
    assert_eq!(spooled, "none");
}

#[test]
fn the_outbox_and_the_health_are_shown() {
    let site = Site::new();
    let page = site.overview("dpo");
    assert_eq!(fact(&page, "Withdrawals given up (dead letters)"), "none");
    assert_eq!(fact(&page, "In the spool, waiting for the store"), "none");
    assert_eq!(fact(&page, "Records kept"), "340");
    for number in 0..12 {
        let due = if number < 3 { "NULL" } else { "1" };
        site.sql(&format!(
            "INSERT INTO outbox (record, provider, withdrawn_at, due_at)
             VALUES (zeroblob(16), 'p{number}', 1, {due})"
        ));
    }
    let page = site.overview("dpo");
    let dead = fact(&page, "Withdrawals given up (dead letters)");
    assert_eq!(dead, "Look after it under 10");
    assert_eq!(fact(&page, "Withdrawals waiting for delivery"), "under 10");
}

#[test]
fn a_store_that_fails_is_said_without_details() {
    let site = Site::new();
    site.sql("DROP TABLE counters");
    let answer = site.send("reader", Method::GET, "", "");
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.body().contains("can’t be read now"));
    assert!(!answer.body().contains(&site.file) && !answer.body().contains("counters"));
    // What the writer knows is shown all the same.
    assert!(
        answer
            .body()
            .contains("In the spool, waiting for the store")
    );
    let stranger = site.send("nobody", Method::GET, "", "");
    assert!(!stranger.body().contains("In the spool"));
}

#[test]
fn the_portal_shows_it_filled() {
    let portal = server::Server::start("portal");
    let debug = portal.get("/debug/cookies").into_body();
    assert!(debug.contains("/debug/records"));
    let page = portal.get("/debug/records").into_body();
    // Both charts, with every kind.
    assert_eq!(page.matches("<svg role=\"img\"").count(), 2);
    for kind in 0..4 {
        assert!(page.contains(&format!("<rect class=\"k{kind}\"")), "{kind}");
    }
    assert!(page.contains("signed with the known key"));
    let export = portal.send(Method::POST, "/debug/records/export", &[], "");
    let made_up = export.into_body();
    assert!(made_up.matches(r#""type":"record""#).count() > 1000);
    // The portal's own records are not among them.
    let own = portal
        .temporary
        .as_ref()
        .unwrap()
        .0
        .read_dir()
        .unwrap()
        .next();
    let own = own.unwrap().unwrap().path().join("consent.db");
    let count = "SELECT count(*) FROM records";
    let count = Connection::open(own)
        .unwrap()
        .query_row(count, [], |row| row.get::<_, u64>(0));
    assert_eq!(count.unwrap(), 0);
}

#[test]
fn without_a_tokio_runtime_the_answer_names_it() {
    let site = Site::new();
    let archive = block_on(Archive::open(&format!("sqlite:{}", site.file))).unwrap();
    let console = console(archive, &Looks::default());
    for (method, path) in [(Method::GET, ""), (Method::POST, "/export")] {
        let mut request = Request::new(axum::body::Body::empty());
        *request.method_mut() = method;
        *request.uri_mut() = format!("{PATH}{path}").parse().unwrap();
        request.extensions_mut().insert(Staff("dpo".to_owned()));
        let answer = block_on(tower::ServiceExt::oneshot(console.clone(), request)).unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = block_on(http_body_util::BodyExt::collect(answer.into_body()));
        let body = body.unwrap().to_bytes();
        assert_eq!(body, "the console needs a tokio runtime");
    }
}

#[test]
fn a_router_may_leave_the_path_as_it_is() {
    let site = Site::new();
    let archive = block_on(Archive::open(&format!("sqlite:{}", site.file))).unwrap();
    let console = console(archive, &Looks::default());
    let whole = Router::new()
        .fallback_service(console)
        .layer(from_fn(log_in));
    let address = server::serve(whole);
    for (path, status) in [
        ("", 200),
        ("/", 200),
        ("?days=7", 200),
        ("/x", 404),
        ("x", 404),
    ] {
        let answer = server::send(
            Method::GET,
            &format!("http://{address}{PATH}{path}"),
            &[],
            "",
        );
        assert_eq!(answer.status(), status, "{path}");
    }
    for path in ["staff", "/staff/", "/st aff", "", "/", "/a//b", "/a?b"] {
        let archive = block_on(Archive::open(&format!("sqlite:{}", site.file))).unwrap();
        let error = Console::at(path, archive, |_| None).unwrap_err();
        assert!(
            error.to_string().contains("write it as /staff/consent"),
            "{path}"
        );
    }
}
