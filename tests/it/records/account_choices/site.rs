//! A site whose choices follow accounts.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Extension, Router,
    response::{Html, IntoResponse},
    routing::{get, post},
};
use tower_cookie_consent::{
    Basis, Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy,
    documents::HtmlConsentLayer,
    layer::RequestHead,
    pages::Pages,
    policy::Service,
    preferences::PreferencesCookie,
    records::{
        Account, AccountChoices, AccountConsent, AccountCookieLayer, AccountKey, AccountKeys,
        AccountLayer, AccountNotice, Archive, LoggedOut, MergeRule, PostgresStore, RecordLayer,
        Records, SqliteStore, StoreError, StoreFuture,
    },
    regimes::{Regime, Whereabouts},
};

use super::device::Device;

/// A store that can be away.
#[derive(Debug)]
pub(super) struct Switched {
    store: Box<dyn AccountChoices>,
    pub(super) off: Arc<AtomicBool>,
    calls: Arc<AtomicUsize>,
}

/// A call of the store, until it ends.
struct Call(Arc<AtomicUsize>);

impl Call {
    fn of(calls: &Arc<AtomicUsize>) -> Self {
        calls.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(calls))
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Switched {
    fn call<'a, T: 'a>(&'a self, work: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        if self.off.load(Ordering::SeqCst) {
            return Box::pin(async { Err(StoreError::temporary("switched off")) });
        }
        let call = Call::of(&self.calls);
        Box::pin(async move {
            let _call = call;
            work.await
        })
    }
}

impl AccountChoices for Switched {
    fn load<'a>(&'a self, account: &'a Account) -> StoreFuture<'a, Option<String>> {
        self.call(self.store.load(account))
    }

    fn save<'a>(&'a self, account: &'a Account, choice: &'a str) -> StoreFuture<'a, ()> {
        self.call(self.store.save(account, choice))
    }

    fn replace<'a>(
        &'a self,
        account: &'a Account,
        before: Option<&'a str>,
        choice: &'a str,
    ) -> StoreFuture<'a, bool> {
        self.call(self.store.replace(account, before, choice))
    }
}

pub(super) async fn choices(url: &str) -> Box<dyn AccountChoices> {
    match url.strip_prefix("sqlite:") {
        Some(file) => Box::new(SqliteStore::open(file).unwrap()),
        None => Box::new(PostgresStore::connect(url).await.unwrap()),
    }
}

pub(super) fn policy(cookie: PreferencesCookie) -> CookiePolicy {
    let category = |id| Category::consent(id).title(id).description("d");
    CookiePolicy::builder()
        .preferences_cookie(cookie)
        .category(Category::necessary("base").title("Base").description("d"))
        .category(category("ads").cookie(CookieDeclaration::new("_ga")))
        .category(
            category("films")
                .cookie(CookieDeclaration::new("_vis"))
                .service(Service::new("tube").title("Tube")),
        )
        .category(
            Category::exempt("stats")
                .title("Statistics")
                .description("d"),
        )
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
pub(super) struct Site {
    pub(super) app: Router,
    pub(super) records: Records,
    pub(super) keys: AccountKeys,
    pub(super) archive: Archive,
    pub(super) off: Arc<AtomicBool>,
    calls: Arc<AtomicUsize>,
}

pub(super) struct Settings {
    pub(super) rule: MergeRule,
    pub(super) refresh: Duration,
    pub(super) cookie: PreferencesCookie,
    pub(super) regime: Option<&'static str>,
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

/// Says everything that is allowed.
async fn allowed(consent: Consent) -> String {
    let ids = ["ads", "films", "tube", "stats"];
    let allowed = ids.into_iter().filter(|id| consent.allows(id));
    allowed.collect::<Vec<_>>().join(" ")
}

/// Removes the choice, as a page of the site's own may.
async fn forget(consent: Consent) -> impl IntoResponse {
    let name = consent.policy().preferences_cookie().name().to_owned();
    let field = format!("{name}=; Path=/; Max-Age=0; Secure; SameSite=Lax");
    ([("set-cookie", field)], "forgotten")
}

/// The fragments that a site puts on its pages.
async fn fragments(consent: Consent, Extension(pages): Extension<Pages>) -> String {
    let banner = pages.banner(&consent, "en").unwrap();
    format!("{}{}", pages.notice(&consent, "en").unwrap(), banner)
}

impl Site {
    pub(super) async fn new(url: &str, settings: Settings) -> Self {
        let policy = policy(settings.cookie);
        let keys = AccountKeys::from(AccountKey::generate().unwrap());
        let records = Records::open(url).await.unwrap();
        let records = records.accounts(keys.clone(), name).build().unwrap();
        let (off, calls) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let store = Switched {
            store: choices(url).await,
            off: Arc::clone(&off),
            calls: Arc::clone(&calls),
        };
        let accounts = AccountConsent::new(&records, store, &policy).unwrap();
        let accounts = accounts.rule(settings.rule).refresh(settings.refresh);
        let mut consent = CookieConsentLayer::new(policy.clone());
        if let Some(regime) = settings.regime {
            consent = consent.regime_for(move |_| Whereabouts::Regime(regime));
        }
        let pages = Pages::at("/cookies", policy.clone()).unwrap();
        let document = async || Html("<!doctype html><title>x</title>Hello");
        let document = Router::new().route("/document", get(document));
        let document = document.layer(HtmlConsentLayer::new().pages(pages.clone()));
        let app = Router::new()
            .route("/", get(page))
            .route("/fragments", get(fragments))
            .merge(document)
            .route("/allowed", get(allowed))
            .route("/forget", post(forget))
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
            calls,
        }
    }

    /// Waits until everything is saved: a response that grants nothing anew may be earlier.
    pub(super) async fn settle(&self) {
        let mut quiet = 0;
        while quiet < 4 {
            tokio::time::sleep(Duration::from_millis(5)).await;
            let is_quiet = self.calls.load(Ordering::SeqCst) == 0;
            quiet = if is_quiet { quiet + 1 } else { 0 };
        }
    }

    /// The store comes back, and is asked again after a pause.
    pub(super) async fn store_is_back(&self) {
        self.off.store(false, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(6)).await;
    }

    pub(super) fn device(&self) -> Device {
        Device::of(self)
    }

    /// Returns the causes and answers for `ads` of an account's records.
    pub(super) async fn recorded(&self, name: &str) -> Vec<String> {
        self.recorded_about("ads", name).await
    }

    /// Returns what the records of an account say was before.
    pub(super) async fn before(&self, id: &str, name: &str) -> Vec<String> {
        assert_eq!(self.records.flush().await, 0);
        let account = self.keys.account(name);
        let records = self.archive.account_history(&account).await.unwrap();
        let before = |answer: &tower_cookie_consent::records::Answer| {
            let text = serde_json::to_value(answer.before).unwrap();
            text.as_str().unwrap().to_owned()
        };
        let before = records.iter().map(|it| before(&it.record.answers[id]));
        before.collect()
    }

    pub(super) async fn recorded_about(&self, id: &str, name: &str) -> Vec<String> {
        assert_eq!(self.records.flush().await, 0);
        let account = self.keys.account(name);
        let records = self.archive.account_history(&account).await.unwrap();
        let text = |value: serde_json::Value| value.as_str().unwrap().to_owned();
        let of = |record: &tower_cookie_consent::records::ConsentRecord| {
            let cause = text(serde_json::to_value(record.cause).unwrap());
            let state = record.answers[id].state;
            format!("{cause} {}", text(serde_json::to_value(state).unwrap()))
        };
        let mut records: Vec<_> = records.iter().map(|stored| of(&stored.record)).collect();
        records.sort();
        records
    }
}
