use crate::records::{Checkpoint, PublicKey};

/// Checks an [export](crate::records::Archive::export), as [`verify`](crate::records::verify()) does, and more.
///
/// ```
/// use tower_cookie_consent::records::{Checkpoint, Digest, Instant, SigningKey, Verifier};
///
/// let key = SigningKey::generate()?;
/// // Published once, and kept by somebody else.
/// let time = Instant::from_unix_seconds(1_790_000_000);
/// let held = Checkpoint::signed(2, Digest::of(b"another tree"), time, &key);
/// let verifier = Verifier::new(key.public()).allow_pending(true).holding([held]);
/// let misfit = verifier.verify(&b""[..]).unwrap_err();
/// assert!(misfit.to_string().contains("ends at 0 leaves"), "{misfit}");
/// # Ok::<(), tower_cookie_consent::records::KeyError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is checked until it gets an export"]
pub struct Verifier {
    pub(super) key: PublicKey,
    pub(super) allow_pending: bool,
    pub(super) held: Vec<Checkpoint>,
}

impl Verifier {
    /// Creates one that trusts this key.
    pub const fn new(key: PublicKey) -> Self {
        Self {
            key,
            allow_pending: false,
            held: Vec::new(),
        }
    }

    /// Sets whether there may be lines at the end that are not in the tree yet. Default: `false`.
    pub const fn allow_pending(mut self, allow: bool) -> Self {
        self.allow_pending = allow;
        self
    }

    /// Adds checkpoints that somebody else has kept: the export has to continue each of them. Whoever has the
    /// key and the database can write another history, but none that does.
    pub fn holding(mut self, checkpoints: impl IntoIterator<Item = Checkpoint>) -> Self {
        self.held.extend(checkpoints);
        self
    }
}
