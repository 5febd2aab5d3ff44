//! Opens the store that a URL names.

#[cfg(any(feature = "records-postgres", feature = "records-sqlite"))]
use std::sync::Arc;

use super::{AccountConsent, Archive, ArchiveError, Records, RecordsBuilder, StoreError};
use crate::CookiePolicy;

impl Records {
    /// Opens the store at this URL, and begins to set up records in it: `sqlite:FILE` (feature
    /// `records-sqlite`), with the spool beside it as `FILE.spool`, or `postgres://…` (feature
    /// `records-postgres`).
    ///
    /// ```
    /// # futures_executor::block_on(async {
    /// use tower_cookie_consent::records::Records;
    ///
    /// let error = Records::open("mysql://localhost").await.unwrap_err();
    /// assert!(error.to_string().contains("write sqlite:FILE"));
    /// # });
    /// ```
    ///
    /// A PostgreSQL server that is down, starting or out of connections does not keep the service from starting: the
    /// first choices wait in the [spool](RecordsBuilder::spool), or are turned down without one, and the tables are
    /// checked, created and brought up to date at the first connection. With
    /// [`require_store`](RecordsBuilder::require_store), [`build`](RecordsBuilder::build) has that error.
    ///
    /// # Errors
    ///
    /// [`StoreError`] for another URL, and if the store can't be opened until somebody acts: the password or the
    /// database is wrong, the schema is newer, the role may not write, a file can't be read.
    #[cfg_attr(
        not(feature = "records-postgres"),
        allow(clippy::unused_async, reason = "only PostgreSQL is awaited")
    )]
    pub async fn open(url: &str) -> Result<RecordsBuilder, StoreError> {
        match url.split_once(':') {
            #[cfg(feature = "records-sqlite")]
            Some(("sqlite", file)) => {
                let store = super::SqliteStore::open(file)?;
                Ok(Self::builder(store).spool(format!("{file}.spool")))
            }
            #[cfg(feature = "records-postgres")]
            Some(("postgres" | "postgresql", _)) => {
                let (store, down) = super::PostgresStore::open(url).await?;
                let mut builder = Self::builder(store);
                builder.down = down;
                Ok(builder)
            }
            _ => Err(unknown()),
        }
    }
}

impl AccountConsent {
    /// Lets a choice follow the account, as [`new`](Self::new) does, with the choices in the store at this URL,
    /// such as that of the records: see [`Records::open`].
    ///
    /// ```
    /// # use tower_cookie_consent::{CookiePolicy, records::{AccountConsent, Records, StoreError}};
    /// async fn following(records: &Records, policy: &CookiePolicy) -> Result<AccountConsent, StoreError> {
    ///     AccountConsent::open(records, "sqlite:consent.db", policy).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`StoreError`] as for [`new`](Self::new), and as for [`Records::open`].
    #[cfg_attr(
        not(feature = "records-postgres"),
        allow(clippy::unused_async, reason = "only PostgreSQL is awaited")
    )]
    #[cfg_attr(
        not(any(feature = "records-postgres", feature = "records-sqlite")),
        allow(unused_variables, reason = "there is no store")
    )]
    pub async fn open(
        records: &Records,
        url: &str,
        policy: &CookiePolicy,
    ) -> Result<Self, StoreError> {
        match url.split_once(':') {
            #[cfg(feature = "records-sqlite")]
            Some(("sqlite", file)) => Self::new(records, super::SqliteStore::open(file)?, policy),
            #[cfg(feature = "records-postgres")]
            Some(("postgres" | "postgresql", _)) => {
                let (store, _down) = super::PostgresStore::open(url).await?;
                Self::new(records, store, policy)
            }
            _ => Err(unknown()),
        }
    }
}

fn unknown() -> StoreError {
    StoreError::permanent(
        "no store for this URL: write sqlite:FILE with the feature records-sqlite, or \
         postgres://… with the feature records-postgres",
    )
}

impl Archive {
    /// Opens the store with this URL: `sqlite:FILE`, with the feature `records-sqlite`, or
    /// `postgres://USER:PASSWORD@HOST/DATABASE`, with the feature `records-postgres`.
    ///
    /// A PostgreSQL server that is down does not keep a service from starting: its error is that of the first call.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the URL has another form, or if the store can't be opened until somebody acts.
    pub async fn open(url: &str) -> Result<Self, ArchiveError> {
        #[cfg(feature = "records-sqlite")]
        if let Some(file) = url.strip_prefix("sqlite:") {
            return Ok(super::SqliteStore::open(file)?.into());
        }
        #[cfg(feature = "records-postgres")]
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let (store, _down) = super::PostgresStore::open(url).await?;
            return Ok(store.into());
        }
        // Without what follows the scheme, which may be a password.
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        Err(ArchiveError::new(format!(
            "unknown store `{scheme}:`: write sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE"
        )))
    }
}

#[cfg(feature = "records-sqlite")]
impl From<super::SqliteStore> for Archive {
    fn from(store: super::SqliteStore) -> Self {
        Self {
            store: Arc::new(store),
            listener: super::archive::Listener::default(),
        }
    }
}

#[cfg(feature = "records-postgres")]
impl From<super::PostgresStore> for Archive {
    fn from(store: super::PostgresStore) -> Self {
        Self {
            store: Arc::new(store),
            listener: super::archive::Listener::default(),
        }
    }
}
