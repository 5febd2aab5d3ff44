use std::{
    fmt, fs,
    path::{Path, PathBuf},
    str::FromStr,
};

use ed25519_dalek::{Signature, Signer as _};

use super::{KeyError, hex, key_file};
use crate::records::Digest;

/// The key that signs checkpoints: Ed25519 (RFC 8032). Its file is one line: `ed25519-secret:` and 64 hex
/// digits.
///
/// ```
/// use tower_cookie_consent::records::SigningKey;
///
/// let key = SigningKey::generate()?;
/// assert_eq!(SigningKey::from_secret(&key.secret())?.public(), key.public());
/// # Ok::<(), tower_cookie_consent::records::KeyError>(())
/// ```
pub struct SigningKey(ed25519_dalek::SigningKey);

const SECRET: &str = "ed25519-secret:";
const PUBLIC: &str = "ed25519:";

impl SigningKey {
    /// Creates a key from the randomness of the operating system.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if it has none.
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)
            .map_err(|error| KeyError::new(format!("the system has no random numbers: {error}")))?;
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(&seed)))
    }

    /// Reads a key from what [`secret`](Self::secret) returns, such as from an environment variable.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if it is not one; it does not contain the text.
    pub fn from_secret(text: &str) -> Result<Self, KeyError> {
        let digits = text.trim_end().strip_prefix(SECRET);
        let seed = digits.and_then(hex::read::<32>).ok_or_else(|| {
            KeyError::new(format!(
                "not a signing key: it is {SECRET} and 64 hex digits"
            ))
        })?;
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(&seed)))
    }

    /// Returns the key as text. Keep it secret.
    #[must_use]
    pub fn secret(&self) -> String {
        format!("{SECRET}{}", hex::write(self.0.as_bytes()))
    }

    /// Reads the key in this file. If neither this file nor the one for the public key exists, creates
    /// both: this one with mode 600.
    ///
    /// ```
    /// use tower_cookie_consent::records::{PublicKey, SigningKey};
    ///
    /// # let folder = std::env::temp_dir().join(format!("keys-doc-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// let (secret, public) = (folder.join("consent.db.key"), folder.join("consent.db.pub"));
    /// let key = SigningKey::open_or_create(&secret, &public)?;
    /// assert_eq!(PublicKey::read(&public)?, key.public());
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`KeyError`] if others can read the file, or if one of the two is missing.
    pub fn open_or_create(secret: &Path, public: &Path) -> Result<Self, KeyError> {
        match (secret.exists(), public.exists()) {
            (true, _) => Self::read(secret),
            (false, true) => Err(KeyError::new(format!(
                "{}: the key of {} is missing: restore it, or remove both files for a new pair, which no \
                 earlier checkpoint fits",
                secret.display(),
                public.display()
            ))),
            (false, false) => {
                let key = Self::generate()?;
                key_file::write(secret, &key.secret(), 0o600)?;
                key_file::write(public, &key.public().to_string(), 0o644)?;
                Ok(key)
            }
        }
    }

    /// Reads the key in this file.
    ///
    /// ```
    /// use tower_cookie_consent::records::SigningKey;
    ///
    /// let error = SigningKey::read("no-such.key".as_ref()).unwrap_err();
    /// assert!(error.to_string().starts_with("no-such.key: "));
    /// ```
    ///
    /// # Errors
    ///
    /// [`KeyError`] if it can't be read, if it is not a key, or if others can read it.
    pub fn read(file: &Path) -> Result<Self, KeyError> {
        let text = key_file::read_secret(file)?;
        Self::from_secret(&text).map_err(|error| key_file::at(file, &error))
    }

    /// Returns the public key.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(super) fn signature(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    pub(crate) fn sign_text(&self, message: &str) -> String {
        let signature = self.signature(message.as_bytes());
        self.public().signature_text(&signature)
    }
}

/// Without the key.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.public()).finish()
    }
}

/// The key that checks signatures of checkpoints, written as `ed25519:` and 64 hex digits.
///
/// ```
/// use tower_cookie_consent::records::{PublicKey, SigningKey};
///
/// let key = SigningKey::generate()?.public();
/// assert_eq!(key.to_string().parse::<PublicKey>()?, key);
/// # Ok::<(), tower_cookie_consent::records::KeyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

impl PublicKey {
    /// Reads the key in this file.
    ///
    /// ```
    /// use tower_cookie_consent::records::PublicKey;
    ///
    /// let error = PublicKey::read("no-such.pub".as_ref()).unwrap_err();
    /// assert!(error.to_string().starts_with("no-such.pub: "));
    /// ```
    ///
    /// # Errors
    ///
    /// [`KeyError`] if it can't be read, or if it is not a key.
    pub fn read(file: &Path) -> Result<Self, KeyError> {
        let text = fs::read_to_string(file).map_err(|error| key_file::at(file, &error))?;
        text.trim_end()
            .parse()
            .map_err(|error| key_file::at(file, &error))
    }

    /// Returns the id in signatures: the first 16 hex digits of the key's SHA-256.
    #[must_use]
    pub(crate) fn id(&self) -> String {
        hex::write(&Digest::of(self.0.as_bytes()).as_bytes()[..8])
    }

    /// Returns how signatures begin.
    pub(super) fn name(&self) -> String {
        format!("{PUBLIC}{}", self.id())
    }

    pub(super) fn signature_text(&self, signature: &[u8; 64]) -> String {
        format!("{}:{}", self.name(), hex::write(signature))
    }

    pub(crate) fn verifies(&self, message: &str, signature: &str) -> bool {
        let parts = signature
            .strip_prefix(PUBLIC)
            .and_then(|s| s.split_once(':'));
        let Some((id, digits)) = parts else {
            return false;
        };
        let signature = hex::read::<64>(digits).map(|bytes| Signature::from_bytes(&bytes));
        id == self.id()
            && signature.is_some_and(|s| self.0.verify_strict(message.as_bytes(), &s).is_ok())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC}{}", hex::write(self.0.as_bytes()))
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let bytes = text.strip_prefix(PUBLIC).and_then(hex::read::<32>);
        bytes
            .and_then(|bytes| ed25519_dalek::VerifyingKey::from_bytes(&bytes).ok())
            .map(Self)
            .ok_or_else(|| {
                KeyError::new(format!(
                    "not a public key: it is {PUBLIC} and 64 hex digits"
                ))
            })
    }
}

/// Returns the files of the key pair of an SQLite file: `FILE.key` and `FILE.pub`.
#[allow(dead_code, reason = "its callers follow")]
pub(crate) fn beside(file: &Path) -> (PathBuf, PathBuf) {
    let with = |ending: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    (with(".key"), with(".pub"))
}
