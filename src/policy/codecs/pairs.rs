//! Lists of `key:value`, with commas in between.

use crate::preferences::DecodeError;

/// Returns the pairs of a list such as `consentid:abc,consent:yes`. The key ends at the first colon.
///
/// # Errors
///
/// A part has no colon, such as the last one of a value that was cut off.
pub(super) fn pairs(text: &str) -> Result<Vec<(&str, &str)>, DecodeError> {
    let parts = text.split(',').filter(|part| !part.is_empty());
    let pairs = parts.map(|part| part.split_once(':').ok_or(DecodeError::Format));
    pairs.collect()
}

/// Returns the value of a key; of several, the last one, as the tools have it.
pub(super) fn value_of<'a>(pairs: &[(&str, &'a str)], key: &str) -> Option<&'a str> {
    let found = pairs.iter().rfind(|(name, _)| *name == key);
    found.map(|(_, value)| *value)
}
