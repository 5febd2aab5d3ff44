use std::{collections::HashSet, mem, sync::Arc, time::Duration};

use super::{
    held::Held,
    purges::Purges,
    verified::{Misfit, Timestamps, Verified},
    verifier::{Verifier, WitnessCheck},
};
use crate::records::{
    Checkpoint, Digest, SubjectId,
    archive::{
        key_chain::KeyChain,
        lines::{DocumentLine, LeafLine, Line, PurgeNote},
        tree::{Growth, leaf_hash},
    },
    row::{Member, Row},
};

/// The lines so far.
pub(super) struct Reader {
    number: u64,
    allow_pending: bool,
    keys: KeyChain,
    tree: Growth,
    /// The hash of the last line, whose content may follow: its line and index.
    announced: Option<(u64, LeafLine)>,
    doubt: Option<Doubt>,
    held: Held,
    witness: Option<Arc<WitnessCheck>>,
    /// The first line after the last checkpoint.
    uncovered: Option<u64>,
    documents: HashSet<Digest>,
    purges: Purges,
    found: Verified,
}

/// A hash and the content after it do not fit: the next checkpoint fits only one of them.
struct Doubt {
    hash_line: u64,
    content_line: u64,
    /// The tree with the hash of the content.
    tree: Growth,
}

impl Reader {
    pub(super) fn new(verifier: Verifier) -> Self {
        let Verifier {
            key,
            allow_pending,
            held,
            witness,
        } = verifier;
        Self {
            number: 0,
            allow_pending,
            keys: KeyChain::new(key),
            tree: Growth::EMPTY,
            announced: None,
            doubt: None,
            held: Held::new(held),
            witness,
            uncovered: None,
            documents: HashSet::new(),
            purges: Purges::default(),
            found: Verified {
                records: 0,
                of_subjects: 0,
                documents: 0,
                purged: 0,
                pending: 0,
                held: 0,
                witnessed: 0,
                unchecked: 0,
                longest_lag: Duration::ZERO,
                timestamped: None,
                last: None,
            },
        }
    }

    pub(super) const fn next_number(&self) -> u64 {
        self.number + 1
    }

    pub(super) fn line(&mut self, text: &[u8]) -> Result<(), Misfit> {
        self.number += 1;
        let line = match Line::read_plain(text) {
            Some(line) => line,
            None => self.any_line(text)?,
        };
        let is_pending = self.found.pending > 0;
        if is_pending && matches!(line, Line::Key(_) | Line::Leaf(_) | Line::Checkpoint(_)) {
            return Err(self.misfit("after lines that are not in the tree yet"));
        }
        match line {
            Line::Key(_) if self.number > 1 && self.keys.is_closed() => {
                Err(self.misfit("a change of keys that is not at the beginning"))
            }
            Line::Key(change) => self.keys.change(&change).map_err(|what| self.misfit(what)),
            Line::Leaf(leaf) => self.leaf(leaf),
            Line::Record(record) => self.record(*record),
            Line::Document(document) => self.document(&document, text),
            Line::Purge(purge) => self.purge(&purge, text),
            Line::Checkpoint(checkpoint) => self.checkpoint(checkpoint),
        }
    }

    fn any_line(&self, text: &[u8]) -> Result<Line, Misfit> {
        let line = serde_json::from_slice::<Line>(text)
            .map_err(|error| self.misfit(format!("not a line of an export: {}", about(&error))))?;
        if line.text().as_bytes() != text {
            return Err(self.misfit("not canonical (RFC 8785)"));
        }
        Ok(line)
    }

    fn misfit(&self, what: impl Into<String>) -> Misfit {
        match &self.doubt {
            // It came first.
            Some(doubt) => doubt.misfit(),
            None => Misfit::new(self.number, what),
        }
    }

    fn leaf(&mut self, leaf: LeafLine) -> Result<(), Misfit> {
        self.keys.close();
        self.pass_missing();
        if leaf.leaf != self.tree.size() {
            let expected = self.tree.size();
            return Err(self.misfit(format!("leaf {} instead of leaf {expected}", leaf.leaf)));
        }
        self.uncovered.get_or_insert(self.number);
        self.announced = Some((self.number, leaf));
        Ok(())
    }

    /// Adds an announced leaf whose content does not follow.
    fn pass_missing(&mut self) {
        if let Some((line, leaf)) = self.announced.take() {
            self.purges.miss(line, leaf.leaf);
            self.found.purged += 1;
            self.push(leaf.hash, leaf.hash);
        }
    }

    fn push(&mut self, stated: Digest, computed: Digest) {
        // Those of the empty tree too.
        self.held.compare(self.number, &self.tree, &self.keys);
        self.tree.push(stated, |_, _| {});
        self.held.compare(self.number, &self.tree, &self.keys);
        if let Some(doubt) = &mut self.doubt {
            doubt.tree.push(computed, |_, _| {});
        }
    }

    /// Adds the announced leaf, of which this is the content. Without one, the content is not in the tree yet.
    fn content(&mut self, leaf: Option<u64>, content: &[u8]) -> Result<bool, Misfit> {
        let Some((hash_line, announced)) = self.announced.take() else {
            return self.pending();
        };
        if leaf.is_some_and(|leaf| leaf != announced.leaf) {
            return Err(self.misfit(format!(
                "not leaf {}, whose hash precedes it",
                announced.leaf
            )));
        }
        let computed = leaf_hash(content);
        if computed != announced.hash {
            if self.doubt.is_some() {
                return Err(self.misfit(""));
            }
            self.doubt = Some(Doubt {
                hash_line,
                content_line: self.number,
                tree: self.tree.clone(),
            });
        }
        self.push(announced.hash, computed);
        Ok(true)
    }

    fn pending(&mut self) -> Result<bool, Misfit> {
        if self.uncovered.is_some() {
            return Err(self.misfit("in the tree, and without its hash before it"));
        }
        if !self.allow_pending {
            return Err(self.misfit("not in the tree yet: make a checkpoint, and export again"));
        }
        self.found.pending += 1;
        Ok(false)
    }

    fn record(&mut self, row: Row) -> Result<(), Misfit> {
        let leaf = match row.leaf {
            Member::Present(leaf) => leaf,
            Member::Absent => return Err(self.misfit("without the number of its leaf, or null")),
        };
        if leaf.is_none() && self.announced.is_some() {
            return Err(self.misfit("without its leaf, whose hash precedes it"));
        }
        if leaf.is_some() && self.announced.is_none() {
            return Err(self.misfit("in the tree, and without its hash before it"));
        }
        let documents = [Some(row.policy), row.shown];
        if let Some(missing) = documents
            .iter()
            .flatten()
            .find(|it| !self.documents.contains(it))
        {
            return Err(self.misfit(format!("no line before has the document {missing}")));
        }
        if let Member::Present(Some(subject)) = &row.subject {
            if !SubjectId::is_made(subject) {
                return Err(self.misfit("the subject is not one that a store has made"));
            }
            self.found.of_subjects += 1;
        }
        let recorded_at = row.recorded_at.unix_seconds();
        let is_in_tree = self.content(leaf, &row.into_leaf().bytes())?;
        self.found.records += u64::from(is_in_tree);
        if let Some(last) = self.found.last.as_ref().filter(|_| is_in_tree) {
            let lag = last.time.unix_seconds().saturating_sub(recorded_at);
            self.found.longest_lag = self.found.longest_lag.max(Duration::from_secs(lag));
        }
        Ok(())
    }

    fn document(&mut self, line: &DocumentLine, text: &[u8]) -> Result<(), Misfit> {
        if Digest::of(line.content.as_bytes()) != line.sha256 {
            return Err(self.misfit("the content of the document has another hash"));
        }
        self.documents.insert(line.sha256);
        self.found.documents += u64::from(self.content(None, text)?);
        Ok(())
    }

    fn purge(&mut self, line: &PurgeNote, text: &[u8]) -> Result<(), Misfit> {
        // Its own, or of one that it is to become.
        let leaf = self.tree.size();
        let key = self.keys.of_size(leaf + 1);
        let added = self.purges.add(line, key, leaf);
        added.map_err(|what| self.misfit(what))?;
        self.content(None, text).map(drop)
    }

    fn checkpoint(&mut self, checkpoint: Checkpoint) -> Result<(), Misfit> {
        self.keys.close();
        self.pass_missing();
        let size = self.tree.size();
        if checkpoint.size != size || self.uncovered.is_none() {
            let what = format!("a checkpoint of {} leaves after {size}", checkpoint.size);
            return Err(self.misfit(what));
        }
        if let Some(doubt) = &self.doubt {
            let hash_is_wrong = doubt.tree.root() == checkpoint.root;
            return Err(if hash_is_wrong {
                doubt.misfit_of_hash()
            } else {
                doubt.misfit()
            });
        }
        if checkpoint.root != self.tree.root() {
            return Err(self.misfit("the checkpoint has another root than the leaves before it"));
        }
        if !self.keys.signed(&checkpoint) {
            return Err(self.misfit("the checkpoint is not signed by the key"));
        }
        self.attestation(&checkpoint)?;
        self.purges.pass(&checkpoint);
        self.uncovered = None;
        self.found.last = Some(checkpoint);
        Ok(())
    }

    /// Checks the attestation of a checkpoint.
    fn attestation(&mut self, checkpoint: &Checkpoint) -> Result<(), Misfit> {
        let Some(witness) = &checkpoint.witness else {
            return Ok(());
        };
        let Some(check) = &self.witness else {
            self.found.unchecked += 1;
            return Ok(());
        };
        let time = check(checkpoint.attested().as_bytes(), witness)
            .map_err(|reason| self.misfit(format!("the witness of the checkpoint {reason}")))?;
        self.found.witnessed += 1;
        if let Some(time) = time {
            let found = self.found.timestamped.take();
            self.found.timestamped = Some(Timestamps::and(found, checkpoint.time, time));
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Verified, Misfit> {
        self.number += 1;
        if let Some(doubt) = &self.doubt {
            return Err(doubt.misfit());
        }
        if let Some(line) = self.uncovered {
            return Err(Misfit::new(line, "no checkpoint follows"));
        }
        let held = mem::replace(&mut self.held, Held::new(Vec::new()));
        self.found.held = held.finish(self.number, self.tree.size())?;
        if self.found.last.is_none() && self.found.pending == 0 {
            return Err(self.misfit("there is no checkpoint"));
        }
        self.keys.finish().map_err(|what| Misfit::new(1, what))?;
        self.purges.finish()?;
        Ok(self.found)
    }
}

impl Doubt {
    fn misfit(&self) -> Misfit {
        let what = format!("the content has another hash than line {}", self.hash_line);
        Misfit::new(self.content_line, what)
    }

    fn misfit_of_hash(&self) -> Misfit {
        let what = format!("the hash is not that of line {}", self.content_line);
        Misfit::new(self.hash_line, what)
    }
}

/// Returns the place of an error, without its message, which may have a value of the line.
fn about(error: &serde_json::Error) -> String {
    format!("{:?} error in column {}", error.classify(), error.column())
}
