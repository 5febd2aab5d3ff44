//! The preferences cookie: its settings, the codec that writes and reads it, and the errors of
//! choices.

// Knows `wire`. `policy`, `consent` and everything above call it.

mod category_set;
pub(crate) mod choice;
mod codec;
mod json;
mod reading;

pub use self::{
    choice::ChoiceError,
    codec::{DecodeError, Decoded, PreferencesCodec},
    json::JsonCodec,
};
// The rest of the public module lives in rooms above, which this one does not use.
pub use crate::{
    consent::{Rejected, Status},
    policy::preferences_cookie::{PreferencesCookie, SameSite},
};

pub(crate) use self::{
    category_set::{CategorySet, Named},
    choice::{Choice, unix_seconds},
    reading::{PreferencesValues, Reading, ReceivedValues, read},
};
