//! The way to the store, and the wait for it.

use std::{
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::{runtime::Handle, task, time::timeout};

use super::{AccountConsent, answers::Answers};
use crate::{
    policy::{CategorySet, CookiePolicy},
    records::StoreError,
};

/// The longest wait for the store: without it the device's own choice counts.
const PATIENCE: Duration = Duration::from_millis(500);

/// The longest wait of a response that grants nothing anew: what it takes away is in force on this device.
const SHORT_WAIT: Duration = Duration::from_millis(20);

/// Seconds for which a store that failed is left alone.
const PAUSE: u64 = 5;

/// How often it is saved, if another device saves in between each time. The last time it is saved regardless.
const TRIES: usize = 5;

/// The wait of a response for what is saved.
pub(super) type Saving = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What a response says about an account.
pub(super) struct ToSave {
    pub(super) name: String,
    pub(super) policy: CookiePolicy,
    pub(super) now: u64,
    pub(super) answers: Answers,
    /// The denials that are new.
    pub(super) new_denials: CategorySet,
    /// The grants that neither the request nor the store had.
    pub(super) new_grants: CategorySet,
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
        if self.is_paused(now) {
            return None;
        }
        let (store, account) = (Arc::clone(&self.store), self.accounts.account(name));
        match self.aside(async move { store.load(&account).await }).await {
            Ok(loaded) => Some(loaded.and_then(|text| Answers::of_text(policy, &text, now))),
            Err(error) => {
                self.pause(now, "read", &error);
                None
            }
        }
    }

    /// Begins to save the answers of an account. It goes on if the client hangs up, or the response has waited long
    /// enough.
    pub(super) fn begin_to_save(self, to_save: ToSave) -> Saving {
        let wait = match to_save.new_grants.is_empty() {
            true => SHORT_WAIT,
            false => PATIENCE,
        };
        let saving = self.save(to_save);
        match Handle::try_current() {
            Ok(runtime) => {
                let saving = runtime.spawn(saving);
                Box::pin(async move { drop(timeout(wait, saving).await) })
            }
            Err(_) => Box::pin(saving),
        }
    }

    /// Saves the answers of an account, with those that other devices have saved.
    async fn save(self, to_save: ToSave) {
        let now = to_save.now;
        if self.is_paused(now) {
            return;
        }
        let accounts = self.clone();
        let saving = async move { accounts.save_with_others(&to_save).await };
        if let Err(error) = self.aside(saving).await {
            self.pause(now, "saved", &error);
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

    /// Calls the store where it may block: SQLite's calls do.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let Ok(runtime) = Handle::try_current() else {
            return work.await;
        };
        let calls = Arc::clone(&self.calls);
        let called = async move {
            let call = calls.acquire_owned().await;
            let called = task::spawn_blocking(move || {
                let _call = call;
                runtime.block_on(timeout(PATIENCE, work)).ok()
            });
            called.await.ok().flatten()
        };
        let called = timeout(PATIENCE, called).await.ok().flatten();
        called.unwrap_or_else(|| Err(StoreError::temporary("it does not answer")))
    }

    /// Returns `true` while the store is left alone. A pause that ends later began before the clock was set back.
    fn is_paused(&self, now: u64) -> bool {
        let until = self.paused_until.load(Ordering::Relaxed);
        (1..=PAUSE).contains(&until.saturating_sub(now))
    }

    fn pause(&self, now: u64, what: &str, why: &StoreError) {
        self.paused_until
            .store(now.saturating_add(PAUSE), Ordering::Relaxed);
        #[cfg(feature = "tracing")]
        tracing::error!(
            target: "tower_cookie_consent",
            "the choice of an account can't be {what}, so it is tried again later: {why}"
        );
        #[cfg(not(feature = "tracing"))]
        let _ = (what, why);
    }
}
