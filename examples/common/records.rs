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

/// Opens the records at this URL, with receipts for the pages at this path. While the store is down, they are in
/// the spool: beside an SQLite file, or where the command line says.
pub(crate) async fn open(
    url: &str,
    receipts_at: Option<&str>,
    spool: Option<&str>,
) -> Result<Records, StoreError> {
    let subject = match receipts_at {
        Some(path) => Subject::Receipt {
            path: path.to_owned(),
        },
        None => Subject::None,
    };
    let records = Records::open(url).await?.subject(subject);
    match spool {
        Some(file) => records.spool(file).build(),
        None => records.build(),
    }
}
