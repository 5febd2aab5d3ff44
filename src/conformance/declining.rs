//! Addresses that refuse or withdraw: a link may do so, since nothing is granted by it.

use http::Uri;

/// Words of such addresses.
const WORDS: [&str; 18] = [
    "ablehnen",
    "decline",
    "declined",
    "deny",
    "disallow",
    "optout",
    "refuse",
    "refused",
    "refuser",
    "reject",
    "rejected",
    "rejectall",
    "retirer",
    "revoke",
    "widerrufen",
    "withdraw",
    "withdrawal",
    "withdrawconsent",
];

/// Returns `true` if the path or the query says so.
pub(super) fn declines(uri: &Uri) -> bool {
    let query = uri.query().unwrap_or_default();
    let texts = [uri.path(), query].into_iter();
    let mut words = texts.flat_map(|text| text.split(|c: char| !c.is_ascii_alphabetic()));
    words.any(|word| WORDS.contains(&&*word.to_ascii_lowercase()))
        || uri.path().to_ascii_lowercase().contains("/opt-out")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_say_that_they_decline() {
        for (address, expected) in [
            ("/cookies/withdraw", true),
            ("/consent?choice=refuse&next=/", true),
            ("/reject-cookies", true),
            ("/privacy/opt-out", true),
            ("/cookies", false),
            ("/consent?choice=accept", false),
            ("/refuse-collection", true),
            ("/", false),
        ] {
            let uri = address.parse().unwrap();
            assert_eq!(declines(&uri), expected, "{address}");
        }
    }
}
