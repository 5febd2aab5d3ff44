//! Drills for a store of records of the site's own.

mod contract;
mod entries;
mod faults;
mod report;

use std::sync::Arc;

pub use self::report::{StoreDrill, StoreFinding, StoreReport};
use crate::records::{RecordId, RecordStore, StoreError};

/// Drills a [`RecordStore`] of the site's own (feature `records`): what it promises, and what visitors get
/// while it fails. The store needs to be empty, and is filled with about 650 records.
///
/// `open` opens it anew, as after a restart of the service; `stored` returns the ids of all its records, read
/// in the site's own way. Needs a tokio runtime with time enabled.
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
/// # runtime.block_on(async {
/// use tower_cookie_consent::{conformance::StoreDrills, records::{Archive, RecordId, SqliteStore}};
///
/// let folder = tempfile::tempdir().unwrap();
/// let url = format!("sqlite:{}", folder.path().join("consent.db").display());
/// let open = async || SqliteStore::open(folder.path().join("consent.db"));
/// let stored = async || -> Vec<RecordId> {
///     let mut lines = Vec::new();
///     Archive::open(&url).await.unwrap().export(&mut lines).await.unwrap();
///     // …
/// #   String::from_utf8(lines).unwrap().lines()
/// #       .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
/// #       .filter(|line| line["type"] == "record")
/// #       .map(|line| line["id"].as_str().unwrap().parse().unwrap())
/// #       .collect()
/// };
/// let report = StoreDrills::new(open, stored).check().await;
/// for finding in report.findings() {
///     println!("{:?}: {finding}", finding.drill());
/// }
/// report.assert_ok();
/// # });
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is drilled before `check`"]
pub struct StoreDrills<Open, Stored> {
    open: Open,
    stored: Stored,
}

impl<Open, Stored, S> StoreDrills<Open, Stored>
where
    Open: AsyncFn() -> Result<S, StoreError>,
    Stored: AsyncFn() -> Vec<RecordId>,
    S: RecordStore,
{
    /// Creates them.
    pub const fn new(open: Open, stored: Stored) -> Self {
        Self { open, stored }
    }

    /// Plays all drills, one after the other. It takes a few seconds.
    pub async fn check(self) -> StoreReport {
        let mut report = StoreReport::default();
        if let Some(store) = self.opened(&mut report).await {
            contract::drill(&store, &mut report).await;
            contract::given_up(&*store, &self.stored, &mut report).await;
            self.compare(StoreDrill::Reopened, &mut report).await;
        }
        if let Some(store) = self.opened(&mut report).await {
            faults::drill(store, &mut report).await;
            self.compare(StoreDrill::Faults, &mut report).await;
        }
        report
    }

    async fn opened(&self, report: &mut StoreReport) -> Option<Arc<S>> {
        match (self.open)().await {
            Ok(store) => Some(Arc::new(store)),
            Err(error) => {
                report.find(StoreDrill::Reopened, format!("it can't be opened: {error}"));
                None
            }
        }
    }

    /// Compares what the store acknowledged with what it has.
    async fn compare(&self, drill: StoreDrill, report: &mut StoreReport) {
        let stored = (self.stored)().await;
        report.compare(drill, &stored);
    }
}
