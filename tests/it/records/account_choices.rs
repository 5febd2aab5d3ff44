//! A choice that follows the account, from device to device, in every store.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Extension, Router,
    body::Body,
    http::{Request, Response, StatusCode},
    response::IntoResponse,
    routing::{get, post},
};
use tower::ServiceExt;
use tower_cookie_consent::{
    Basis, Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy,
    layer::RequestHead,
    pages::Pages,
    preferences::PreferencesCookie,
    records::{
        Account, AccountChoices, AccountConsent, AccountCookieLayer, AccountKey, AccountKeys,
        AccountLayer, AccountNotice, Archive, LoggedOut, MergeRule, PostgresStore, RecordLayer,
        Records, SqliteStore, StoreError, StoreFuture, verify,
    },
    regimes::{Regime, Whereabouts},
};

use super::every_store::Stores;

/// A store that can be away.
#[derive(Debug)]
struct Switched {
    store: Box<dyn AccountChoices>,
    off: Arc<AtomicBool>,
}

impl AccountChoices for Switched {
    fn load<'a>(&'a self, account: &'a Account) -> StoreFuture<'a, Option<String>> {
        match self.off.load(Ordering::SeqCst) {
            true => Box::pin(async { Err(StoreError::temporary("switched off")) }),
            false => self.store.load(account),
        }
    }

    fn save<'a>(&'a self, account: &'a Account, choice: &'a str) -> StoreFuture<'a, ()> {
        match self.off.load(Ordering::SeqCst) {
            true => Box::pin(async { Err(StoreError::temporary("switched off")) }),
            false => self.store.save(account, choice),
        }
    }
}

async fn choices(url: &str) -> Box<dyn AccountChoices> {
    match url.strip_prefix("sqlite:") {
        Some(file) => Box::new(SqliteStore::open(file).unwrap()),
        None => Box::new(PostgresStore::connect(url).await.unwrap()),
    }
}

fn policy(cookie: PreferencesCookie) -> CookiePolicy {
    let category = |id| Category::consent(id).title(id).description("d");
    CookiePolicy::builder()
        .preferences_cookie(cookie)
        .category(Category::necessary("base").title("Base").description("d"))
        .category(category("ads").cookie(CookieDeclaration::new("_ga")))
        .category(category("films").cookie(CookieDeclaration::new("_vis")))
        .regime(
            "us-opt-out",
            Regime::preset("us-opt-out").basis("ads", Basis::OptOut),
        )
        .build()
        .unwrap()
}

fn name(request: RequestHead<'_>) -> Option<String> {
    let name = request.headers().get("x-account")?.to_str().ok()?;
    Some(name.to_owned())
}

/// A site whose outer layers have put the account's name into a header that visitors can't send.
#[derive(Clone)]
struct Site {
    app: Router,
    records: Records,
    keys: AccountKeys,
    archive: Archive,
    off: Arc<AtomicBool>,
}

struct Settings {
    rule: MergeRule,
    refresh: Duration,
    cookie: PreferencesCookie,
    regime: Option<&'static str>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rule: MergeRule::Latest,
            refresh: Duration::ZERO,
            cookie: PreferencesCookie::default(),
            regime: None,
        }
    }
}

/// Says what is allowed, and what was contradicted; tries to set both cookies.
async fn page(consent: Consent, notice: Option<Extension<AccountNotice>>) -> impl IntoResponse {
    let allowed = ["ads", "films"].map(|id| if consent.allows(id) { id } else { "-" });
    let notice = notice.map_or_else(String::new, |Extension(notice)| {
        format!(" {:?} {:?}", notice.contradicted, notice.rule)
    });
    let cookies = ["_ga=1; Path=/", "_vis=1; Path=/"].map(|field| ("set-cookie", field));
    let cookies = axum::response::AppendHeaders(cookies);
    (cookies, format!("{}{notice}", allowed.join(" ")))
}

/// The fragments that a site puts on its pages.
async fn fragments(consent: Consent, Extension(pages): Extension<Pages>) -> String {
    let banner = pages.banner(&consent, "en").unwrap();
    format!("{}{}", pages.notice(&consent, "en").unwrap(), banner)
}

impl Site {
    async fn new(url: &str, settings: Settings) -> Self {
        let policy = policy(settings.cookie);
        let keys = AccountKeys::from(AccountKey::generate().unwrap());
        let records = Records::open(url).await.unwrap();
        let records = records.accounts(keys.clone(), name).build().unwrap();
        let off = Arc::new(AtomicBool::new(false));
        let store = Switched {
            store: choices(url).await,
            off: Arc::clone(&off),
        };
        let accounts = AccountConsent::new(&records, store, &policy).unwrap();
        let accounts = accounts.rule(settings.rule).refresh(settings.refresh);
        let mut consent = CookieConsentLayer::new(policy.clone());
        if let Some(regime) = settings.regime {
            consent = consent.regime_for(move |_| Whereabouts::Regime(regime));
        }
        let pages = Pages::at("/cookies", policy.clone()).unwrap();
        let app = Router::new()
            .route("/", get(page))
            .route("/fragments", get(fragments))
            .route("/logout", post(async || (Extension(LoggedOut), "bye")))
            .layer(Extension(pages.clone()))
            .layer(pages)
            .layer(AccountLayer::new(accounts.clone()))
            .layer(RecordLayer::new(records.clone()))
            .layer(consent.records(&records))
            .layer(AccountCookieLayer::new(accounts));
        Self {
            app,
            records,
            keys,
            archive: Archive::open(url).await.unwrap(),
            off,
        }
    }

    fn device(&self) -> Device {
        Device {
            site: self.clone(),
            account: None,
            gpc: false,
            jar: BTreeMap::new(),
        }
    }

    /// Returns the causes and answers for `ads` of an account's records.
    async fn recorded(&self, name: &str) -> Vec<String> {
        assert_eq!(self.records.flush().await, 0);
        let account = self.keys.account(name);
        let records = self.archive.account_history(&account).await.unwrap();
        let text = |value: serde_json::Value| value.as_str().unwrap().to_owned();
        let of = |record: &tower_cookie_consent::records::ConsentRecord| {
            let cause = text(serde_json::to_value(record.cause).unwrap());
            let state = record.answers["ads"].state;
            format!("{cause} {}", text(serde_json::to_value(state).unwrap()))
        };
        let mut records: Vec<_> = records.iter().map(|stored| of(&stored.record)).collect();
        records.sort();
        records
    }
}

/// A browser, with its cookies.
struct Device {
    site: Site,
    account: Option<&'static str>,
    gpc: bool,
    jar: BTreeMap<String, String>,
}

impl Device {
    async fn send(&mut self, method: &str, path: &str, body: &str) -> Response<Body> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "shop.example")
            .header("sec-fetch-site", "same-origin")
            .header("sec-fetch-mode", "navigate")
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(account) = self.account {
            request = request.header("x-account", account);
        }
        if self.gpc {
            request = request.header("sec-gpc", "1");
        }
        if !self.jar.is_empty() {
            let pairs = self
                .jar
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            let pairs: Vec<_> = pairs.collect();
            request = request.header("cookie", pairs.join("; "));
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.site.app.clone().oneshot(request).await.unwrap();
        for field in response.headers().get_all("set-cookie") {
            let field = field.to_str().unwrap();
            let (pair, attributes) = field.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }

    /// Opens the page. Returns what it says.
    async fn open(&mut self) -> String {
        self.read("/").await
    }

    async fn read(&mut self, path: &str) -> String {
        let response = self.send("GET", path, "").await;
        assert_eq!(response.status(), StatusCode::OK);
        let body = axum::body::to_bytes(response.into_body(), 1 << 20)
            .await
            .unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    }

    /// Answers with the form: allows these, and denies the rest.
    async fn allow(&mut self, ids: &[&str]) {
        let chosen = ids.iter().map(|id| format!("&category={id}"));
        let body = format!("decision=save{}", chosen.collect::<String>());
        let response = self.send("POST", "/cookies/preferences", &body).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
    }

    async fn log_in(&mut self, name: &'static str) -> String {
        self.account = Some(name);
        self.open().await
    }

    async fn log_out(&mut self) {
        self.send("POST", "/logout", "").await;
        self.account = None;
    }

    fn own(&self) -> Option<&String> {
        self.jar.get("cookies_preferences")
    }

    fn of_account(&self) -> Option<&String> {
        self.jar.get("__Host-account_choice")
    }
}

#[tokio::test]
async fn a_choice_follows_the_account_to_another_device() {
    for url in &Stores::new().urls {
        let site = Site::new(url, Settings::default()).await;
        let (mut phone, mut laptop) = (site.device(), site.device());
        assert_eq!(phone.log_in("ada").await, "- -");
        phone.allow(&["ads"]).await;
        assert_eq!(phone.own(), None, "{url}");
        assert_eq!(phone.open().await, "ads -");
        assert_eq!(phone.jar["_ga"], "1");

        assert_eq!(laptop.open().await, "- -");
        // The page after the login has the account's choice in force.
        assert_eq!(laptop.log_in("ada").await, "ads -");
        assert_eq!(laptop.jar["_ga"], "1");
        assert_eq!(laptop.own(), None);
        // A withdrawal reaches as far as a grant.
        laptop.allow(&["films"]).await;
        assert_eq!(phone.open().await, "- films");
        assert_eq!(phone.open().await, "- films");

        laptop.log_out().await;
        assert_eq!(laptop.of_account(), None);
        assert_eq!(laptop.open().await, "- -");
        assert_eq!(laptop.log_in("bob").await, "- -");
        let expected = [
            "choice denied",
            "choice granted",
            "merged denied",
            "merged granted",
        ];
        assert_eq!(site.recorded("ada").await, expected, "{url}");
    }
}

#[tokio::test]
async fn at_logout_the_device_has_its_own_choice_again() {
    for url in &Stores::new().urls {
        let site = Site::new(url, Settings::default()).await;
        let (mut other, mut device) = (site.device(), site.device());
        device.allow(&["films"]).await;
        let own = device.own().cloned().unwrap();
        other.log_in("ada").await;
        tokio::time::sleep(Duration::from_millis(1100)).await;
        other.allow(&["ads"]).await;

        let said = device.log_in("ada").await;
        assert_eq!(said, "ads - [\"ads\", \"films\"] Latest", "{url}");
        // Once.
        assert_eq!(device.open().await, "ads -");
        device.allow(&["ads", "films"]).await;
        assert_eq!(device.open().await, "ads films");
        assert_eq!(device.own(), Some(&own), "{url}");
        device.log_out().await;
        assert_eq!(device.own(), Some(&own));
        assert_eq!(device.open().await, "- films");
        // And so it is where the session has ended by itself, from the next page but one on.
        assert_eq!(
            device.log_in("ada").await.split(" [").next(),
            Some("ads films")
        );
        device.account = None;
        device.open().await;
        assert_eq!(device.of_account(), None);
        assert_eq!(device.open().await, "- films");
    }
}

#[tokio::test]
async fn the_rule_solves_contradictions() {
    for (rule, expected) in [
        (MergeRule::Latest, "- films [\"ads\", \"films\"] Latest"),
        (MergeRule::Account, "ads - [\"ads\", \"films\"] Account"),
    ] {
        // Stores of their own: the writer of the round before may have its spool for a moment yet.
        for url in &Stores::new().urls {
            let settings = Settings {
                rule,
                ..Settings::default()
            };
            let site = Site::new(url, settings).await;
            let (mut phone, mut laptop) = (site.device(), site.device());
            phone.log_in("ada").await;
            phone.allow(&["ads"]).await;
            tokio::time::sleep(Duration::from_millis(1100)).await;
            laptop.allow(&["films"]).await;
            assert_eq!(laptop.log_in("ada").await, expected, "{url}");
            // What was merged counts for the account.
            assert_eq!(phone.open().await, expected[..expected.find(" [").unwrap()]);
        }
    }
}

#[tokio::test]
async fn a_cookie_that_nobody_signed_does_not_count() {
    let stores = Stores::new();
    let site = Site::new(&stores.urls[0], Settings::default()).await;
    let mut device = site.device();
    device.log_in("ada").await;
    device.allow(&["ads", "films"]).await;
    let signed = device.of_account().cloned().unwrap();
    let value = signed.split('.').next().unwrap();
    for forged in [
        value.to_owned(),
        signed.replace("false", "true").replace("1%7D", "2%7D"),
        format!("{signed}0"),
        signed.to_ascii_uppercase(),
    ] {
        let mut other = site.device();
        other
            .jar
            .insert("__Host-account_choice".to_owned(), forged.clone());
        assert_eq!(other.open().await, "- -", "{forged}");
        assert_eq!(other.of_account(), None);
    }
    // A second one, planted beside the right one, can only take away.
    let mut planted = site.device();
    planted.account = Some("ada");
    planted.allow(&[]).await;
    let refusal = planted.of_account().cloned().unwrap();
    let both = format!("__Host-account_choice={signed}; __Host-account_choice={refusal}");
    let request = Request::get("/")
        .header("host", "shop.example")
        .header("cookie", both);
    let response = site
        .app
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await;
    let body = axum::body::to_bytes(response.unwrap().into_body(), 99)
        .await
        .unwrap();
    assert_eq!(&body[..], b"- -");
}

#[tokio::test]
async fn another_account_does_not_get_the_choice() {
    for url in &Stores::new().urls {
        let site = Site::new(url, Settings::default()).await;
        let mut device = site.device();
        device.log_in("ada").await;
        device.allow(&["ads"]).await;
        // Without a logout in between.
        device.log_in("bob").await;
        assert_eq!(device.open().await, "- -", "{url}");
        device.allow(&["films"]).await;
        assert_eq!(device.open().await, "- films");
        assert_eq!(device.log_in("ada").await.split(" [").next(), Some("ads -"));
        let erased = site.keys.account("ada");
        let now = tower_cookie_consent::records::Instant::from_unix_seconds(0);
        site.records.flush().await;
        site.archive
            .erase_account(&erased, true, now)
            .await
            .unwrap();
        assert_eq!(site.device().log_in("ada").await, "- -");
        assert_eq!(site.device().log_in("bob").await, "- films");
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_asked_again_later() {
    let stores = Stores::new();
    let site = Site::new(&stores.urls[0], Settings::default()).await;
    let (mut phone, mut laptop) = (site.device(), site.device());
    site.off.store(true, Ordering::SeqCst);
    assert_eq!(phone.log_in("ada").await, "- -");
    phone.allow(&["ads"]).await;
    assert_eq!(phone.open().await, "ads -");
    assert_eq!(laptop.log_in("ada").await, "- -");
    site.off.store(false, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(6)).await;
    // The device that made the choice brings it.
    assert_eq!(phone.open().await, "ads -");
    assert_eq!(laptop.open().await, "ads -");
}

/// The store is asked once a minute, and not by images.
#[tokio::test]
async fn the_store_is_not_asked_by_each_request() {
    let stores = Stores::new();
    let settings = Settings {
        refresh: Duration::from_secs(60),
        ..Settings::default()
    };
    let site = Site::new(&stores.urls[0], settings).await;
    let (mut phone, mut laptop) = (site.device(), site.device());
    phone.log_in("ada").await;
    laptop.log_in("ada").await;
    phone.allow(&["ads"]).await;
    for _ in 0..3 {
        assert_eq!(laptop.open().await, "- -");
        assert_eq!(phone.open().await, "ads -");
    }
}

#[tokio::test]
async fn a_signal_takes_effect_beside_the_account() {
    let stores = Stores::new();
    let site = Site::new(&stores.urls[0], Settings::default()).await;
    let (mut phone, mut laptop) = (site.device(), site.device());
    phone.log_in("ada").await;
    phone.allow(&["ads"]).await;
    laptop.gpc = true;
    laptop.log_in("ada").await;
    assert_eq!(laptop.open().await, "- -");
    assert_eq!(phone.open().await, "ads -");
}

/// 11 CCR §7025(c)(1): a signal of a known consumer is for the consumer, and not for the browser alone.
#[tokio::test]
async fn a_remembered_signal_opts_the_account_out() {
    for url in &Stores::new().urls {
        let settings = Settings {
            regime: Some("us-opt-out"),
            ..Settings::default()
        };
        let site = Site::new(url, settings).await;
        let (mut phone, mut laptop) = (site.device(), site.device());
        // Allowed until somebody opts out.
        assert_eq!(phone.log_in("ada").await, "ads -");
        assert_eq!(laptop.log_in("ada").await, "ads -");
        let notice = "signal was processed for your account, on all your devices.";
        assert!(!laptop.read("/fragments").await.contains(notice));
        laptop.gpc = true;
        assert!(laptop.read("/fragments").await.contains(notice), "{url}");
        assert!(!laptop.read("/fragments").await.contains(notice), "once");
        assert_eq!(laptop.open().await, "- -", "{url}");
        assert_eq!(laptop.own(), None);
        assert_eq!(phone.open().await, "- -", "{url}");
        // Without the signal too, and for nobody else.
        laptop.gpc = false;
        assert_eq!(laptop.open().await, "- -");
        assert_eq!(site.device().log_in("bob").await, "ads -");
        // A later grant that is confirmed counts, on every device.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let confirmed = phone
            .send("POST", "/cookies/preferences", "decision=opt_in")
            .await;
        assert_eq!(confirmed.status(), StatusCode::SEE_OTHER);
        assert_eq!(laptop.open().await, "ads -");
    }
}

#[tokio::test]
async fn a_cookie_for_a_domain_has_a_plain_name() {
    let stores = Stores::new();
    let settings = Settings {
        cookie: PreferencesCookie::default().domain("shop.example"),
        ..Settings::default()
    };
    let site = Site::new(&stores.urls[0], settings).await;
    let mut device = site.device();
    device.log_in("ada").await;
    let response = device
        .send("POST", "/cookies/preferences", "decision=accept")
        .await;
    let fields = response.headers().get_all("set-cookie").iter();
    let fields: Vec<_> = fields.map(|field| field.to_str().unwrap()).collect();
    let found = fields
        .iter()
        .find(|field| field.starts_with("account_choice="));
    let attributes = found.unwrap().split_once(';').unwrap().1;
    for wanted in [
        "Domain=shop.example",
        "HttpOnly",
        "Secure",
        "Path=/",
        "Max-Age=",
    ] {
        assert!(attributes.contains(wanted), "{attributes}");
    }
    assert_eq!(device.open().await, "ads films");
}

const REACH: &str =
    "While you are logged in, your choice counts for your account, on all your devices.";

#[tokio::test]
async fn pages_say_how_far_a_choice_reaches() {
    let stores = Stores::new();
    let settings = Settings {
        rule: MergeRule::Account,
        ..Settings::default()
    };
    let site = Site::new(&stores.urls[0], settings).await;
    let (mut phone, mut laptop) = (site.device(), site.device());
    for path in ["/fragments", "/cookies/preferences?lang=en"] {
        assert!(!laptop.read(path).await.contains(REACH), "{path}");
    }
    laptop.allow(&["films"]).await;
    phone.account = Some("ada");
    for path in ["/fragments", "/cookies/preferences?lang=en"] {
        assert!(phone.read(path).await.contains(REACH), "{path}");
    }
    // The record has the words that were shown.
    let form = phone.read("/cookies/preferences?lang=en").await;
    let field = |name: &str| {
        let rest = form
            .split(&format!("name=\"{name}\" value=\""))
            .nth(1)
            .unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let body = format!(
        "decision=accept&surface=form&lang=en&revision=1&texts={}",
        field("texts")
    );
    phone.send("POST", "/cookies/preferences", &body).await;
    site.records.flush().await;
    let account = site.keys.account("ada");
    let records = site.archive.account_history(&account).await.unwrap();
    let shown = site
        .archive
        .document(records[0].record.shown.unwrap())
        .await;
    assert!(shown.unwrap().unwrap().content().contains(REACH));

    laptop.account = Some("ada");
    let notice = "had different choices about: ads. The choice of your account counts.";
    let said = laptop.read("/fragments").await;
    assert!(said.contains(notice), "{said}");
    assert!(!laptop.read("/fragments").await.contains(notice));
}

#[test]
fn records_without_accounts_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = || SqliteStore::open(folder.path().join("consent.db")).unwrap();
    let policy = policy(PreferencesCookie::default());
    let records = Records::builder(store()).build().unwrap();
    let error = AccountConsent::new(&records, store(), &policy).unwrap_err();
    assert!(error.to_string().contains("RecordsBuilder::accounts"));
}

/// What is erased is no longer there, and the rest fits.
#[tokio::test]
async fn merged_choices_are_in_the_export() {
    let stores = Stores::new();
    let site = Site::new(&stores.urls[0], Settings::default()).await;
    let (mut phone, mut laptop) = (site.device(), site.device());
    phone.log_in("ada").await;
    phone.allow(&["ads"]).await;
    laptop.log_in("ada").await;
    site.records.flush().await;
    let key = tower_cookie_consent::records::SigningKey::generate().unwrap();
    let now = tower_cookie_consent::records::Instant::from_unix_seconds(1_790_000_000);
    site.archive.checkpoint(&key, now).await.unwrap();
    let mut lines = Vec::new();
    site.archive.export(&mut lines).await.unwrap();
    verify(&lines[..], &key.public(), false).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    assert_eq!(lines.matches("\"cause\":\"merged\"").count(), 1, "{lines}");
}
