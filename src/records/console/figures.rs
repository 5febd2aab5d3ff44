//! Numbers as people read them.

use serde::Serialize;

use super::viewer::Viewer;
use crate::records::counters::{LEAST_SHOWN, ShownCounts};

/// Returns a number with commas, as 12,345.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns the count of rows that are about visitors, which may be a few.
pub(super) fn few(count: u64) -> String {
    match count {
        0 => "none".to_owned(),
        count if count < LEAST_SHOWN => format!("under {LEAST_SHOWN}"),
        count => number(count),
    }
}

/// Returns the same for a viewer. Readers only see if there is any: from the number of all rows and the counts
/// beside it, a hidden count could be computed. Auditors can export them anyway.
pub(super) fn rows(count: u64, viewer: &Viewer) -> String {
    match count {
        1.. if !viewer.may_search() => "some".to_owned(),
        count => few(count),
    }
}

/// A count, with its share of the row. `None` is hidden.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Cell {
    pub(super) count: Option<String>,
    /// In percent. Only if nothing of the row is hidden: the rest could be computed from it.
    pub(super) share: Option<String>,
}

/// Returns the shares of a row in percent, if they are known.
pub(super) fn shares(counts: ShownCounts) -> Option<[f64; 4]> {
    let [accepted, partial, refused, withdrawn] = counts;
    let counts = [accepted?, partial?, refused?, withdrawn?];
    let sum: u64 = counts.iter().sum();
    #[allow(clippy::cast_precision_loss, reason = "it is shown with one digit")]
    let share = |count: u64| 100.0 * count as f64 / sum as f64;
    Some(counts.map(share))
}

pub(super) fn cells(counts: ShownCounts) -> [Cell; 4] {
    let shares = shares(counts);
    std::array::from_fn(|kind| Cell {
        count: counts[kind].map(number),
        share: shares.map(|shares| format!("{:.1}%", shares[kind])),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
        assert_eq!([few(0), few(9), few(10)], ["none", "under 10", "10"]);
    }

    #[test]
    fn a_share_is_hidden_with_any_count_of_its_row() {
        let whole = cells([Some(50), Some(20), Some(20), Some(10)]);
        let shares: Vec<_> = whole.iter().map(|cell| cell.share.as_deref()).collect();
        assert_eq!(
            shares,
            [Some("50.0%"), Some("20.0%"), Some("20.0%"), Some("10.0%")]
        );
        let hidden = cells([Some(50), Some(20), Some(20), None]);
        assert!(hidden.iter().all(|cell| cell.share.is_none()));
        assert_eq!(hidden[0].count.as_deref(), Some("50"));
    }
}
