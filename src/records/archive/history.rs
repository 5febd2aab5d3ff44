use std::collections::BTreeSet;

use super::{Archive, ArchiveError, StoredRecord, order};
use crate::records::{Account, Cause, ConsentRecord, Digest, Document, RecordId};

/// As many records are read at once.
const PAGE: usize = 200;

impl Archive {
    /// Returns the record with this id, such as from a receipt.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the store fails.
    pub async fn find(&self, id: RecordId) -> Result<Option<StoredRecord>, ArchiveError> {
        Ok(self.store.find(id).await?)
    }

    /// Returns the document with this hash.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the store fails.
    pub async fn document(&self, digest: Digest) -> Result<Option<Document>, ArchiveError> {
        Ok(self.store.document(digest).await?)
    }

    /// Returns the records of one visitor up to this receipt, the oldest first: it follows the links to the
    /// record before, as far as none is erased.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the store fails.
    pub async fn history(&self, receipt: RecordId) -> Result<Vec<StoredRecord>, ArchiveError> {
        self.newest(receipt, usize::MAX).await
    }

    /// Returns the records of an account, from all its devices, the oldest first. Empty if there are none. Ids do not
    /// order records of one second: there, each follows the one whose answers it found in force.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the store fails.
    pub async fn account_history(
        &self,
        account: &Account,
    ) -> Result<Vec<StoredRecord>, ArchiveError> {
        let mut records = Vec::new();
        for subject in self.store.subjects(account).await? {
            let mut after = None;
            loop {
                let page = self.store.records_of(subject, after, PAGE).await?;
                let Some(last) = page.last() else {
                    break;
                };
                after = Some(last.record.id);
                records.extend(page);
            }
        }
        Ok(order::by_time(records))
    }

    /// Returns those of these records whose grants were never in force: another record takes them back, as
    /// [unconfirmed](Cause::Unconfirmed), since they could not be saved in time. What they deny counts.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the store fails.
    pub async fn taken_back(&self, ids: &[RecordId]) -> Result<BTreeSet<RecordId>, ArchiveError> {
        let mut taken_back = BTreeSet::new();
        for page in ids.chunks(PAGE) {
            taken_back.extend(self.store.taken_back(page).await?);
        }
        Ok(taken_back)
    }

    /// Returns `true` if what this record grants was in force.
    pub(in crate::records) async fn confirms(
        &self,
        record: &ConsentRecord,
    ) -> Result<bool, ArchiveError> {
        let may = record.grants() && record.cause != Cause::Unconfirmed;
        Ok(may && self.taken_back(&[record.id]).await?.is_empty())
    }

    /// Returns at most so many of them: the newest.
    pub(in crate::records) async fn newest(
        &self,
        receipt: RecordId,
        max: usize,
    ) -> Result<Vec<StoredRecord>, ArchiveError> {
        let mut seen = BTreeSet::new();
        let mut records = Vec::new();
        let mut ahead = Some(receipt);
        // A browser can send any receipt, so the links could form a circle.
        while let Some(id) = ahead.filter(|id| seen.insert(*id)) {
            let Some(stored) = self.store.find(id).await? else {
                break;
            };
            ahead = stored.previous;
            records.push(stored);
            if records.len() >= max {
                break;
            }
        }
        records.reverse();
        Ok(records)
    }
}
