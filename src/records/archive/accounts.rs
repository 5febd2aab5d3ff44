//! The choices of accounts whose records a purge drops, or has dropped.

use std::collections::BTreeSet;

use super::{Archive, ArchiveError, RecordRetention, StoredRecord, judge::policy_in};
use crate::{
    policy::CookiePolicy,
    records::{Instant, SubjectId, choices::StoredChoice},
};

/// Choices that are looked at, or dropped, at once: writers may wait for it.
const PAGE: usize = 200;

/// The policies of a store, once they are read.
#[derive(Default)]
pub(super) struct Policies(Option<Vec<CookiePolicy>>);

impl Archive {
    /// Returns the choices of the accounts of these records that count no more, and are kept long enough.
    pub(super) async fn ended_choices(
        &self,
        records: impl Iterator<Item = &StoredRecord>,
        policies: &mut Policies,
        retention: RecordRetention,
        now: Instant,
    ) -> Result<Vec<(SubjectId, String)>, ArchiveError> {
        let subjects: BTreeSet<_> = records.filter_map(|stored| stored.subject).collect();
        let subjects: Vec<_> = subjects.into_iter().collect();
        if subjects.is_empty() {
            return Ok(Vec::new());
        }
        let choices = self.store.choices_of(&subjects).await?;
        self.ended(choices, policies, retention, now).await
    }

    /// Drops the choices of accounts without records that count no more, and are kept long enough: the records may
    /// have ended earlier, or were never stored. Returns `true` if there were any.
    pub(super) async fn drop_lone_choices(
        &self,
        policies: &mut Policies,
        retention: RecordRetention,
        now: Instant,
    ) -> Result<bool, ArchiveError> {
        let (mut after, mut has_dropped) = (None, false);
        loop {
            let page = self.store.lone_choices(after, PAGE).await?;
            let ended = self.ended(page.choices, policies, retention, now).await?;
            if !ended.is_empty() {
                self.store.drop_choices(&ended).await?;
                has_dropped = true;
            }
            after = page.last;
            if after.is_none() {
                return Ok(has_dropped);
            }
        }
    }

    /// Returns those of these choices that count no more, and are kept long enough.
    async fn ended(
        &self,
        mut choices: Vec<(SubjectId, String)>,
        policies: &mut Policies,
        retention: RecordRetention,
        now: Instant,
    ) -> Result<Vec<(SubjectId, String)>, ArchiveError> {
        if choices.is_empty() {
            return Ok(choices);
        }
        let policies = match &mut policies.0 {
            Some(policies) => policies,
            unread => unread.insert(self.policies().await?),
        };
        // Without any, nobody can say what a choice means.
        if policies.is_empty() {
            return Ok(Vec::new());
        }
        // An objection under any of them may be one in another regime, or under a newer edition.
        let has_ended = |text: &str, policy: &CookiePolicy| {
            let choice = StoredChoice::read(policy, text, now.unix_seconds());
            let lifetime = policy.choice_lifetime().as_secs();
            choice.is_none_or(|choice| retention.has_choice_ended(&choice, lifetime, now))
        };
        choices.retain(|(_, text)| policies.iter().all(|policy| has_ended(text, policy)));
        Ok(choices)
    }

    /// Reads all policies.
    async fn policies(&self) -> Result<Vec<CookiePolicy>, ArchiveError> {
        let mut policies = Vec::new();
        for digest in self.store.documents_of("application/json").await? {
            let document = self.store.document(digest).await?;
            let document = document.filter(|document| document.digest() == digest);
            policies.extend(document.as_ref().and_then(policy_in));
        }
        Ok(policies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::DAY;

    #[cfg(feature = "records-sqlite")]
    #[test]
    fn choices_without_records_end_by_the_policies() {
        use std::sync::Arc;

        use futures_executor::block_on;

        use crate::{
            Category, Consent,
            preferences::json,
            records::{
                AccountChoices as _, AccountKey, AccountKeys, Document, RecordStore as _,
                SigningKey, SqliteStore,
                testing::{Folder, START, entry},
            },
        };

        let folder = Folder::new();
        let store = SqliteStore::open(folder.file("consent.db")).unwrap();
        let account = AccountKeys::from(AccountKey::generate().unwrap()).account("ada");
        let policy = CookiePolicy::new([Category::consent("ads")]).unwrap();
        let grant = Consent::at(policy.clone(), None, START).accept_all();
        let text = json::encode(&policy, &grant, None);
        block_on(store.save(&account, &text)).unwrap();
        let archive = Archive::from(SqliteStore::open(folder.file("consent.db")).unwrap());
        let key = SigningKey::generate().unwrap();
        let kept_after = |days: u64| {
            let now = Instant::from_unix_seconds(START + days * DAY);
            let purged = archive.purge(RecordRetention::default(), &key, now);
            assert_eq!(block_on(purged).unwrap(), 0);
            block_on(store.load(&account)).unwrap().is_some()
        };
        // Nobody knows what it says.
        assert!(kept_after(9000));
        let mut of_policy = entry(1);
        let document = Document::of_policy(&policy);
        let record = Arc::make_mut(&mut of_policy.record);
        record.policy = document.digest();
        record.recorded_at = Instant::from_unix_seconds(START + 9000 * DAY);
        record.decided_at = record.recorded_at;
        record.id = crate::records::RecordId::at(START + 9000 * DAY, [1; 10]);
        of_policy.documents.push(document);
        block_on(store.append(&[of_policy])).unwrap();
        let lifetime = policy.choice_lifetime().as_secs() / DAY;
        assert!(kept_after(lifetime + 3 * 366));
        assert!(!kept_after(lifetime + 3 * 366 + 1));
        assert_eq!(block_on(archive.account_history(&account)).unwrap(), []);
    }

    #[test]
    fn a_choice_is_kept_as_long_as_its_record() {
        let retention = RecordRetention::default().after_grants_days(30);
        let keep = retention.refusals_days(800).unwrap();
        let (decided_at, answered_at) = (1_000 * DAY, 1_050 * DAY);
        // What it grants, denies and objects to, and for how many days it is kept, if it ends.
        for (grants, denies, objects, kept) in [
            (true, false, false, Some(130)),
            (true, true, false, Some(850)),
            (false, true, false, Some(850)),
            // Taken back, or removed.
            (false, false, false, Some(850)),
            (true, true, true, None),
            (false, true, true, None),
        ] {
            let choice = StoredChoice {
                decided_at,
                answered_at,
                grants,
                denies,
                objects,
            };
            let has_ended = |second| {
                let now = Instant::from_unix_seconds(second);
                keep.has_choice_ended(&choice, 100 * DAY, now)
            };
            let end = decided_at + kept.unwrap_or(0) * DAY;
            assert!(!has_ended(end), "{choice:?}");
            assert_eq!(has_ended(end + 1), kept.is_some(), "{choice:?}");
            assert_eq!(has_ended(u64::MAX), kept.is_some(), "{choice:?}");
        }
    }
}
