//! Checks a pack in a folder against a public key.

use std::{fmt, path::Path, sync::Arc};

use super::{
    EvidenceFault, EvidenceFaultKind, EvidenceFaults,
    folder::{Found, compare, found, read_text},
    manifest::{MANIFEST, Manifest, SIGNATURE, Seal},
};
#[cfg(feature = "records-timestamps")]
use crate::records::TimestampCertificates;
use crate::records::{Digest, Instant, PublicKey, canonical};

/// Checks a folder with a pack of evidence: that the list of files is signed by this key, and that each file
/// is what the list says, none missing and none added. It follows no links.
///
/// ```
/// use tower_cookie_consent::{
///     Category, CookiePolicy, conformance::{Evidence, EvidenceFaultKind, EvidenceVerifier},
///     records::{Instant, SigningKey},
/// };
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(async {
/// # let parent = tempfile::tempdir()?;
/// # let folder = parent.path().join("pack");
/// # let policy = CookiePolicy::new([Category::necessary("base").title("Necessary")])?;
/// # let pack = Evidence::new(policy, Instant::from_unix_seconds(1_795_435_200)).build()?;
/// # let key = SigningKey::generate()?;
/// # pack.sign(&key).await?.write(&folder)?;
/// let verifier = EvidenceVerifier::new(key.public());
/// println!("{}", verifier.verify(&folder)?);
///
/// std::fs::write(folder.join("policy/policy.json"), "{}")?;
/// let faults = verifier.verify(&folder).unwrap_err();
/// let fault = &faults.faults()[0];
/// assert_eq!((fault.kind(), fault.file()), (EvidenceFaultKind::Changed, "policy/policy.json"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "nothing is checked until it gets a folder"]
pub struct EvidenceVerifier {
    key: PublicKey,
    witness: Option<Arc<WitnessCheck>>,
}

/// Gets what was attested and the attestation. The error ends a sentence about the witness.
type WitnessCheck = dyn Fn(&[u8], &str) -> Result<Option<Instant>, String> + Send + Sync;

/// A pack that fits, from an [`EvidenceVerifier`]. `Display` writes it in one line.
///
/// ```
/// use tower_cookie_consent::conformance::VerifiedEvidence;
///
/// fn line(verified: &VerifiedEvidence) -> String {
///     let witness = match verified.timestamp() {
///         Some(time) => format!("witnessed by {time}"),
///         None => "without a timestamp".to_owned(),
///     };
///     format!("{} files of {}, {}, {witness}", verified.files(), verified.date(), verified.policy())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedEvidence {
    date: Instant,
    policy: Digest,
    files: usize,
    key: PublicKey,
    witness: SeenWitness,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SeenWitness {
    Missing,
    NotChecked,
    Checked(Option<Instant>),
}

impl VerifiedEvidence {
    /// Returns the date that the pack names.
    #[must_use]
    pub const fn date(&self) -> Instant {
        self.date
    }

    /// Returns the hash of the policy, as records refer to it.
    #[must_use]
    pub const fn policy(&self) -> Digest {
        self.policy
    }

    /// Returns the number of files in the list.
    #[must_use]
    pub const fn files(&self) -> usize {
        self.files
    }

    /// Returns the time by which the witness has seen the signature. `None` unless it was checked, and says
    /// so.
    #[must_use]
    pub const fn timestamp(&self) -> Option<Instant> {
        match self.witness {
            SeenWitness::Checked(time) => time,
            _ => None,
        }
    }
}

impl fmt::Display for VerifiedEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (files, date, key) = (self.files, self.date, self.key);
        write!(f, "{files} files fit the list of {date}, signed by {key}; ")?;
        match self.witness {
            SeenWitness::Missing => f.write_str("no witness"),
            SeenWitness::NotChecked => f.write_str("a witness, which was not checked"),
            SeenWitness::Checked(None) => f.write_str("witnessed"),
            SeenWitness::Checked(Some(time)) => write!(f, "witnessed by {time}"),
        }
    }
}

impl EvidenceVerifier {
    /// Creates one that trusts this key. It has to be known from elsewhere: the one in the pack shows
    /// nothing.
    pub const fn new(key: PublicKey) -> Self {
        Self { key, witness: None }
    }

    /// Also requires an attestation, and checks it: the check gets the bytes that the
    /// [`Witness`](crate::records::Witness) got, and what it answered. Default: attestations are not checked.
    ///
    /// ```
    /// # use tower_cookie_consent::conformance::EvidenceVerifier;
    /// # fn is_token_over(bytes: &[u8], token: &str) -> bool { !bytes.is_empty() && !token.is_empty() }
    /// fn witnessed(verifier: EvidenceVerifier) -> EvidenceVerifier {
    ///     verifier.witness(|signature, token| is_token_over(signature, token))
    /// }
    /// ```
    pub fn witness(mut self, check: impl Fn(&[u8], &str) -> bool + Send + Sync + 'static) -> Self {
        self.witness = Some(Arc::new(move |signature, witness| {
            match check(signature, witness) {
                true => Ok(None),
                false => Err("the witness has not seen this signature".to_owned()),
            }
        }));
        self
    }

    /// Also requires a timestamp of an authority (RFC 3161), and checks it without a network.
    ///
    /// ```
    /// # use tower_cookie_consent::{conformance::EvidenceVerifier, records::TimestampCertificates};
    /// fn timestamped(verifier: EvidenceVerifier, pem: TimestampCertificates) -> EvidenceVerifier {
    ///     verifier.timestamps(pem)
    /// }
    /// ```
    #[cfg(feature = "records-timestamps")]
    pub fn timestamps(mut self, certificates: TimestampCertificates) -> Self {
        self.witness = Some(Arc::new(move |signature, witness| {
            let time = certificates.verify(signature, witness);
            time.map(Some)
                .map_err(|error| format!("its timestamp does not fit: {error}"))
        }));
        self
    }

    /// Checks the pack in this folder.
    ///
    /// # Errors
    ///
    /// [`EvidenceFaults`]: everything that does not fit, each with its file.
    pub fn verify(&self, folder: &Path) -> Result<VerifiedEvidence, EvidenceFaults> {
        let one = |kind, file: &str, what: String| {
            EvidenceFaults::new(vec![EvidenceFault::new(kind, file, what)])
        };
        let found = found(folder).map_err(|error| {
            let file = folder.to_string_lossy();
            one(
                EvidenceFaultKind::Folder,
                &file,
                format!("can't be read: {error}"),
            )
        })?;
        let manifest = read_text(folder, MANIFEST, &found);
        let text = manifest.map_err(|fault| match fault {
            None => one(
                EvidenceFaultKind::NoManifest,
                MANIFEST,
                "is missing: this is not a pack, or not all of it".to_owned(),
            ),
            Some(why) => one(EvidenceFaultKind::InvalidManifest, MANIFEST, why),
        })?;
        let mut faults = Vec::new();
        let witness = self.seal(folder, &text, &found, &mut faults);
        let manifest = match Manifest::read(&text) {
            Ok(manifest) => manifest,
            Err(why) => {
                let kind = EvidenceFaultKind::InvalidManifest;
                faults.push(EvidenceFault::new(kind, MANIFEST, why));
                return Err(EvidenceFaults::new(faults));
            }
        };
        compare(folder, &manifest, &found, &mut faults);
        match faults.is_empty() {
            true => Ok(VerifiedEvidence {
                date: manifest.date,
                policy: manifest.policy,
                files: manifest.files.len(),
                key: self.key,
                witness,
            }),
            false => Err(EvidenceFaults::new(faults)),
        }
    }

    /// Checks the signature of the list, and the witness.
    fn seal(
        &self,
        folder: &Path,
        manifest: &str,
        found: &Found,
        faults: &mut Vec<EvidenceFault>,
    ) -> SeenWitness {
        use EvidenceFaultKind::{NoWitness, OtherKey, Signature, Unsigned, Witness};

        let mut fault = |kind, why: String| faults.push(EvidenceFault::new(kind, SIGNATURE, why));
        let text = match read_text(folder, SIGNATURE, found) {
            Ok(text) => text,
            Err(None) => {
                fault(Unsigned, "is missing: the list is not signed".to_owned());
                return SeenWitness::Missing;
            }
            Err(Some(why)) => {
                fault(Signature, why);
                return SeenWitness::Missing;
            }
        };
        let seal: Seal = match serde_json::from_str(&text) {
            Ok(seal) => seal,
            Err(error) => {
                fault(Signature, format!("is not a signature: {error}"));
                return SeenWitness::Missing;
            }
        };
        if canonical(&seal) != text {
            fault(Signature, "is not canonical JSON (RFC 8785)".to_owned());
        }
        let key = self.key;
        if seal.key != key.to_string() {
            fault(OtherKey, format!("names another key than {key}"));
        } else if !key.verifies(manifest, &seal.signature) {
            fault(Signature, format!("{key} has not signed this list"));
        }
        match (&self.witness, &seal.witness) {
            (None, None) => SeenWitness::Missing,
            (None, Some(_)) => SeenWitness::NotChecked,
            (Some(_), None) => {
                fault(
                    NoWitness,
                    "no witness has attested the signature".to_owned(),
                );
                SeenWitness::Missing
            }
            (Some(check), Some(witness)) => {
                match check(seal.attested(manifest).as_bytes(), witness) {
                    Ok(time) => SeenWitness::Checked(time),
                    Err(why) => {
                        fault(Witness, why);
                        SeenWitness::NotChecked
                    }
                }
            }
        }
    }
}

impl fmt::Debug for EvidenceVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EvidenceVerifier")
            .field("key", &self.key)
            .field("checks_witness", &self.witness.is_some())
            .finish()
    }
}
