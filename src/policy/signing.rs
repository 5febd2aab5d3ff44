//! The signature of the preferences cookie: its form, and whether it has to be there.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[cfg(feature = "signed")]
use super::signing_key::SigningKey;

/// The length of what is appended to a value: a dot, and 32 bytes in base64url without padding.
const LENGTH: usize = 44;

/// The keys with which the preferences cookie is signed.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Signing {
    /// The policy's file asks for a signature, which needs a key.
    required: bool,
    /// The first one signs, all of them verify.
    #[cfg(feature = "signed")]
    keys: Vec<SigningKey>,
}

#[cfg(feature = "signed")]
impl Signing {
    pub(super) fn add(&mut self, key: &[u8]) {
        self.keys.push(SigningKey::new(key));
    }

    pub(super) fn is_off(&self) -> bool {
        self.keys.is_empty()
    }

    /// Returns the value with its signature.
    pub(super) fn sign(&self, name: &str, value: String) -> String {
        match self.keys.first() {
            Some(key) => format!("{value}.{}", key.signature(name, value.as_bytes())),
            None => value,
        }
    }

    /// Returns `true` if one of the keys has signed `value` as the value of this cookie.
    fn verifies(&self, name: &str, value: &[u8], signature: &[u8]) -> bool {
        let mut keys = self.keys.iter();
        keys.any(|key| key.verifies(name, value, signature))
    }

    pub(super) fn shortest_key(&self) -> Option<usize> {
        self.keys.iter().map(SigningKey::length).min()
    }
}

#[cfg(not(feature = "signed"))]
#[allow(clippy::unused_self, reason = "as with the feature")]
impl Signing {
    pub(super) const fn is_off(&self) -> bool {
        true
    }

    pub(super) const fn sign(&self, _: &str, value: String) -> String {
        value
    }

    const fn verifies(&self, _: &str, _: &[u8], _: &[u8]) -> bool {
        false
    }

    pub(super) const fn shortest_key(&self) -> Option<usize> {
        None
    }
}

impl Signing {
    /// Returns `true` if the policy's file asks for a signature, and there is no key.
    pub(super) fn lacks_key(&self) -> bool {
        self.required && self.is_off()
    }

    /// Returns the number of bytes that it adds to a value.
    pub(super) fn length(&self) -> usize {
        match self.is_off() {
            true => 0,
            false => LENGTH,
        }
    }

    /// Returns the value without its signature, and whether the signature is right. Something of its
    /// length is taken off in either case, so that the denials before it can be read.
    pub(super) fn check<'v>(&self, name: &str, value: &'v [u8]) -> (&'v [u8], bool) {
        let split = value.len().checked_sub(LENGTH);
        match split.and_then(|at| value.split_at_checked(at)) {
            Some((value, [b'.', signature @ ..])) => (value, self.verifies(name, value, signature)),
            _ => (value, false),
        }
    }
}

/// Without the keys.
impl fmt::Debug for Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.is_off(), self.required) {
            (false, _) => "signed",
            (true, true) => "without a key",
            (true, false) => "unsigned",
        })
    }
}

/// Writes that there is a signature, without the keys.
impl Serialize for Signing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(self.required || !self.is_off())
    }
}

impl<'de> Deserialize<'de> for Signing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[allow(clippy::needless_update, reason = "with the feature it has keys")]
        Ok(Self {
            required: bool::deserialize(deserializer)?,
            ..Self::default()
        })
    }
}

impl Signing {
    /// Returns `true` if the policy's JSON does not mention it.
    pub(super) fn is_unmentioned(&self) -> bool {
        !self.required && self.is_off()
    }
}
