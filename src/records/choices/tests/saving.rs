//! What a response waits for, and what becomes of a store that is slow or away.

use std::{
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use futures_executor::block_on;
use http::Response;
use tokio::{task, time::sleep};

use super::{
    super::{
        AccountChoices, AccountConsent,
        answers::Answers,
        base::Base,
        carried::{After, LoggedIn, Unchosen},
        saving::ToSave,
    },
    START, policy,
};
use crate::{
    Consent,
    consent::{Choice, SetChoice},
    records::{
        Account, AccountKey, Appended, Entry, RecordStore, Records, StoreError, StoreFuture,
    },
    wire::DAY,
};

#[derive(Debug)]
struct Nowhere;

impl RecordStore for Nowhere {
    fn append<'a>(&'a self, entries: &'a [Entry]) -> StoreFuture<'a, Vec<Appended>> {
        Box::pin(async { Ok(vec![Appended::New; entries.len()]) })
    }
}

/// A store that blocks, as SQLite's may, and can be away.
#[derive(Debug, Default)]
struct Slow {
    blocks: Mutex<bool>,
    unblocked: Condvar,
    is_saving: AtomicBool,
    is_away: AtomicBool,
    asked: AtomicUsize,
    stored: Mutex<Option<String>>,
}

impl AccountChoices for Arc<Slow> {
    fn load<'a>(&'a self, _: &'a Account) -> StoreFuture<'a, Option<String>> {
        Box::pin(async {
            self.asked.fetch_add(1, SeqCst);
            match self.is_away.load(SeqCst) {
                true => Err(StoreError::temporary("away")),
                false => Ok(self.stored.lock().unwrap().clone()),
            }
        })
    }

    fn save<'a>(&'a self, _: &'a Account, choice: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(async {
            self.is_saving.store(true, SeqCst);
            let blocks = self.blocks.lock().unwrap();
            // Not for ever, so that a test that fails ends.
            let most = Duration::from_secs(10);
            let wait = self.unblocked.wait_timeout_while(blocks, most, |it| *it);
            drop(wait.unwrap());
            *self.stored.lock().unwrap() = Some(choice.to_owned());
            Ok(())
        })
    }
}

impl Slow {
    fn new(blocks: bool) -> Arc<Self> {
        let store = Self::default();
        *store.blocks.lock().unwrap() = blocks;
        Arc::new(store)
    }

    fn unblock(&self) {
        *self.blocks.lock().unwrap() = false;
        self.unblocked.notify_all();
    }

    fn is_stored(&self) -> bool {
        self.stored.lock().unwrap().is_some()
    }

    fn accounts(self: &Arc<Self>) -> AccountConsent {
        let key = AccountKey::generate().unwrap();
        let records = Records::builder(Nowhere).accounts(key, |_| None);
        let records = records.build().unwrap();
        AccountConsent::new(&records, Arc::clone(self), &policy()).unwrap()
    }

    async fn has_one(&self) -> bool {
        for _ in 0..200 {
            if self.is_stored() {
                return true;
            }
            sleep(Duration::from_millis(10)).await;
        }
        false
    }
}

fn refusal() -> Choice {
    Consent::at(policy(), None, START).refuse_all()
}

fn grant() -> Choice {
    Consent::at(policy(), None, START).accept_all()
}

fn to_save(choice: Choice, now: u64) -> ToSave {
    ToSave {
        name: "ada".to_owned(),
        policy: policy(),
        now,
        answers: Answers::undated(&policy(), choice, now),
        new_denials: Default::default(),
        new_grants: Default::default(),
    }
}

/// Waits as the response of a visitor who is logged in does.
async fn wait(accounts: &AccountConsent, before: Option<Choice>, choice: Choice) {
    let policy = policy();
    let mut response = Response::new(());
    let set = SetChoice::new(&policy, &choice, None, START);
    set.append_to(response.headers_mut()).unwrap();
    let after = LoggedIn {
        name: "ada".to_owned(),
        policy,
        now: START,
        asked_at: START,
        base: Base::Device(before),
        stored: None,
        unchosen: Unchosen::Kept,
        is_answer: true,
    };
    let after = After::LoggedIn(Box::new(after));
    response.extensions_mut().insert(after);
    accounts.clone().finish(&mut response).unwrap().await;
}

#[tokio::test]
async fn only_new_grants_wait_for_a_slow_store() {
    for (before, choice, waits) in [
        (None, refusal(), false),
        (Some(grant()), refusal(), false),
        (Some(refusal()), grant(), true),
        (None, grant(), true),
        // It is in force already.
        (Some(grant()), grant(), false),
    ] {
        let store = Slow::new(true);
        let accounts = store.accounts();
        let response = task::spawn(async move { wait(&accounts, before, choice).await });
        if waits {
            while !store.is_saving.load(SeqCst) {
                sleep(Duration::from_millis(1)).await;
            }
            // Longer than the others wait.
            sleep(Duration::from_millis(60)).await;
            assert!(!response.is_finished(), "{before:?} {choice:?}");
        } else {
            response.await.unwrap();
            assert!(!store.is_stored(), "{before:?} {choice:?}");
        }
        store.unblock();
        assert!(store.has_one().await);
    }
}

#[tokio::test]
async fn a_client_that_hangs_up_loses_no_choice() {
    let store = Slow::new(false);
    drop(store.accounts().begin_to_save(to_save(refusal(), START)));
    assert!(store.has_one().await);
}

/// All tasks of this test are on one thread.
#[tokio::test]
async fn a_store_that_blocks_stops_nothing_else() {
    let store = Slow::new(true);
    let accounts = store.accounts();
    let response = task::spawn(async move { wait(&accounts, None, grant()).await });
    while !store.is_saving.load(SeqCst) {
        sleep(Duration::from_millis(1)).await;
    }
    // It is given up before it is done.
    response.await.unwrap();
    assert!(!store.is_stored());
    store.unblock();
    assert!(store.has_one().await);
}

#[tokio::test]
async fn a_store_that_failed_is_left_alone() {
    let store = Slow::new(false);
    let accounts = store.accounts();
    store.is_away.store(true, SeqCst);
    let policy = policy();
    assert!(accounts.load("ada", &policy, START).await.is_none());
    store.is_away.store(false, SeqCst);
    for now in [START, START + 4] {
        assert!(accounts.load("ada", &policy, now).await.is_none());
        accounts
            .clone()
            .begin_to_save(to_save(refusal(), now))
            .await;
    }
    assert_eq!(store.asked.load(SeqCst), 1);
    let later = to_save(refusal(), START + 5);
    accounts.clone().begin_to_save(later).await;
    assert!(store.has_one().await);
    assert!(accounts.load("ada", &policy, START + 5).await.is_some());
}

#[tokio::test]
async fn a_pause_ends_if_the_clock_is_set_back() {
    let store = Slow::new(false);
    let accounts = store.accounts();
    store.is_away.store(true, SeqCst);
    let policy = policy();
    let ahead = START + 366 * DAY;
    assert!(accounts.load("ada", &policy, ahead).await.is_none());
    store.is_away.store(false, SeqCst);
    assert!(accounts.load("ada", &policy, ahead).await.is_none());
    assert!(accounts.load("ada", &policy, START).await.is_some());
}

#[test]
fn without_a_runtime_it_is_saved_at_once() {
    let store = Slow::new(false);
    let accounts = store.accounts();
    block_on(accounts.clone().begin_to_save(to_save(grant(), START)));
    assert!(store.stored.lock().unwrap().is_some());
    assert!(block_on(accounts.load("ada", &policy(), START)).is_some());
}
