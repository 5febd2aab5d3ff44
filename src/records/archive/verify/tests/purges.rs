//! Purges, and what somebody without the key puts into the store in their place.

use super::*;
use crate::records::{
    Document,
    archive::{
        lines::{self, LeafLine, PurgeNote},
        tree::{Growth, leaf_hash},
    },
};

/// An export that is written by hand.
struct Made {
    tree: Growth,
    text: String,
    key: SigningKey,
}

impl Made {
    fn new() -> Self {
        Self {
            tree: Growth::EMPTY,
            text: String::new(),
            key: SigningKey::generate().unwrap(),
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Adds a leaf, and its content unless that is missing.
    fn leaf(&mut self, content: &str, is_there: bool) {
        let hash = leaf_hash(content.as_bytes());
        let leaf = self.tree.size();
        self.line(&Line::Leaf(LeafLine { leaf, hash }).text());
        if is_there {
            self.line(content);
        }
        self.tree.push(hash, |_, _| {});
    }

    fn checkpoint(&mut self) {
        let checkpoint = Checkpoint::signed(self.tree.size(), self.tree.root(), now(1), &self.key);
        self.line(&checkpoint.to_string());
    }

    /// Adds this many leaves, whose content is missing from the third on, with a checkpoint after each second.
    fn leaves(&mut self, count: u64) {
        for number in 0..count {
            let document = Document::new("text/plain", number.to_string());
            self.leaf(&lines::document(&document), number < 2);
            if number % 2 == 1 {
                self.checkpoint();
            }
        }
    }

    /// Returns the note of a purge of what is missing.
    fn note(&self) -> PurgeNote {
        let last = self.tree.size() - 1;
        PurgeNote {
            time: now(2),
            records: last - 1,
            leaves: vec![(2, last)],
            size: self.tree.size(),
            root: self.tree.root(),
            signature: None,
        }
    }

    fn sign(&self, note: PurgeNote) -> PurgeNote {
        block_on(note.signed(&self.key)).unwrap()
    }

    /// Adds the note as a leaf, or as what is not in the tree yet.
    fn verify(&self, note: &PurgeNote, is_pending: bool) -> Result<Verified, Misfit> {
        let mut made = Self {
            tree: self.tree.clone(),
            text: self.text.clone(),
            key: SigningKey::from_secret(&self.key.secret()).unwrap(),
        };
        let line = Line::Purge(note.clone()).text();
        if is_pending {
            made.line(&line);
        } else {
            made.leaf(&line, true);
            made.checkpoint();
        }
        verify(made.text.as_bytes(), &made.key.public(), is_pending)
    }
}

/// Checks that none of the notes fits, and why.
fn check(made: &Made, notes: &[(PurgeNote, &str)]) {
    for (note, what) in notes {
        for is_pending in [false, true] {
            let misfit = made.verify(note, is_pending).unwrap_err().to_string();
            assert!(misfit.contains(what), "{what}: {misfit}");
        }
    }
}

#[test]
fn only_a_signed_purge_of_this_tree_excuses_a_leaf() {
    let mut made = Made::new();
    made.leaves(6);
    let note = made.note();
    let signed = made.sign(note.clone());
    for is_pending in [false, true] {
        assert_eq!(made.verify(&signed, is_pending).unwrap().purged, 4);
    }
    let other = SigningKey::generate().unwrap();
    let later = PurgeNote {
        time: now(3),
        ..signed
    };
    // Of another history, such as one that the store had for a while.
    let elsewhere = made.sign(PurgeNote {
        root: Growth::EMPTY.root(),
        ..note.clone()
    });
    let between = made.sign(PurgeNote {
        leaves: vec![(2, 4)],
        records: 3,
        size: 5,
        ..note.clone()
    });
    check(
        &made,
        &[
            (note.clone(), "not signed by the key"),
            (later, "not signed by the key"),
            (
                block_on(note.signed(&other)).unwrap(),
                "not signed by the key",
            ),
            (elsewhere, "no checkpoint of 6 leaves"),
            (between, "no checkpoint of 5 leaves"),
        ],
    );
}

#[test]
fn a_purge_names_each_leaf_once_and_none_after_it() {
    let mut made = Made::new();
    made.leaves(6);
    let note = made.note();
    let notes = [
        (vec![(2, 5)], 3, 6, "names 4 leaves, and 3 records"),
        (vec![(2, 5)], 0, 6, "names 4 leaves, and 0 records"),
        (vec![(2, 2), (4, 5)], 3, 6, "leaves 2 to 5 have no content"),
        (
            vec![(0, (1 << 53) - 1)],
            0,
            6,
            "leaves 0 to 9007199254740991, which",
        ),
        // Itself, and a tree with it.
        (vec![(3, 6)], 4, 6, "leaves 3 to 6, which"),
        (vec![(3, 6)], 4, 7, "a tree of 7 leaves, and only 6"),
        (vec![(4, 5), (2, 3)], 4, 6, "leaves 2 to 3, which"),
        (vec![(2, 4), (4, 4)], 4, 6, "leaves 4 to 4, which"),
        (vec![(5, 2)], 4, 6, "leaves 5 to 2, which"),
    ];
    let signed = notes.map(|(leaves, records, size, what)| {
        let note = PurgeNote {
            leaves,
            records,
            size,
            ..note.clone()
        };
        (made.sign(note), what)
    });
    check(&made, &signed);
}

#[test]
fn a_replaced_key_signs_no_purges() {
    let folder = Folder::new();
    let [old, new] = [(), ()].map(|()| SigningKey::generate().unwrap());
    let archive = archive(&folder, &old, 8);
    block_on(archive.rotate(&old, &new, now(2))).unwrap();
    let mut made = Made::new();
    made.key = new;
    made.text = String::from_utf8(export(&archive)).unwrap();
    let mut lines: Vec<_> = made.text.split_inclusive('\n').collect();
    // The record of leaf 4.
    let at = lines
        .iter()
        .position(|it| it.contains("\"leaf\":4,\"policy\""));
    lines.remove(at.unwrap());
    for line in &lines {
        if let Ok(Line::Leaf(leaf)) = serde_json::from_str(line) {
            made.tree.push(leaf.hash, |_, _| {});
        }
    }
    made.text = lines.concat();
    let note = PurgeNote {
        leaves: vec![(4, 4)],
        records: 1,
        ..made.note()
    };
    let by = |key| block_on(note.clone().signed(key)).unwrap();
    let misfit = made.verify(&by(&old), false).unwrap_err().to_string();
    assert!(misfit.contains("not signed by the key"), "{misfit}");
    assert_eq!(made.verify(&by(&made.key), false).unwrap().purged, 1);
}

#[test]
fn a_changed_bit_in_each_byte_of_a_purge_is_named() {
    let mut made = Made::new();
    made.leaves(4);
    let note = made.sign(made.note());
    made.leaf(&Line::Purge(note).text(), true);
    made.checkpoint();
    let place = made.text.find("\"type\":\"purge\"").unwrap();
    let start = made.text[..place].rfind('\n').unwrap() + 1;
    let end = place + made.text[place..].find('\n').unwrap();
    let mut text = made.text.into_bytes();
    for at in start..end {
        let bit = 1 << (at % 8);
        text[at] ^= bit;
        let misfit = verify(&*text, &made.key.public(), false).expect_err("found");
        let line = 1 + text[..start].iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(
            misfit.line(),
            u64::try_from(line).unwrap(),
            "byte {at}, bit {bit}: {misfit}"
        );
        text[at] ^= bit;
    }
}
