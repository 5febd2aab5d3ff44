use cms::cert::x509::spki::AlgorithmIdentifierOwned;
use der::{
    Any, Decode, Encode,
    asn1::{Int, Null, OctetString},
    oid::db::rfc5912::ID_SHA_256,
};
use x509_tsp::{MessageImprint, TimeStampReq, TimeStampResp, TspVersion};

use super::{
    error::{TimestampError, TimestampErrorKind, unreadable},
    token::{MAX_TOKEN, Token},
};
use crate::records::Digest;

/// A request for a timestamp over some bytes.
pub(super) struct Request {
    nonce: Int,
    der: Vec<u8>,
}

impl Request {
    /// Creates a request with a random nonce of 64 bits, which every authority takes.
    pub(super) fn over(bytes: &[u8]) -> Result<Self, TimestampError> {
        let mut nonce = [0; 8];
        getrandom::fill(&mut nonce).map_err(|error| {
            let message = format!("the system has no random numbers: {error}");
            TimestampError::new(TimestampErrorKind::OtherNonce, message)
        })?;
        // A positive number of eight bytes has only this form in DER.
        nonce[0] = nonce[0] & 0x3f | 0x40;
        let encode = || -> der::Result<(Int, Vec<u8>)> {
            let nonce = Int::new(&nonce)?;
            let request = TimeStampReq {
                version: TspVersion::V1,
                message_imprint: imprint(bytes)?,
                req_policy: None,
                nonce: Some(nonce.clone()),
                cert_req: true,
                extensions: None,
            };
            Ok((nonce, request.to_der()?))
        };
        let (nonce, der) = encode().map_err(unreadable("the request"))?;
        Ok(Self { nonce, der })
    }

    pub(super) fn der(&self) -> Vec<u8> {
        self.der.clone()
    }

    /// Reads the token of the authority's response, if that is of this request.
    pub(super) fn token(&self, response: &[u8]) -> Result<Token, TimestampError> {
        if response.len() > MAX_TOKEN {
            let message = format!("the response is longer than {MAX_TOKEN} bytes");
            return Err(TimestampError::new(TimestampErrorKind::Unreadable, message));
        }
        let response = TimeStampResp::from_der(response).map_err(unreadable("the response"))?;
        let status = response.status.status;
        let token = match response.time_stamp_token {
            Some(token) if matches!(status as u8, 0 | 1) => token,
            _ => {
                let reason = response.status.fail_info;
                let reason = reason.map_or_else(String::new, |it| format!(", {it:?}"));
                let message = format!("the authority refused the request: {status:?}{reason}");
                return Err(TimestampError::new(TimestampErrorKind::Rejected, message));
            }
        };
        let token = token.to_der().map_err(unreadable("the token"))?;
        let token = Token::read(token)?;
        if token.nonce() != Some(&self.nonce) {
            return Err(TimestampError::new(
                TimestampErrorKind::OtherNonce,
                "the timestamp answers another request: its nonce is another",
            ));
        }
        Ok(token)
    }
}

/// Returns the SHA-256 of these bytes, as requests and tokens have it.
fn imprint(bytes: &[u8]) -> der::Result<MessageImprint> {
    Ok(MessageImprint {
        hash_algorithm: AlgorithmIdentifierOwned {
            oid: ID_SHA_256,
            parameters: Some(Any::encode_from(&Null)?),
        },
        hashed_message: OctetString::new(Digest::of(bytes).as_bytes().as_slice())?,
    })
}
