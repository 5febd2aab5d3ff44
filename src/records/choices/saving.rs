//! The way to the store, and the wait for it.

use std::{sync::atomic::Ordering, time::Duration};

use tokio::time::timeout;

use super::{AccountConsent, answers::Answers};
use crate::{
    policy::{CategorySet, CookiePolicy},
    records::StoreError,
};

/// The longest wait for the store: without it the device's own choice counts.
const PATIENCE: Duration = Duration::from_millis(500);

/// Seconds for which a store that failed is left alone.
const PAUSE: u64 = 5;

/// How often it is saved, if another device saves in between each time. The last time it is saved regardless.
const TRIES: usize = 5;

/// What a response says about an account.
pub(super) struct ToSave {
    pub(super) name: String,
    pub(super) policy: CookiePolicy,
    pub(super) now: u64,
    pub(super) answers: Answers,
    /// What it denies anew.
    pub(super) new_denials: CategorySet,
}

impl ToSave {
    /// Returns what the account says with what is stored.
    pub(super) fn with(&self, stored: Option<&Answers>) -> Answers {
        let mut answers = self.answers.clone();
        let Some(stored) = stored else {
            return answers;
        };
        // They are given now, so they are later, whatever the clock of another server said.
        for index in self.new_denials.iter() {
            let time = stored.latest_about(&self.policy, index);
            let own = answers.times.entry(index).or_insert(time);
            *own = time.max(*own);
        }
        if answers.times.is_empty() && answers.removed_at >= self.now {
            answers.removed_at = answers.removed_at.max(stored.latest_time());
        }
        stored.latest(&answers, &self.policy, self.now)
    }
}

impl AccountConsent {
    /// Asks the store for the answers of an account. `None` if it does not answer.
    pub(super) async fn load(
        &self,
        name: &str,
        policy: &CookiePolicy,
        now: u64,
    ) -> Option<Option<Answers>> {
        if now < self.paused_until.load(Ordering::Relaxed) {
            return None;
        }
        let account = self.accounts.account(name);
        let loaded = match timeout(PATIENCE, self.store.load(&account)).await {
            Ok(Ok(loaded)) => loaded,
            Ok(Err(error)) => return self.pause(now, "read", &error.to_string()),
            Err(_) => return self.pause(now, "read", "it does not answer"),
        };
        Some(loaded.and_then(|text| Answers::of_text(policy, &text, now)))
    }

    /// Saves the answers of an account, with those that other devices have saved.
    pub(super) async fn save(&self, to_save: ToSave) {
        match timeout(PATIENCE, self.save_with_others(&to_save)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => drop(self.pause::<()>(to_save.now, "saved", &error.to_string())),
            Err(_) => drop(self.pause::<()>(to_save.now, "saved", "the store does not answer")),
        }
    }

    async fn save_with_others(&self, to_save: &ToSave) -> Result<(), StoreError> {
        let (policy, now) = (&to_save.policy, to_save.now);
        let account = self.accounts.account(&to_save.name);
        for tried in 1..=TRIES {
            let before = self.store.load(&account).await?;
            let stored = before.as_deref();
            let stored = stored.and_then(|text| Answers::of_text(policy, text, now));
            let answers = to_save.with(stored.as_ref());
            if stored.as_ref() == Some(&answers) {
                return Ok(());
            }
            let text = answers.text(policy);
            if tried == TRIES {
                return self.store.save(&account, &text).await;
            }
            let replaced = self.store.replace(&account, before.as_deref(), &text);
            if replaced.await? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn pause<T>(&self, now: u64, what: &str, why: &str) -> Option<T> {
        self.paused_until
            .store(now.saturating_add(PAUSE), Ordering::Relaxed);
        #[cfg(feature = "tracing")]
        tracing::error!(
            target: "tower_cookie_consent",
            "the choice of an account can't be {what}, so it is tried again later: {why}"
        );
        #[cfg(not(feature = "tracing"))]
        let _ = (what, why);
        None
    }
}
