use std::{
    fmt,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use http::HeaderValue;
use tokio::sync::Semaphore;

use super::{AccountChoices, MergeRule, held::Held};
use crate::{
    consent::{PreferencesValues, Reading, read},
    layer::RequestHead,
    policy::CookiePolicy,
    records::{AccountKeys, Records, StoreError, account::Accounts},
    wire::{MAX_COOKIE_SECONDS, SameSite},
};

/// Calls of the store at once: each may block a thread.
const MAX_CALLS: usize = 16;

/// A choice that follows the account: while a visitor is logged in, a choice counts for the account, on all its
/// devices, and at logout the device's own choice is back as it was.
///
/// While logged in, the account's choice is in a cookie of its own, `__Host-account_choice` (or
/// `account_choice`, where the preferences cookie has a domain or is not `Secure`), which is signed with the
/// [keys](AccountKeys) of accounts, and which alone counts while it is valid. So no store is asked on the way of
/// a request, but at login and then [every minute](Self::refresh).
///
/// Two layers play together: [`AccountLayer`](super::AccountLayer), directly inside of the record layer, knows the
/// account; [`AccountCookieLayer`](super::AccountCookieLayer), directly around the consent layer, has the cookie.
///
/// ```
/// # #[derive(Clone)] struct LoggedIn(u64);
/// use axum::Router;
/// use tower_cookie_consent::{
///     Category, CookieConsentLayer, CookiePolicy,
///     records::{
///         AccountConsent, AccountCookieLayer, AccountKey, AccountLayer, MergeRule, RecordLayer, Records,
///         SqliteStore,
///     },
/// };
///
/// # let folder = tempfile::tempdir()?;
/// # let file = folder.path().join("consent.db");
/// let policy = CookiePolicy::new([Category::consent("ads")])?;
/// let records = Records::builder(SqliteStore::open(&file)?)
///     .accounts(AccountKey::generate()?, |request| {
///         let LoggedIn(number) = request.extensions().get()?;
///         Some(number.to_string())
///     })
///     .build()?;
/// let choices = SqliteStore::open(&file)?;
/// let accounts = AccountConsent::new(&records, choices, &policy)?.rule(MergeRule::Latest);
/// let app: Router = Router::new()
///     .layer(AccountLayer::new(accounts.clone()))
///     .layer(RecordLayer::new(records.clone()))
///     .layer(CookieConsentLayer::new(policy).records(&records))
///     .layer(AccountCookieLayer::new(accounts));
/// # let _ = app;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct AccountConsent {
    pub(super) accounts: Accounts,
    pub(super) store: Arc<dyn AccountChoices>,
    /// The name of the preferences cookie, and that of the account's.
    pub(super) own: Arc<str>,
    pub(super) cookie: Arc<str>,
    policy: CookiePolicy,
    pub(super) rule: MergeRule,
    refresh: Duration,
    /// The second until which the store is left alone.
    pub(super) paused_until: Arc<AtomicU64>,
    /// Room for calls of the store.
    pub(super) calls: Arc<Semaphore>,
}

impl AccountConsent {
    /// Creates it for the [accounts](crate::records::RecordsBuilder::accounts) of these records, and for sites
    /// whose preferences cookie is that of this policy.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the records have no accounts, or if the policy's preferences cookie is another tool's
    /// or one of several.
    pub fn new(
        records: &Records,
        store: impl AccountChoices,
        policy: &CookiePolicy,
    ) -> Result<Self, StoreError> {
        let accounts = records.0.settings.accounts.clone().ok_or_else(|| {
            StoreError::permanent(
                "records without accounts: name them with RecordsBuilder::accounts",
            )
        })?;
        if policy.is_read_only() || policy.own_names() != 1 {
            return Err(StoreError::permanent(
                "a preferences cookie that another tool writes, or that is several, can't follow an account: \
                 use a codec that writes one cookie",
            ));
        }
        let cookie = policy.preferences_cookie();
        let is_of_host = cookie.get_secure() && cookie.get_domain().is_none();
        let name = match is_of_host {
            true => "__Host-account_choice",
            false => "account_choice",
        };
        Ok(Self {
            accounts,
            store: Arc::new(store),
            own: cookie.name().into(),
            cookie: name.into(),
            policy: policy.clone(),
            rule: MergeRule::default(),
            refresh: Duration::from_secs(60),
            paused_until: Arc::default(),
            calls: Arc::new(Semaphore::new(MAX_CALLS)),
        })
    }

    /// Sets the rule by which contradictions are solved at login. Default: [`MergeRule::Latest`]. The example
    /// is at [`AccountConsent`].
    #[must_use]
    pub fn rule(self, rule: MergeRule) -> Self {
        Self { rule, ..self }
    }

    /// Sets after which time a device asks the store again what other devices have chosen, with its next page.
    /// Default: one minute.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use tower_cookie_consent::records::AccountConsent;
    /// fn patient(accounts: AccountConsent) -> AccountConsent {
    ///     accounts.refresh(Duration::from_secs(600))
    /// }
    /// ```
    #[must_use]
    pub fn refresh(self, refresh: Duration) -> Self {
        Self { refresh, ..self }
    }

    pub(super) fn name(&self, request: RequestHead<'_>) -> Option<String> {
        self.accounts.name(request)
    }

    pub(super) const fn keys(&self) -> &AccountKeys {
        self.accounts.keys()
    }

    /// Returns `true` if the store has been asked a moment ago.
    pub(super) fn is_fresh(&self, held: &Held, now: u64) -> bool {
        now.abs_diff(held.asked_at) < self.refresh.as_secs()
    }

    /// Reads values of the preferences cookie.
    pub(super) fn reading_of<'a>(
        policy: &CookiePolicy,
        values: &'a [Vec<u8>],
        now: u64,
    ) -> Reading<'a> {
        let name = policy.preferences_cookie().name().as_bytes();
        let mut preferences = PreferencesValues::default();
        for value in values {
            preferences.offer(policy, name, value);
        }
        read(policy, &preferences, now)
    }

    /// Returns the header that sets the account's cookie. `rest` are the attributes, from their first `;` on.
    pub(super) fn set(&self, held: &Held, rest: &str) -> Option<HeaderValue> {
        let value = held.signed(self.keys(), &self.cookie);
        let is_hidden = rest.to_ascii_lowercase().contains("httponly");
        let hidden = if is_hidden { "" } else { "; HttpOnly" };
        // Browsers keep no longer ones (RFC 6265bis, section 5.6).
        if self.cookie.len() + value.len() > crate::wire::MAX_PAIR {
            return None;
        }
        let mut field =
            HeaderValue::try_from(format!("{}={value}{rest}{hidden}", self.cookie)).ok()?;
        field.set_sensitive(true);
        Some(field)
    }

    /// Returns the attributes of the account's cookie, where no header of the preferences cookie has them.
    pub(super) fn attributes(&self, seconds: u64) -> String {
        let cookie = self.policy.preferences_cookie();
        let secure = if cookie.get_secure() { "; Secure" } else { "" };
        let same_site = match cookie.get_same_site() {
            SameSite::Strict => "Strict",
            SameSite::Lax => "Lax",
            SameSite::None => "None",
        };
        let domain = cookie
            .get_domain()
            .map(|domain| format!("; Domain={domain}"));
        format!(
            "; Path=/; HttpOnly; SameSite={same_site}{secure}{}; Max-Age={seconds}",
            domain.unwrap_or_default(),
        )
    }

    /// Returns the longest life of the cookie.
    pub(super) fn lifetime(&self) -> u64 {
        self.policy
            .choice_lifetime()
            .as_secs()
            .min(MAX_COOKIE_SECONDS)
    }

    /// Returns the header that removes the account's cookie.
    pub(super) fn removal(&self) -> Option<HeaderValue> {
        HeaderValue::try_from(format!("{}={}", self.cookie, self.attributes(0))).ok()
    }
}

impl fmt::Debug for AccountConsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountConsent")
            .field("store", &self.store)
            .field("rule", &self.rule)
            .field("refresh", &self.refresh)
            .finish_non_exhaustive()
    }
}
