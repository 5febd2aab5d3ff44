//! The header `ADPC` (Advanced Data Protection Control, unofficial draft, section 7), as far as it
//! refuses.

use super::dictionary::{Member, members};

/// Returns `true` if one member of the header withdraws all consent: `withdraw=*`. Everything else says
/// something about single purposes, or gives consent, which no header does here.
pub(crate) fn withdraws_all(field: &[u8]) -> bool {
    let mut withdraws = false;
    // What comes before an error counts: a refusal is not lost because of what follows it.
    members(field, |name, member| {
        withdraws |= name == b"withdraw" && member == Member::Text(b"*");
    });
    withdraws
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Examples of the draft, and what resembles them.
    #[test]
    fn only_the_withdrawal_of_everything_counts() {
        for (field, expected) in [
            ("withdraw=*", true),
            ("withdraw=*, object=direct-marketing", true),
            ("object=direct-marketing, withdraw=*", true),
            ("withdraw=*, consent=cookies", true),
            (
                "withdraw=*, object=direct-marketing, consent=\"q1analytics q2recommendation\"",
                true,
            ),
            ("withdraw=\"*\"", true),
            ("withdraw=q1analytics,withdraw=*", true),
            ("withdraw=*,withdraw=q1analytics", true),
            ("  withdraw=*\t", true),
            ("withdraw=*, ;", true),
            ("", false),
            ("*", false),
            ("withdraw", false),
            ("withdraw=", false),
            ("withdraw=?1", false),
            ("withdraw=q1analytics", false),
            ("withdraw=\"q1 *\"", false),
            ("withdraw=**", false),
            ("withdraw=(*)", false),
            ("withdraw = *", false),
            ("Withdraw=*", false),
            ("withdrawn=*", false),
            ("object=*", false),
            ("consent=*", false),
            ("consent=\"*\"", false),
            ("consent=\"a, withdraw=*\"", false),
            ("consent=a; withdraw=*", false),
            (";, withdraw=*", false),
        ] {
            assert_eq!(withdraws_all(field.as_bytes()), expected, "{field:?}");
        }
    }
}
