//! The root of a tree from some of its leaves and the hashes beside them: one proof for many leaves, where each of
//! their own would read most of its hashes again.

use super::tree::{joined, node_hash, parts};
use crate::records::Digest;

/// Returns the nodes that [`root`] needs beside these leaves, which are in order. Each is above a complete subtree.
pub(super) fn beside(leaves: &[u64], size: u64) -> Vec<u64> {
    let mut places = Vec::new();
    add_beside(leaves, 0, size, &mut places);
    places
}

fn add_beside(leaves: &[u64], first: u64, end: u64, places: &mut Vec<u64>) {
    if leaves.is_empty() {
        places.extend(parts(first, end));
    } else if end - first > 1 {
        let middle = middle(first, end);
        let (left, right) = leaves.split_at(leaves.partition_point(|leaf| *leaf < middle));
        add_beside(left, first, middle, places);
        add_beside(right, middle, end, places);
    }
}

/// Returns the root of the tree of this size with these leaves, which are in order, and what is [`beside`] them.
/// `None` if one is not in a tree of this size, or if there are too few hashes.
pub(super) fn root(leaves: &[(u64, Digest)], size: u64, beside: &[Digest]) -> Option<Digest> {
    root_of(leaves, 0, size, &mut beside.iter().copied())
}

fn root_of(
    leaves: &[(u64, Digest)],
    first: u64,
    end: u64,
    beside: &mut impl Iterator<Item = Digest>,
) -> Option<Digest> {
    match leaves {
        [] => {
            let hashes: Vec<_> = beside.take(parts(first, end).count()).collect();
            joined(&hashes).filter(|_| hashes.len() == parts(first, end).count())
        }
        [(leaf, hash)] if end - first == 1 => (*leaf == first).then_some(*hash),
        _ if end - first <= 1 => None,
        _ => {
            let middle = middle(first, end);
            let (left, right) = leaves.split_at(leaves.partition_point(|it| it.0 < middle));
            let left = root_of(left, first, middle, beside)?;
            Some(node_hash(left, root_of(right, middle, end, beside)?))
        }
    }
}

/// Returns where the right half of at least two leaves begins (RFC 6962, section 2.1).
const fn middle(first: u64, end: u64) -> u64 {
    let leaves = end - first;
    first + (1 << (leaves - 1).ilog2())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::records::archive::tree::{Growth, leaf_hash};

    #[test]
    fn any_leaves_and_what_is_beside_them_make_the_root() {
        let mut nodes = BTreeMap::new();
        let mut growth = Growth::EMPTY;
        for size in 1_u64..=11 {
            growth.push(leaf_hash(&size.to_be_bytes()), |place, hash| {
                nodes.insert(place, hash);
            });
            for chosen in 0_u64..1 << size {
                let leaves: Vec<_> = (0..size).filter(|leaf| chosen >> leaf & 1 == 1).collect();
                let places = beside(&leaves, size);
                let hashes: Vec<_> = places.iter().map(|place| nodes[place]).collect();
                let mut known: Vec<_> = leaves
                    .iter()
                    .map(|leaf| (*leaf, nodes[&(2 * leaf)]))
                    .collect();
                let case = format!("{leaves:?} of {size}");
                assert_eq!(root(&known, size, &hashes), Some(growth.root()), "{case}");
                let short = hashes.split_last().map(|(_, short)| short);
                assert_eq!(
                    short.and_then(|short| root(&known, size, short)),
                    None,
                    "{case}"
                );
                if let Some((_, hash)) = known.last_mut() {
                    *hash = Digest::of(b"another");
                    assert_ne!(root(&known, size, &hashes), Some(growth.root()), "{case}");
                }
            }
        }
        for leaf in [1, 2, u64::MAX] {
            assert_eq!(root(&[(leaf, Digest::of(b""))], 1, &[]), None);
        }
        let twice = [(0, Digest::of(b"")); 2];
        assert_eq!(root(&twice, 1, &[]), None);
        assert_eq!(root(&[], 0, &[]), None);
    }
}
