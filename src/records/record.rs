use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AnswerState, Digest, Instant, RecordId, Surface};

/// One choice of one visitor that was new, or changed what was in force.
///
/// Its JSON is a line of the export, without what can be erased (the subject) and what is known later
/// (the leaf). The canonical form of that (RFC 8785), with `"type": "record"`, is what the Merkle tree
/// commits to: [`leaf`](Self::leaf).
///
/// ```
/// use tower_cookie_consent::{
///     observe::{AnswerState, Surface},
///     records::{Answer, Cause, ConsentRecord},
/// };
///
/// let line = r#"{
///     "id": "01a0c3e2-7a00-7000-8000-000000000000",
///     "recorded_at": "2026-11-29T13:05:00Z", "decided_at": "2026-11-29T13:05:00Z",
///     "site": "example.org", "surface": "banner", "language": "en", "regime": null, "gpc": false,
///     "policy": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
///     "shown": null, "cause": "choice", "key": null,
///     "answers": {"ads": {"state": "granted", "before": "not_asked"}}
/// }"#;
/// let record: ConsentRecord = serde_json::from_str(line)?;
/// assert!(record.grants());
/// assert_eq!((record.surface, record.cause), (Surface::Banner, Cause::Choice));
/// assert_eq!(record.answers["ads"], Answer::new(AnswerState::Granted, AnswerState::NotAsked));
/// assert!(record.leaf().starts_with(br#"{"answers":{"ads":{"before":"not_asked""#));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ConsentRecord {
    /// The id, unique in the store.
    pub id: RecordId,
    /// The server's clock when it was recorded.
    pub recorded_at: Instant,
    /// The time of the choice, which a choice about something else does not change.
    pub decided_at: Instant,
    /// The site: the host of the request, or the name that the site gave.
    pub site: String,
    /// The policy, a document.
    pub policy: Digest,
    /// The texts that were shown, a document. `None` where nothing was shown, or the site did not say.
    pub shown: Option<Digest>,
    /// The place of the choice.
    pub surface: Surface,
    /// The language of the texts.
    pub language: Option<String>,
    /// The rules of asking that the visitor falls under. `None` is the policy's own.
    pub regime: Option<String>,
    /// `true` if the browser sent `Sec-GPC: 1` with the choice.
    pub gpc: bool,
    /// The reason of the record.
    pub cause: Cause,
    /// The answers for categories and services that are not necessary, by id.
    pub answers: BTreeMap<String, Answer>,
    /// The nonce of the form, in hex. `None` without one, and of what had to wait for the store: nothing merges it
    /// with an earlier answer then. Of an [unconfirmed](Cause::Unconfirmed) record, the id of the record
    /// that it is about.
    pub key: Option<String>,
}

/// An answer for one category or service, and what was in force before. A [`ConsentRecord`] has one
/// for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Answer {
    // In the order of RFC 8785.
    /// The answer in force before: a lapsed yes is `not_asked`.
    pub before: AnswerState,
    /// The new answer.
    pub state: AnswerState,
}

impl Answer {
    /// Creates one.
    ///
    /// ```
    /// use tower_cookie_consent::{observe::AnswerState, records::Answer};
    ///
    /// let answer = Answer::new(AnswerState::Denied, AnswerState::Granted);
    /// assert_eq!(answer.before, AnswerState::Granted);
    /// ```
    #[must_use]
    pub const fn new(state: AnswerState, before: AnswerState) -> Self {
        Self { before, state }
    }
}

/// The reason of a record.
///
/// ```
/// use tower_cookie_consent::records::Cause;
///
/// assert_eq!(serde_json::to_string(&Cause::Removed)?, r#""removed""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// The visitor made a choice.
    Choice,
    /// The preferences cookie was removed, and with it the choice.
    Removed,
    /// A visitor logged in, and the account's choice was merged with the device's, or another device of the
    /// account has made a choice.
    Merged,
    /// A record became durable after its response had been sent without the grant, or nobody knows if it
    /// did: read the record whose id is this one's `key` as not granted.
    Unconfirmed,
}

/// Left in the extensions of a response whose choice has another cause than [`Cause::Choice`].
#[derive(Clone, Copy)]
pub(super) struct CauseOf(pub(super) Cause);

impl ConsentRecord {
    /// Returns `true` if something is granted.
    #[must_use]
    pub fn grants(&self) -> bool {
        self.answers
            .values()
            .any(|answer| answer.state == AnswerState::Granted)
    }

    /// Returns `true` if it may be a request to opt out: something is denied, or the browser sent its signal.
    pub(super) fn may_opt_out(&self) -> bool {
        let is_denied = |answer: &Answer| answer.state == AnswerState::Denied;
        self.is_signalled() || self.answers.values().any(is_denied)
    }

    /// Returns `true` if the browser sent the opt-out preference signal with it.
    pub(super) fn is_signalled(&self) -> bool {
        self.gpc || self.surface == Surface::Signal
    }
}
