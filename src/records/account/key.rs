use std::{fmt, path::Path};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::records::archive::{KeyError, hex, key_file};

const SECRET: &str = "account-secret:";

/// Keeps these hashes apart from others under the same key.
const DOMAIN: &[u8] = b"tower-cookie-consent account 1\0";

/// The secret under which the names of accounts are hashed, with HMAC-SHA-256: whoever has the records and
/// not this key can't tell whose they are. Its file is one line: `account-secret:` and 64 hex digits. Keep
/// it apart from the records, and from their backups.
///
/// ```
/// use tower_cookie_consent::records::AccountKey;
///
/// let key = AccountKey::generate()?;
/// assert_eq!(AccountKey::from_secret(&key.secret())?.secret(), key.secret());
/// # Ok::<(), tower_cookie_consent::records::KeyError>(())
/// ```
#[derive(Clone)]
pub struct AccountKey([u8; 32]);

impl AccountKey {
    /// Creates a key from the randomness of the operating system.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if it has none.
    pub fn generate() -> Result<Self, KeyError> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)
            .map_err(|error| KeyError::new(format!("the system has no random numbers: {error}")))?;
        Ok(Self(key))
    }

    /// Reads a key from what [`secret`](Self::secret) returns, such as from an environment variable.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if it is not one; it does not contain the text.
    pub fn from_secret(text: &str) -> Result<Self, KeyError> {
        let digits = text.trim_end().strip_prefix(SECRET);
        let key = digits.and_then(hex::read::<32>).ok_or_else(|| {
            KeyError::new(format!(
                "not a key of accounts: it is {SECRET} and 64 hex digits"
            ))
        })?;
        Ok(Self(key))
    }

    /// Returns the key as text. Keep it secret.
    #[must_use]
    pub fn secret(&self) -> String {
        format!("{SECRET}{}", hex::write(&self.0))
    }

    /// Reads the key in this file.
    ///
    /// ```
    /// use tower_cookie_consent::records::AccountKey;
    ///
    /// let error = AccountKey::read("no-such.key".as_ref()).unwrap_err();
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

    /// Reads the key in this file, which is created with mode 600 if it is missing.
    ///
    /// ```
    /// use tower_cookie_consent::records::AccountKey;
    ///
    /// # let folder = std::env::temp_dir().join(format!("account-key-doc-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// let file = folder.join("accounts.key");
    /// let key = AccountKey::open_or_create(&file)?;
    /// assert_eq!(AccountKey::read(&file)?.secret(), key.secret());
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`KeyError`] if it can't be read or created, if it is not a key, or if others can read it.
    pub fn open_or_create(file: &Path) -> Result<Self, KeyError> {
        if file.exists() {
            return Self::read(file);
        }
        let key = Self::generate()?;
        key_file::write(file, &key.secret(), 0o600)?;
        Ok(key)
    }

    pub(super) fn tag(&self, name: &str) -> [u8; 32] {
        self.sign(DOMAIN, name.as_bytes())
    }

    pub(super) fn sign(&self, domain: &[u8], message: &[u8]) -> [u8; 32] {
        self.mac(domain, message).finalize().into_bytes().into()
    }

    /// Compares in constant time.
    pub(super) fn verifies(&self, domain: &[u8], message: &[u8], signature: &[u8; 32]) -> bool {
        let mac = self.mac(domain, message);
        mac.verify_slice(signature).is_ok()
    }

    fn mac(&self, domain: &[u8], message: &[u8]) -> Hmac<Sha256> {
        // As HMAC itself fills a shorter key up.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.0);
        let mac = Hmac::<Sha256>::new(&block.into());
        mac.chain_update(domain).chain_update(message)
    }
}

/// Without the key.
impl fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountKey").finish_non_exhaustive()
    }
}
