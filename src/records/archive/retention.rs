use std::collections::BTreeSet;
#[cfg(feature = "pages")]
use std::time::Duration;

use super::{Archive, ArchiveError, StoredRecord, store::Due};
use crate::{
    records::{Account, Instant, RecordId, choices::StoredChoice},
    wire::DAY,
};

/// Records that are read, or whose links are erased, at once: writers may wait for it.
const PAGE: usize = 200;

/// The visitor's own records that are forgotten at once: anybody can make a chain of them for free.
#[cfg(feature = "pages")]
const MAX_FORGOTTEN: usize = 1000;

/// The times for which records are kept.
///
/// ```
/// use tower_cookie_consent::records::RecordRetention;
///
/// let longer = RecordRetention::default().refusals_days(5 * 366)?;
/// assert_ne!(longer, RecordRetention::default());
/// let error = RecordRetention::default().refusals_days(365).unwrap_err();
/// assert!(error.to_string().contains("at least 731 days"));
/// # Ok::<(), tower_cookie_consent::records::ArchiveError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordRetention {
    after_grants: u64,
    refusals: u64,
}

impl Default for RecordRetention {
    /// Grants until they end, and 3 years; refusals and opt-outs 25 months.
    fn default() -> Self {
        Self {
            after_grants: 3 * 366 * DAY,
            refusals: 762 * DAY,
        }
    }
}

impl RecordRetention {
    /// Sets for how many days a grant's record is kept after the grant ended. One that denies something too, or
    /// with which the browser sent its opt-out signal, is kept for as long as a refusal at least.
    ///
    /// ```
    /// # use tower_cookie_consent::records::RecordRetention;
    /// let defaults = RecordRetention::default();
    /// assert_eq!(defaults.after_grants_days(3 * 366), defaults);
    /// ```
    #[must_use]
    pub const fn after_grants_days(self, days: u32) -> Self {
        Self {
            after_grants: days as u64 * DAY,
            ..self
        }
    }

    /// Sets for how many days the record of a refusal or an opt-out is kept.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] under 731 days: opt-outs are kept for 24 months at least (11 CCR §7101).
    pub fn refusals_days(self, days: u32) -> Result<Self, ArchiveError> {
        if days < 731 {
            return Err(ArchiveError::new(format!(
                "records of refusals can't be kept for {days} days: opt-outs are kept at least 731 days"
            )));
        }
        Ok(Self {
            refusals: u64::from(days) * DAY,
            ..self
        })
    }
}

impl RecordRetention {
    /// Returns what may be kept long enough, whatever the policies say: first this many of it.
    pub(super) fn due(self, now: Instant, rows: usize) -> Due {
        let before = |seconds| now.unix_seconds().saturating_sub(seconds);
        Due {
            after: None,
            before: RecordId::at(before(self.least()) + 1, [0; 10]),
            grants_before: Instant::from_unix_seconds(before(self.after_grants)),
            rows,
        }
    }

    /// Returns the shorter of both, whatever a policy says.
    pub(super) fn least(self) -> u64 {
        self.refusals.min(self.after_grants)
    }

    /// Returns `true` if it is kept long enough, where its choice counts for so many seconds.
    pub(super) fn has_ended(self, stored: &StoredRecord, lifetime: u64, now: Instant) -> bool {
        let record = &stored.record;
        let dates = [record.decided_at, record.recorded_at].map(Instant::unix_seconds);
        let kept = self.kept_until(dates, lifetime, (record.grants(), record.may_opt_out()));
        kept < now.unix_seconds()
    }

    /// Returns `true` if the choice of an account counts no more, and is kept long enough. An objection, which stays
    /// in force, is kept.
    pub(super) fn has_choice_ended(
        self,
        choice: &StoredChoice,
        lifetime: u64,
        now: Instant,
    ) -> bool {
        let dates = [choice.decided_at, choice.answered_at];
        let kept = self.kept_until(dates, lifetime, (choice.grants, choice.denies));
        !choice.objects && kept < now.unix_seconds()
    }

    /// Returns the last second for which it is kept: decided and recorded at these times, if it grants, and if it may
    /// opt out.
    fn kept_until(
        self,
        [decided_at, recorded_at]: [u64; 2],
        lifetime: u64,
        kind: (bool, bool),
    ) -> u64 {
        let end = decided_at.saturating_add(lifetime);
        let of_refusal = end.max(recorded_at.saturating_add(self.refusals));
        let of_grant = end.saturating_add(self.after_grants);
        match kind {
            (true, true) => of_grant.max(of_refusal),
            (true, false) => of_grant,
            (false, _) => of_refusal,
        }
    }
}

#[cfg(feature = "pages")]
impl RecordRetention {
    pub(crate) const fn after_grants(self) -> Duration {
        Duration::from_secs(self.after_grants)
    }

    pub(crate) const fn refusals(self) -> Duration {
        Duration::from_secs(self.refusals)
    }
}

impl Archive {
    /// Erases what links the records of one visitor, given by a receipt: the records before and after it. They
    /// stay in the tree, and nobody can find them by another of their receipts any more. Dead letters of their
    /// withdrawals lose the visitor's name. Backups made before still have all that. Returns how many links it
    /// erased.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if one of the choices still counts at `now`, unless `force` is set: what was granted
    /// could then no longer be proven (GDPR article 17(3)). Also if there is no such record, or the store
    /// fails: call it again then, with the same receipt.
    pub async fn erase(
        &self,
        receipt: RecordId,
        force: bool,
        now: Instant,
    ) -> Result<u64, ArchiveError> {
        if self.find(receipt).await?.is_none() {
            return Err(ArchiveError::new(format!("no record {receipt}")));
        }
        let ids = self.linked(receipt, usize::MAX).await?;
        if !force {
            for id in &ids {
                if let Some(stored) = self.find(*id).await? {
                    self.refuse_counting(&stored, now).await?;
                }
            }
        }
        let erased = self.erase_links(&ids).await?;
        self.store.scrub().await?;
        Ok(erased)
    }

    /// Erases an account: its hashes, and what links its records with it and with each other. They stay in the
    /// tree. Dead letters of their withdrawals lose the visitor's name. What waits in a spool comes later: call it
    /// again once that is empty. Returns how many links it erased.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if one of the choices still counts at `now`, unless `force` is set. Also if no record
    /// is linked with the account, or the store fails: call it again then.
    pub async fn erase_account(
        &self,
        account: &Account,
        force: bool,
        now: Instant,
    ) -> Result<u64, ArchiveError> {
        let records = self.account_history(account).await?;
        if records.is_empty() && self.store.subjects(account).await?.is_empty() {
            return Err(ArchiveError::new("no record of this account"));
        }
        if !force {
            for stored in &records {
                self.refuse_counting(stored, now).await?;
            }
        }
        let ids: Vec<_> = records.iter().map(|stored| stored.record.id).collect();
        let erased = self.erase_links(&ids).await?;
        // With what was added meanwhile.
        let erased = erased + self.store.erase_account(account).await?;
        self.store.scrub().await?;
        Ok(erased)
    }

    /// Does the same for the visitor, whose own it is to ask for that, and for at most [`MAX_FORGOTTEN`]
    /// records. Without such a record it does nothing.
    #[cfg(feature = "pages")]
    pub(crate) async fn forget(&self, receipt: RecordId) -> Result<(), ArchiveError> {
        let ids = self.linked(receipt, MAX_FORGOTTEN).await?;
        self.erase_links(&ids).await?;
        if self.find(receipt).await?.is_some() {
            self.store.scrub().await?;
        }
        Ok(())
    }

    /// Returns the ids of at most `max` records of one visitor, given by one of them, the nearest first.
    async fn linked(&self, receipt: RecordId, max: usize) -> Result<Vec<RecordId>, ArchiveError> {
        let mut seen = BTreeSet::from([receipt]);
        let mut ids = vec![receipt];
        let mut next = 0;
        while next < ids.len() && ids.len() < max {
            let page: Vec<_> = ids.iter().skip(next).take(PAGE).copied().collect();
            next += page.len();
            let mut near = self.store.following(&page, max - ids.len()).await?;
            for id in page {
                near.extend(self.find(id).await?.and_then(|stored| stored.previous));
            }
            near.retain(|id| seen.insert(*id));
            ids.extend(near);
        }
        ids.truncate(max);
        Ok(ids)
    }

    /// Erases in pieces, so that writers wait for none of them long. The farthest are first: after an error,
    /// the rest can still be found.
    async fn erase_links(&self, ids: &[RecordId]) -> Result<u64, ArchiveError> {
        let mut erased = 0;
        for page in ids.rchunks(PAGE) {
            erased += self.store.erase(page).await?;
        }
        Ok(erased)
    }

    async fn refuse_counting(
        &self,
        stored: &StoredRecord,
        now: Instant,
    ) -> Result<(), ArchiveError> {
        let lifetime = self.policy_of(stored).await?.choice_lifetime().as_secs();
        let end = stored
            .record
            .decided_at
            .unix_seconds()
            .saturating_add(lifetime);
        if end >= now.unix_seconds() && self.confirms(&stored.record).await? {
            return Err(ArchiveError::new(format!(
                "the choice of record {} still counts: erased, it can't be proven any more; force it, or \
                 wait until {}",
                stored.record.id,
                Instant::from_unix_seconds(end)
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{
        Answer, AnswerState,
        testing::{START, entry},
    };

    #[test]
    fn opt_outs_are_kept_for_two_years_at_least() {
        let kept = |days| RecordRetention::default().refusals_days(days);
        for days in [0, 1, 730] {
            kept(days).unwrap_err();
        }
        for days in [731, 762, 10_000] {
            assert_eq!(kept(days).unwrap().refusals, u64::from(days) * DAY);
        }
    }

    #[test]
    fn records_are_kept_to_the_second() {
        use AnswerState::{Denied, Granted, NotAsked};

        let days = RecordRetention::default().refusals_days(800).unwrap();
        let days = days.after_grants_days(30);
        // The answers; if the browser sent its signal; the choice counts for so many days; kept for so many.
        for (answers, gpc, lifetime, kept) in [
            (&[Granted][..], false, 100, 130),
            (&[Granted, NotAsked], false, 100, 130),
            (&[Denied], false, 100, 800),
            (&[Denied], false, 900, 900),
            (&[NotAsked], false, 100, 800),
            // What opts out is kept so long, whatever else is granted.
            (&[Denied, Granted], false, 100, 800),
            (&[Denied, Granted], false, 790, 820),
            (&[Granted], true, 100, 800),
        ] {
            let mut record = (*entry(1).record).clone();
            let of = |(id, state): (usize, &AnswerState)| {
                (id.to_string(), Answer::new(*state, NotAsked))
            };
            record.answers = answers.iter().enumerate().map(of).collect();
            record.gpc = gpc;
            let stored = StoredRecord::from(record);
            let end = START + kept * DAY;
            let has_ended = |second| {
                days.has_ended(&stored, lifetime * DAY, Instant::from_unix_seconds(second))
            };
            assert!(
                !has_ended(end) && has_ended(end + 1),
                "{answers:?} {gpc} {lifetime}"
            );
        }
    }
}
