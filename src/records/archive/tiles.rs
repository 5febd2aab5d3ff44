//! The hashes of the Merkle tree in tiles, as transparency logs keep them: of every eighth level alone, 256 side
//! by side. What is between such levels is computed from one tile.

#![cfg_attr(
    not(feature = "records-postgres"),
    allow(dead_code, reason = "only that store has tiles")
)]

use std::collections::BTreeMap;

use super::{
    store::Batch,
    tree::{at_place, node_hash},
};
use crate::records::Digest;

/// The hashes of a full tile.
pub(crate) const WIDTH: u64 = 256;

/// The levels of the tree between two that are kept.
const HEIGHT: u32 = WIDTH.ilog2();

/// The level of a tile, and the number of its first hash within that level.
pub(crate) type Tile = (i16, u64);

/// Hashes that are side by side in one tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) level: i16,
    pub(crate) first: u64,
    pub(crate) hashes: Vec<Digest>,
}

impl Run {
    /// Reads the hashes of a row. `None` if they are incomplete.
    pub(crate) fn read(level: i16, first: u64, bytes: &[u8]) -> Option<Self> {
        let (hashes, rest) = bytes.as_chunks();
        let hashes = hashes.iter().copied().map(Digest::from_bytes).collect();
        rest.is_empty().then_some(Self {
            level,
            first,
            hashes,
        })
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let bytes = self.hashes.iter().flat_map(|hash| *hash.as_bytes());
        bytes.collect()
    }

    /// Puts the hashes of its tile before it. `None` if they are others than those.
    pub(crate) fn prepend(&mut self, mut before: Vec<Digest>) -> Option<()> {
        let is_missing = before.len() as u64 == self.first % WIDTH;
        self.first = self.tile().1;
        before.append(&mut self.hashes);
        self.hashes = before;
        is_missing.then_some(())
    }

    pub(crate) const fn tile(&self) -> Tile {
        (self.level, self.first - self.first % WIDTH)
    }

    fn end(&self) -> u64 {
        self.first + self.hashes.len() as u64
    }

    /// Returns `true` if a tile that was begun before is full with it.
    pub(crate) fn fills(&self) -> bool {
        !self.first.is_multiple_of(WIDTH) && self.end().is_multiple_of(WIDTH)
    }
}

/// The hashes below a complete subtree that a tile has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    level: i16,
    first: u64,
    count: u64,
}

impl Span {
    /// Returns the span of the node at this place of [`tree`](super::tree).
    pub(crate) fn of(place: u64) -> Self {
        let (leaf, level) = at_place(place);
        let kept = level / HEIGHT;
        Self {
            level: i16::try_from(kept).unwrap_or(i16::MAX),
            first: leaf >> (HEIGHT * kept),
            count: 1 << (level % HEIGHT),
        }
    }

    pub(crate) const fn tile(&self) -> Tile {
        (self.level, self.first - self.first % WIDTH)
    }

    /// Computes the hash of the node from those of its tile. `None` if they are missing.
    pub(crate) fn hash(&self, tile: &[Digest]) -> Option<Digest> {
        let first = usize::try_from(self.first % WIDTH).ok()?;
        let count = usize::try_from(self.count).ok()?;
        let mut hashes = tile.get(first..first + count)?.to_vec();
        while hashes.len() > 1 {
            let pairs = hashes.chunks_exact(2);
            hashes = pairs.map(|pair| node_hash(pair[0], pair[1])).collect();
        }
        hashes.pop()
    }
}

/// Returns the hashes of a batch that are kept: those of complete subtrees, of every eighth level.
pub(crate) fn runs(batch: &Batch) -> Vec<Run> {
    let mut kept = BTreeMap::new();
    for (place, hash) in &batch.nodes {
        let (leaf, level) = at_place(*place);
        let span = Span::of(*place);
        if span.count == 1 && leaf + (1 << level) <= batch.size {
            kept.insert((span.level, span.first), *hash);
        }
    }
    let mut runs: Vec<Run> = Vec::new();
    for ((level, first), hash) in kept {
        let is_next = |run: &&mut Run| {
            run.level == level && run.end() == first && !first.is_multiple_of(WIDTH)
        };
        match runs.last_mut().filter(is_next) {
            Some(run) => run.hashes.push(hash),
            None => runs.push(Run {
                level,
                first,
                hashes: vec![hash],
            }),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{
        Instant,
        archive::tree::{Growth, leaf_hash},
    };

    /// Every hash that is final, as it was handed over.
    type Nodes = BTreeMap<u64, Digest>;

    fn grow(growth: &mut Growth, leaves: u64, nodes: &mut Nodes) -> Batch {
        let first = growth.size();
        let mut new = Vec::new();
        for leaf in first..first + leaves {
            let hash = leaf_hash(&leaf.to_be_bytes());
            growth.push(hash, |place, hash| new.push((place, hash)));
        }
        nodes.extend(new.iter().copied());
        let root = growth.close(|place, hash| new.push((place, hash)));
        Batch {
            first,
            leaves: Vec::new(),
            nodes: new,
            size: growth.size(),
            root,
            time: Instant::from_unix_seconds(0),
            keys: 0,
        }
    }

    #[test]
    fn every_node_comes_from_one_tile() {
        let (mut growth, mut nodes) = (Growth::EMPTY, Nodes::new());
        let mut tiles: BTreeMap<Tile, Vec<Digest>> = BTreeMap::new();
        // Two levels of tiles, and three where the batch is large.
        for leaves in [1, 2, 3, 250, 1, 254, 700, 1, 256, 66_000] {
            for run in runs(&grow(&mut growth, leaves, &mut nodes)) {
                let tile = tiles.entry(run.tile()).or_default();
                assert_eq!(run.first % WIDTH, tile.len() as u64);
                let was_begun = !tile.is_empty();
                tile.extend(&run.hashes);
                let is_full = tile.len() as u64 == WIDTH;
                assert_eq!(run.fills(), was_begun && is_full);
            }
            for (place, hash) in &nodes {
                let span = Span::of(*place);
                assert_eq!(span.hash(&tiles[&span.tile()]), Some(*hash), "{place}");
            }
        }
        assert_eq!(tiles.last_key_value().unwrap().0, &(2, 0));
        let kept: usize = tiles.values().map(Vec::len).sum();
        assert_eq!(kept as u64, growth.size() + growth.size() / 256 + 1);
        // What a tile does not have yet.
        let missing = Span::of(2 * growth.size());
        assert_eq!(missing.hash(&tiles[&missing.tile()]), None);
    }
}
