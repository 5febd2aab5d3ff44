//! Single bits of an export, changed one after another.

use std::{collections::BTreeMap, sync::Arc};

use super::*;
use crate::{
    Category, CookiePolicy,
    records::{
        AccountKey, AccountKeys, Document, Entry, PublicKey, RecordRetention, Witness,
        WitnessFuture,
    },
    wire::DAY,
};

/// The kinds of lines after a change of keys.
const KINDS: [&str; 5] = ["leaf", "record", "document", "purge", "checkpoint"];

/// What no checkpoint covers, by the kind of the line: which account a record is of, which can be erased, and what
/// somebody else says of a checkpoint.
const UNPROVEN: [(&str, &str); 2] = [("record", "subject"), ("checkpoint", "witness")];

#[derive(Debug)]
struct Notary;

impl Witness for Notary {
    fn attest<'a>(&'a self, checkpoint: &'a [u8]) -> WitnessFuture<'a> {
        Box::pin(async move { Ok(says(checkpoint)) })
    }
}

fn says(checkpoint: &[u8]) -> String {
    format!("seen {}", Digest::of(checkpoint))
}

/// Returns an export with accounts, a purge and witnesses, and with a change of keys if it is wanted; and its key.
fn made(is_rotated: bool) -> (String, PublicKey) {
    let folder = Folder::new();
    let [old, new] = [(), ()].map(|()| SigningKey::generate().unwrap());
    let store = SqliteStore::open(folder.file("consent.db")).unwrap();
    let archive = Archive::from(SqliteStore::open(folder.file("consent.db")).unwrap());
    let policy = Document::of_policy(&CookiePolicy::new([Category::consent("ads")]).unwrap());
    let account = AccountKeys::from(AccountKey::generate().unwrap()).account("ada");
    let later = 5 * 366 * DAY;
    let of = |number: u64| {
        let mut entry = entry(number);
        let record = Arc::make_mut(&mut entry.record);
        record.policy = policy.digest();
        record.recorded_at = now(if number < 4 { 0 } else { later });
        record.decided_at = record.recorded_at;
        entry.documents.push(policy.clone());
        entry.account = (!number.is_multiple_of(3)).then(|| account.clone());
        entry
    };
    let attest = || block_on(archive.witness(&Notary)).unwrap();
    let entries: Vec<Entry> = (0..8).map(of).collect();
    block_on(store.append(&entries)).unwrap();
    block_on(archive.checkpoint(&old, now(later))).unwrap();
    attest();
    let keep = RecordRetention::default();
    let purged = block_on(archive.purge(keep, &old, now(later)));
    assert_eq!(purged.unwrap(), 4);
    attest();
    if is_rotated {
        block_on(archive.rotate(&old, &new, now(later))).unwrap();
    }
    (String::from_utf8(export(&archive)).unwrap(), old.public())
}

/// Returns where the value of this member is, without its quotes.
fn value(line: &str, member: &str) -> Option<std::ops::Range<usize>> {
    let name = format!("\"{member}\":\"");
    let start = line.find(&name)? + name.len();
    Some(start..start + line[start..].find('"')?)
}

/// An export by lines, each with its kind.
struct Lines<'a> {
    lines: Vec<(&'a str, String)>,
    key: PublicKey,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str, key: PublicKey) -> Self {
        let kind = |line| -> String {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["type"].as_str().unwrap().to_owned()
        };
        let lines = text.lines().map(|line| (line, kind(line))).collect();
        Self { lines, key }
    }

    /// Returns a random byte of a random line of this kind, or its end: the line, and the place in it.
    fn random(&self, kind: &str, random: &mut Random) -> (usize, usize) {
        let of_kind = (0..self.lines.len()).filter(|at| self.lines[*at].1 == kind);
        let of_kind: Vec<_> = of_kind.collect();
        let line = of_kind[random.below(of_kind.len())];
        (line, random.below(self.lines[line].0.len() + 1))
    }

    fn offset(&self, (line, place): (usize, usize)) -> usize {
        let before = self.lines[..line].iter().map(|(line, _)| line.len() + 1);
        before.sum::<usize>() + place
    }

    fn check(&self, export: &[u8]) -> Result<Verified, Misfit> {
        let seen = |checkpoint: &[u8], witness: &str| witness == says(checkpoint);
        Verifier::new(self.key).witness(seen).verify(export)
    }

    /// Checks that a change of this place is found and named. Returns the member if no checkpoint covers it.
    fn unseen(&self, (line, place): (usize, usize), export: &[u8]) -> Option<&'static str> {
        let (text, kind) = &self.lines[line];
        let what = format!("byte {place} of {text}");
        let Err(misfit) = verify(export, &self.key, false) else {
            let member = UNPROVEN.iter().find(|it| it.0 == kind).expect(&what).1;
            let value = value(text, member).expect(&what);
            assert!(value.contains(&place), "{what}");
            if member == "witness" {
                let misfit = self.check(export).expect_err(&what);
                assert_eq!(misfit.line(), line as u64 + 1, "{what}");
            }
            return Some(member);
        };
        // The hash of a purged record is only known to be wrong once a checkpoint covers it.
        let rest = &self.lines[line + 1..];
        let covered = rest.iter().position(|(_, kind)| kind == "checkpoint");
        let is_purged = kind == "leaf" && matches!(&*rest[0].1, "leaf" | "checkpoint");
        let named = misfit.line() - 1;
        let covered = covered.map(|at| (line + 1 + at) as u64);
        let is_named = named == line as u64 || (is_purged && Some(named) == covered);
        assert!(is_named, "{what}: {misfit}");
        None
    }
}

#[test]
fn each_of_a_thousand_changed_bits_is_found_and_named() {
    let (text, key) = made(false);
    let lines = Lines::of(&text, key);
    let mut random = Random(0x5eed);
    let mut export = text.clone().into_bytes();
    let (mut found, mut unseen) = (BTreeMap::new(), BTreeMap::new());
    for kind in KINDS.iter().cycle().take(1000) {
        let place = lines.random(kind, &mut random);
        let (at, bit) = (lines.offset(place), 1 << random.below(8));
        export[at] ^= bit;
        match lines.unseen(place, &export) {
            None => *found.entry(*kind).or_insert(0) += 1,
            Some(member) => *unseen.entry(member).or_insert(0) += 1,
        }
        export[at] ^= bit;
    }
    let verified = verify(&*export, &key, false).unwrap();
    println!("found and named, by line: {found:?}; not seen: {unseen:?}\n{verified}");
    assert!(KINDS.iter().all(|kind| found[kind] > 100), "{found:?}");
    // What nothing proves is counted.
    assert_eq!((verified.of_subjects, verified.unchecked), (3, 2));
    assert_eq!(verified.purged, 4);
    assert_eq!(lines.check(&export).unwrap().unchecked, 0);
    let said = verified.to_string();
    for what in [
        "3 records name an account: nothing proves which",
        "2 checkpoints have a witness that is not checked",
    ] {
        assert!(said.contains(what), "{said}");
    }
}

#[test]
fn only_subjects_that_a_store_makes_fit() {
    let (text, key) = made(false);
    let first = text
        .lines()
        .find(|line| value(line, "subject").is_some())
        .unwrap();
    let subject = &first[value(first, "subject").unwrap()];
    for other in [
        &*subject.to_uppercase(),
        &subject.replace('-', ""),
        &format!("{{{subject}}}"),
        &format!("urn:uuid:{subject}"),
        "01a0c3e2-7a00-7000-8000-000000000000",
        "00000000-0000-0000-0000-000000000000",
        "ada",
        "",
    ] {
        let changed = text.replacen(subject, other, 1);
        let misfit = verify(changed.as_bytes(), &key, false).unwrap_err();
        let line = text.lines().position(|line| line == first).unwrap() + 1;
        assert_eq!(misfit.line(), line as u64, "{other}: {misfit}");
        assert!(misfit.to_string().contains("subject"), "{other}: {misfit}");
    }
}

#[test]
fn each_changed_bit_of_a_change_of_keys_is_found() {
    let (text, key) = made(true);
    verify(text.as_bytes(), &key, false).unwrap();
    let end = text.find('\n').unwrap();
    assert!(text[..end].contains("\"type\":\"key\""));
    let mut random = Random(0x5eed);
    let mut export = text.into_bytes();
    for _ in 0..200 {
        let (at, bit) = (random.below(end + 1), 1 << random.below(8));
        export[at] ^= bit;
        let misfit = verify(&*export, &key, false).expect_err("found");
        assert_eq!(misfit.line(), 1, "byte {at}, bit {bit}: {misfit}");
        export[at] ^= bit;
    }
}
