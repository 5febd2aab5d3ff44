use std::{fs, path::Path};

use cms::cert::x509::{
    Certificate, Version,
    ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage},
    time::Time,
};
use der::{Decode, Encode, oid::db::rfc5280::ID_KP_TIME_STAMPING};
use rustls_pki_types::{CertificateDer, UnixTime, pem::PemObject};
use webpki::{
    ALL_VERIFICATION_ALGS, EndEntityCert, Error, KeyUsage as Purpose, anchor_from_trusted_cert,
};

use super::{
    error::{TimestampError, TimestampErrorKind, unreadable},
    token::Token,
};
use crate::records::Instant;

/// `id-kp-timeStamping` in DER, without its header.
const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];

/// The certificates to trust for timestamps (RFC 3161): of authorities themselves, or of their CAs.
///
/// It checks a timestamp without a network. Give it to a [`Verifier`](crate::records::Verifier::timestamps), or
/// check a single one:
///
/// ```
/// use tower_cookie_consent::records::{TimestampCertificates, TimestampErrorKind};
///
/// # macro_rules! file { ($name:literal) => { include_str!(concat!(
/// #     env!("CARGO_MANIFEST_DIR"), "/src/records/archive/timestamps/example/", $name
/// # )) } }
/// # let (pem, witness) = (file!("ca.pem"), file!("witness.txt").trim_end());
/// let certificates = TimestampCertificates::from_pem(pem)?;
/// // Of a checkpoint's line without its `witness`, and that.
/// let time = certificates.verify(b"{}", witness)?;
/// assert_eq!(time.to_string(), "2026-11-30T02:35:51Z");
///
/// let error = certificates.verify(b"{ }", witness).unwrap_err();
/// assert_eq!(error.kind(), TimestampErrorKind::OtherBytes);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TimestampCertificates {
    trusted: Vec<Certificate>,
}

impl TimestampCertificates {
    /// Reads one or more certificates in PEM. Each is trusted by itself, whoever signed it: that of a CA vouches
    /// for those of authorities, and any other for itself alone.
    ///
    /// # Errors
    ///
    /// [`TimestampError`] if there is none, or if one can't be read.
    pub fn from_pem(pem: &str) -> Result<Self, TimestampError> {
        let failed = |message| TimestampError::new(TimestampErrorKind::Certificates, message);
        let mut trusted = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let certificate = certificate.map_err(|_| failed("a certificate that is not PEM"))?;
            let read = Certificate::from_der(&certificate).ok();
            let read = read.filter(|_| anchor_from_trusted_cert(&certificate).is_ok());
            trusted.push(read.ok_or_else(|| failed("a certificate that can't be read"))?);
        }
        match trusted.is_empty() {
            true => Err(failed(
                "no certificate: give one in PEM, -----BEGIN CERTIFICATE-----",
            )),
            false => Ok(Self { trusted }),
        }
    }

    /// Reads the certificates in this file, as [`from_pem`](Self::from_pem) does.
    ///
    /// ```
    /// use tower_cookie_consent::records::TimestampCertificates;
    ///
    /// let error = TimestampCertificates::read("no-such.pem".as_ref()).unwrap_err();
    /// assert!(error.to_string().starts_with("no-such.pem: "));
    /// ```
    ///
    /// # Errors
    ///
    /// [`TimestampError`] if the file can't be read, or as there.
    pub fn read(file: &Path) -> Result<Self, TimestampError> {
        let at = |what: &dyn std::fmt::Display| {
            let message = format!("{}: {what}", file.display());
            TimestampError::new(TimestampErrorKind::Certificates, message)
        };
        let pem = fs::read_to_string(file).map_err(|error| at(&error))?;
        Self::from_pem(&pem).map_err(|error| at(&error))
    }

    /// Checks the `witness` of a checkpoint, and returns the time of its timestamp, in whole seconds.
    ///
    /// `checkpoint` is what was [attested](crate::records::Witness::attest). The timestamp has to be of its
    /// SHA-256, and signed with RSA of 2,048 bits or more, ECDSA on P-256 or P-384, or Ed25519, by a certificate
    /// that is for timestamps alone, was valid at that time, and is trusted. Whether it was revoked is not
    /// asked.
    ///
    /// # Errors
    ///
    /// [`TimestampError`] for anything else, with its [kind](TimestampError::kind).
    pub fn verify(&self, checkpoint: &[u8], witness: &str) -> Result<Instant, TimestampError> {
        self.check(&Token::of_witness(witness)?, checkpoint)
    }

    pub(super) fn check(&self, token: &Token, bytes: &[u8]) -> Result<Instant, TimestampError> {
        token.is_over(bytes)?;
        let signer = token.signer(&self.trusted)?;
        token.is_signed_by(signer)?;
        is_for_timestamps(signer)?;
        was_valid(signer, token.time())?;
        if !self.trusted.contains(signer) {
            self.vouch_for(signer, token)?;
        }
        Ok(token.time())
    }

    /// Checks that a CA that is trusted vouches for the signer's certificate, by way of others in the token.
    fn vouch_for(&self, signer: &Certificate, token: &Token) -> Result<(), TimestampError> {
        let der = |it: &Certificate| it.to_der().map(CertificateDer::from);
        let all = |certificates: &[Certificate]| -> der::Result<Vec<_>> {
            certificates.iter().map(der).collect()
        };
        let authorities: Vec<_> = self
            .trusted
            .iter()
            .filter(|it| is_ca(it))
            .cloned()
            .collect();
        let read = || Ok((der(signer)?, all(&authorities)?, all(&token.certificates)?));
        let (signer, authorities, others) = read().map_err(unreadable("a certificate"))?;
        let anchors: Result<Vec<_>, _> = authorities.iter().map(anchor_from_trusted_cert).collect();
        let time = std::time::Duration::from_secs(token.time().unix_seconds());
        let verified = anchors.and_then(|anchors| {
            let signer = EndEntityCert::try_from(&signer)?;
            let path = signer.verify_for_usage(
                ALL_VERIFICATION_ALGS,
                &anchors,
                &others,
                UnixTime::since_unix_epoch(time),
                // Those of CAs in between may leave it out; the signer's was looked at.
                Purpose::required_if_present(TIME_STAMPING),
                None,
                None,
            );
            path.map(drop)
        });
        verified.map_err(|error| {
            let kind = match error {
                Error::CertExpired { .. } | Error::CertNotValidYet { .. } => {
                    TimestampErrorKind::Expired
                }
                _ => TimestampErrorKind::Untrusted,
            };
            let message = format!("no trusted certificate vouches for the signer's: {error:?}");
            TimestampError::new(kind, message)
        })
    }
}

/// Returns `true` if it may vouch for others. Those of version 1 can't say so.
fn is_ca(certificate: &Certificate) -> bool {
    let certificate = &certificate.tbs_certificate;
    let constraints = certificate.get::<BasicConstraints>();
    certificate.version == Version::V1
        || constraints.is_ok_and(|it| it.is_some_and(|(_, it)| it.ca))
}

/// Checks that it is for timestamps alone, and that this extension is critical (RFC 3161, 2.3).
fn is_for_timestamps(certificate: &Certificate) -> Result<(), TimestampError> {
    let certificate = &certificate.tbs_certificate;
    let extended = certificate.get::<ExtendedKeyUsage>();
    let extended = extended.map_err(unreadable("the purpose"))?;
    let extended =
        extended.is_some_and(|(is_critical, it)| is_critical && it.0[..] == [ID_KP_TIME_STAMPING]);
    let usage = certificate.get::<KeyUsage>();
    let usage = usage.map_err(unreadable("the usage"))?;
    let signs = usage.is_none_or(|(_, it)| it.digital_signature() || it.non_repudiation());
    match extended && signs {
        true => Ok(()),
        false => Err(TimestampError::new(
            TimestampErrorKind::Purpose,
            "the certificate of the signer is not for timestamps alone: its extended key usage has to be \
             timeStamping, and critical",
        )),
    }
}

fn was_valid(certificate: &Certificate, time: Instant) -> Result<(), TimestampError> {
    let validity = &certificate.tbs_certificate.validity;
    let second = |it: &Time| Instant::from_unix_seconds(it.to_unix_duration().as_secs());
    let (from, until) = (second(&validity.not_before), second(&validity.not_after));
    match (from..=until).contains(&time) {
        true => Ok(()),
        false => Err(TimestampError::new(
            TimestampErrorKind::Expired,
            format!(
                "the certificate of the signer was valid from {from} to {until}, not at {time}"
            ),
        )),
    }
}
