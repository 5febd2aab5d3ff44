//! Receipts as the pages ask for them.

use std::{fmt, sync::Arc, time::SystemTime};

use http::HeaderValue;
use tokio::{runtime::Handle, task};

use super::{issuer::Receipts, published};
use crate::{
    consent::{ReaderFuture, RecordReader, TreePart, Unavailable},
    policy::CookiePolicy,
    preferences::unix_seconds,
    records::{Archive, ArchiveError, RecordId, Subject, receipt},
};

/// What a site shows of its records.
#[derive(Debug)]
struct Reader {
    archive: Archive,
    receipts: Option<Receipts>,
    subject: Subject,
}

impl RecordReader for Reader {
    fn has_receipts(&self) -> bool {
        self.receipts.is_some()
    }

    fn has_links(&self) -> bool {
        self.subject == Subject::None
    }

    fn receipt<'a>(&'a self, id: &'a str, pages_at: &'a str) -> ReaderFuture<'a, Option<String>> {
        Box::pin(async move {
            let id = id.parse::<RecordId>().ok();
            let Some((receipts, id)) = self.receipts.clone().zip(id) else {
                return Ok(None);
            };
            let pages_at = pages_at.to_owned();
            aside(async move { receipts.receipt(id, &pages_at).await }).await
        })
    }

    fn forget<'a>(
        &'a self,
        id: &'a str,
        policy: &'a CookiePolicy,
    ) -> ReaderFuture<'a, Option<HeaderValue>> {
        Box::pin(async move {
            let Ok(id) = id.parse::<RecordId>() else {
                return Ok(None);
            };
            let Some(path) = self.subject.receipts_at(Some(policy)) else {
                return Ok(None);
            };
            let removal = receipt::removal(path, policy);
            let archive = self.archive.clone();
            let forgotten = async move {
                if archive.find(id).await?.is_none() && is_recent(id) {
                    return Ok(None);
                }
                archive.forget(id).await.map(Some)
            };
            let forgotten = aside(forgotten).await?;
            forgotten.map(|()| removal).ok_or(Unavailable)
        })
    }

    fn published(&self, part: TreePart) -> ReaderFuture<'_, Option<String>> {
        let archive = self.archive.clone();
        Box::pin(aside(async move { published::part(&archive, part).await }))
    }
}

/// Seconds after which a record is in the store, or will never be.
const LONGEST_WAY: u64 = 60 * 60;

/// Returns `true` if the record may be on its way to the store: it would come with its link.
fn is_recent(id: RecordId) -> bool {
    let now = unix_seconds(SystemTime::now());
    now.abs_diff(id.unix_seconds()) < LONGEST_WAY
}

/// Runs the work of a store where it may block: SQLite's calls do.
async fn aside<T: Send + 'static>(
    work: impl Future<Output = Result<T, ArchiveError>> + Send + 'static,
) -> Result<T, Unavailable> {
    let done = match Handle::try_current() {
        Ok(runtime) => task::spawn_blocking(move || runtime.block_on(work))
            .await
            .map_err(|error| unavailable(&error))?,
        Err(_) => work.await,
    };
    done.map_err(|error| unavailable(&error))
}

/// Writes the reason to the log, which has nothing of a record.
fn unavailable(why: &dyn fmt::Display) -> Unavailable {
    #[cfg(feature = "tracing")]
    tracing::error!(
        target: "tower_cookie_consent",
        "the records can't be read for a visitor: {why}"
    );
    #[cfg(not(feature = "tracing"))]
    let _ = why;
    Unavailable
}

/// Returns what the pages ask, if the site shows something of its records.
pub(in crate::records) fn reader(
    published: Option<Archive>,
    receipts: Option<Receipts>,
    subject: &Subject,
) -> Option<Arc<dyn RecordReader>> {
    let of_receipts = receipts.as_ref().map(|receipts| receipts.archive.clone());
    let reader = Reader {
        archive: published.or(of_receipts)?,
        receipts,
        subject: subject.clone(),
    };
    Some(Arc::new(reader))
}
