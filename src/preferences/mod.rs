//! The preferences cookie: its settings, the codec that writes and reads it, and the errors of
//! choices.

// Knows `wire`. `policy`, `consent` and everything above call it.

mod category_set;
pub(crate) mod choice;
mod decoded;
pub(crate) mod json;
mod reading;
mod terms;
mod writing;

pub use self::{
    choice::ChoiceError,
    decoded::{DecodeError, Decoded},
};
// The rest of the public module lives in rooms above, which this one does not use.
pub use crate::{
    consent::{Rejected, Status},
    policy::{
        json_codec::JsonCodec,
        preferences_codec::PreferencesCodec,
        preferences_cookie::{PreferencesCookie, SameSite},
    },
};

pub(crate) use self::{
    category_set::{CategorySet, Named},
    choice::{Choice, unix_seconds},
    reading::{Fault, PreferencesValues, Reading, ReceivedValues, read},
    terms::Terms,
    writing::encoded_value,
};
