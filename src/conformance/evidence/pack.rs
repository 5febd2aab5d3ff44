//! A complete pack: its files in memory, signed and witnessed, and written to a folder.

use std::{collections::BTreeMap, fmt, fs, io::Write, path::Path};

use super::{
    EvidenceError,
    manifest::{Listed, MANIFEST, Manifest, SIGNATURE, Seal},
};
use crate::records::{Instant, Signer, Witness, canonical, sign};

/// A complete pack of evidence, from [`Evidence::build`](super::Evidence::build).
///
/// ```
/// use tower_cookie_consent::{
///     Category, CookiePolicy, conformance::{Evidence, EvidenceVerifier},
///     records::{Instant, SigningKey},
/// };
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # runtime.block_on(async {
/// # let parent = tempfile::tempdir()?;
/// # let folder = parent.path().join("pack");
/// let policy = CookiePolicy::new([Category::necessary("base").title("Necessary")])?;
/// let pack = Evidence::new(policy, Instant::from_unix_seconds(1_795_435_200)).build()?;
/// assert!(pack.file("index.html").is_some_and(|page| page.starts_with(b"<!doctype html>")));
/// let hash = pack.file("policy/sha256.txt").unwrap_or_default();
/// assert!(pack.manifest().contains("\"policy/policy.json\"") && hash.starts_with(b"sha256:"));
/// assert!(pack.files().any(|(path, _)| path == "gaps.txt"));
///
/// // The key of the site's records.
/// let key = SigningKey::generate()?;
/// let pack = pack.sign(&key).await?;
/// pack.write(&folder)?;
/// EvidenceVerifier::new(key.public()).verify(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct EvidencePack {
    files: BTreeMap<String, Vec<u8>>,
    manifest: String,
    seal: Option<Seal>,
}

impl EvidencePack {
    pub(super) fn new(
        date: Instant,
        policy: crate::records::Digest,
        mut files: BTreeMap<String, Vec<u8>>,
    ) -> Self {
        let listed = files
            .iter()
            .map(|(path, content)| (path.clone(), Listed::of(content)));
        let manifest = Manifest::new(date, policy, listed.collect()).text();
        files.insert(MANIFEST.to_owned(), manifest.clone().into_bytes());
        Self {
            files,
            manifest,
            seal: None,
        }
    }

    /// Returns all files with their paths, in the order of these: also the list and its signature.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let files = self.files.iter();
        files.map(|(path, content)| (path.as_str(), content.as_slice()))
    }

    /// Returns the content of one file.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// Returns the list of all files with their SHA-256, `manifest.json`: canonical JSON (RFC 8785). This is
    /// what is signed.
    #[must_use]
    pub fn manifest(&self) -> &str {
        &self.manifest
    }

    /// Signs the list with the key of the site's records (Ed25519), as `signature.json`. The same key gives
    /// the same bytes.
    ///
    /// # Errors
    ///
    /// [`EvidenceError`] if the key can't be used now.
    pub async fn sign(mut self, key: &dyn Signer) -> Result<Self, EvidenceError> {
        let signature = sign(key, &self.manifest).await;
        let signature = signature.map_err(|error| EvidenceError::new(error.to_string()))?;
        self.seal(Seal {
            key: key.public().to_string(),
            signature,
            witness: None,
        });
        Ok(self)
    }

    /// Has the signed list attested by the witness of the site's records. What it sees is canonical JSON of the
    /// type `evidence`, with the SHA-256 of the list and its signature. A timestamp differs from time to time;
    /// it is in `signature.json` alone.
    ///
    /// ```
    /// # use tower_cookie_consent::conformance::{EvidenceError, EvidencePack};
    /// # use tower_cookie_consent::records::{SigningKey, TimestampAuthority};
    /// async fn sealed(
    ///     pack: EvidencePack,
    ///     key: &SigningKey,
    ///     authority: &TimestampAuthority,
    /// ) -> Result<EvidencePack, EvidenceError> {
    ///     pack.sign(key).await?.witness(authority).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`EvidenceError`] if the pack is not signed, or if the witness fails.
    pub async fn witness(mut self, witness: &dyn Witness) -> Result<Self, EvidenceError> {
        let Some(seal) = self.seal.clone() else {
            return Err(EvidenceError::new(
                "the pack is not signed: call `sign` before `witness`",
            ));
        };
        let attested = seal.attested(&self.manifest);
        let attestation = witness.attest(attested.as_bytes()).await;
        let attestation = attestation.map_err(|error| EvidenceError::new(error.to_string()))?;
        self.seal(Seal {
            witness: Some(attestation),
            ..seal
        });
        Ok(self)
    }

    fn seal(&mut self, seal: Seal) {
        self.files
            .insert(SIGNATURE.to_owned(), canonical(&seal).into_bytes());
        self.seal = Some(seal);
    }

    /// Writes all files to this folder, which may be empty and is created if it is missing.
    ///
    /// # Errors
    ///
    /// [`EvidenceError`] if something is in the folder already, or if it can't be written.
    pub fn write(&self, folder: &Path) -> Result<(), EvidenceError> {
        let at = |path: &Path, error: &dyn fmt::Display| {
            EvidenceError::new(format!("{}: {error}", path.display()))
        };
        fs::create_dir_all(folder).map_err(|error| at(folder, &error))?;
        let mut entries = fs::read_dir(folder).map_err(|error| at(folder, &error))?;
        if entries.next().is_some() {
            return Err(at(folder, &"is not empty: name a new folder"));
        }
        for (path, content) in self.files() {
            let path = folder.join(path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).map_err(|error| at(parent, &error))?;
            }
            let file = fs::File::create_new(&path);
            let written = file.and_then(|mut file| file.write_all(content));
            written.map_err(|error| at(&path, &error))?;
        }
        Ok(())
    }
}

/// Without the files, which are long.
impl fmt::Debug for EvidencePack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EvidencePack")
            .field("files", &self.files.len())
            .field("is_signed", &self.seal.is_some())
            .finish_non_exhaustive()
    }
}
