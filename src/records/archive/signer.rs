use std::{fmt, pin::Pin, sync::Arc};

use super::{KeyError, PublicKey, SigningKey};

/// The future of a [`Signer`]: the 64 bytes of an Ed25519 signature (RFC 8032).
pub type SignerFuture<'a> = Pin<Box<dyn Future<Output = Result<[u8; 64], KeyError>> + Send + 'a>>;

/// A thing that signs with Ed25519: a [`SigningKey`], or a service that keeps the key to itself, such as a
/// key management service (KMS).
///
/// Each signature is checked with the public key before it is used.
///
/// ```
/// use tower_cookie_consent::records::{PublicKey, Signer, SignerFuture, SigningKey};
///
/// /// Stands for a client of a service.
/// #[derive(Debug)]
/// struct Kms(SigningKey);
///
/// impl Signer for Kms {
///     fn public(&self) -> PublicKey {
///         self.0.public()
///     }
///
///     fn sign<'a>(&'a self, message: &'a [u8]) -> SignerFuture<'a> {
///         // Here, ask the service.
///         Box::pin(async move { self.0.sign(message).await })
///     }
/// }
/// ```
pub trait Signer: fmt::Debug + Send + Sync + 'static {
    /// Returns the public key of the signatures.
    fn public(&self) -> PublicKey;

    /// Signs these bytes, as they are.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if the key can't be used now.
    fn sign<'a>(&'a self, message: &'a [u8]) -> SignerFuture<'a>;
}

impl Signer for SigningKey {
    fn public(&self) -> PublicKey {
        Self::public(self)
    }

    fn sign<'a>(&'a self, message: &'a [u8]) -> SignerFuture<'a> {
        Box::pin(async move { Ok(self.signature(message)) })
    }
}

impl<S: Signer + ?Sized> Signer for Arc<S> {
    fn public(&self) -> PublicKey {
        (**self).public()
    }

    fn sign<'a>(&'a self, message: &'a [u8]) -> SignerFuture<'a> {
        (**self).sign(message)
    }
}

/// Returns the signature of a text as it is written: `ed25519:`, the id of the key, `:` and 128 hex digits.
pub(crate) async fn sign(signer: &dyn Signer, message: &str) -> Result<String, KeyError> {
    let signature = signer.sign(message.as_bytes()).await?;
    let public = signer.public();
    let text = public.signature_text(&signature);
    if public.verifies(message, &text) {
        return Ok(text);
    }
    Err(KeyError::new(
        "the signer's signature does not fit its public key: correct the one or the other",
    ))
}
