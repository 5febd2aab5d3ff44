//! Random sequences, against a queue in memory.

use std::{collections::VecDeque, fs};

use proptest::prelude::*;

use super::{Folder, assert_same, entries};
use crate::records::spool::Spool;

#[derive(Clone, Debug)]
enum Step {
    Append(u64),
    Acknowledge(usize),
    Reopen,
    /// The process ends while it appends this many entries: as many percent of the bytes are left.
    Crash(u64, usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..6_u64).prop_map(Step::Append),
        4 => (0..8_usize).prop_map(Step::Acknowledge),
        1 => Just(Step::Reopen),
        2 => ((1..6_u64), 0..100_usize).prop_map(|(count, part)| Step::Crash(count, part)),
    ]
}

struct Both {
    folder: Folder,
    max_bytes: u64,
    spool: Option<Spool>,
    model: VecDeque<u64>,
    next: u64,
}

impl Both {
    fn open(max_bytes: u64) -> Self {
        let folder = Folder::new();
        let spool = Spool::open(&folder.file(), max_bytes).unwrap();
        Self {
            folder,
            max_bytes,
            spool: Some(spool),
            model: VecDeque::new(),
            next: 0,
        }
    }

    fn spool(&mut self) -> &mut Spool {
        self.spool.as_mut().unwrap()
    }

    fn reopen(&mut self) {
        self.spool = None;
        let spool = Spool::open(&self.folder.file(), self.max_bytes).unwrap();
        assert_eq!(spool.damaged().0, 0);
        self.spool = Some(spool);
    }

    /// Returns `true` unless the spool is full.
    fn append(&mut self, count: u64) -> bool {
        let numbers = self.next..self.next + count;
        self.next += count;
        match self.spool().append(&entries(numbers.clone())) {
            Ok(()) => self.model.extend(numbers),
            Err(error) => {
                assert!(error.is_full(), "{error}");
                assert!(!self.model.is_empty(), "an empty spool is full");
                return false;
            }
        }
        true
    }

    fn crash(&mut self, count: u64, part: usize) {
        let before = fs::read(self.folder.file()).unwrap();
        if !self.append(count) {
            return;
        }
        let after = fs::read(self.folder.file()).unwrap();
        self.spool = None;
        // A file that was written anew is all there: it was renamed.
        if after.starts_with(&before) {
            let length = (after.len() - before.len()) * part / 100;
            let left = &after[..before.len() + length];
            fs::write(self.folder.file(), left).unwrap();
            let of = |bytes: &[u8]| {
                let text = String::from_utf8_lossy(bytes);
                let lines = text.split_inclusive('\n');
                lines
                    .filter(|line| line.contains(" {\"entry\"") && line.ends_with('\n'))
                    .count()
            };
            let lost = of(&after) - of(left);
            self.model.truncate(self.model.len() - lost);
        }
        self.reopen();
    }

    fn check(&mut self) {
        let wanted = entries(self.model.iter().copied());
        let spool = self.spool();
        assert_eq!(spool.len(), wanted.len());
        assert_same(&spool.pending(usize::MAX).unwrap(), &wanted);
        let some = wanted.len() / 2;
        assert_same(&spool.pending(some).unwrap(), &wanted[..some]);
        if wanted.is_empty() {
            assert_eq!(spool.bytes(), 0);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_spool_is_a_queue(
        steps in prop::collection::vec(step(), 1..24),
        max_bytes in prop_oneof![Just(u64::MAX), 16_000..40_000_u64],
    ) {
        let mut both = Both::open(max_bytes);
        for step in steps {
            match step {
                Step::Append(count) => drop(both.append(count)),
                Step::Acknowledge(count) => {
                    both.spool().acknowledge(count).unwrap();
                    both.model.drain(..count.min(both.model.len()));
                }
                Step::Reopen => both.reopen(),
                Step::Crash(count, part) => both.crash(count, part),
            }
            both.check();
        }
    }
}
