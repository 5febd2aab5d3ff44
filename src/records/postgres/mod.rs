//! Records in PostgreSQL, which several nodes share.

// `PostgresStore` is public. `address` reads the URL, `session` connects and tries again, `migrate`
// brings the schema up to date, `group` decides what is new, and `append`, `nonces`, `counters` and
// `outbox` have the statements.

mod address;
mod append;
mod archive;
mod counters;
mod error;
mod group;
mod log;
mod migrate;
mod nonces;
mod outbox;
mod read;
mod session;

use std::{fmt, time::Duration};

use tokio::sync::OnceCell;

use self::{
    address::Address,
    append::Months,
    session::{Pool, Work},
};
use super::{Appended, Entry, OutboxStore, RecordStore, StoreError, StoreFuture};

/// A store in a PostgreSQL database, version 12 or later (feature `records-postgres`). Several services,
/// and several nodes of one, may share it.
///
/// Every group of entries is one transaction, and durable once the server has synced it:
/// `synchronous_commit` is never off. The tables, whose names begin with `consent_`, are created at the
/// first connection, in the first schema of the role's `search_path`; the role must own them. Records
/// are in partitions by month, which are created as they are needed.
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
/// # Connections
///
/// They belong to the tokio runtime that made the call (with I/O and time enabled), and are kept for the
/// next call. A lost one is replaced. Transactions that the server gave up for another's sake are tried
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
    address: Address,
    /// For the writer, whose runtime may be another than that of the readers.
    writes: Pool,
    reads: Pool,
    /// For the outbox, whose runtime is another again.
    deliveries: Pool,
    is_prepared: OnceCell<()>,
    /// The months whose partition exists.
    months: Months,
}

/// A call that takes longer has failed, and its connection is closed.
const CALL: Duration = Duration::from_secs(10);

impl PostgresStore {
    /// Creates a store from its URL without connecting: the first call does. So a database that is down
    /// does not keep a service from starting.
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
            is_prepared: OnceCell::new(),
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
        let store = Self::new(url)?;
        let nothing = |client| -> Work<'_, ()> { Box::pin(async { (client, Ok(())) }) };
        store.call(&store.writes, nothing).await?;
        Ok(store)
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

impl RecordStore for PostgresStore {
    fn append<'a>(&'a self, entries: &'a [Entry]) -> StoreFuture<'a, Vec<Appended>> {
        Box::pin(async move {
            let append = move |mut client| -> Work<'_, _> {
                Box::pin(async move {
                    let appended = append::append(&mut client, &self.months, entries).await;
                    (client, appended)
                })
            };
            self.call(&self.writes, append).await
        })
    }

    fn outbox(&self) -> Option<&dyn OutboxStore> {
        Some(self)
    }
}
