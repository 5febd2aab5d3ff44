use std::{
    collections::VecDeque,
    fmt,
    num::NonZeroU32,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::Duration,
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::{mpsc, oneshot};

use super::{
    AccountKeys, ConsentRecord, Document, RecordRetention, RecordStore, StoreError,
    account::Accounts,
    forms::Forms,
    merged::Merged,
    outbox::Deliverer,
    settings::{Counts, Settings, Subject},
    writer::{Message, Shared, Writer},
};
#[cfg(feature = "pages")]
use super::{Archive, Signer, receipts::Receipts};
use crate::{CookiePolicy, consent::RecordsId, layer::RequestHead};

/// The most policies whose documents are kept in memory.
const MOST_POLICIES: usize = 64;

/// The most grants and refusals that are recorded in a second, unless the site sets others.
const MOST_GRANTS: NonZeroU32 = NonZeroU32::MIN.saturating_add(499);
const MOST_REFUSALS: NonZeroU32 = NonZeroU32::MIN.saturating_add(999);

/// The most jobs that wait for the writer.
const MOST_WAITING: usize = 8192;

/// The records of a site: one store, one writer, and how long a response waits for them.
///
/// It is cheap to clone: give the same one to [`RecordLayer`](super::RecordLayer) and to
/// [`CookieConsentLayer::records`](crate::CookieConsentLayer::records).
///
/// ```
/// # use tower_cookie_consent::records::{Appended, Entry, RecordStore, StoreFuture};
/// # #[derive(Debug)]
/// # struct Store;
/// # impl RecordStore for Store {
/// #     fn append<'a>(&'a self, entries: &'a [Entry]) -> StoreFuture<'a, Vec<Appended>> {
/// #         Box::pin(async { Ok(vec![Appended::New; entries.len()]) })
/// #     }
/// # }
/// use std::time::Duration;
/// use tower_cookie_consent::records::Records;
///
/// let records = Records::builder(Store).grant_wait(Duration::from_millis(500)).build()?;
/// assert_eq!(records.health().lost, 0);
/// # Ok::<(), tower_cookie_consent::records::StoreError>(())
/// ```
#[derive(Clone)]
pub struct Records(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) id: RecordsId,
    pub(super) messages: mpsc::Sender<Message>,
    pub(super) settings: Settings,
    pub(super) counts: Arc<Counts>,
    pub(super) forms: Arc<Forms>,
    /// The limits of what is recorded.
    pub(super) grants: DefaultDirectRateLimiter,
    pub(super) refusals: DefaultDirectRateLimiter,
    merged: Arc<Merged>,
    /// For the pages.
    #[cfg(feature = "pages")]
    pub(super) terms: Arc<crate::consent::RecordingTerms>,
    /// Of the policies that were used last.
    policies: Mutex<VecDeque<(CookiePolicy, Document)>>,
}

/// Sets up [`Records`].
#[derive(Debug)]
#[must_use = "nothing is recorded until it is built"]
pub struct RecordsBuilder {
    store: Arc<dyn RecordStore>,
    /// Why the store could not be asked yet.
    pub(super) down: Option<StoreError>,
    pub(super) settings: Settings,
    spool: Option<(PathBuf, u64)>,
    most_grants: NonZeroU32,
    most_refusals: NonZeroU32,
    #[cfg(feature = "pages")]
    published: Option<Archive>,
    #[cfg(feature = "pages")]
    receipts: Option<Receipts>,
}

impl Records {
    /// Begins to set up records in this store.
    pub fn builder(store: impl RecordStore) -> RecordsBuilder {
        RecordsBuilder {
            store: Arc::new(store),
            down: None,
            settings: Settings {
                site: None,
                grant_wait: Duration::from_secs(1),
                require_store: false,
                subject: Subject::None,
                accounts: None,
                passing: None,
                handle: None,
                retention: RecordRetention::default(),
            },
            spool: None,
            most_grants: MOST_GRANTS,
            most_refusals: MOST_REFUSALS,
            #[cfg(feature = "pages")]
            published: None,
            #[cfg(feature = "pages")]
            receipts: None,
        }
    }

    /// Returns the document of a policy, which is written and hashed once. Only choices take the lock.
    pub(super) fn document_of(&self, policy: &CookiePolicy) -> Document {
        let mut known = self
            .0
            .policies
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some((_, document)) = known.iter().find(|(known, _)| known.is(policy)) {
            return document.clone();
        }
        let document = Document::of_policy(policy);
        known.truncate(MOST_POLICIES - 1);
        known.push_front((policy.clone(), document.clone()));
        document
    }

    /// Counts a refusal that gets no record of its own.
    pub(super) fn merge(&self, refused: &ConsentRecord) {
        self.0.counts.merge();
        if self.0.merged.add(refused) {
            // A writer whose queue is full looks for itself.
            drop(self.0.messages.try_send(Message::Count));
        }
    }

    /// Waits until every choice that responses have made so far is durable, in the store or in the spool.
    /// Call it once a server has stopped: a response waits at most 20 ms for the record of a refusal, and one
    /// that is later would be lost with the process. Returns how many records are only in memory, since the
    /// store is down and there is no spool; `usize::MAX` if the writer has panicked, and nobody knows. A store that does
    /// not answer makes it wait for up to ten seconds.
    ///
    /// ```no_run
    /// # use tower_cookie_consent::records::Records;
    /// # async fn serve(records: &Records) {
    /// // axum::serve(…).with_graceful_shutdown(…).await, and then:
    /// let lost = records.flush().await;
    /// assert_eq!(lost, 0);
    /// # }
    /// ```
    pub async fn flush(&self) -> usize {
        let (answer, answered) = oneshot::channel();
        // The writer lives as long as these records do.
        let sent = self.0.messages.send(Message::Flush(answer)).await;
        match sent {
            Ok(()) => answered.await.unwrap_or(usize::MAX),
            Err(_) => usize::MAX,
        }
    }

    /// Returns what the writer has counted since it was started.
    #[must_use]
    pub fn health(&self) -> RecordsHealth {
        let counts = &*self.0.counts;
        RecordsHealth {
            recorded: counts.recorded.load(Ordering::Relaxed),
            spooled: counts.spooled.load(Ordering::Relaxed),
            lost: counts.lost.load(Ordering::Relaxed),
            store_errors: counts.store_errors.load(Ordering::Relaxed),
            merged: counts.merged.load(Ordering::Relaxed),
        }
    }
}

/// The state of [`Records`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordsHealth {
    /// The records that the store has taken since the start.
    pub recorded: u64,
    /// The records in the spool, which the store has yet to take.
    pub spooled: usize,
    /// The refusals that could be recorded nowhere. They are in force all the same. Also the records that the
    /// store refuses while it takes others: with a spool, they are in `FILE.damaged` beside it.
    pub lost: u64,
    /// The refusals beyond [`most_refusals_a_second`](RecordsBuilder::most_refusals_a_second), which are in force and
    /// have no records of their own.
    pub merged: u64,
    /// The groups that the store did not take at once.
    pub store_errors: u64,
}

impl RecordsBuilder {
    /// Sets the name of the site in records. Default: the host of each request.
    ///
    /// ```
    /// # use tower_cookie_consent::records::{RecordStore, RecordsBuilder};
    /// fn named(records: RecordsBuilder) -> RecordsBuilder {
    ///     records.site("example.org")
    /// }
    /// ```
    pub fn site(mut self, site: &str) -> Self {
        self.settings.site = Some(site.to_owned());
        self
    }

    /// Sets how long a response that grants something waits for its record. Default: one second. Without
    /// a durable record by then, the grant is taken out of the response.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use tower_cookie_consent::records::{Records, RecordsBuilder, StoreError};
    /// fn quick(records: RecordsBuilder) -> Result<Records, StoreError> {
    ///     records.grant_wait(Duration::from_millis(300)).build()
    /// }
    /// ```
    pub fn grant_wait(mut self, wait: Duration) -> Self {
        self.settings.grant_wait = wait;
        self
    }

    /// Sets whether only the store makes a record durable, and the spool does not. Default: `false`. Then a service
    /// that [opens](Records::open) its store does not start while that is down.
    ///
    /// ```
    /// # use tower_cookie_consent::records::RecordsBuilder;
    /// fn strict(records: RecordsBuilder) -> RecordsBuilder {
    ///     records.require_store(true)
    /// }
    /// ```
    pub fn require_store(mut self, require: bool) -> Self {
        self.settings.require_store = require;
        self
    }

    /// Sets what links the records of one visitor. Default: nothing.
    ///
    /// ```
    /// # use tower_cookie_consent::records::{RecordsBuilder, Subject};
    /// fn linked(records: RecordsBuilder) -> RecordsBuilder {
    ///     records.subject(Subject::Receipt { path: "/cookies".to_owned() })
    /// }
    /// ```
    pub fn subject(mut self, subject: Subject) -> Self {
        self.settings.subject = subject;
        self
    }

    /// Links the records of an account, on all its devices: the hook names the account of a request, and what is
    /// stored is a random id, which only the name's hash (HMAC-SHA-256) under one of these keys finds. A choice
    /// of an account is not linked with those that the device made before or after, logged out. Default: no
    /// accounts.
    ///
    /// The hook is called once for each request, so it should be quick; `None`, and an empty name, is a visitor
    /// without an account, whom [`subject`](Self::subject) is about. Let an outer layer put the name into the
    /// request's extensions, and give a name that never changes.
    ///
    /// ```
    /// # use tower_cookie_consent::records::{AccountKey, RecordsBuilder};
    /// # #[derive(Clone)] struct LoggedIn(u64);
    /// fn by_account(records: RecordsBuilder, key: AccountKey) -> RecordsBuilder {
    ///     records.accounts(key, |request| {
    ///         let LoggedIn(number) = request.extensions().get()?;
    ///         Some(number.to_string())
    ///     })
    /// }
    /// ```
    pub fn accounts(
        mut self,
        keys: impl Into<AccountKeys>,
        hook: impl Fn(RequestHead<'_>) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.settings.accounts = Some(Accounts::new(keys.into(), Arc::new(hook)));
        self
    }

    /// Sets for how long records are kept, which the cookie policy page says. Default:
    /// [`RecordRetention::default`]. Give the same to [`Archive::purge`](super::Archive::purge).
    ///
    /// ```
    /// # use tower_cookie_consent::records::{RecordRetention, RecordsBuilder};
    /// fn kept(records: RecordsBuilder) -> RecordsBuilder {
    ///     records.retention(RecordRetention::default().after_grants_days(5 * 366))
    /// }
    /// ```
    pub fn retention(mut self, retention: RecordRetention) -> Self {
        self.settings.retention = retention;
        self
    }

    /// Publishes the signed checkpoints of the Merkle tree, and proofs from it, at `checkpoint` and `proof` below
    /// the path of the pages (feature `pages`): hashes and numbers, and nothing of a visitor. Default: nothing is
    /// published.
    ///
    /// ```
    /// # use tower_cookie_consent::records::{Archive, RecordsBuilder};
    /// fn public(records: RecordsBuilder, archive: &Archive) -> RecordsBuilder {
    ///     records.publish(archive)
    /// }
    /// ```
    #[cfg(feature = "pages")]
    pub fn publish(mut self, archive: &Archive) -> Self {
        self.published = Some(archive.clone());
        self
    }

    /// Gives visitors a signed receipt of their last choice, at `receipt` below the path of the pages (feature
    /// `pages`), and [publishes](Self::publish) what receipts are checked with. The archive reads the store of
    /// these records, and the signer is the key of its checkpoints: a receipt has no proof of inclusion under
    /// those of another key, such as between [`Archive::rotate`] and the next checkpoint. Default: none.
    ///
    /// The last 256 signatures are kept, so that asking again costs none. A visitor with more receipts than
    /// that can still have the signer asked for each: limit the requests to `receipt` where a signature has
    /// a price. A receipt states the record's site: set [`site`](Self::site), or it is the `Host` that the
    /// visitor sent.
    ///
    /// ```
    /// # use tower_cookie_consent::records::{Archive, KeyError, RecordsBuilder, SigningKey};
    /// fn with_receipts(records: RecordsBuilder, archive: &Archive) -> Result<RecordsBuilder, KeyError> {
    ///     let key = SigningKey::read("consent.db.key".as_ref())?;
    ///     Ok(records.receipts(archive, key))
    /// }
    /// ```
    #[cfg(feature = "pages")]
    pub fn receipts(mut self, archive: &Archive, signer: impl Signer) -> Self {
        self.receipts = Some(Receipts::new(archive, signer));
        self
    }

    /// Sets the file in which records are durable while the store is down, for at most 64 MiB. Default:
    /// none, so that nothing can be granted then. Put it on a volume that survives the process.
    ///
    /// ```
    /// # use tower_cookie_consent::records::RecordsBuilder;
    /// fn spooled(records: RecordsBuilder) -> RecordsBuilder {
    ///     records.spool("/var/lib/site/consent.spool")
    /// }
    /// ```
    pub fn spool(mut self, path: impl Into<PathBuf>) -> Self {
        self.spool = Some((path.into(), 64 << 20));
        self
    }

    /// Sets how many grants a second are recorded by this process. Default: 500. What comes beyond is
    /// answered with status 429; what it refuses counts.
    ///
    /// ```
    /// # use std::num::NonZeroU32;
    /// # use tower_cookie_consent::records::RecordsBuilder;
    /// fn limited(records: RecordsBuilder) -> RecordsBuilder {
    ///     records.most_grants_a_second(NonZeroU32::MIN)
    /// }
    /// ```
    pub fn most_grants_a_second(mut self, most: NonZeroU32) -> Self {
        self.most_grants = most;
        self
    }

    /// Sets how many refusals a second are recorded one by one by this process. Default: 1,000. What comes
    /// beyond takes effect as always, and is counted by day ([`RecordStore::count`]) without a record of its own:
    /// so nobody can fill the store, nor the queue in which grants wait. A visitor keeps the receipt of the choice
    /// before, and providers do not hear of such a withdrawal. What is left of a grant that was turned down and
    /// remembered signals are under this limit too; other refusals of accounts that are logged in are not. Watch
    /// [`RecordsHealth::merged`].
    ///
    /// ```
    /// # use std::num::NonZeroU32;
    /// # use tower_cookie_consent::records::RecordsBuilder;
    /// fn limited(records: RecordsBuilder) -> RecordsBuilder {
    ///     records.most_refusals_a_second(NonZeroU32::MIN)
    /// }
    /// ```
    pub fn most_refusals_a_second(mut self, most: NonZeroU32) -> Self {
        self.most_refusals = most;
        self
    }

    /// Opens the spool and starts the writer, on a thread of its own, and one for the outbox if there is a
    /// hook for it. They end once all clones are dropped and everything is written. The example is at
    /// [`Records`].
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the spool can't be opened, if the store has no outbox for the hook, if a thread
    /// can't be started, or if the store is down and [required](Self::require_store).
    pub fn build(self) -> Result<Records, StoreError> {
        match self.down {
            Some(error) if self.settings.require_store => return Err(error),
            Some(error) => log_down(&error, self.spool.is_some()),
            None => {}
        }
        let counts = Arc::new(Counts::default());
        let (messages, received) = mpsc::channel(MOST_WAITING);
        let store = Arc::clone(&self.store);
        let passing = self.settings.passing.clone();
        let deliverer = passing.map(|passing| Deliverer::new(store, passing));
        let deliverer = deliverer.transpose()?;
        let forms = Arc::<Forms>::default();
        let merged = Arc::<Merged>::default();
        let shared = Shared {
            counts: Arc::clone(&counts),
            forms: Arc::clone(&forms),
            merged: Arc::clone(&merged),
        };
        let writer = Writer::new(self.store, self.spool, &self.settings, shared)?;
        let (wake, woken) = mpsc::channel(1);
        // The outbox lives as long as the writer does.
        let wake = deliverer.is_some().then_some(wake);
        writer.waking(wake).start(received)?;
        if let Some(deliverer) = deliverer {
            deliverer.start(woken)?;
        }
        #[cfg(feature = "pages")]
        let terms = crate::consent::RecordingTerms {
            kept_after_grants: self.settings.retention.after_grants(),
            refusals_kept: self.settings.retention.refusals(),
            reader: super::receipts::reader(self.published, self.receipts, &self.settings.subject),
        };
        Ok(Records(Arc::new(Inner {
            id: RecordsId::next(),
            messages,
            #[cfg(feature = "pages")]
            terms: Arc::new(terms),
            settings: self.settings,
            counts,
            forms,
            grants: RateLimiter::direct(Quota::per_second(self.most_grants)),
            refusals: RateLimiter::direct(Quota::per_second(self.most_refusals)),
            merged,
            policies: Mutex::default(),
        })))
    }
}

/// Writes to the log that the first choices are made without the store.
fn log_down(why: &StoreError, has_spool: bool) {
    #[cfg(feature = "tracing")]
    tracing::error!(
        target: "tower_cookie_consent",
        "the store of records is down at the start: {}: {why}",
        match has_spool {
            true => "choices wait in the spool",
            false => "nothing can be granted, since there is no spool",
        }
    );
    #[cfg(not(feature = "tracing"))]
    let _ = (why, has_spool);
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records")
            .field("settings", &self.0.settings)
            .field("health", &self.health())
            .finish_non_exhaustive()
    }
}
