use std::io::Write;

use serde::Serialize;

use super::{Archive, ArchiveError};
use crate::records::{
    canonical,
    counters::{Counter, CounterKey, ShownCounts, by, date, shown},
};

/// As many days are in memory at once.
const DAYS: u64 = 32;

/// The last second of the year 9999, in days.
const LAST_DAY: u64 = 2_932_896;

/// A line of the counters. `None` is hidden.
#[derive(Serialize)]
struct Line<'a> {
    r#type: &'static str,
    day: &'a str,
    by: &'static str,
    value: Option<&'a str>,
    accepted: Option<u64>,
    partial: Option<u64>,
    refused: Option<u64>,
    withdrawn: Option<u64>,
}

#[cfg(feature = "pages")]
impl Archive {
    /// Returns what was counted from the first to the last of these days.
    pub(crate) async fn counters(
        &self,
        first: u64,
        last: u64,
    ) -> Result<Vec<Counter>, ArchiveError> {
        let days = last.saturating_sub(first) + 1;
        Ok(self.store.counters(first, last, days).await?)
    }
}

impl Archive {
    /// Writes how many choices were made each day (UTC) as JSON Lines: of all, and by surface, language and
    /// regime. `accepted` granted something and denied nothing, `partial` granted something, `refused`
    /// granted nothing, and `withdrawn` left nothing of what was granted. Counts outlive their records.
    ///
    /// Counts under 10 are `null`, and so are others from which they could be computed.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the store or the writer fails.
    pub async fn write_counters(&self, out: &mut impl Write) -> Result<(), ArchiveError> {
        let mut first = 0;
        loop {
            let counters = self.store.counters(first, LAST_DAY, DAYS).await?;
            let Some(last) = counters.last() else {
                break;
            };
            first = last.key.day + 1;
            for day in counters.chunk_by(|one, next| one.key.day == next.key.day) {
                write_day(day, out)?;
            }
        }
        out.flush()?;
        Ok(())
    }
}

type Label = fn(&CounterKey) -> &str;

fn write_day(counters: &[Counter], out: &mut impl Write) -> Result<(), ArchiveError> {
    let Some(any) = counters.first() else {
        return Ok(());
    };
    let day = date(any.key.day);
    let parts: [(&str, Label); 4] = [
        ("all", |_| ""),
        ("surface", |key| &key.surface),
        ("language", |key| &key.language),
        ("regime", |key| &key.regime),
    ];
    for (by_what, label) in parts {
        let rows = by(counters, |key| label(key).to_owned());
        let counts: Vec<_> = rows.values().copied().collect();
        for (value, counts) in rows.keys().zip(shown(&counts)) {
            let [accepted, partial, refused, withdrawn]: ShownCounts = counts;
            let line = Line {
                r#type: "counter",
                day: &day,
                by: by_what,
                value: Some(&**value).filter(|value| !value.is_empty()),
                accepted,
                partial,
                refused,
                withdrawn,
            };
            writeln!(out, "{}", canonical(&line))?;
        }
    }
    Ok(())
}
