use std::sync::Arc;

use super::{Account, ConsentRecord, Document, RecordId, Withdrawal};

/// A record to store, with what it refers to. A [`RecordStore`](super::RecordStore) takes groups of them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// The record.
    pub record: Arc<ConsentRecord>,
    /// The documents that it refers to: the policy, and what was shown.
    pub documents: Vec<Document>,
    /// The record before, of the same visitor. It is kept where it can be erased.
    pub previous: Option<RecordId>,
    /// The account, if the site has [named](super::RecordsBuilder::accounts) one. A store keeps a random id for
    /// it, and both that and which record is of it where they can be erased. If it keeps neither, records of an
    /// account are not linked.
    pub account: Option<Account>,
    /// The withdrawals to pass on, if the site has asked for that
    /// ([`on_withdrawal`](super::RecordsBuilder::on_withdrawal)).
    pub withdrawals: Vec<Withdrawal>,
}

impl Entry {
    /// Creates one for the first record of a visitor.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use tower_cookie_consent::records::{ConsentRecord, Document, Entry};
    ///
    /// fn entry(record: ConsentRecord, policy: Document) -> Entry {
    ///     Entry::new(Arc::new(record), vec![policy])
    /// }
    /// ```
    #[must_use]
    pub fn new(record: Arc<ConsentRecord>, documents: Vec<Document>) -> Self {
        Self {
            record,
            documents,
            previous: None,
            account: None,
            withdrawals: Vec::new(),
        }
    }
}
