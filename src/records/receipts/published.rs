//! The parts of the Merkle tree that anybody may read: checkpoints and proofs.

use serde::Serialize;

use crate::{
    consent::TreePart,
    records::{Archive, ArchiveError, Digest, canonical},
};

/// The proof that a leaf is in a tree.
#[derive(Serialize)]
struct InclusionProof {
    leaf: u64,
    /// The hash of the leaf.
    hash: Digest,
    size: u64,
    hashes: Vec<Digest>,
}

/// The proof that a tree continues a smaller one.
#[derive(Serialize)]
struct ConsistencyProof {
    from: u64,
    size: u64,
    hashes: Vec<Digest>,
}

/// Returns a part of the tree as canonical JSON (RFC 8785), if there is such a part.
pub(super) async fn part(
    archive: &Archive,
    part: TreePart,
) -> Result<Option<String>, ArchiveError> {
    match part {
        TreePart::Checkpoint { size } => {
            let checkpoint = archive.published(size).await?;
            // As in an export.
            Ok(checkpoint.map(|checkpoint| format!("{checkpoint}\n")))
        }
        TreePart::Inclusion { leaf, size } => {
            let Some(hashes) = archive.inclusion(leaf, size).await? else {
                return Ok(None);
            };
            let hash = archive.leaf_hash(leaf).await?;
            let proof = hash.map(|hash| InclusionProof {
                leaf,
                hash,
                size,
                hashes,
            });
            Ok(proof.as_ref().map(canonical))
        }
        TreePart::Consistency { from, size } => {
            let hashes = archive.consistency(from, size).await?;
            let proof = hashes.map(|hashes| ConsistencyProof { from, size, hashes });
            Ok(proof.as_ref().map(canonical))
        }
    }
}
