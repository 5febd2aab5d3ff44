use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::records::RecordRetention;

/// Set by the layer that records: choices of this request are recorded.
#[derive(Clone, Debug)]
pub(crate) struct Recording {
    /// For the cookie policy page, which says it.
    pub(crate) retention: RecordRetention,
    /// The response, if a page of the site may ask in it.
    pub(crate) response: Option<OpenResponse>,
}

/// The responses of the site that may have a form with a nonce, until their heads are sent: a form that is
/// sent twice makes one record then. Copies that a cache kept would join choices that have nothing to do
/// with each other, so no cache may store such a response.
///
/// A slot holds 0, or twice the number of a response, and one more if a form has a nonce. So requests
/// need no allocation; if all slots are taken, some forms have no nonce.
pub(crate) struct OpenResponses {
    next: AtomicU64,
    slots: Box<[AtomicU64]>,
}

const SLOTS: usize = 1024;

impl Default for OpenResponses {
    fn default() -> Self {
        Self {
            next: AtomicU64::new(1),
            slots: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
        }
    }
}

impl fmt::Debug for OpenResponses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenResponses").finish_non_exhaustive()
    }
}

impl OpenResponses {
    fn slot(&self, number: u64) -> Option<&AtomicU64> {
        let at = usize::try_from(number).unwrap_or_default() % SLOTS;
        self.slots.get(at)
    }

    /// Opens a response. `None` if there are too many.
    pub(crate) fn open(self: &Arc<Self>) -> Option<ResponseHead> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let free = self.slot(number)?.compare_exchange(
            0,
            number << 1,
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
        free.ok()?;
        let responses = Arc::clone(self);
        Some(ResponseHead(OpenResponse { responses, number }))
    }
}

/// A response whose head may not be sent yet, as the pages see it.
#[derive(Clone, Debug)]
pub(crate) struct OpenResponse {
    responses: Arc<OpenResponses>,
    number: u64,
}

impl OpenResponse {
    /// Returns a nonce for a form. `None` once the head is sent.
    pub(crate) fn nonce(&self) -> Option<String> {
        let slot = self.responses.slot(self.number)?;
        let (open, used) = (self.number << 1, self.number << 1 | 1);
        let nonce = random()?;
        match slot.compare_exchange(open, used, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => Some(nonce),
            Err(found) => (found == used).then_some(nonce),
        }
    }
}

/// The same, as the layer that records sees it, which sends the head.
#[derive(Debug)]
pub(crate) struct ResponseHead(OpenResponse);

impl ResponseHead {
    pub(crate) fn response(&self) -> OpenResponse {
        self.0.clone()
    }

    /// Ends it. Returns `true` if a form has a nonce.
    pub(crate) fn close(self) -> bool {
        self.end()
    }

    fn end(&self) -> bool {
        let OpenResponse { responses, number } = &self.0;
        let Some(slot) = responses.slot(*number) else {
            return false;
        };
        let found = slot.load(Ordering::Acquire);
        // A form can get its nonce in between.
        found >> 1 == *number && slot.swap(0, Ordering::AcqRel) & 1 == 1
    }
}

/// A request that was cancelled has no response.
impl Drop for ResponseHead {
    fn drop(&mut self) {
        self.end();
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
        let responses = Arc::<OpenResponses>::default();
        let head = responses.open().unwrap();
        let response = head.response();
        let (first, second) = (response.nonce().unwrap(), response.nonce().unwrap());
        assert_ne!(first, second);
        assert_eq!(sent_nonce(&first), Some(first));
        assert!(head.close());
        assert_eq!(response.nonce(), None);
        assert!(!responses.open().unwrap().close());
    }

    #[test]
    fn slots_are_free_again_after_their_response() {
        let responses = Arc::<OpenResponses>::default();
        let heads: Vec<_> = (0..SLOTS).map(|_| responses.open().unwrap()).collect();
        assert!(responses.open().is_none());
        let old = heads[0].response();
        drop(heads);
        let heads: Vec<_> = (0..SLOTS).map(|_| responses.open().unwrap()).collect();
        // Its slot is that of another response now.
        assert_eq!(old.nonce(), None);
        assert!(heads.into_iter().all(|head| !head.close()));
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
