//! Where the examples keep the records of choices, as their command lines say it.

use std::path::Path;

use tower_cookie_consent::records::{Archive, Records, RecordsBuilder, SigningKey, Subject};

/// Returns `true` for records that are linked by a receipt, for a word of the command line.
pub(crate) fn has_receipts(word: &str) -> Result<bool, &'static str> {
    match word {
        "receipt" => Ok(true),
        "none" => Ok(false),
        _ => Err("one of receipt, none"),
    }
}

/// The records of a site, as the command line has them.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) url: &'a str,
    /// The path of the pages, if the records of a visitor are linked by a receipt.
    pub(crate) receipts_at: Option<&'a str>,
    /// The spool, where it is not beside an SQLite file.
    pub(crate) spool: Option<&'a str>,
    /// The key that signs receipts, where it is not beside an SQLite file. It is created if it is missing.
    pub(crate) key: Option<&'a str>,
    /// `true` if the key beside an SQLite file is created, too.
    pub(crate) creates_key: bool,
}

/// Opens the records, with what else the example `sets`. Visitors get signed receipts, if there is a key.
pub(crate) async fn open_with(
    place: Place<'_>,
    sets: impl FnOnce(RecordsBuilder) -> RecordsBuilder,
) -> Result<Records, String> {
    let subject = match place.receipts_at {
        Some(path) => Subject::Receipt {
            path: path.to_owned(),
        },
        None => Subject::None,
    };
    let opened = Records::open(place.url).await.map_err(text)?;
    let mut records = opened.subject(subject);
    if let Some(file) = place.spool {
        records = records.spool(file);
    }
    if let Some(key) = key(place)? {
        let archive = Archive::open(place.url).await.map_err(text)?;
        records = records.receipts(&archive, key);
    }
    sets(records).build().map_err(text)
}

fn key(place: Place<'_>) -> Result<Option<SigningKey>, String> {
    let beside = place.url.strip_prefix("sqlite:");
    let files = match (place.key, beside) {
        (Some(file), _) => (file.to_owned(), format!("{file}.pub")),
        (None, Some(file)) => (format!("{file}.key"), format!("{file}.pub")),
        (None, None) => return Ok(None),
    };
    let (secret, public) = (Path::new(&files.0), Path::new(&files.1));
    let creates = place.key.is_some() || (place.creates_key && !public.exists());
    if !creates && !secret.exists() {
        // It is kept on another machine, or none is wanted.
        return Ok(None);
    }
    SigningKey::open_or_create(secret, public)
        .map(Some)
        .map_err(text)
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
