//! A key that signs preferences cookies.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A key for HMAC-SHA-256, prepared once. The key itself is not kept.
#[derive(Clone)]
pub(super) struct SigningKey {
    /// `None` never happens: HMAC takes keys of any length.
    mac: Option<Hmac<Sha256>>,
    length: usize,
}

impl SigningKey {
    pub(super) fn new(key: &[u8]) -> Self {
        Self {
            mac: Hmac::new_from_slice(key).ok(),
            length: key.len(),
        }
    }

    pub(super) const fn length(&self) -> usize {
        self.length
    }

    /// Returns the signature of `name=value` in base64url, whose bytes are all cookie-octets.
    pub(super) fn signature(&self, name: &str, value: &[u8]) -> String {
        let mac = self.of(name, value);
        mac.map_or_else(String::new, |mac| {
            URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
        })
    }

    /// Compares in constant time.
    pub(super) fn verifies(&self, name: &str, value: &[u8], signature: &[u8]) -> bool {
        // The decoder asks for room for whole groups of three bytes.
        let mut bytes = [0; 33];
        let Ok(length) = URL_SAFE_NO_PAD.decode_slice(signature, &mut bytes) else {
            return false;
        };
        let signature = bytes.get(..length).unwrap_or_default();
        let mac = self.of(name, value);
        mac.is_some_and(|mac| mac.verify_slice(signature).is_ok())
    }

    /// A name has no `=`, so that nothing else has the same bytes.
    fn of(&self, name: &str, value: &[u8]) -> Option<Hmac<Sha256>> {
        let mac = self.mac.clone()?;
        let parts = [name.as_bytes(), b"=", value];
        Some(parts.into_iter().fold(mac, Mac::chain_update))
    }
}

/// Two keys that sign alike are equal.
impl PartialEq for SigningKey {
    fn eq(&self, other: &Self) -> bool {
        let signature = self.signature("", b"");
        self.length == other.length && other.verifies("", b"", signature.as_bytes())
    }
}
