use base64::{Engine as _, engine::general_purpose::STANDARD};
use cms::{
    cert::{
        CertificateChoices,
        x509::{
            Certificate,
            ext::{Extensions, pkix::name::GeneralName},
        },
    },
    content_info::{CmsVersion, ContentInfo},
    signed_data::{SignedData, SignerIdentifier, SignerInfo},
};
use der::{
    Any, Decode, Encode, Sequence, Tag, Tagged,
    asn1::{GeneralizedTime, Int, ObjectIdentifier, OctetStringRef},
    oid::db::{rfc5911::ID_SIGNED_DATA, rfc5912::ID_SHA_256},
};
use x509_tsp::{Accuracy, MessageImprint, TspVersion};

use super::error::{TimestampError, TimestampErrorKind, unreadable};
use crate::records::{Digest, Instant};

/// What authorities send has a few thousand bytes.
pub(super) const MAX_TOKEN: usize = 64 << 10;

/// What a checkpoint's `witness` begins with. The token follows in base64.
const PREFIX: &str = "rfc3161:";

/// `id-ct-TSTInfo` (RFC 3161, 2.4.2).
pub(super) const ID_CT_TST_INFO: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// `TSTInfo` (RFC 3161, 2.4.2). In that of `x509_tsp` the time has no fractions of a second, which authorities
/// may send.
#[derive(Sequence)]
struct TstInfo {
    version: TspVersion,
    policy: ObjectIdentifier,
    message_imprint: MessageImprint,
    serial_number: Int,
    gen_time: Any,
    #[asn1(optional = "true")]
    accuracy: Option<Accuracy>,
    #[asn1(default = "Default::default")]
    ordering: bool,
    #[asn1(optional = "true")]
    nonce: Option<Int>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    tsa: Option<GeneralName>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    extensions: Option<Extensions>,
}

/// A timestamp as it was read. Nothing of it is checked yet.
pub(super) struct Token {
    der: Vec<u8>,
    /// The `TSTInfo`, whose digest is signed.
    pub(super) content: Vec<u8>,
    imprint: MessageImprint,
    nonce: Option<Int>,
    time: Instant,
    pub(super) signer: SignerInfo,
    pub(super) certificates: Vec<Certificate>,
}

impl Token {
    /// Reads the witness of a checkpoint.
    pub(super) fn of_witness(witness: &str) -> Result<Self, TimestampError> {
        let text = witness.strip_prefix(PREFIX);
        let text = text.filter(|text| text.len() <= MAX_TOKEN / 3 * 4);
        match text.and_then(|text| STANDARD.decode(text).ok()) {
            Some(der) => Self::read(der),
            None => Err(TimestampError::new(
                TimestampErrorKind::Unreadable,
                format!("the witness is not a timestamp: it is {PREFIX} and base64"),
            )),
        }
    }

    /// Returns what a checkpoint's `witness` is.
    pub(super) fn witness(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.der))
    }

    /// Reads a token.
    pub(super) fn read(der: Vec<u8>) -> Result<Self, TimestampError> {
        let data = signed_data(&der).map_err(unreadable("the token"))?;
        let content = data.encap_content_info;
        let content = content
            .econtent
            .filter(|_| content.econtent_type == ID_CT_TST_INFO);
        let content = content.ok_or_else(|| malformed("it has no timestamp"))?;
        let content = content.decode_as::<OctetStringRef<'_>>();
        let content = content
            .map_err(unreadable("the content"))?
            .as_bytes()
            .to_vec();
        let info = TstInfo::from_der(&content).map_err(unreadable("the timestamp"))?;
        let mut extensions = info.extensions.iter().flatten();
        if extensions.any(|extension| extension.critical) {
            return Err(malformed("it has a critical extension that is not known"));
        }
        // Only the authority signs it (RFC 3161, 2.4.2).
        let [signer] = data.signer_infos.0.as_slice() else {
            return Err(malformed("it does not have just one signer"));
        };
        let version = match signer.sid {
            SignerIdentifier::IssuerAndSerialNumber(_) => CmsVersion::V1,
            SignerIdentifier::SubjectKeyIdentifier(_) => CmsVersion::V3,
        };
        let mut digests = data.digest_algorithms.iter();
        if data.version != CmsVersion::V3
            || signer.version != version
            || !digests.any(|it| *it == signer.digest_alg)
        {
            return Err(malformed("its versions or its hash algorithms do not fit"));
        }
        let certificates = data.certificates.map(|it| it.0.into_vec());
        let certificates = certificates.into_iter().flatten();
        let certificates = certificates.filter_map(|it| match it {
            CertificateChoices::Certificate(certificate) => Some(certificate),
            CertificateChoices::Other(_) => None,
        });
        Ok(Self {
            content,
            imprint: info.message_imprint,
            nonce: info.nonce,
            time: seconds(&info.gen_time).map_err(unreadable("the time"))?,
            signer: signer.clone(),
            certificates: certificates.collect(),
            der,
        })
    }

    pub(super) const fn nonce(&self) -> Option<&Int> {
        self.nonce.as_ref()
    }

    pub(super) const fn time(&self) -> Instant {
        self.time
    }

    /// Checks that it is of these bytes.
    pub(super) fn is_over(&self, bytes: &[u8]) -> Result<(), TimestampError> {
        let algorithm = &self.imprint.hash_algorithm;
        let parameters = algorithm.parameters.as_ref();
        if algorithm.oid != ID_SHA_256 || parameters.is_some_and(|it| it.tag() != Tag::Null) {
            let message = "the timestamp is of a hash that is not a SHA-256";
            return Err(TimestampError::new(TimestampErrorKind::Algorithm, message));
        }
        if self.imprint.hashed_message.as_bytes() != Digest::of(bytes).as_bytes() {
            let message = "the timestamp is of another checkpoint";
            return Err(TimestampError::new(TimestampErrorKind::OtherBytes, message));
        }
        Ok(())
    }
}

fn signed_data(der: &[u8]) -> der::Result<SignedData> {
    let token = ContentInfo::from_der(der)?;
    if token.content_type != ID_SIGNED_DATA {
        return Err(Tag::ObjectIdentifier.value_error());
    }
    SignedData::from_der(&token.content.to_der()?)
}

fn malformed(what: &str) -> TimestampError {
    let message = format!("the token is not one of RFC 3161: {what}");
    TimestampError::new(TimestampErrorKind::Unreadable, message)
}

/// Reads a `GeneralizedTime`, and leaves out its fraction of a second.
fn seconds(time: &Any) -> der::Result<Instant> {
    let mut digits = time.value();
    let invalid = || Tag::GeneralizedTime.value_error();
    if let Some(dot) = digits.iter().position(|byte| *byte == b'.') {
        let (whole, fraction) = digits.split_at(dot);
        match fraction {
            [b'.', fraction @ .., b'Z'] if is_fraction(fraction) => digits = whole,
            _ => return Err(invalid()),
        }
    } else {
        digits = digits.strip_suffix(b"Z").ok_or_else(invalid)?;
    }
    let whole = Any::new(time.tag(), [digits, b"Z"].concat())?;
    let whole: GeneralizedTime = whole.decode_as()?;
    Ok(Instant::from_unix_seconds(
        whole.to_unix_duration().as_secs(),
    ))
}

/// Returns `true` for digits as DER has them: at least one, and no zero at the end.
fn is_fraction(digits: &[u8]) -> bool {
    digits.iter().all(u8::is_ascii_digit) && digits.last().is_some_and(|last| *last != b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_of_a_second_are_left_out() {
        let read = |tag, text: &str| seconds(&Any::new(tag, text.as_bytes()).unwrap());
        let whole = Instant::from_unix_seconds(1_790_000_000);
        for text in [
            "20260921141320Z",
            "20260921141320.5Z",
            "20260921141320.000001Z",
        ] {
            assert_eq!(read(Tag::GeneralizedTime, text), Ok(whole), "{text}");
            read(Tag::UtcTime, text).unwrap_err();
        }
        let wrong = [
            "",
            "Z",
            ".Z",
            "20260921141320",
            "20260921141320.Z",
            "20260921141320.50Z",
            "20260921141320.5",
            "20260921141320.5ZZ",
            "20260921141320.-1Z",
            "20260921141320+0100",
            "202609211413Z",
            "202609211413.5Z",
            "20261321141320Z",
        ];
        for text in wrong {
            assert!(read(Tag::GeneralizedTime, text).is_err(), "{text}");
        }
    }
}
