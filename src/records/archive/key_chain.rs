use super::{
    Archive, ArchiveError, Checkpoint, PublicKey, Signer,
    lines::{KeyChange, Line},
    signer::sign,
};
use crate::records::Instant;

impl Archive {
    /// Replaces the key that signs: each key signs that the new one follows the old one, and an export begins
    /// with that. Checkpoints made from now on are signed with the new key.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the old key did not sign the last checkpoint, or if it or the store fails.
    pub async fn rotate(
        &self,
        old: &dyn Signer,
        new: &dyn Signer,
        now: Instant,
    ) -> Result<(), ArchiveError> {
        let last = self.store.last_checkpoint().await?;
        if last
            .as_ref()
            .is_some_and(|last| !last.is_signed_by(&old.public()))
        {
            return Err(ArchiveError::new(
                "the old key did not sign the last checkpoint: name the key that did".to_owned(),
            ));
        }
        let size = last.map_or(0, |last| last.size);
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
        Ok(self.store.add_key_line(size, &line).await?)
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
        let later = |(size, _): &&(u64, PublicKey)| *size < checkpoint.size;
        let key = self.keys.iter().rev().find(later);
        let key = key.map_or(&self.trusted, |(_, key)| key);
        checkpoint.is_signed_by(key)
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
