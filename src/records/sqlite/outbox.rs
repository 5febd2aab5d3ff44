use rusqlite::{Connection, Row, params};

use super::error::Problem;
use crate::records::{
    Instant, Outgoing, RecordId, Settled, Withdrawal,
    archive::store::{OutboxCounts, OutboxRow},
};

pub(super) fn claim(
    connection: &Connection,
    now: Instant,
    until: Instant,
    max: usize,
) -> Result<Vec<Outgoing>, Problem> {
    let sql = "UPDATE outbox SET due_at = ?2, attempts = attempts + 1
               WHERE (record, provider) IN (
                   SELECT record, provider FROM outbox WHERE due_at <= ?1 ORDER BY due_at LIMIT ?3
               )
               RETURNING record, provider, handle, withdrawn_at, attempts";
    let mut statement = connection.prepare_cached(sql)?;
    let outgoing = |row: &Row<'_>| Ok(Outgoing::new(withdrawal(row)?, row.get(4)?));
    let rows = statement.query_map(
        params![now.unix_seconds(), until.unix_seconds(), max],
        outgoing,
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn withdrawal(row: &Row<'_>) -> rusqlite::Result<Withdrawal> {
    Ok(Withdrawal {
        record: RecordId::from_bytes(row.get(0)?),
        provider: row.get(1)?,
        handle: row.get(2)?,
        withdrawn_at: Instant::from_unix_seconds(row.get(3)?),
    })
}

pub(super) fn settle(
    connection: &Connection,
    withdrawal: &Withdrawal,
    settled: Settled,
) -> Result<(), Problem> {
    let (due_at, delivered_at) = match settled {
        Settled::Delivered(at) => (None, Some(at.unix_seconds())),
        Settled::Postponed(until) => (Some(until.unix_seconds()), None),
        Settled::Dead => (None, None),
    };
    // What is delivered stays so, whatever a slower node says of it.
    let sql = "UPDATE outbox SET due_at = ?3, delivered_at = ?4,
                      handle = CASE WHEN ?4 IS NULL AND NOT (erased AND ?3 IS NULL) THEN handle END
               WHERE record = ?1 AND provider = ?2 AND delivered_at IS NULL";
    connection.prepare_cached(sql)?.execute(params![
        withdrawal.record.as_bytes(),
        withdrawal.provider,
        due_at,
        delivered_at
    ])?;
    Ok(())
}

pub(super) fn rows(
    connection: &Connection,
    after: Option<&Withdrawal>,
    max: usize,
) -> Result<Vec<OutboxRow>, Problem> {
    let sql = "SELECT record, provider, handle, withdrawn_at, attempts, due_at, delivered_at FROM outbox
               WHERE ?1 IS NULL OR (record, provider) > (?1, ?2) ORDER BY record, provider LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let last = after.map(|it| it.record.as_bytes());
    let provider = after.map_or("", |it| &it.provider);
    let rows = statement.query_map(params![last, provider, max], |row| {
        let instant = |index| -> rusqlite::Result<Option<Instant>> {
            let seconds: Option<u64> = row.get(index)?;
            Ok(seconds.map(Instant::from_unix_seconds))
        };
        Ok(OutboxRow {
            outgoing: Outgoing::new(withdrawal(row)?, row.get(4)?),
            due_at: instant(5)?,
            delivered_at: instant(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Erases the provider's names for the visitor of a record. One that waits to be passed on is needed for that, and
/// erased with the delivery, or when it is given up.
pub(super) fn erase_handles(connection: &Connection, record: RecordId) -> Result<(), Problem> {
    let sql = "UPDATE outbox SET erased = 1, handle = CASE WHEN due_at IS NOT NULL THEN handle END
               WHERE record = ?1";
    connection
        .prepare_cached(sql)?
        .execute([record.as_bytes()])?;
    Ok(())
}

pub(super) fn retry(connection: &Connection, now: Instant) -> Result<u64, Problem> {
    let sql = "UPDATE outbox SET due_at = ?1, attempts = 0
               WHERE due_at IS NULL AND delivered_at IS NULL";
    let changed = connection.execute(sql, [now.unix_seconds()])?;
    Ok(u64::try_from(changed).unwrap_or(u64::MAX))
}

pub(super) fn counts(connection: &Connection) -> Result<OutboxCounts, Problem> {
    let sql = "SELECT count(due_at), count(delivered_at), count(*) FROM outbox";
    let (waiting, delivered, all): (u64, u64, u64) =
        connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(OutboxCounts {
        waiting,
        delivered,
        dead: all.saturating_sub(waiting + delivered),
    })
}
