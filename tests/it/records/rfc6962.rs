//! Proofs of RFC 6962, checked with a hash function alone (the algorithms of RFC 9162, sections 2.1.3.2 and
//! 2.1.4.2).

use sha2::{Digest as _, Sha256};

type Hash = [u8; 32];

fn node(left: Hash, right: Hash) -> Hash {
    Sha256::digest([&[1][..], &left, &right].concat()).into()
}

pub(super) fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::digest([&[0][..], leaf].concat()).into()
}

/// Returns `true` if the path proves that the leaf is in the tree with this root.
pub(super) fn is_included(leaf: &[u8], index: u64, size: u64, path: &[Hash], root: Hash) -> bool {
    is_hash_included(leaf_hash(leaf), index, size, path, root)
}

/// The same for a leaf by its hash.
pub(super) fn is_hash_included(
    leaf: Hash,
    index: u64,
    size: u64,
    path: &[Hash],
    root: Hash,
) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last) = (index, size - 1);
    let mut hash = leaf;
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node(*sibling, hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(hash, *sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == root
}

/// Returns `true` if the proof says that the tree of `size` leaves with root `new` continues the one of `from`
/// leaves with root `old`.
pub(super) fn is_continued(
    (from, old): (u64, Hash),
    (size, new): (u64, Hash),
    proof: &[Hash],
) -> bool {
    if from == size {
        return proof.is_empty() && old == new;
    }
    // The smaller tree is a node of the larger one, whose hash is then left out.
    let whole = from.is_power_of_two().then_some(old);
    let mut path = whole.into_iter().chain(proof.iter().copied());
    let Some(start) = path.next() else {
        return false;
    };
    let (mut at, mut last) = (from - 1, size - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut first, mut second) = (start, start);
    for hash in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            first = node(hash, first);
            second = node(hash, second);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            second = node(second, hash);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && first == old && second == new
}
