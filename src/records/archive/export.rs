use std::io::{self, Write};

use super::{
    Archive, ArchiveError, lines,
    lines::{LeafLine, Line},
    store::{ArchiveStore, Item},
};

/// As many leaves are in memory at once.
const PAGE: usize = 256;

impl Archive {
    /// Writes everything as JSON Lines, each canonical (RFC 8785): the changes of keys; then for each leaf
    /// of the Merkle tree, in order, its hash and what was hashed, unless that was purged, and each
    /// checkpoint after its last leaf; then what is not in the tree yet. Memory is bounded.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the store or the writer fails.
    pub async fn export(&self, out: &mut impl Write) -> Result<(), ArchiveError> {
        let store = &*self.store;
        for line in store.key_lines().await? {
            write(out, &line)?;
        }
        let mut size = 0;
        // What is sequenced meanwhile is added too, so that no record is missing from both parts.
        while export_leaves(store, &mut size, out).await? {}
        let mut after = None;
        loop {
            let page = store.unsequenced(after, PAGE).await?;
            for item in &page {
                write(out, &text(item))?;
            }
            match page.last() {
                Some(item) => after = Some(item.source()),
                None => break,
            }
        }
        out.flush()?;
        Ok(())
    }
}

/// Writes the leaves from `size` up to the newest checkpoint. Returns `false` if there are none.
async fn export_leaves(
    store: &dyn ArchiveStore,
    size: &mut u64,
    out: &mut impl Write,
) -> Result<bool, ArchiveError> {
    let before = *size;
    for checkpoint in store.checkpoints(before, PAGE).await? {
        while *size < checkpoint.size {
            let left = usize::try_from(checkpoint.size - *size).unwrap_or(PAGE);
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
                write(out, &Line::Leaf(hash).text())?;
                if let Some(item) = &leaf.item {
                    write(out, &text(item))?;
                }
                *size = leaf.index + 1;
            }
        }
        write(out, &Line::Checkpoint(checkpoint).text())?;
    }
    Ok(*size > before)
}

fn text(item: &Item) -> String {
    match item {
        Item::Record(stored) => lines::record(stored),
        Item::Document(document) => lines::document(document),
        Item::Purge(purge) => purge.line.clone(),
    }
}

fn write(out: &mut impl Write, line: &str) -> io::Result<()> {
    out.write_all(line.as_bytes())?;
    out.write_all(b"\n")
}
