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
    if index >= size {
        return false;
    }
    let (mut at, mut last) = (index, size - 1);
    let mut hash = leaf_hash(leaf);
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
