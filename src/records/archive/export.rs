use std::{
    collections::{HashSet, VecDeque},
    io::Write,
    mem,
};

use super::{
    Archive, ArchiveError, Checkpoint, lines,
    lines::{LeafLine, Line},
    store::{ArchiveStore, Item, Source},
};
use crate::records::Digest;

/// As many leaves are read, and in memory, at once: about a megabyte of lines.
const PAGE: usize = 1024;

impl Archive {
    /// Writes everything as JSON Lines, each canonical (RFC 8785): the changes of keys; then for each leaf
    /// of the Merkle tree, in order, its hash and what was hashed, unless that was purged, and each
    /// checkpoint after its last leaf; then what is not in the tree yet. Memory is bounded. Nothing that was
    /// stored before is left out, whatever is appended or put into the tree meanwhile.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if a checkpoint is made while 1,024 or more lines of what was not in the tree are written, if the
    /// key is replaced during the export, if a checkpoint is not signed yet, or if the store or the writer fails.
    pub async fn export(&self, out: &mut impl Write) -> Result<(), ArchiveError> {
        let mut export = Export::new(self.clone());
        while let Some(part) = export.next_part().await? {
            out.write_all(part.as_bytes())?;
        }
        out.flush()?;
        Ok(())
    }
}

/// An export that is read in parts, each a number of lines.
#[derive(Debug)]
pub(crate) struct Export {
    archive: Archive,
    next: Next,
    /// The number of changes of keys that were written.
    keys: usize,
    lines: String,
}

/// What comes next.
#[derive(Debug)]
enum Next {
    Keys,
    /// The leaves from `size` on, up to these checkpoints.
    Leaves {
        size: u64,
        checkpoints: VecDeque<Checkpoint>,
    },
    /// What is not in the tree of this size, after this one.
    Unsequenced {
        size: u64,
        after: Option<Source>,
        /// The documents among what was written of it.
        documents: HashSet<Digest>,
    },
    End,
}

impl Export {
    pub(crate) fn new(archive: Archive) -> Self {
        Self {
            archive,
            next: Next::Keys,
            keys: 0,
            lines: String::new(),
        }
    }

    /// Returns the next lines, or `None` at the end.
    pub(crate) async fn next_part(&mut self) -> Result<Option<String>, ArchiveError> {
        while self.lines.is_empty() && !matches!(self.next, Next::End) {
            self.advance().await?;
        }
        let lines = mem::take(&mut self.lines);
        Ok((!lines.is_empty()).then_some(lines))
    }

    async fn advance(&mut self) -> Result<(), ArchiveError> {
        let store = &*self.archive.store;
        match &mut self.next {
            Next::Keys => {
                let keys = store.key_lines().await?;
                self.keys = keys.len();
                for line in &keys {
                    push(&mut self.lines, line);
                }
                self.next = Next::Leaves {
                    size: 0,
                    checkpoints: VecDeque::new(),
                };
            }
            Next::Leaves { size, checkpoints } => {
                if checkpoints.is_empty() {
                    // What is sequenced meanwhile is added too.
                    checkpoints.extend(store.checkpoints(*size, PAGE).await?);
                }
                match checkpoints.front() {
                    Some(next) if *size < next.size => {
                        export_leaves(store, size, next.size, &mut self.lines).await?;
                    }
                    Some(next) => {
                        let checkpoint = signed(store, next).await?;
                        checkpoints.pop_front();
                        push(&mut self.lines, &Line::Checkpoint(checkpoint).text());
                    }
                    None => {
                        self.next = Next::Unsequenced {
                            size: *size,
                            after: None,
                            documents: HashSet::new(),
                        }
                    }
                }
            }
            Next::Unsequenced {
                size,
                after,
                documents,
            } => {
                let page = store.unsequenced(*after, PAGE).await?;
                let newer = newer_documents(store, *after, &page, documents).await?;
                // Asked after the page was read: it lacks what was put into the tree before.
                if let Some(next) = grown(store, *size, *after).await? {
                    self.next = next;
                    return Ok(());
                }
                for item in newer.iter().chain(&page) {
                    push(&mut self.lines, &text(item));
                }
                *after = page.last().map(Item::source);
                // Whatever follows a page that is not full was appended since.
                if page.len() < PAGE {
                    check_keys(store, self.keys).await?;
                    self.next = Next::End;
                }
            }
            Next::End => {}
        }
        Ok(())
    }
}

/// Returns a checkpoint with its signature, which the store gets after its leaves.
async fn signed(
    store: &dyn ArchiveStore,
    checkpoint: &Checkpoint,
) -> Result<Checkpoint, ArchiveError> {
    if checkpoint.signature.is_some() {
        return Ok(checkpoint.clone());
    }
    let size = checkpoint.size;
    let found = store.signed_checkpoint(size).await?;
    found.filter(|found| found.size == size).ok_or_else(|| {
        ArchiveError::new(format!(
            "the checkpoint of {size} leaves is not signed yet: export again, or make a checkpoint first"
        ))
    })
}

/// Checks that there are as many changes of keys as at the beginning: what was signed since would not fit.
async fn check_keys(store: &dyn ArchiveStore, written: usize) -> Result<(), ArchiveError> {
    if store.key_lines().await?.len() == written {
        return Ok(());
    }
    Err(ArchiveError::new(
        "the key was replaced during the export: export again",
    ))
}

/// Adds the documents of a page to those that were written. Returns and adds also those that records of the page may
/// name, and that no page has: they were appended since.
async fn newer_documents(
    store: &dyn ArchiveStore,
    after: Option<Source>,
    page: &[Item],
    documents: &mut HashSet<Digest>,
) -> Result<Vec<Item>, ArchiveError> {
    documents.extend(page.iter().filter_map(digest));
    let mut newer = Vec::new();
    let has_records = page.iter().any(|item| matches!(item, Item::Record(_)));
    if after.is_none() || !has_records {
        return Ok(newer);
    }
    loop {
        // Documents come first, so that one at least is another.
        let first = store.unsequenced(None, documents.len() + 1).await?;
        let before = newer.len();
        let is_newer = |item: &Item| digest(item).is_some_and(|it| documents.insert(it));
        newer.extend(first.into_iter().filter(is_newer));
        if newer.len() == before {
            return Ok(newer);
        }
    }
}

/// Returns where to go on if the tree has grown since it had this size: with its new leaves, unless some of them were
/// written as what is not in it.
async fn grown(
    store: &dyn ArchiveStore,
    size: u64,
    after: Option<Source>,
) -> Result<Option<Next>, ArchiveError> {
    let newer = store.checkpoints(size, 1).await?;
    match (newer.first(), after) {
        (None, _) => Ok(None),
        (Some(_), None) => Ok(Some(Next::Leaves {
            size,
            checkpoints: newer.into(),
        })),
        (Some(newer), Some(_)) => Err(ArchiveError::new(format!(
            "a checkpoint of {} leaves was made during the export, after the one of {size}: export again",
            newer.size
        ))),
    }
}

/// Writes a page of leaves from `size` on, below `end`.
async fn export_leaves(
    store: &dyn ArchiveStore,
    size: &mut u64,
    end: u64,
    lines: &mut String,
) -> Result<(), ArchiveError> {
    let left = usize::try_from(end - *size).unwrap_or(PAGE);
    let page = store.leaves(*size, left.min(PAGE)).await?;
    if page.is_empty() {
        return Err(ArchiveError::new(format!(
            "leaf {size} is missing: restore a backup"
        )));
    }
    for leaf in page {
        let hash = LeafLine {
            leaf: leaf.index,
            hash: leaf.hash,
        };
        push(lines, &Line::Leaf(hash).text());
        if let Some(item) = &leaf.item {
            push(lines, &text(item));
        }
        *size = leaf.index + 1;
    }
    Ok(())
}

fn digest(item: &Item) -> Option<Digest> {
    match item {
        Item::Document(document) => Some(document.digest()),
        Item::Record(_) | Item::Purge(_) => None,
    }
}

fn text(item: &Item) -> String {
    match item {
        Item::Record(stored) => lines::record(stored),
        Item::Document(document) => lines::document(document),
        Item::Purge(purge) => purge.line.clone(),
    }
}

fn push(lines: &mut String, line: &str) {
    lines.push_str(line);
    lines.push('\n');
}

#[cfg(test)]
#[cfg(feature = "records-sqlite")]
mod tests;
