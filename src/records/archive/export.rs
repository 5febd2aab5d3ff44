use std::{collections::VecDeque, io::Write, mem};

use super::{
    Archive, ArchiveError, Checkpoint, lines,
    lines::{LeafLine, Line},
    store::{ArchiveStore, Item, Source},
};

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
    /// [`ArchiveError`] if a checkpoint is made while more than 1,024 lines of what was not in the tree are written,
    /// or if the store or the writer fails.
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
        /// The page before was not full: whatever follows was appended since.
        is_whole: bool,
    },
    End,
}

impl Export {
    pub(crate) fn new(archive: Archive) -> Self {
        Self {
            archive,
            next: Next::Keys,
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
                for line in store.key_lines().await? {
                    push(&mut self.lines, &line);
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
                    Some(_) => {
                        let checkpoint = checkpoints.pop_front();
                        let line = checkpoint.map(|it| Line::Checkpoint(it).text());
                        push(&mut self.lines, &line.unwrap_or_default());
                    }
                    None => {
                        self.next = Next::Unsequenced {
                            size: *size,
                            after: None,
                            is_whole: false,
                        }
                    }
                }
            }
            Next::Unsequenced {
                size,
                after,
                is_whole,
            } => {
                let page = store.unsequenced(*after, PAGE).await?;
                let last = page.last().map(Item::source);
                // Asked after the page was read: it lacks what was put into the tree before.
                let is_end = last.is_none();
                if !(is_end && *is_whole)
                    && let Some(next) = grown(store, *size, *after).await?
                {
                    self.next = next;
                } else if is_end {
                    self.next = Next::End;
                } else {
                    for item in &page {
                        push(&mut self.lines, &text(item));
                    }
                    *after = last;
                    *is_whole = page.len() < PAGE;
                }
            }
            Next::End => {}
        }
        Ok(())
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
