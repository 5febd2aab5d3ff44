//! Drills: real processes that are killed, and stores that fail, while visitors make choices. What counts is
//! what visitors were answered, and what an export has afterwards.
//!
//! `LONG_DRILLS=1` makes them longer, as `.ci/long` does.

mod kill;
mod load;
mod outages;
mod sequencer;
mod start;
mod stores;
mod syncs;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    hash::{BuildHasher as _, RandomState},
    path::PathBuf,
    process::Output,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tower_cookie_consent::records::SigningKey;

use self::load::{Answered, CATEGORIES, Tally};
use crate::support::process::{Folder, PATIENCE, example};

/// The most that a response waits for the record of what it refuses.
const REFUSAL_WAIT: Duration = Duration::from_millis(20);

/// Returns the first in `.ci/long`, and else the second.
fn long_or<T>(long: T, short: T) -> T {
    match std::env::var_os("LONG_DRILLS").is_some_and(|set| set == "1") {
        true => long,
        false => short,
    }
}

/// Returns a time between these.
fn random_between(least: Duration, most: Duration) -> Duration {
    let span = (most - least).as_micros();
    let random = u128::from(RandomState::new().hash_one(()));
    least + Duration::from_micros(u64::try_from(random % span).unwrap())
}

/// The records of a drill, as the example `consent_records` exports them.
struct Records {
    url: String,
    folder: Folder,
}

impl Records {
    fn new(url: String, folder: Folder) -> Self {
        Self { url, folder }
    }

    fn sqlite() -> Self {
        let folder = Folder::new("drill");
        Self::new(
            format!("sqlite:{}", folder.0.join("consent.db").display()),
            folder,
        )
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.0.join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = example("consent_records");
        command.args(["--records", &self.url]).args(arguments);
        command.output().unwrap()
    }

    fn output(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Makes a checkpoint, exports everything and has it verified without the store.
    fn verify(&self) -> String {
        let (key, public) = (self.file("signing.key"), self.file("signing.pub"));
        SigningKey::open_or_create(&key, &public).unwrap();
        self.output(&["checkpoint", "--key", key.to_str().unwrap()]);
        let export = self.file("export.jsonl");
        fs::write(&export, self.output(&["export"])).unwrap();
        let verified = example("consent_records")
            .arg("verify")
            .arg(&export)
            .arg("--key")
            .arg(&public)
            .output()
            .unwrap();
        assert!(verified.status.success(), "{verified:?}");
        String::from_utf8(verified.stdout).unwrap()
    }

    /// The same, where the service goes on: everything that was answered is stored in the end. A busy machine
    /// may take its time, as long as more and more arrives.
    fn check_all(&self, tally: &Tally) -> Counts {
        let (mut last, mut since) = (0, Instant::now());
        loop {
            let export = Export::read(&self.output(&["export"]));
            let answered = tally.grants.iter().chain(&tally.refusals);
            let missing = answered.filter(|it| !export.records.contains_key(&it.id));
            if missing.count() == 0 {
                return export.check(tally);
            }
            if export.records.len() != last {
                (last, since) = (export.records.len(), Instant::now());
            }
            assert!(since.elapsed() < PATIENCE / 2, "{}", export.check(tally));
            thread::sleep(Duration::from_millis(300));
        }
    }

    /// Waits until the store has what was answered as durable, and nothing more arrives; then checks the
    /// export against what visitors saw.
    fn check(&self, tally: &Tally) -> Counts {
        let start = Instant::now();
        let mut last = 0;
        loop {
            let export = Export::read(&self.output(&["export"]));
            let is_complete = tally
                .durable()
                .all(|it| export.records.contains_key(&it.id));
            let late = start.elapsed() > PATIENCE / 2;
            if late || (is_complete && export.records.len() == last) {
                return export.check(tally);
            }
            last = export.records.len();
            thread::sleep(Duration::from_millis(700));
        }
    }
}

impl Tally {
    /// What was durable before the answer: grants, and refusals that did not wait for too long.
    fn durable(&self) -> impl Iterator<Item = &Answered> {
        let refusals = self.refusals.iter();
        let quick = refusals.filter(|refusal| refusal.after < REFUSAL_WAIT);
        self.grants.iter().chain(quick)
    }
}

/// What an export has.
struct Export {
    records: BTreeMap<String, Value>,
    /// The ids of records that do not count.
    unconfirmed: BTreeSet<String>,
}

impl Export {
    fn read(lines: &str) -> Self {
        let (mut records, mut unconfirmed) = (BTreeMap::new(), BTreeSet::new());
        for line in lines.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            if line["type"] != "record" {
                continue;
            }
            let id = line["id"].as_str().unwrap().to_owned();
            if line["cause"] == "unconfirmed" {
                unconfirmed.insert(line["key"].as_str().unwrap().to_owned());
                continue;
            }
            assert!(
                records.insert(id.clone(), line).is_none(),
                "{id}: a second record"
            );
        }
        Self {
            records,
            unconfirmed,
        }
    }

    fn check(&self, tally: &Tally) -> Counts {
        let mut answered = BTreeSet::new();
        for grant in &tally.grants {
            assert!(answered.insert(&grant.id), "two answers have one record");
            assert!(!self.unconfirmed.contains(&grant.id), "{}", grant.id);
            let Some(record) = self.records.get(&grant.id) else {
                panic!("the record of a grant is lost: {}", grant.id)
            };
            for category in CATEGORIES {
                let state = &record["answers"][category]["state"];
                let is_granted = grant.granted.contains(category);
                assert_eq!(state == "granted", is_granted, "{category}: {record}");
            }
        }
        for refusal in tally.durable().skip(tally.grants.len()) {
            assert!(self.records.contains_key(&refusal.id), "a refusal is lost");
        }
        let refusals = tally.refusals.iter();
        let lost = refusals.filter(|refusal| !self.records.contains_key(&refusal.id));
        let refusals_lost = lost.count();
        answered.extend(tally.refusals.iter().map(|refusal| &refusal.id));
        let of_nobody = self.records.keys().filter(|id| {
            let is_known = answered.contains(id) || self.unconfirmed.contains(*id);
            !is_known
        });
        // Each request makes one record at most, and one that was turned down what it refused.
        let of_nobody = of_nobody.count();
        assert!(of_nobody <= tally.unanswered + tally.turned_down);
        Counts {
            grants: tally.grants.len(),
            refusals: tally.refusals.len(),
            turned_down: tally.turned_down,
            merged: tally.merged,
            unanswered: tally.unanswered,
            records: self.records.len(),
            unconfirmed: self.unconfirmed.len(),
            of_nobody,
            refusals_lost,
        }
    }
}

/// What was counted.
#[derive(Debug)]
struct Counts {
    grants: usize,
    refusals: usize,
    turned_down: usize,
    /// Refusals without a record, since too many came at once.
    merged: usize,
    unanswered: usize,
    records: usize,
    unconfirmed: usize,
    /// Records whose answer did not arrive.
    of_nobody: usize,
    /// Refusals that were answered after 20 ms, and were not written yet when the process was killed.
    refusals_lost: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} grants and {} refusals answered, {} turned down, {} merged, {} unanswered; {} records, \
             {} without an answer, {} unconfirmed; 0 grants lost, 0 twice, {} late refusals lost",
            self.grants,
            self.refusals,
            self.turned_down,
            self.merged,
            self.unanswered,
            self.records,
            self.of_nobody,
            self.unconfirmed,
            self.refusals_lost
        )
    }
}
