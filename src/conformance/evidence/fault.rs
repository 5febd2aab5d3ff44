//! What does not fit in a pack.

use std::fmt;

use crate::observe::printable;

/// Something that does not fit in a pack of evidence, from an [`EvidenceVerifier`](super::EvidenceVerifier).
///
/// ```
/// use tower_cookie_consent::{
///     conformance::{EvidenceFault, EvidenceFaultKind, EvidenceVerifier}, records::SigningKey,
/// };
///
/// let verifier = EvidenceVerifier::new(SigningKey::generate()?.public());
/// let faults = verifier.verify("no-such-folder".as_ref()).unwrap_err();
/// let fault: &EvidenceFault = &faults.faults()[0];
/// assert_eq!((fault.kind(), fault.file()), (EvidenceFaultKind::Folder, "no-such-folder"));
/// assert!(fault.to_string().starts_with("no-such-folder: "));
/// # Ok::<(), tower_cookie_consent::records::KeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFault {
    kind: EvidenceFaultKind,
    file: String,
    what: String,
}

/// The kind of an [`EvidenceFault`], which has the example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EvidenceFaultKind {
    /// The folder can't be read.
    Folder,
    /// The list of files is missing.
    NoManifest,
    /// The list of files is not one.
    InvalidManifest,
    /// The list is not signed.
    Unsigned,
    /// The signature is one of another key.
    OtherKey,
    /// The signature does not fit the list.
    Signature,
    /// No witness has attested the signature, and the verifier checks that.
    NoWitness,
    /// The attestation of the witness does not fit.
    Witness,
    /// A file of the list is missing.
    Missing,
    /// A file is not what the list says.
    Changed,
    /// A file or folder is not in the list.
    Extra,
    /// A file can't be read.
    Unreadable,
}

impl EvidenceFault {
    /// Both texts may have something of the files, which are a stranger's.
    pub(super) fn new(kind: EvidenceFaultKind, file: &str, what: impl Into<String>) -> Self {
        Self {
            kind,
            file: printable(file).into_owned(),
            what: printable(&what.into()).into_owned(),
        }
    }

    /// Returns the kind of fault.
    #[must_use]
    pub const fn kind(&self) -> EvidenceFaultKind {
        self.kind
    }

    /// Returns the path of the file in the pack, or that of the folder.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }
}

impl fmt::Display for EvidenceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.what)
    }
}

/// The error of a pack that is not what was signed: each [`EvidenceFault`], the list and its signature first,
/// then the files by path. `Display` writes one a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFaults(Vec<EvidenceFault>);

impl EvidenceFaults {
    pub(super) fn new(faults: Vec<EvidenceFault>) -> Self {
        Self(faults)
    }

    /// Returns the faults, at least one. The example is at [`EvidenceFault`].
    #[must_use]
    pub fn faults(&self) -> &[EvidenceFault] {
        &self.0
    }
}

impl fmt::Display for EvidenceFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, fault) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for EvidenceFaults {}
