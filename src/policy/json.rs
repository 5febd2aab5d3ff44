//! What the parts of a policy need to read JSON.

use std::collections::BTreeMap;

use serde::de::Error;
use serde_json::Value;

/// Keys that begin with `x-`, kept as they are.
pub(super) type Extra = BTreeMap<String, Value>;

/// The same error, saying under which key. (An error of `serde_json` ends in its position, which it
/// takes out of the text again.)
pub(super) fn at<E: Error>(key: &str, error: &E) -> E {
    E::custom(format_args!("{}: {error}", key.escape_debug()))
}
