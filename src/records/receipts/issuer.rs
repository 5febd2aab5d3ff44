//! The receipt of a record: put together, proven and signed.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;
use serde_json::Value;

use super::statement::Statement;
use crate::records::{
    Archive, ArchiveError, Checkpoint, Digest, RecordId, Signer, archive, canonical,
};

/// The receipts of a site: where their records are, and who signs them.
#[derive(Clone, Debug)]
pub(in crate::records) struct Receipts {
    pub(in crate::records) archive: Archive,
    signer: Arc<dyn Signer>,
    /// The last signatures, the newest at the end, by the digest of what is signed.
    signatures: Arc<Mutex<VecDeque<(Digest, String)>>>,
}

/// The signatures that are kept: a visitor who asks again and again costs none.
const MAX_SIGNATURES: usize = 256;

/// The proof that a record is in the Merkle tree (RFC 6962), in a receipt.
#[derive(Debug, Serialize)]
struct Inclusion {
    leaf: u64,
    /// The siblings on the way from the leaf to the root.
    hashes: Vec<Digest>,
    checkpoint: Checkpoint,
}

impl Receipts {
    pub(in crate::records) fn new(archive: &Archive, signer: impl Signer) -> Self {
        Self {
            archive: archive.clone(),
            signer: Arc::new(signer),
            signatures: Arc::default(),
        }
    }

    /// Returns the signed receipt of this record as canonical JSON (RFC 8785). `None` if there is no such
    /// record.
    pub(in crate::records) async fn receipt(
        &self,
        id: RecordId,
        pages_at: &str,
    ) -> Result<Option<String>, ArchiveError> {
        let Some(stored) = self.archive.find(id).await? else {
            return Ok(None);
        };
        let policy = self.archive.policy_of(&stored).await?;
        let is_confirmed = self.archive.confirms(&stored.record).await?;
        let statement = Statement::new(&stored.record, is_confirmed, &policy, pages_at);
        let mut receipt = statement.into_members();
        let mut add = |key: &str, value: Value| drop(receipt.insert(key.to_owned(), value));
        // The very bytes of the leaf, as JSON.
        add(
            "record",
            json(&serde_json::from_slice::<Value>(&stored.record.leaf()).ok()),
        );
        add("key", Value::String(self.signer.public().to_string()));
        if let Some(inclusion) = self.inclusion(stored.leaf).await? {
            add("inclusion", json(&inclusion));
        }
        let signature = self.sign(&canonical(&receipt)).await?;
        receipt.insert("signature".to_owned(), Value::String(signature));
        Ok(Some(canonical(&receipt)))
    }

    async fn sign(&self, message: &str) -> Result<String, ArchiveError> {
        let digest = Digest::of(message.as_bytes());
        let found = {
            let signatures = self.signatures();
            let mut found = signatures.iter().filter(|(of, _)| *of == digest);
            found.next().map(|(_, signature)| signature.clone())
        };
        if let Some(signature) = found {
            return Ok(signature);
        }
        let signature = archive::sign(&*self.signer, message).await?;
        let mut signatures = self.signatures();
        if signatures.len() >= MAX_SIGNATURES {
            signatures.pop_front();
        }
        signatures.push_back((digest, signature.clone()));
        Ok(signature)
    }

    fn signatures(&self) -> MutexGuard<'_, VecDeque<(Digest, String)>> {
        let signatures = self.signatures.lock();
        signatures.unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the proof for a leaf under the newest checkpoint. `None` before it is sequenced and signed by
    /// the same key.
    async fn inclusion(&self, leaf: Option<u64>) -> Result<Option<Inclusion>, ArchiveError> {
        let Some((leaf, checkpoint)) = leaf.zip(self.archive.published(None).await?) else {
            return Ok(None);
        };
        // Just after the key was replaced, it is of the old one, with which nobody checks this receipt.
        if !checkpoint.is_signed_by(&self.signer.public()) {
            return Ok(None);
        }
        let hashes = self.archive.inclusion(leaf, checkpoint.size).await?;
        Ok(hashes.map(|hashes| Inclusion {
            leaf,
            hashes,
            checkpoint,
        }))
    }
}

/// Returns a value as JSON, for data that always can be.
fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
