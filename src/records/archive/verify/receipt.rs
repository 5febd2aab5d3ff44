use serde::Deserialize;
use serde_json::{Map, Value};

use super::verifier::Verifier;
use crate::records::{
    Checkpoint, Digest,
    archive::{ArchiveError, tree},
    canonical,
};

/// The members of a receipt that prove it.
#[derive(Deserialize)]
struct Proofs {
    signature: String,
    record: Value,
    #[serde(default)]
    inclusion: Option<Inclusion>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inclusion {
    leaf: u64,
    hashes: Vec<Digest>,
    checkpoint: Checkpoint,
}

impl Verifier {
    /// Checks a visitor's receipt: that the key signed it, and if its record is in the Merkle tree yet, the
    /// proof of that. Returns the checkpoint of the tree that it is in. A checkpoint
    /// [from outside](Self::holding) is compared with that if it has the same size, and the
    /// [witness](Self::witness) of the receipt's is checked.
    ///
    /// The key is the one that was in use when the receipt was asked for: after the key was
    /// [replaced](crate::records::Archive::rotate), old receipts are checked with the old one.
    ///
    /// ```
    /// use tower_cookie_consent::records::{SigningKey, Verifier};
    ///
    /// let verifier = Verifier::new(SigningKey::generate()?.public());
    /// let error = verifier.verify_receipt("{}").unwrap_err();
    /// assert!(error.to_string().starts_with("not a receipt"));
    /// # Ok::<(), tower_cookie_consent::records::KeyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if it is not a receipt, if another key signed it or its checkpoint, if the proof or the
    /// witness does not fit, or if a checkpoint from outside of the same size has another root or is not
    /// signed by the key.
    pub fn verify_receipt(&self, receipt: &str) -> Result<Option<Checkpoint>, ArchiveError> {
        let receipt = receipt.trim_end();
        let invalid = |_| ArchiveError::new("not a receipt: give the JSON as it was received");
        let mut members: Map<String, Value> = serde_json::from_str(receipt).map_err(invalid)?;
        let proofs: Proofs = serde_json::from_str(receipt).map_err(invalid)?;
        if canonical(&members) != receipt {
            return Err(ArchiveError::new("the receipt is not canonical (RFC 8785)"));
        }
        members.remove("signature");
        if !self.key.verifies(&canonical(&members), &proofs.signature) {
            return Err(ArchiveError::new("the receipt is not signed by the key"));
        }
        let Some(Inclusion {
            leaf,
            hashes,
            checkpoint,
        }) = proofs.inclusion
        else {
            return Ok(None);
        };
        if !checkpoint.is_signed_by(&self.key) {
            let what = "the checkpoint of the receipt is not signed by the key";
            return Err(ArchiveError::new(what));
        }
        let tree = (checkpoint.size, checkpoint.root);
        if !tree::is_included(canonical(&proofs.record).as_bytes(), leaf, tree, &hashes) {
            let what = "the proof of the receipt does not fit its record";
            return Err(ArchiveError::new(what));
        }
        self.compare(&checkpoint)?;
        Ok(Some(checkpoint))
    }
    /// Compares a receipt's checkpoint with what others have seen.
    fn compare(&self, checkpoint: &Checkpoint) -> Result<(), ArchiveError> {
        let size = checkpoint.size;
        for held in self.held.iter().filter(|held| held.size == size) {
            if !held.is_signed_by(&self.key) {
                return Err(ArchiveError::new(format!(
                    "the checkpoint of {size} leaves from outside is not signed by the key"
                )));
            }
            if held.root != checkpoint.root {
                let what = "the receipt is of another history than a checkpoint from outside";
                return Err(ArchiveError::new(what));
            }
        }
        let Some((check, witness)) = self.witness.as_ref().zip(checkpoint.witness.as_ref()) else {
            return Ok(());
        };
        let checked = check(checkpoint.attested().as_bytes(), witness);
        checked.map(drop).map_err(|reason| {
            ArchiveError::new(format!("the witness of the receipt's checkpoint {reason}"))
        })
    }
}
