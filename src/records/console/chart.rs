//! Bars by day, as the numbers of an inline SVG that is stretched: a day is 10 wide, the whole 1,000 high.

use serde::Serialize;

use super::figures::{number, shares};
use crate::records::counters::ShownCounts;

const HEIGHT: f64 = 1000.0;

/// A chart with a bar for each day.
#[derive(Debug, Serialize)]
pub(super) struct Chart {
    /// The name of its texts.
    pub(super) name: &'static str,
    pub(super) width: usize,
    /// The value at the top.
    pub(super) top: String,
    pub(super) bars: Vec<Bar>,
}

/// A part of a bar, for one kind of choice.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Bar {
    pub(super) x: usize,
    pub(super) y: f64,
    pub(super) height: f64,
    /// The kind, by its place in the legend.
    pub(super) kind: usize,
}

/// Draws how many choices were made each day. What is hidden is left out.
pub(super) fn of_counts(days: &[ShownCounts]) -> Chart {
    let sum = |day: &ShownCounts| day.iter().flatten().sum::<u64>();
    let top = round_up(days.iter().map(sum).max().unwrap_or(0));
    #[allow(clippy::cast_precision_loss, reason = "it is drawn")]
    let height = |count: Option<u64>| HEIGHT * count.unwrap_or(0) as f64 / top as f64;
    Chart {
        name: "counts",
        width: 10 * days.len(),
        top: number(top),
        bars: bars(days.iter().map(|day| Some(day.map(height)))),
    }
}

/// Draws the shares of each day on which nothing is hidden.
pub(super) fn of_shares(days: &[ShownCounts]) -> Chart {
    let day = |day: &ShownCounts| shares(*day).map(|it| it.map(|share| HEIGHT * share / 100.0));
    Chart {
        name: "rates",
        width: 10 * days.len(),
        top: "100%".to_owned(),
        bars: bars(days.iter().map(day)),
    }
}

fn bars(days: impl Iterator<Item = Option<[f64; 4]>>) -> Vec<Bar> {
    let mut bars = Vec::new();
    for (index, heights) in days.enumerate() {
        let mut y = HEIGHT;
        for (kind, height) in heights.into_iter().flatten().enumerate() {
            if height > 0.0 {
                y -= height;
                bars.push(Bar {
                    x: 10 * index + 1,
                    y: y.max(0.0).round(),
                    height: height.round(),
                    kind,
                });
            }
        }
    }
    bars
}

/// Returns the next number with one digit and zeros, of which half is whole.
fn round_up(most: u64) -> u64 {
    let mut unit = 1_u64;
    while most > unit.saturating_mul(10) {
        unit = unit.saturating_mul(10);
    }
    [2, 4, 6, 8, 10]
        .map(|digit| unit.saturating_mul(digit))
        .into_iter()
        .find(|top| *top >= most)
        .unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_is_a_round_number() {
        for (most, top) in [
            (0, 2),
            (10, 10),
            (11, 20),
            (45, 60),
            (100, 100),
            (101, 200),
            (850, 1000),
        ] {
            assert_eq!(round_up(most), top, "{most}");
        }
    }

    #[test]
    fn bars_are_stacked_and_hidden_counts_are_left_out() {
        let days = [
            [Some(20), None, Some(10), None],
            [Some(40), Some(20), Some(20), Some(20)],
        ];
        let chart = of_counts(&days);
        assert_eq!((chart.width, &*chart.top), (20, "100"));
        let of = |chart: &Chart, day| {
            let bars = chart.bars.iter().filter(|bar| bar.x / 10 == day);
            bars.map(|bar| (bar.kind, bar.y, bar.height))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(&chart, 0), [(0, 800.0, 200.0), (2, 700.0, 100.0)]);
        let whole = [
            (0, 600.0, 400.0),
            (1, 400.0, 200.0),
            (2, 200.0, 200.0),
            (3, 0.0, 200.0),
        ];
        assert_eq!(of(&chart, 1), whole);
        let rates = of_shares(&days);
        assert_eq!((of(&rates, 0), of(&rates, 1)), (vec![], whole.to_vec()));
    }
}
