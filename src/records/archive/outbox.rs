use std::io::Write;

use serde::Serialize;

use super::{Archive, ArchiveError, store::OutboxRow};
use crate::records::{Instant, RecordId, canonical};

/// As many withdrawals are in memory at once.
const PAGE: usize = 256;

/// A line of the outbox.
#[derive(Serialize)]
struct Line<'a> {
    r#type: &'static str,
    record: RecordId,
    provider: &'a str,
    withdrawn_at: Instant,
    state: &'static str,
    attempts: u32,
    due_at: Option<Instant>,
    delivered_at: Option<Instant>,
}

impl Archive {
    /// Writes the withdrawals of the outbox as JSON Lines, in the order of their records: `state` is
    /// `waiting`, `delivered` or `dead`. Handles are left out.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the store or the writer fails.
    pub async fn write_outbox(&self, out: &mut impl Write) -> Result<(), ArchiveError> {
        let mut last = None;
        loop {
            let page = self.store.outbox_rows(last.as_ref(), PAGE).await?;
            for row in &page {
                writeln!(out, "{}", text(row))?;
            }
            match page.into_iter().next_back() {
                Some(row) => last = Some(row.outgoing.withdrawal),
                None => break,
            }
        }
        out.flush()?;
        Ok(())
    }

    /// Makes the dead letters of the outbox due again, with all their tries. Those of a visitor whose links were
    /// erased have no handle any more. Returns how many there were.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the store fails.
    pub async fn retry_dead_letters(&self, now: Instant) -> Result<u64, ArchiveError> {
        Ok(self.store.retry(now).await?)
    }
}

fn text(row: &OutboxRow) -> String {
    let withdrawal = &row.outgoing.withdrawal;
    canonical(&Line {
        r#type: "withdrawal",
        record: withdrawal.record,
        provider: &withdrawal.provider,
        withdrawn_at: withdrawal.withdrawn_at,
        state: match (row.due_at, row.delivered_at) {
            (_, Some(_)) => "delivered",
            (Some(_), None) => "waiting",
            (None, None) => "dead",
        },
        attempts: row.outgoing.attempts,
        due_at: row.due_at,
        delivered_at: row.delivered_at,
    })
}
