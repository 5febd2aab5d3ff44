use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    error::ArchiveError,
    keys::{PublicKey, SigningKey},
};
use crate::records::{Digest, Instant, canonical};

/// The state of the Merkle tree (RFC 6962) at one time, signed with Ed25519.
///
/// ```
/// use tower_cookie_consent::records::{Checkpoint, Digest, Instant, SigningKey};
///
/// let key = SigningKey::generate()?;
/// let time = Instant::from_unix_seconds(1_790_000_000);
/// let checkpoint = Checkpoint::signed(0, Digest::of(b""), time, &key);
/// assert!(checkpoint.is_signed_by(&key.public()));
/// assert!(!checkpoint.is_signed_by(&SigningKey::generate()?.public()));
///
/// // As a line of an export, and as it is published.
/// let line = checkpoint.to_string();
/// assert!(line.starts_with(r#"{"root":"sha256:"#));
/// assert_eq!(line.parse::<Checkpoint>()?, checkpoint);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Checkpoint {
    /// The number of leaves.
    pub size: u64,
    /// The hash of the tree.
    pub root: Digest,
    /// The time when it was made.
    pub time: Instant,
    /// The signature: `ed25519:`, the id of the key, `:` and the signature, both in hex. `None` until it is
    /// signed.
    pub signature: Option<String>,
    /// A timestamp of somebody else, who has seen the checkpoint. `None` without one: whoever has the key
    /// could then sign another history.
    pub witness: Option<String>,
}

impl Checkpoint {
    /// Creates a checkpoint without a signature.
    pub(super) const fn new(size: u64, root: Digest, time: Instant) -> Self {
        Self {
            size,
            root,
            time,
            signature: None,
            witness: None,
        }
    }

    /// Creates a checkpoint and signs it.
    #[must_use]
    pub fn signed(size: u64, root: Digest, time: Instant, key: &SigningKey) -> Self {
        let mut checkpoint = Self::new(size, root, time);
        checkpoint.signature = Some(key.sign_text(&checkpoint.message()));
        checkpoint
    }

    /// Returns `true` if this key signed it.
    #[must_use]
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let signature = self.signature.as_deref().unwrap_or_default();
        key.verifies(&self.message(), signature)
    }

    /// Returns what a witness sees: the line of an export, as canonical JSON, without its member `witness`.
    pub(in crate::records) fn attested(&self) -> String {
        #[derive(Serialize)]
        struct Attested<'a> {
            r#type: Type,
            size: u64,
            root: Digest,
            time: Instant,
            signature: Option<&'a str>,
        }
        canonical(&Attested {
            r#type: Type::Checkpoint,
            size: self.size,
            root: self.root,
            time: self.time,
            signature: self.signature.as_deref(),
        })
    }

    /// Returns the canonical JSON that is signed.
    pub(crate) fn message(&self) -> String {
        #[derive(Serialize)]
        struct Message {
            r#type: &'static str,
            size: u64,
            root: Digest,
            time: Instant,
        }
        canonical(&Message {
            r#type: "checkpoint",
            size: self.size,
            root: self.root,
            time: self.time,
        })
    }
}

/// A checkpoint with its type.
#[derive(Serialize, Deserialize)]
struct Typed<C> {
    r#type: Type,
    #[serde(flatten)]
    checkpoint: C,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Type {
    Checkpoint,
}

/// Writes it as the line of an export: canonical JSON (RFC 8785).
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&canonical(&Typed {
            r#type: Type::Checkpoint,
            checkpoint: self,
        }))
    }
}

impl FromStr for Checkpoint {
    type Err = ArchiveError;

    /// Reads a line as it was published.
    fn from_str(line: &str) -> Result<Self, ArchiveError> {
        let typed = serde_json::from_str::<Typed<Self>>(line);
        typed.map(|typed| typed.checkpoint).map_err(|_| {
            ArchiveError::new("not a checkpoint: give the JSON of the published one".to_owned())
        })
    }
}
