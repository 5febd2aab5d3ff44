//! Where the examples keep the records of choices, as their command lines say it.

use tower_cookie_consent::records::{Records, StoreError, Subject};

/// Returns `true` for records that are linked by a receipt, for a word of the command line.
pub(crate) fn has_receipts(word: &str) -> Result<bool, &'static str> {
    match word {
        "receipt" => Ok(true),
        "none" => Ok(false),
        _ => Err("one of receipt, none"),
    }
}

/// Opens the records at this URL, with receipts for the pages at this path.
pub(crate) async fn open(url: &str, receipts_at: Option<&str>) -> Result<Records, StoreError> {
    let subject = match receipts_at {
        Some(path) => Subject::Receipt {
            path: path.to_owned(),
        },
        None => Subject::None,
    };
    Records::open(url).await?.subject(subject).build()
}
