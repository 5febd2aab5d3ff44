use std::{fmt, sync::Arc};

#[cfg(feature = "records-timestamps")]
use crate::records::TimestampCertificates;
use crate::records::{Checkpoint, Instant, PublicKey};

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
#[derive(Clone)]
#[must_use = "nothing is checked until it gets an export"]
pub struct Verifier {
    pub(super) key: PublicKey,
    pub(super) allow_pending: bool,
    pub(super) held: Vec<Checkpoint>,
    pub(super) witness: Option<Arc<WitnessCheck>>,
}

/// Gets what was attested and the attestation, and returns the time when it was attested, if that is known. The
/// error ends a sentence about the witness.
pub(super) type WitnessCheck = dyn Fn(&[u8], &str) -> Result<Option<Instant>, String> + Send + Sync;

impl Verifier {
    /// Creates one that trusts this key.
    pub const fn new(key: PublicKey) -> Self {
        Self {
            key,
            allow_pending: false,
            held: Vec::new(),
            witness: None,
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

    /// Checks the attestation of each checkpoint that has one: the check gets the bytes that the
    /// [`Witness`](crate::records::Witness) got, and what it answered. Default: attestations are not checked.
    ///
    /// ```
    /// # use tower_cookie_consent::records::Verifier;
    /// # fn is_token_over(bytes: &[u8], token: &str) -> bool { !bytes.is_empty() && !token.is_empty() }
    /// fn witnessed(verifier: Verifier) -> Verifier {
    ///     verifier.witness(|checkpoint, token| is_token_over(checkpoint, token))
    /// }
    /// ```
    pub fn witness(mut self, check: impl Fn(&[u8], &str) -> bool + Send + Sync + 'static) -> Self {
        self.witness = Some(Arc::new(move |checkpoint, witness| {
            match check(checkpoint, witness) {
                true => Ok(None),
                false => Err("has not seen this one".to_owned()),
            }
        }));
        self
    }

    /// Checks the attestation of each checkpoint that has one as a timestamp of an authority (RFC 3161), without
    /// a network. It takes the place of another [`witness`](Self::witness).
    ///
    /// Look at [`timestamped`](crate::records::Verified::timestamped) too: a timestamp shows that the checkpoint
    /// was there by then, and whoever has the key can sign one with an earlier date.
    ///
    /// ```
    /// # use tower_cookie_consent::records::{PublicKey, TimestampCertificates, Verified, Verifier};
    /// fn verify(key: PublicKey, pem: &str, export: &[u8]) -> Result<Verified, Box<dyn std::error::Error>> {
    ///     let certificates = TimestampCertificates::from_pem(pem)?;
    ///     Ok(Verifier::new(key).timestamps(certificates).verify(export)?)
    /// }
    /// ```
    #[cfg(feature = "records-timestamps")]
    pub fn timestamps(mut self, certificates: TimestampCertificates) -> Self {
        self.witness = Some(Arc::new(move |checkpoint, witness| {
            let time = certificates.verify(checkpoint, witness);
            time.map(Some)
                .map_err(|error| format!("does not fit: {error}"))
        }));
        self
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("key", &self.key)
            .field("allow_pending", &self.allow_pending)
            .field("held", &self.held)
            .field("checks_witness", &self.witness.is_some())
            .finish()
    }
}
