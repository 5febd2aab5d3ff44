//! Receipts as the pages ask for them.

use std::{fmt, sync::Arc};

use http::HeaderValue;
use tokio::{runtime::Handle, task};

use super::issuer::Receipts;
use crate::{
    consent::{ReaderFuture, RecordReader, Unavailable},
    policy::CookiePolicy,
    records::{ArchiveError, RecordId, Subject, receipt},
};

/// The receipts of a site, and what links a visitor's records there.
#[derive(Debug)]
pub(in crate::records) struct Reader {
    pub(in crate::records) receipts: Receipts,
    pub(in crate::records) subject: Subject,
}

impl RecordReader for Reader {
    fn has_links(&self) -> bool {
        self.subject == Subject::None
    }

    fn receipt<'a>(&'a self, id: &'a str, pages_at: &'a str) -> ReaderFuture<'a, Option<String>> {
        Box::pin(async move {
            let Ok(id) = id.parse::<RecordId>() else {
                return Ok(None);
            };
            let (receipts, pages_at) = (self.receipts.clone(), pages_at.to_owned());
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
            let archive = self.receipts.archive.clone();
            aside(async move { archive.forget(id).await.map(|()| removal) }).await
        })
    }
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
        "a visitor's receipt can't be read: {why}"
    );
    #[cfg(not(feature = "tracing"))]
    let _ = why;
    Unavailable
}

/// Returns what pages ask of these settings, if visitors get receipts.
pub(in crate::records) fn reader(
    receipts: Option<&Receipts>,
    subject: &Subject,
) -> Option<Arc<dyn RecordReader>> {
    let reader = Reader {
        receipts: receipts?.clone(),
        subject: subject.clone(),
    };
    Some(Arc::new(reader))
}
