use std::fmt;

use serde::{Serialize, Serializer};

use super::{
    Archive, ArchiveError, StoredRecord,
    store::{Counts, OutboxCounts},
};
use crate::{
    Choice, Consent, CookiePolicy, Verdict,
    policy::CookiePolicyBuilder,
    records::{AnswerState, Cause, ConsentRecord, Digest, Document, Instant, RecordId},
};

/// The decision about a cookie at some time under one record, with the policy by which it was judged:
/// [`Archive::verdict_at`].
///
/// Its JSON has `verdict` (`allowed` or `withheld`) and `reason` (`null` where it is allowed) beside the other
/// fields.
///
/// ```
/// # use tower_cookie_consent::records::{Archive, ArchiveError, Instant, PastVerdict, RecordId};
/// # async fn read(archive: Archive, receipt: RecordId, now: Instant) -> Result<(), ArchiveError> {
/// let past: PastVerdict = archive.verdict_at(receipt, "_ga", now).await?;
/// println!("{} by {}, revision {}", past.verdict.is_allowed(), past.policy, past.revision);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PastVerdict {
    /// The record.
    pub record: RecordId,
    /// The name of the cookie.
    pub cookie: String,
    /// The time.
    pub time: Instant,
    /// The decision.
    pub verdict: Verdict,
    /// The policy that the record names, a document.
    pub policy: Digest,
    /// The revision of that policy.
    pub revision: u32,
}

impl Serialize for PastVerdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Line<'a> {
            record: RecordId,
            cookie: &'a str,
            time: Instant,
            verdict: &'static str,
            reason: Option<&'static str>,
            policy: Digest,
            revision: u32,
        }
        let (verdict, reason) = match self.verdict {
            Verdict::Allowed => ("allowed", None),
            Verdict::Withheld(why) => ("withheld", Some(why.as_str())),
        };
        let line = Line {
            record: self.record,
            cookie: &self.cookie,
            time: self.time,
            verdict,
            reason,
            policy: self.policy,
            revision: self.revision,
        };
        line.serialize(serializer)
    }
}

/// Writes two lines: the decision, and the policy.
impl fmt::Display for PastVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.verdict {
            Verdict::Allowed => writeln!(f, "allowed")?,
            Verdict::Withheld(why) => writeln!(f, "withheld: {}", why.as_str())?,
        }
        write!(
            f,
            "by the policy {}, revision {}",
            self.policy, self.revision
        )
    }
}

impl Archive {
    /// Returns the decision about a cookie at this time under this record alone: by its policy, and by its
    /// answers as long as they count. A signal that the browser may have sent is not known. A grant that was
    /// [taken back](Self::taken_back) never counts. The policy is the one that the record names, whatever the
    /// site's is at that time.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if there is no such record, if its policy can't be read, or if the store fails.
    pub async fn verdict_at(
        &self,
        id: RecordId,
        cookie: &str,
        time: Instant,
    ) -> Result<PastVerdict, ArchiveError> {
        let stored = self.store.find(id).await?;
        let stored = stored.ok_or_else(|| ArchiveError::new(format!("no record {id}")))?;
        let policy = self.policy_of(&stored).await?;
        let is_confirmed = self.confirms(&stored.record).await?;
        let revision = policy.revision();
        let consent = consent_at(policy, &stored.record, is_confirmed, time);
        Ok(PastVerdict {
            record: id,
            cookie: cookie.to_owned(),
            time,
            verdict: consent.verdict(cookie),
            policy: stored.record.policy,
            revision,
        })
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
