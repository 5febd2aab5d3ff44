//! The Merkle tree of RFC 6962, which grows at its right edge.
//!
//! Hashes are kept by their place in an array: the leaf `n` at `2n`, and above each pair of subtrees, at
//! the place between them (RFC 9420, appendix C).

use ct_merkle::{
    InclusionProof, RootHash, indices_for_consistency_proof, indices_for_inclusion_proof,
};
use sha2::{Digest as _, Sha256};

use crate::records::Digest;

/// Returns the hash of a leaf.
pub(crate) fn leaf_hash(leaf: &[u8]) -> Digest {
    let hash = Sha256::new().chain_update([0]).chain_update(leaf);
    Digest::from_bytes(hash.finalize().into())
}

/// Returns the hash above two subtrees.
pub(super) fn node_hash(left: Digest, right: Digest) -> Digest {
    let hash = Sha256::new().chain_update([1]);
    let hash = hash
        .chain_update(left.as_bytes())
        .chain_update(right.as_bytes());
    Digest::from_bytes(hash.finalize().into())
}

/// The tree as far as it is needed to add leaves: its complete subtrees, from left to right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Growth {
    size: u64,
    subtrees: Vec<Subtree>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Subtree {
    first: u64,
    level: u32,
    hash: Digest,
}

impl Growth {
    pub(crate) const EMPTY: Self = Self {
        size: 0,
        subtrees: Vec::new(),
    };

    /// Returns the nodes that [`new`](Self::new) needs for a tree of this size.
    pub(crate) fn edge(size: u64) -> Vec<u64> {
        subtrees(size)
            .map(|(first, level)| place(first, level))
            .collect()
    }

    /// Creates the tree of this size from the hashes of its [`edge`](Self::edge).
    pub(crate) fn new(size: u64, edge: &[Digest]) -> Self {
        let subtree = |((first, level), hash): (_, &Digest)| Subtree {
            first,
            level,
            hash: *hash,
        };
        Self {
            size,
            subtrees: subtrees(size).zip(edge).map(subtree).collect(),
        }
    }

    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf by its hash, and hands over each node that is final from now on.
    pub(crate) fn push(&mut self, leaf: Digest, mut keep: impl FnMut(u64, Digest)) {
        let mut top = Subtree {
            first: self.size,
            level: 0,
            hash: leaf,
        };
        keep(place(top.first, 0), leaf);
        while let Some(left) = self.subtrees.pop_if(|left| left.level == top.level) {
            top = Subtree {
                first: left.first,
                level: left.level + 1,
                hash: node_hash(left.hash, top.hash),
            };
            keep(place(top.first, top.level), top.hash);
        }
        self.subtrees.push(top);
        self.size += 1;
    }

    /// Returns the root, and hands over the nodes above incomplete subtrees. They change as the tree grows.
    pub(crate) fn close(&self, mut keep: impl FnMut(u64, Digest)) -> Digest {
        let Some((last, before)) = self.subtrees.split_last() else {
            return Digest::of(b"");
        };
        let mut hash = last.hash;
        for left in before.iter().rev() {
            hash = node_hash(left.hash, hash);
            let leaves = self.size - left.first;
            keep(place(left.first, leaves.next_power_of_two().ilog2()), hash);
        }
        hash
    }

    pub(crate) fn root(&self) -> Digest {
        self.close(|_, _| {})
    }
}

/// Returns the place of the subtree of this level whose leftmost leaf is `first`.
const fn place(first: u64, level: u32) -> u64 {
    2 * first + (1 << level) - 1
}

/// Returns the leftmost leaf, and the level, of the subtree at this place.
pub(super) const fn at_place(at: u64) -> (u64, u32) {
    let level = at.trailing_ones();
    ((at - ((1 << level) - 1)) / 2, level)
}

/// Returns the complete subtrees of a tree: the leftmost leaf and the level of each.
fn subtrees(size: u64) -> impl Iterator<Item = (u64, u32)> {
    let mut first = 0;
    (0..u64::BITS)
        .rev()
        .filter(move |level| size & (1 << level) != 0)
        .map(move |level| {
            let subtree = (first, level);
            first += 1 << level;
            subtree
        })
}

/// Returns the complete subtrees, from left to right, below the node at this place in a tree of this size.
pub(crate) fn complete(at: u64, size: u64) -> Vec<u64> {
    let (first, level) = at_place(at);
    let end = first + (1 << level);
    if end <= size {
        return vec![at];
    }
    parts(first, size).collect()
}

/// Returns the complete subtrees, from left to right, of the leaves from a subtree's first to its last, which may be
/// the tree's last. `end` is behind it.
pub(super) fn parts(first: u64, end: u64) -> impl Iterator<Item = u64> {
    subtrees(end - first).map(move |(after, level)| place(first + after, level))
}

/// Returns the hash above complete subtrees that are side by side.
pub(crate) fn joined(hashes: &[Digest]) -> Option<Digest> {
    let (last, before) = hashes.split_last()?;
    let above = |hash, left: &Digest| node_hash(*left, hash);
    Some(before.iter().rev().fold(*last, above))
}

/// Returns the nodes of the proof that the leaf is in the tree of this size.
pub(crate) fn inclusion(leaf: u64, size: u64) -> Option<Vec<u64>> {
    (leaf < size && size <= MAX_SIZE).then(|| indices_for_inclusion_proof(size, leaf))
}

/// Returns the nodes of the proof that the tree of this size continues the one of `from`.
pub(crate) fn consistency(from: u64, size: u64) -> Option<Vec<u64>> {
    (0 < from && from <= size && size <= MAX_SIZE)
        .then(|| indices_for_consistency_proof(from, size - from))
}

/// Returns `true` if the path proves that this content is the leaf of the tree with this size and root.
pub(crate) fn is_included(
    content: &[u8],
    leaf: u64,
    (size, root): (u64, Digest),
    path: &[Digest],
) -> bool {
    let path = path.iter().flat_map(|hash| *hash.as_bytes()).collect();
    let Ok(proof) = InclusionProof::<Sha256>::try_from_bytes(path) else {
        return false;
    };
    let root = RootHash::<Sha256>::new((*root.as_bytes()).into(), size);
    let content = content.to_vec();
    size <= MAX_SIZE && root.verify_inclusion(&content, leaf, &proof).is_ok()
}

/// The largest number that JSON can carry (RFC 8785 has doubles), and all that is added fits.
pub(crate) const MAX_SIZE: u64 = 1 << 53;

#[cfg(test)]
mod tests {
    use ct_merkle::{ConsistencyProof, mem_backed_tree::MemoryBackedTree};
    use std::collections::BTreeMap;

    use super::*;

    fn proof(nodes: &BTreeMap<u64, Digest>, places: &[u64]) -> Vec<u8> {
        places
            .iter()
            .flat_map(|place| *nodes[place].as_bytes())
            .collect()
    }

    #[test]
    fn proofs_of_earlier_trees_are_made_of_complete_subtrees() {
        let mut newest = BTreeMap::new();
        let mut growth = Growth::EMPTY;
        let mut trees = Vec::new();
        for number in 0_u64..70 {
            let leaf = leaf_hash(&number.to_be_bytes());
            growth.push(leaf, |place, hash| newest.extend([(place, hash)]));
            // What is above incomplete subtrees is only known of this very tree.
            let mut tree = newest.clone();
            growth.close(|place, hash| tree.extend([(place, hash)]));
            trees.push(tree);
        }
        for (size, tree) in (1..).zip(&trees) {
            for other in 0..size {
                let places = inclusion(other, size).unwrap().into_iter();
                for place in places.chain(consistency(other + 1, size).unwrap()) {
                    let parts = complete(place, size);
                    let hashes: Vec<_> = parts.iter().map(|part| newest[part]).collect();
                    assert_eq!(joined(&hashes), Some(tree[&place]), "{place} of {size}");
                }
            }
        }
        assert_eq!(joined(&[]), None);
    }

    #[test]
    fn grows_like_the_library_and_proves_every_leaf() {
        let mut library = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        let mut nodes = BTreeMap::new();
        let mut growth = Growth::EMPTY;
        let mut roots: Vec<RootHash<Sha256>> = Vec::new();
        assert_eq!(growth.root().as_bytes()[..], library.root().as_bytes()[..]);
        for number in 0_u64..70 {
            let leaf = number.to_be_bytes().to_vec();
            library.push(leaf.clone());
            // As a sequencer does that starts anew for each leaf.
            let edge: Vec<_> = Growth::edge(growth.size())
                .iter()
                .map(|place| nodes[place])
                .collect();
            assert_eq!(Growth::new(growth.size(), &edge), growth);
            growth.push(leaf_hash(&leaf), |place, hash| {
                nodes.insert(place, hash);
            });
            let root = growth.close(|place, hash| {
                nodes.insert(place, hash);
            });
            assert_eq!(root.as_bytes()[..], library.root().as_bytes()[..]);
            roots.push(library.root());
            let size = number + 1;
            for leaf in 0..size {
                let places = inclusion(leaf, size).unwrap();
                let proof = InclusionProof::try_from_bytes(proof(&nodes, &places)).unwrap();
                let bytes = leaf.to_be_bytes().to_vec();
                library
                    .root()
                    .verify_inclusion(&bytes, leaf, &proof)
                    .unwrap();
                let places = consistency(leaf + 1, size).unwrap();
                let digests = places.iter().map(|place| *nodes[place].as_bytes());
                let bytes: Vec<u8> = digests.flatten().collect();
                let proof = ConsistencyProof::try_from_bytes(bytes).unwrap();
                let old = &roots[usize::try_from(leaf).unwrap()];
                library.root().verify_consistency(old, &proof).unwrap();
            }
        }
        assert_eq!(inclusion(70, 70), None);
        assert_eq!(consistency(0, 70), None);
        assert_eq!(consistency(71, 70), None);
    }
}
