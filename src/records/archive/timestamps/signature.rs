//! What the authority has signed: the attributes (RFC 5652, 5.4), and by them the content.

use cms::{
    cert::x509::{
        Certificate,
        attr::{Attribute, Attributes},
        ext::pkix::SubjectKeyIdentifier,
        spki::AlgorithmIdentifierOwned,
    },
    signed_data::SignerIdentifier,
};
use der::{
    Any, DecodeValue, Encode, FixedTag, Sequence, Tag, Tagged,
    asn1::{ObjectIdentifier, OctetString},
    oid::db::{
        rfc5911::{
            ID_AA_SIGNING_CERTIFICATE, ID_AA_SIGNING_CERTIFICATE_V_2, ID_CONTENT_TYPE,
            ID_MESSAGE_DIGEST,
        },
        rfc5912::{ID_SHA_256, ID_SHA_384, ID_SHA_512, RSA_ENCRYPTION},
    },
};
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm};
use sha2::Digest as _;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, ring};

use super::{
    error::{TimestampError, TimestampErrorKind, unreadable},
    token::{ID_CT_TST_INFO, Token},
};

/// `SigningCertificateV2` (RFC 5035).
#[derive(Sequence)]
struct SigningCertificateV2 {
    certs: Vec<EssCertIdV2>,
    #[asn1(optional = "true")]
    policies: Option<Any>,
}

#[derive(Sequence)]
struct EssCertIdV2 {
    /// SHA-256 if it is missing.
    #[asn1(optional = "true")]
    hash_algorithm: Option<AlgorithmIdentifierOwned>,
    cert_hash: OctetString,
    #[asn1(optional = "true")]
    issuer_serial: Option<Any>,
}

/// `SigningCertificate` (RFC 2634), with a SHA-1.
#[derive(Sequence)]
struct SigningCertificate {
    certs: Vec<EssCertId>,
    #[asn1(optional = "true")]
    policies: Option<Any>,
}

#[derive(Sequence)]
struct EssCertId {
    cert_hash: OctetString,
    #[asn1(optional = "true")]
    issuer_serial: Option<Any>,
}

impl Token {
    /// Returns the certificate of the signer: one of the token's own, or of these.
    pub(super) fn signer<'a>(
        &'a self,
        others: &'a [Certificate],
    ) -> Result<&'a Certificate, TimestampError> {
        let all = self.certificates.iter().chain(others);
        let signer = all.into_iter().find(|it| is_named(it, &self.signer.sid));
        signer.ok_or_else(|| {
            let message = "the certificate of the signer is neither in the timestamp nor trusted";
            TimestampError::new(TimestampErrorKind::Signer, message)
        })
    }

    /// Checks that the signer of this certificate signed the content.
    pub(super) fn is_signed_by(&self, signer: &Certificate) -> Result<(), TimestampError> {
        let attributes = self.signer.signed_attrs.as_ref();
        let attributes = attributes.ok_or_else(|| missing("attributes"))?;
        let content_type: ObjectIdentifier = one(attributes, ID_CONTENT_TYPE, "content type")?
            .ok_or_else(|| missing("a content type"))?;
        let digest: OctetString =
            one(attributes, ID_MESSAGE_DIGEST, "digest")?.ok_or_else(|| missing("a digest"))?;
        let expected = hash(&self.signer.digest_alg, &self.content)?;
        if content_type != ID_CT_TST_INFO || digest.as_bytes() != expected {
            let message = "the content of the timestamp is not what was signed";
            return Err(TimestampError::new(TimestampErrorKind::Changed, message));
        }
        let certificate = signer.to_der().map_err(unreadable("the certificate"))?;
        names(attributes, &certificate)?;
        let signed = attributes.to_der().map_err(unreadable("the attributes"))?;
        self.fits(&CertificateDer::from(certificate), &signed)
    }

    /// Checks the signature of these bytes.
    fn fits(&self, signer: &CertificateDer<'_>, signed: &[u8]) -> Result<(), TimestampError> {
        let unusable = |error: Error| {
            let message = format!("the certificate of the signer can't be used: {error:?}");
            TimestampError::new(TimestampErrorKind::Signer, message)
        };
        let signer = EndEntityCert::try_from(signer).map_err(unusable)?;
        for algorithm in self.algorithms()? {
            match signer.verify_signature(algorithm, signed, self.signer.signature.as_bytes()) {
                Ok(()) => return Ok(()),
                // Of another curve, or a key that is not RSA.
                Err(Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)) => {}
                Err(_) => {
                    let message = "the signature of the timestamp does not fit its signer";
                    return Err(TimestampError::new(TimestampErrorKind::Signature, message));
                }
            }
        }
        Err(unknown("signature", &self.signer.signature_algorithm))
    }

    /// Returns the algorithms that the signature may have been made with.
    fn algorithms(
        &self,
    ) -> Result<Vec<&'static dyn SignatureVerificationAlgorithm>, TimestampError> {
        let algorithm = &self.signer.signature_algorithm;
        if algorithm.oid == RSA_ENCRYPTION && has_no_parameters(algorithm) {
            // It is of the hash that is named beside it.
            return match self.signer.digest_alg.oid {
                ID_SHA_256 => Ok(vec![ring::RSA_PKCS1_2048_8192_SHA256]),
                ID_SHA_384 => Ok(vec![ring::RSA_PKCS1_2048_8192_SHA384]),
                ID_SHA_512 => Ok(vec![ring::RSA_PKCS1_2048_8192_SHA512]),
                _ => Err(unknown("hash", &self.signer.digest_alg)),
            };
        }
        let id = algorithm.to_der().map_err(unreadable("the algorithm"))?;
        let all = ALL_VERIFICATION_ALGS.iter().copied();
        // Theirs are without the header of two bytes.
        let of_id = |it: &&dyn SignatureVerificationAlgorithm| {
            id.get(2..) == Some(it.signature_alg_id().as_ref())
        };
        Ok(all.filter(of_id).collect())
    }
}

fn is_named(certificate: &Certificate, signer: &SignerIdentifier) -> bool {
    let named = &certificate.tbs_certificate;
    match signer {
        SignerIdentifier::IssuerAndSerialNumber(id) => {
            named.issuer == id.issuer && named.serial_number == id.serial_number
        }
        SignerIdentifier::SubjectKeyIdentifier(id) => {
            let own = named.get::<SubjectKeyIdentifier>();
            own.is_ok_and(|own| own.is_some_and(|(_, own)| own == *id))
        }
    }
}

/// Checks that the attributes name this certificate first (RFC 3161, 2.4.2; RFC 5816), so that it is not one
/// of another purpose with the same key.
fn names(attributes: &Attributes, certificate: &[u8]) -> Result<(), TimestampError> {
    let what = "certificate";
    let first: Option<SigningCertificate> = one(attributes, ID_AA_SIGNING_CERTIFICATE, what)?;
    let second: Option<SigningCertificateV2> =
        one(attributes, ID_AA_SIGNING_CERTIFICATE_V_2, what)?;
    if first.is_none() && second.is_none() {
        return Err(missing("its certificate"));
    }
    let first = first.map(|it| {
        let id = it.certs.into_iter().next();
        id.is_some_and(|id| id.cert_hash.as_bytes() == sha1::Sha1::digest(certificate).as_slice())
    });
    let second = match second.map(|it| it.certs.into_iter().next()) {
        None => None,
        Some(None) => Some(false),
        Some(Some(id)) => {
            let expected = match &id.hash_algorithm {
                Some(algorithm) => hash(algorithm, certificate)?,
                None => sha2::Sha256::digest(certificate).to_vec(),
            };
            Some(id.cert_hash.as_bytes() == expected)
        }
    };
    if first == Some(false) || second == Some(false) {
        let message = "the timestamp names another certificate than its signer's";
        return Err(TimestampError::new(TimestampErrorKind::Signer, message));
    }
    Ok(())
}

/// Returns the value of an attribute, which is there once.
fn one<T>(
    attributes: &Attributes,
    oid: ObjectIdentifier,
    what: &str,
) -> Result<Option<T>, TimestampError>
where
    T: for<'a> DecodeValue<'a> + FixedTag,
{
    let mut all = attributes.iter().filter(|it: &&Attribute| it.oid == oid);
    let (first, second) = (all.next(), all.next());
    let Some(attribute) = first else {
        return Ok(None);
    };
    match (attribute.values.as_slice(), second) {
        ([value], None) => Ok(Some(value.decode_as().map_err(unreadable(what))?)),
        _ => {
            let message = format!("the timestamp does not have one {what} alone");
            Err(TimestampError::new(TimestampErrorKind::Unreadable, message))
        }
    }
}

/// Hashes these bytes, unless it would be with something weaker than SHA-256.
fn hash(algorithm: &AlgorithmIdentifierOwned, bytes: &[u8]) -> Result<Vec<u8>, TimestampError> {
    match algorithm.oid {
        _ if !has_no_parameters(algorithm) => Err(unknown("hash", algorithm)),
        ID_SHA_256 => Ok(sha2::Sha256::digest(bytes).to_vec()),
        ID_SHA_384 => Ok(sha2::Sha384::digest(bytes).to_vec()),
        ID_SHA_512 => Ok(sha2::Sha512::digest(bytes).to_vec()),
        _ => Err(unknown("hash", algorithm)),
    }
}

fn has_no_parameters(algorithm: &AlgorithmIdentifierOwned) -> bool {
    let parameters = algorithm.parameters.as_ref();
    parameters.is_none_or(|it| it.tag() == Tag::Null)
}

fn unknown(what: &str, algorithm: &AlgorithmIdentifierOwned) -> TimestampError {
    let message = format!(
        "the timestamp's {what} algorithm {} is too weak, or not known here",
        algorithm.oid
    );
    TimestampError::new(TimestampErrorKind::Algorithm, message)
}

fn missing(what: &str) -> TimestampError {
    let message = format!("the signature of the timestamp does not cover {what}");
    TimestampError::new(TimestampErrorKind::Unreadable, message)
}
