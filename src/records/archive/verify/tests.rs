//! Exports as they are, changed, and made up.

mod bits;
mod purges;

use futures_executor::block_on;

use super::*;
use crate::records::{
    Archive, Checkpoint, Digest, Instant, RecordStore, SigningKey, SqliteStore,
    archive::lines::{KeyChange, Line},
    testing::{Folder, START, entry},
};

fn now(after: u64) -> Instant {
    Instant::from_unix_seconds(START + after)
}

/// Returns the archive of these many records, in groups of ten with a checkpoint each.
fn archive(folder: &Folder, key: &SigningKey, records: u64) -> Archive {
    let file = folder.file("consent.db");
    let store = SqliteStore::open(&file).unwrap();
    for group in 0..records.div_ceil(10) {
        let group: Vec<_> = (group * 10..records.min(group * 10 + 10))
            .map(entry)
            .collect();
        block_on(store.append(&group)).unwrap();
        let archive = Archive::from(SqliteStore::open(&file).unwrap());
        block_on(archive.checkpoint(key, now(1))).unwrap();
    }
    store.into()
}

fn export(archive: &Archive) -> Vec<u8> {
    let mut export = Vec::new();
    block_on(archive.export(&mut export)).unwrap();
    export
}

/// A simple generator (xorshift), so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end).unwrap()).unwrap()
    }
}

#[test]
fn an_export_fits_its_key_alone() {
    let folder = Folder::new();
    let key = SigningKey::generate().unwrap();
    let export = export(&archive(&folder, &key, 25));
    let verified = verify(&*export, &key.public(), false).unwrap();
    assert_eq!(
        (verified.records, verified.documents, verified.pending),
        (25, 2, 0)
    );
    assert_eq!(verified.last.as_ref().unwrap().size, 27);
    assert!(verified.to_string().contains("unwitnessed"), "{verified}");
    let other = SigningKey::generate().unwrap().public();
    let misfit = verify(&*export, &other, false).unwrap_err();
    assert!(
        misfit.to_string().contains("not signed by the key"),
        "{misfit}"
    );
}

#[test]
fn a_record_with_an_earlier_date_is_reported() {
    let folder = Folder::new();
    let key = SigningKey::generate().unwrap();
    let archive = archive(&folder, &key, 10);
    let check = || verify(&*export(&archive), &key.public(), false).unwrap();
    assert!(check().longest_lag.is_zero());
    let store = SqliteStore::open(folder.file("consent.db")).unwrap();
    let mut earlier = entry(10);
    let record = std::sync::Arc::make_mut(&mut earlier.record);
    record.recorded_at = Instant::from_unix_seconds(START - 1000);
    block_on(store.append(&[earlier])).unwrap();
    block_on(archive.checkpoint(&key, now(2))).unwrap();
    let verified = check();
    assert_eq!(verified.longest_lag.as_secs(), 1001);
    assert!(
        verified
            .to_string()
            .contains("1001 s or more after its date"),
        "{verified}"
    );
}

#[test]
fn lines_that_are_dropped_doubled_or_swapped_are_found() {
    let folder = Folder::new();
    let key = SigningKey::generate().unwrap();
    let export = String::from_utf8(export(&archive(&folder, &key, 12))).unwrap();
    let lines: Vec<_> = export.split_inclusive('\n').collect();
    let check = |lines: &[&str]| verify(lines.concat().as_bytes(), &key.public(), false);
    check(&lines).unwrap();
    for at in 0..lines.len() {
        let mut dropped = lines.clone();
        dropped.remove(at);
        // A later checkpoint covers what an earlier one does.
        let is_covered = lines[at].contains("checkpoint") && at + 1 < lines.len();
        assert_eq!(check(&dropped).is_ok(), is_covered, "{}", lines[at]);
        let mut doubled = lines.clone();
        doubled.insert(at, lines[at]);
        check(&doubled).expect_err("doubled");
        let mut swapped = lines.clone();
        if at > 0 {
            swapped.swap(at - 1, at);
            check(&swapped).expect_err("swapped");
        }
    }
    assert_eq!(check(&[]).unwrap_err().line(), 1);
    let cut = &export[..export.len() - 1];
    let misfit = verify(cut.as_bytes(), &key.public(), false).unwrap_err();
    assert!(misfit.to_string().ends_with("cut off"), "{misfit}");
}

#[test]
fn records_outside_the_tree_need_permission() {
    let folder = Folder::new();
    let key = SigningKey::generate().unwrap();
    let archive = archive(&folder, &key, 10);
    let store = SqliteStore::open(folder.file("consent.db")).unwrap();
    block_on(store.append(&[entry(10)])).unwrap();
    let export = export(&archive);
    let misfit = verify(&*export, &key.public(), false).unwrap_err();
    assert!(
        misfit.to_string().contains("not in the tree yet"),
        "{misfit}"
    );
    let verified = verify(&*export, &key.public(), true).unwrap();
    assert_eq!((verified.records, verified.pending), (10, 1));
    // Nobody can hide a record of the tree among those.
    let text = String::from_utf8(export).unwrap();
    assert!(text.lines().last().unwrap().contains("\"leaf\":null"));
}

#[test]
fn nothing_of_the_tree_comes_after_what_is_outside_of_it() {
    let folder = Folder::new();
    let key = SigningKey::generate().unwrap();
    let archive = archive(&folder, &key, 20);
    let store = SqliteStore::open(folder.file("consent.db")).unwrap();
    block_on(store.append(&[entry(20)])).unwrap();
    let text = String::from_utf8(export(&archive)).unwrap();
    let mut lines: Vec<_> = text.split_inclusive('\n').collect();
    let pending = lines.pop().unwrap();
    let first = lines.iter().position(|line| line.contains("checkpoint"));
    lines.insert(first.unwrap() + 1, pending);
    let misfit = verify(lines.concat().as_bytes(), &key.public(), true).unwrap_err();
    assert!(misfit.to_string().contains("after lines that"), "{misfit}");
}

#[test]
fn other_writings_of_the_same_json_do_not_fit() {
    let folder = Folder::new();
    let key = SigningKey::generate().unwrap();
    let text = String::from_utf8(export(&archive(&folder, &key, 1))).unwrap();
    for (from, to) in [
        ("\"leaf\":0,", "\"leaf\": 0,"),
        ("shop.example", "sho\\u0070.example"),
        ("\"gpc\":false", "\"extra\":1,\"gpc\":false"),
        ("\"gpc\":false", "\"gpc\":false,\"gpc\":false"),
        ("\n", "\r\n"),
        ("\"leaf\":0,", "\"leaf\":0.0,"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        verify(changed.as_bytes(), &key.public(), true).expect_err(to);
    }
}

#[test]
fn the_old_key_vouches_for_the_new_one() {
    let folder = Folder::new();
    let (old, new) = (
        SigningKey::generate().unwrap(),
        SigningKey::generate().unwrap(),
    );
    let archive = archive(&folder, &old, 10);
    block_on(archive.rotate(&new, &old, now(2))).expect_err("not the key of the checkpoint");
    block_on(archive.rotate(&old, &new, now(2))).unwrap();
    let store = SqliteStore::open(folder.file("consent.db")).unwrap();
    block_on(store.append(&[entry(10)])).unwrap();
    block_on(archive.checkpoint(&new, now(3))).unwrap();
    let export = export(&archive);
    for key in [&old, &new] {
        assert_eq!(verify(&*export, &key.public(), false).unwrap().records, 11);
    }
    let other = SigningKey::generate().unwrap();
    let misfit = verify(&*export, &other.public(), false).unwrap_err();
    assert_eq!(misfit.line(), 1);
    let text = String::from_utf8(export).unwrap();
    let (change, without) = text.split_once('\n').unwrap();
    verify(without.as_bytes(), &old.public(), false).expect_err("the change is missing");
    let lines: Vec<_> = without.lines().collect();
    for at in 1..lines.len() {
        let moved = [&lines[..at], &[change], &lines[at..], &[""]].concat();
        let moved = moved.join("\n");
        let misfit = verify(moved.as_bytes(), &old.public(), false).unwrap_err();
        assert!(
            misfit.to_string().contains("not at the beginning"),
            "{misfit}"
        );
    }
}

#[test]
fn an_export_continues_the_checkpoints_that_others_hold() {
    let folder = Folder::new();
    let key = SigningKey::generate().unwrap();
    let archive = archive(&folder, &key, 10);
    let first = verify(&*export(&archive), &key.public(), false).unwrap();
    let first = first.last.unwrap();
    let store = SqliteStore::open(folder.file("consent.db")).unwrap();
    block_on(store.append(&[entry(10)])).unwrap();
    let second = block_on(archive.checkpoint(&key, now(3))).unwrap();
    let export = export(&archive);
    let check = |held: &[&Checkpoint]| {
        let verifier = Verifier::new(key.public()).holding(held.iter().copied().cloned());
        verifier.verify(&*export)
    };
    assert_eq!(check(&[&second, &first]).unwrap().held, 2);
    let (other, root) = (SigningKey::generate().unwrap(), Digest::of(b"another"));
    for (size, root, key, what) in [
        (first.size, root, &key, "another history"),
        (first.size - 1, root, &key, "another history"),
        (first.size, first.root, &other, "not signed by the key"),
        (second.size + 1, root, &key, "the export ends at 13 leaves"),
    ] {
        let held = Checkpoint::signed(size, root, now(1), key);
        for held in [&[&first, &held, &second][..], &[&held]] {
            let misfit = check(held).unwrap_err().to_string();
            assert!(misfit.contains(what), "{size}: {misfit}");
        }
    }
}

/// Whoever has no key of the site can write a whole history under a key of their own, and sign that the site's
/// key follows that one.
#[test]
fn nobody_puts_a_history_before_a_key_that_is_not_theirs() {
    let folder = Folder::new();
    let [site, forger] = [(), ()].map(|()| SigningKey::generate().unwrap());
    let archive = archive(&folder, &forger, 10);
    block_on(archive.rotate(&forger, &site, now(2))).unwrap();
    let export = String::from_utf8(export(&archive)).unwrap();
    verify(export.as_bytes(), &site.public(), false).expect("both keys have signed");
    let (first, rest) = export.split_once('\n').unwrap();
    let Ok(Line::Key(change)) = serde_json::from_str(first) else {
        panic!("{first}");
    };
    let by_forger = change.signature.clone();
    for countersignature in [None, by_forger] {
        let change = Line::Key(KeyChange {
            countersignature,
            ..change.clone()
        });
        let forged = format!("{}\n{rest}", change.text());
        let misfit = verify(forged.as_bytes(), &site.public(), false).unwrap_err();
        assert!(misfit.to_string().contains("by the key after"), "{misfit}");
    }
}

#[test]
fn only_one_of_two_sequencers_adds_a_leaf() {
    let folder = Folder::new();
    let key = SigningKey::generate().unwrap();
    let file = folder.file("consent.db");
    let store = SqliteStore::open(&file).unwrap();
    let many: Vec<_> = (0..5000).map(entry).collect();
    block_on(store.append(&many)).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let archive = Archive::from(SqliteStore::open(&file).unwrap());
                // Some find the lease taken.
                drop(block_on(archive.checkpoint(&key, now(1))));
            });
        }
    });
    let archive = Archive::from(store);
    let last = block_on(archive.checkpoint(&key, now(2))).unwrap();
    assert_eq!(last.size, 5002);
    assert_eq!(
        verify(&*export(&archive), &key.public(), false)
            .unwrap()
            .records,
        5000
    );
}
