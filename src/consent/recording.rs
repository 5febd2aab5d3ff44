use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use super::{AccountNote, RecordReader};

/// Set by the layer that records: choices of this request are recorded.
#[derive(Clone)]
pub(crate) struct Recording {
    pub(crate) terms: Arc<RecordingTerms>,
    /// The response, if a page of the site may ask in it.
    pub(crate) response: Option<OpenResponse>,
    /// The id of the receipt that the visitor's cookie has.
    pub(crate) receipt: Option<String>,
    /// The visitor is logged in, and the choice follows the account.
    pub(crate) account: Option<Arc<AccountNote>>,
}

/// The part of it that is the same for all visitors.
pub(crate) struct RecordingTerms {
    /// For the cookie policy page: for how long a grant's record is kept after the grant ended.
    pub(crate) kept_after_grants: Duration,
    /// For how long the record of a refusal is kept.
    pub(crate) refusals_kept: Duration,
    /// The records, where visitors get receipts.
    pub(crate) reader: Option<Arc<dyn RecordReader>>,
}

/// A response whose head may not be sent yet, as the pages see it. A form that is sent twice makes one record
/// if it has a nonce. Copies that a cache kept would join choices that have nothing to do with each other, so
/// no cache may store such a response, and there is no nonce once the head is sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenResponse(Arc<AtomicU8>);

const OPEN: u8 = 0;
const HAS_NONCE: u8 = 1;
const CLOSED: u8 = 2;

impl OpenResponse {
    /// Returns a nonce for a form. `None` once the head is sent.
    pub(crate) fn nonce(&self) -> Option<String> {
        let nonce = random()?;
        let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
        let found = self.0.compare_exchange(OPEN, HAS_NONCE, success, failure);
        matches!(found, Ok(_) | Err(HAS_NONCE)).then_some(nonce)
    }
}

/// The same, as the layer that records sees it, which sends the head.
#[derive(Debug, Default)]
pub(crate) struct ResponseHead(OpenResponse);

impl ResponseHead {
    pub(crate) fn response(&self) -> OpenResponse {
        self.0.clone()
    }

    /// Ends it. Returns `true` if a form has a nonce.
    pub(crate) fn close(self) -> bool {
        self.0.0.swap(CLOSED, Ordering::AcqRel) == HAS_NONCE
    }
}

/// Returns 128 random bits in hex. `None` if the system has none.
pub(crate) fn random() -> Option<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// Returns the nonce that a form sent, if it is one.
pub(crate) fn sent_nonce(text: &str) -> Option<String> {
    let is_one = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_one.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_have_nonces_until_the_head_is_sent() {
        let head = ResponseHead::default();
        let response = head.response();
        let (first, second) = (response.nonce().unwrap(), response.nonce().unwrap());
        assert_ne!(first, second);
        assert_eq!(sent_nonce(&first), Some(first));
        assert!(head.close());
        assert_eq!(response.nonce(), None);
        assert!(!ResponseHead::default().close());
    }

    #[test]
    fn anything_but_32_hex_digits_is_not_a_nonce() {
        let good = "0123456789abcdef0123456789ABCDEF";
        assert_eq!(sent_nonce(good), Some(good.to_ascii_lowercase()));
        let (long, foreign) = (format!("{good}0"), good.replace('f', "g"));
        for bad in [
            "",
            "0",
            &good[1..],
            &long,
            &foreign,
            "é123456789abcdef0123456789abcdef",
        ] {
            assert_eq!(sent_nonce(bad), None, "{bad}");
        }
    }
}
