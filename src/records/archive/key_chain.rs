//! Keys that follow each other.

use super::{
    Archive, ArchiveError, Checkpoint, PublicKey, Signer,
    lines::{KeyChange, Line},
    signer::sign,
};
use crate::records::Instant;

impl Archive {
    /// Replaces the key that signs: each key signs that the new one follows the old one, and an export begins
    /// with that. Makes a [`checkpoint`](Self::checkpoint) with the old key first; those made from now on are signed
    /// with the new key, and no others.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the old key is not the one that signs now, if another process adds to the tree
    /// meanwhile, or if a signer or the store fails.
    pub async fn rotate(
        &self,
        old: &dyn Signer,
        new: &dyn Signer,
        now: Instant,
    ) -> Result<(), ArchiveError> {
        // With a purge that the old key has signed: the new one can't answer for it.
        let size = self.checkpoint(old, now).await?.size;
        let mut change = KeyChange {
            size,
            time: now,
            previous: old.public().to_string(),
            key: new.public().to_string(),
            signature: None,
            countersignature: None,
        };
        let text = Line::Key(change.clone()).text();
        change.signature = Some(sign(old, &text).await?);
        change.countersignature = Some(sign(new, &text).await?);
        let line = Line::Key(change).text();
        match self.store.add_key_line(size, &line).await? {
            true => Ok(()),
            false => Err(ArchiveError::new(
                "another process has added to the tree meanwhile: try again",
            )),
        }
    }
}

/// The keys of an export. Each change is signed by both of its keys: whoever has only one of them can't put
/// another history before or behind that of the other.
pub(super) struct KeyChain {
    trusted: PublicKey,
    /// Each key, with the size of the tree from which on it signs.
    keys: Vec<(u64, PublicKey)>,
    is_closed: bool,
}

impl KeyChain {
    pub(super) const fn new(trusted: PublicKey) -> Self {
        Self {
            trusted,
            keys: Vec::new(),
            is_closed: false,
        }
    }

    /// Notes that other lines have begun.
    pub(super) const fn close(&mut self) {
        self.is_closed = true;
    }

    pub(super) const fn is_closed(&self) -> bool {
        self.is_closed
    }

    pub(super) fn change(&mut self, change: &KeyChange) -> Result<(), &'static str> {
        let key = |text: &str| text.parse::<PublicKey>().map_err(|_| "not a public key");
        let (previous, next) = (key(&change.previous)?, key(&change.key)?);
        let unsigned = KeyChange {
            signature: None,
            countersignature: None,
            ..change.clone()
        };
        let text = Line::Key(unsigned).text();
        let is_signed = |key: &PublicKey, signature: &Option<String>| {
            key.verifies(&text, signature.as_deref().unwrap_or_default())
        };
        if !is_signed(&previous, &change.signature) {
            return Err("the change of keys is not signed by the key before");
        }
        if !is_signed(&next, &change.countersignature) {
            return Err("the change of keys is not signed by the key after");
        }
        match self.keys.last() {
            None => self.keys.push((0, previous)),
            Some((size, last)) if *last == previous && *size <= change.size => {}
            Some(_) => return Err("the change of keys does not continue the one before"),
        }
        self.keys.push((change.size, next));
        Ok(())
    }

    /// Returns `true` if the key of its size signed the checkpoint.
    pub(super) fn signed(&self, checkpoint: &Checkpoint) -> bool {
        checkpoint.is_signed_by(self.of_size(checkpoint.size))
    }

    /// Returns the key that signs trees of this size.
    pub(super) fn of_size(&self, size: u64) -> &PublicKey {
        let is_of = |(from, _): &&(u64, PublicKey)| *from < size;
        let key = self.keys.iter().rev().find(is_of);
        key.map_or(&self.trusted, |(_, key)| key)
    }

    /// Returns the key that no other has followed.
    pub(super) fn newest(&self) -> &PublicKey {
        self.keys.last().map_or(&self.trusted, |(_, key)| key)
    }

    /// Checks that the trusted key is one of them.
    pub(super) fn finish(&self) -> Result<(), &'static str> {
        let has = self.keys.iter().any(|(_, key)| *key == self.trusted);
        if self.keys.is_empty() || has {
            Ok(())
        } else {
            Err("none of the keys of this export is the given one")
        }
    }
}
