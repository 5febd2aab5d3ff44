//! Connections, and what is done when one is lost.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::Mutex as AsyncMutex,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_postgres::{Client, NoTls};

use super::{address::Address, error::Problem, migrate, months::Months};
use crate::records::StoreError;

/// Connections that are not in use.
#[derive(Default)]
pub(super) struct Pool(Mutex<Vec<Client>>);

/// As many are kept.
const MAX_IDLE: usize = 4;

/// The most tries of a call.
const TRIES: u32 = 6;

/// The work with a connection, which is handed back for the next call.
pub(super) type Work<'a, T> =
    Pin<Box<dyn Future<Output = (Client, Result<T, Problem>)> + Send + 'a>>;

impl Pool {
    fn take(&self) -> Option<Client> {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|client| !client.is_closed());
        idle.pop()
    }

    fn put(&self, client: Client) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push(client);
        }
    }

    /// Forgets all: what is true of one, such as that the server has closed it, is true of the others too.
    fn clear(&self) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.clear();
    }
}

/// A store in a PostgreSQL database, version 12 or later (feature `records-postgres`). Several services,
/// and several nodes of one, may share it.
///
/// Every group of entries is one transaction, and durable once the server has synced it:
/// `synchronous_commit` is never off. The tables, whose names begin with `consent_`, are created at the
/// first connection, in the first schema of the role's `search_path`; the role must own them, or be a member of
/// the role that does, and may create others there. Records are in partitions by month, which are created as they
/// are needed.
///
/// # URL
///
/// `postgres://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE`, with special characters percent-encoded.
/// A folder as `host` option is that of a Unix socket. Options are those of libpq that tokio-postgres
/// knows, and:
///
/// - `sslmode`: `disable`, or `require` and `verify-full`, which are the same: the server's certificate
///   and name are always checked. Without it TLS is required, but for hosts on the loopback interface
///   and Unix sockets, where it is disabled.
/// - `sslrootcert`: a file with the certificates (PEM) of the authorities to trust, instead of the
///   system's.
///
/// With several hosts, separated by commas, each connection is to the first one that can be written:
/// `target_session_attrs` is `read-write` then.
///
/// # Updates
///
/// A newer version of this crate brings the tables up to date, in steps with a transaction each, and never back.
/// Schema 7 writes the hashes of the tree anew, about 7 seconds for a million leaves: records are written
/// meanwhile, and no checkpoint is made. For schemas 8 and 9 writers wait for a lock, 2 seconds at most; a program
/// that reads for longer makes the update fail, and the next call tries again. For schema 10 they also wait while
/// each month is read once, about 0.3 seconds for a million records. A node of an earlier version still
/// writes records afterwards, but neither reads those of newer nodes nor makes checkpoints: update all of them.
///
/// # Connections
///
/// They belong to the tokio runtime that made the call (with I/O and time enabled), and are kept for the
/// next call. A lost one is replaced, and so is one to a server that became read-only, such as the former primary of
/// a failover. Transactions that the server gave up for another's sake are tried
/// again a few times.
///
/// ```
/// use tower_cookie_consent::records::PostgresStore;
///
/// // It asks the server nothing yet, so that one that is down does not keep the service from starting.
/// let store = PostgresStore::new("postgres://consent@127.0.0.1/consent")?;
/// # let _ = store;
/// # Ok::<(), tower_cookie_consent::records::StoreError>(())
/// ```
pub struct PostgresStore {
    pub(super) address: Address,
    /// For the writer, whose runtime may be another than that of the readers.
    pub(super) writes: Pool,
    pub(super) reads: Pool,
    /// For the outbox, whose runtime is another again.
    pub(super) deliveries: Pool,
    is_prepared: AtomicBool,
    /// The first connection, while it checks the database and brings the schema up to date.
    preparing: AsyncMutex<Option<Preparing>>,
    /// The months whose partition exists.
    pub(super) months: Months,
}

type Preparing = JoinHandle<Result<Client, Problem>>;

/// A call that takes longer has failed, and its connection is closed.
const CALL: Duration = Duration::from_secs(10);

impl PostgresStore {
    /// Creates a store from its URL without connecting: the first call does, and it also checks the database and
    /// brings the tables up to date. So a database that is down does not keep a service from starting. Where an
    /// update takes longer than a response waits, it goes on in the background.
    ///
    /// ```
    /// use tower_cookie_consent::records::PostgresStore;
    ///
    /// PostgresStore::new("postgres://consent:secret@db.example.org/consent?sslmode=verify-full")?;
    /// let error = PostgresStore::new("postgres://db.example.org/consent?sslmode=prefer").unwrap_err();
    /// assert!(error.to_string().contains("write sslmode=verify-full"));
    /// # Ok::<(), tower_cookie_consent::records::StoreError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it is not the URL of a PostgreSQL database, or if the certificates that it names
    /// can't be read.
    pub fn new(url: &str) -> Result<Self, StoreError> {
        Ok(Self {
            address: Address::parse(url)?,
            writes: Pool::default(),
            reads: Pool::default(),
            deliveries: Pool::default(),
            is_prepared: AtomicBool::new(false),
            preparing: AsyncMutex::default(),
            months: Months::default(),
        })
    }

    /// Connects to the database, and creates the tables or brings them up to date.
    ///
    /// ```no_run
    /// # async fn connect() -> Result<(), tower_cookie_consent::records::StoreError> {
    /// use tower_cookie_consent::records::PostgresStore;
    ///
    /// let store = PostgresStore::connect("postgres://consent:secret@localhost/consent").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`StoreError`] with the fix: as of [`new`](Self::new), if the host can't be reached, if it refuses
    /// the role or the password, if the database is missing or read-only, if the role may not create or
    /// write the tables, or if a newer version of this crate has changed them.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        match Self::open(url).await? {
            (store, None) => Ok(store),
            (_, Some(error)) => Err(error),
        }
    }

    /// Creates a store, connects, and returns the error too if the database may be back in a moment: the next call
    /// tries again.
    pub(in crate::records) async fn open(
        url: &str,
    ) -> Result<(Self, Option<StoreError>), StoreError> {
        let store = Self::new(url)?;
        let nothing = |client| -> Work<'_, ()> { Box::pin(async { (client, Ok(())) }) };
        let connected = store.call(&store.writes, nothing).await;
        match connected {
            Ok(()) => Ok((store, None)),
            Err(error) if error.is_temporary() => Ok((store, Some(error))),
            Err(error) => Err(error),
        }
    }
}

/// Without the password.
impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PostgresStore")
            .field(&self.address.name)
            .finish()
    }
}

impl PostgresStore {
    /// Does this with a connection. It is tried again where another transaction was in the way, and where
    /// a connection that was kept turns out to be lost: nothing is done twice by that, see
    /// [`RecordStore::append`](crate::records::RecordStore::append).
    pub(super) async fn call<'a, T>(
        &'a self,
        pool: &Pool,
        work: impl Fn(Client) -> Work<'a, T> + Sync,
    ) -> Result<T, StoreError> {
        let mut tries = 1;
        loop {
            let prepared = self.prepare(pool).await;
            let kept = pool.take();
            let was_kept = kept.is_some();
            let done = match prepared {
                // A call that is given up closes its connection, and with it the transaction.
                Ok(()) => timeout(CALL, self.once(pool, kept, &work)).await,
                Err(problem) => Ok(Err(problem)),
            };
            let problem = match done.unwrap_or(Err(Problem::Slow)) {
                Ok(done) => return Ok(done),
                Err(problem) => problem,
            };
            if problem.is_lost() {
                pool.clear();
            }
            let is_again = problem.is_conflict() || (was_kept && problem.is_lost());
            if !is_again || tries == TRIES {
                return Err(problem.at(&self.address.name));
            }
            sleep(Duration::from_millis(1 << (2 * tries))).await;
            tries += 1;
        }
    }

    /// Checks the database, and brings the schema up to date, which takes as long as it takes: a caller that gives
    /// up leaves it to a task, and the next one waits for that.
    async fn prepare(&self, pool: &Pool) -> Result<(), Problem> {
        if self.is_prepared.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut preparing = self.preparing.lock().await;
        if self.is_prepared.load(Ordering::Acquire) {
            return Ok(());
        }
        loop {
            // How a task ended that nobody waited for was true then.
            let is_old = preparing.as_ref().is_some_and(JoinHandle::is_finished);
            let task = preparing.get_or_insert_with(|| tokio::spawn(first(self.address.clone())));
            let done = task.await;
            *preparing = None;
            match done {
                Ok(Ok(client)) => {
                    pool.put(client);
                    self.is_prepared.store(true, Ordering::Release);
                    return Ok(());
                }
                _ if is_old => {}
                Ok(Err(problem)) => return Err(problem),
                // The runtime that it began in has ended.
                Err(_) => return Err(Problem::Slow),
            }
        }
    }

    async fn once<'a, T>(
        &self,
        pool: &Pool,
        kept: Option<Client>,
        work: &(impl Fn(Client) -> Work<'a, T> + Sync),
    ) -> Result<T, Problem> {
        let client = match kept {
            Some(client) => client,
            None => open(&self.address).await?,
        };
        let (client, done) = work(client).await;
        if !client.is_closed() {
            pool.put(client);
        }
        done
    }
}

/// Makes the first connection.
async fn first(address: Address) -> Result<Client, Problem> {
    let opened = timeout(CALL, open(&address)).await;
    let mut client = opened.unwrap_or(Err(Problem::Slow))?;
    migrate::prepare(&mut client).await?;
    Ok(client)
}

async fn open(address: &Address) -> Result<Client, Problem> {
    // The other half of a connection ends with the client.
    Ok(if let Some(tls) = address.tls.clone() {
        let (client, connection) = address
            .config
            .connect(tls)
            .await
            .map_err(Problem::Connecting)?;
        drop(tokio::spawn(connection));
        client
    } else {
        let connected = address.config.connect(NoTls).await;
        let (client, connection) = connected.map_err(Problem::Connecting)?;
        drop(tokio::spawn(connection));
        client
    })
}
