//! The settings of records, and their counts.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};

use super::{
    RecordRetention,
    account::Accounts,
    onset::Onset,
    outbox::{Handle, Passing},
};
use crate::CookiePolicy;

/// The counters of the writer.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) recorded: AtomicU64,
    pub(super) spooled: AtomicUsize,
    pub(super) lost: AtomicU64,
    pub(super) store_errors: AtomicU64,
    pub(super) merged: AtomicU64,
    losing: Onset,
    merging: Onset,
}

impl Counts {
    /// Counts refusals that are recorded nowhere.
    pub(super) fn lose(&self, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.lost.fetch_add(count, Ordering::Relaxed);
        if self.losing.begins() {
            #[cfg(feature = "tracing")]
            tracing::error!(
                target: "tower_cookie_consent",
                "refusals are in effect and recorded nowhere: the store does not take them, neither spool nor memory has \
                 room, or the process ends"
            );
        }
    }

    /// Counts a refusal that has no record of its own.
    pub(super) fn merge(&self) {
        self.merged.fetch_add(1, Ordering::Relaxed);
        if self.merging.begins() {
            #[cfg(feature = "tracing")]
            tracing::error!(
                target: "tower_cookie_consent",
                "more refusals come than are recorded one by one (most_refusals_a_second): they are in effect, and \
                 counted without a record"
            );
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) site: Option<String>,
    pub(super) grant_wait: Duration,
    pub(super) require_store: bool,
    pub(super) subject: Subject,
    pub(super) accounts: Option<Accounts>,
    pub(super) passing: Option<Passing>,
    pub(super) handle: Option<Handle>,
    #[cfg_attr(not(feature = "pages"), allow(dead_code, reason = "the pages say it"))]
    pub(super) retention: RecordRetention,
}

/// The link between the records of one visitor.
///
/// ```
/// use tower_cookie_consent::records::Subject;
///
/// let by_receipt = Subject::Receipt { path: "/cookies".to_owned() };
/// assert_ne!(by_receipt, Subject::None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// Nothing. Proof in a given case is then up to the visitor.
    None,
    /// The id of the last record, in the cookie `consent_receipt`. Declare it as necessary.
    Receipt {
        /// The path of the pages, to which alone browsers send it. A policy's own
        /// ([`pages_at`](CookiePolicy::pages_at)) is preferred.
        path: String,
    },
}

impl Subject {
    /// Returns the path to which browsers send the receipt, if there are any.
    pub(super) fn receipts_at<'a>(&'a self, policy: Option<&'a CookiePolicy>) -> Option<&'a str> {
        match self {
            Self::Receipt { path } => Some(policy.and_then(CookiePolicy::pages_at).unwrap_or(path)),
            Self::None => None,
        }
    }
}
