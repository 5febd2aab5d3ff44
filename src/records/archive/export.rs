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
    /// checkpoint after its last leaf; then what is not in the tree yet. Memory is bounded.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the store or the writer fails.
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
    /// What is not in the tree, after this one.
    Unsequenced(Option<Source>),
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
                    // What is sequenced meanwhile is added too, so that no record is missing from both parts.
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
                    None => self.next = Next::Unsequenced(None),
                }
            }
            Next::Unsequenced(after) => {
                let page = store.unsequenced(*after, PAGE).await?;
                for item in &page {
                    push(&mut self.lines, &text(item));
                }
                self.next = match page.last() {
                    Some(item) => Next::Unsequenced(Some(item.source())),
                    None => Next::End,
                };
            }
            Next::End => {}
        }
        Ok(())
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
