use std::fmt;

use super::{
    Archive, ArchiveError, StoredRecord,
    store::{Counts, OutboxCounts},
};
use crate::{
    Choice, Consent, CookiePolicy, Verdict,
    policy::CookiePolicyBuilder,
    records::{AnswerState, Cause, ConsentRecord, Document, Instant, RecordId},
};

impl Archive {
    /// Returns the decision about a cookie at this time under this record alone: by its policy, and by its
    /// answers as long as they count. A signal that the browser may have sent is not known. A grant that was
    /// [taken back](Self::taken_back) never counts.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if there is no such record, if its policy can't be read, or if the store fails.
    pub async fn verdict_at(
        &self,
        id: RecordId,
        cookie: &str,
        time: Instant,
    ) -> Result<Verdict, ArchiveError> {
        let stored = self.store.find(id).await?;
        let stored = stored.ok_or_else(|| ArchiveError::new(format!("no record {id}")))?;
        let policy = self.policy_of(&stored).await?;
        let is_confirmed = self.confirms(&stored.record).await?;
        Ok(consent_at(policy, &stored.record, is_confirmed, time).verdict(cookie))
    }

    /// Reads the policy of a record from its document.
    pub(crate) async fn policy_of(
        &self,
        stored: &StoredRecord,
    ) -> Result<CookiePolicy, ArchiveError> {
        let digest = stored.record.policy;
        let document = self.store.document(digest).await?;
        // Changed in the store, it could have records purged that still count.
        let document = document.filter(|document| document.digest() == digest);
        document.as_ref().and_then(policy_in).ok_or_else(|| {
            ArchiveError::new(format!(
                "the policy {digest} can't be read: it is missing or was changed, so restore a backup"
            ))
        })
    }

    /// Returns how many records, documents and leaves there are.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the store fails.
    pub async fn stats(&self) -> Result<Stats, ArchiveError> {
        let counts = self.store.counts().await?;
        let last = self.store.last_checkpoint().await?;
        Ok(Stats {
            counts,
            outbox: self.store.outbox_counts().await?,
            last: last.map(|last| (last.size, last.time)),
        })
    }
}

/// Reads the policy that a document is, if it is one.
pub(super) fn policy_in(document: &Document) -> Option<CookiePolicy> {
    let builder: CookiePolicyBuilder = serde_json::from_str(document.content()).ok()?;
    builder.of_document().build().ok()
}

/// Returns the consent of this record at a time. What it grants counts if that is confirmed.
fn consent_at(
    policy: CookiePolicy,
    record: &ConsentRecord,
    is_confirmed: bool,
    time: Instant,
) -> Consent {
    let mut choice = Choice::from_unix_seconds(record.decided_at.unix_seconds())
        .with_revision(policy.revision())
        .with_gpc(record.gpc);
    for (id, answer) in &record.answers {
        // An id that the policy does not have decides nothing.
        if let Some(index) = policy.index_of(id.as_bytes()) {
            match answer.state {
                AnswerState::Granted => choice.answer_at(index, is_confirmed),
                AnswerState::Denied => choice.answer_at(index, false),
                AnswerState::NotAsked => {}
            }
        }
    }
    let choice = (record.cause != Cause::Removed && record.recorded_at <= time).then_some(choice);
    Consent::at(policy, choice, time.unix_seconds())
}

/// The numbers of an [`Archive`], to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    counts: Counts,
    outbox: OutboxCounts,
    last: Option<(u64, Instant)>,
}

#[cfg(feature = "pages")]
impl Stats {
    pub(crate) const fn records(&self) -> u64 {
        self.counts.records
    }

    pub(crate) const fn pending(&self) -> u64 {
        self.counts.unsequenced
    }

    /// Returns how many withdrawals are waiting, delivered and given up.
    pub(crate) const fn outbox(&self) -> (u64, u64, u64) {
        let OutboxCounts {
            waiting,
            delivered,
            dead,
        } = self.outbox;
        (waiting, delivered, dead)
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts {
            records,
            documents,
            leaves,
            unsequenced,
        } = self.counts;
        writeln!(f, "records: {records}")?;
        writeln!(f, "documents: {documents}")?;
        writeln!(f, "leaves in the tree: {leaves}")?;
        writeln!(f, "not in the tree yet: {unsequenced}")?;
        let OutboxCounts {
            waiting,
            delivered,
            dead,
        } = self.outbox;
        writeln!(
            f,
            "withdrawals: {delivered} delivered, {waiting} waiting, {dead} dead letters"
        )?;
        match self.last {
            Some((size, time)) => write!(f, "last checkpoint: {size} leaves, {time}"),
            None => write!(f, "last checkpoint: none"),
        }
    }
}
