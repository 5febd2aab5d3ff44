//! What the visitor's choice means now.
//!
//! Knows `policy`, `preferences` and `wire`; the middleware and the features call it, it calls neither.

#[cfg(all(feature = "pages", feature = "records"))]
mod account_note;
mod beside;
#[cfg(test)]
mod cases;
mod change;
mod choosing;
#[allow(clippy::module_inception)]
mod consent;
#[cfg(feature = "records")]
mod corrected;
mod evaluate;
#[cfg(any(feature = "documents", feature = "pages"))]
mod for_pages;
#[cfg(feature = "documents")]
mod grants;
pub(crate) mod hidden;
mod judgement;
mod neighbours;
#[cfg(all(feature = "pages", feature = "records"))]
mod reader;
mod recorded;
#[cfg(all(feature = "pages", feature = "records"))]
mod recording;
mod regime;
mod rejected;
mod rules;
mod services;
mod set_choice;
mod shown;
mod signals;
#[cfg(feature = "records")]
mod snapshot;
mod verdict;

pub use change::AnswerState;
pub use consent::{Consent, Status};
pub use regime::OptOutStatus;
#[cfg(feature = "conformance")]
pub(crate) use regime::holds_objection;
pub(crate) use regime::is_old_objection;
pub use rejected::Rejected;
pub use rules::Undeclared;
pub use set_choice::{ReadOnly, SetChoice};
pub use shown::{Shown, Surface};
pub use verdict::{Verdict, Withheld};

#[cfg(all(feature = "pages", feature = "records"))]
pub(crate) use account_note::AccountNote;
pub(crate) use beside::Beside;
pub(crate) use change::{InForce, answers};
pub(crate) use consent::Asked;
#[cfg(feature = "records")]
pub(crate) use corrected::Corrected;
pub(crate) use evaluate::{Evaluation, evaluate};
#[cfg(feature = "documents")]
pub(crate) use grants::Grants;
pub(crate) use judgement::{Judgement, Standing};
pub(crate) use neighbours::Neighbours;
#[cfg(all(feature = "pages", feature = "records"))]
pub(crate) use reader::{ReaderFuture, RecordReader, TreePart, Unavailable};
#[cfg(feature = "records")]
pub(crate) use recorded::IfNotRecorded;
#[cfg(all(feature = "pages", feature = "records"))]
pub(crate) use recorded::IfRecorded;
pub(crate) use recorded::{Receipt, Recorded, RecordsId, SignalledChoice};
#[cfg(all(feature = "pages", feature = "records"))]
pub(crate) use recording::{Recording, RecordingTerms, ResponseHead, sent_nonce};
pub(crate) use rules::{Rules, Switches};
#[cfg(feature = "conformance")]
pub(crate) use set_choice::seconds_left;
pub(crate) use signals::Signals;
#[cfg(feature = "records")]
pub(crate) use snapshot::Snapshot;

pub(crate) use crate::preferences::{
    Choice, DecodeError, PreferencesValues, Reading, ReceivedValues, read, unix_seconds,
};
