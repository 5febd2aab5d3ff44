//! The choices of accounts whose records a purge drops.

use std::collections::BTreeSet;

use super::{Archive, ArchiveError, RecordRetention, StoredRecord, judge::policy_in};
use crate::{
    policy::CookiePolicy,
    records::{Instant, SubjectId, choices::StoredChoice},
};

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
        let mut choices = self.store.choices_of(&subjects).await?;
        if choices.is_empty() {
            return Ok(choices);
        }
        let policies = match &mut policies.0 {
            Some(policies) => policies,
            unread => unread.insert(self.policies().await?),
        };
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
