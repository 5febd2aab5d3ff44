use tokio_postgres::{
    Client, Row, Transaction,
    types::{ToSql, Type},
};
use uuid::Uuid;

use super::{
    error::Problem,
    transaction::begin,
    values::{bigint, number, seconds, uuid},
};
use crate::records::{
    Entry, Instant, Outgoing, RecordId, Settled, Withdrawal,
    archive::store::{OutboxCounts, OutboxRow},
};

type Parameters<'a, const N: usize> = [(&'a (dyn ToSql + Sync), Type); N];

/// Stores the withdrawals of new entries, due at once.
pub(super) async fn add(transaction: &Transaction<'_>, new: &[&Entry]) -> Result<(), Problem> {
    let all = || new.iter().flat_map(|entry| &entry.withdrawals);
    if all().next().is_none() {
        return Ok(());
    }
    let records: Vec<Uuid> = all().map(|it| uuid(it.record)).collect();
    let providers: Vec<&str> = all().map(|it| it.provider.as_str()).collect();
    let handles: Vec<Option<&str>> = all().map(|it| it.handle.as_deref()).collect();
    let times: Vec<i64> = all().map(|it| seconds(it.withdrawn_at)).collect();
    let sql = "INSERT INTO consent_outbox (record, provider, handle, withdrawn_at, due_at)
               SELECT record, provider, handle, at, at
               FROM unnest($1, $2, $3, $4) given (record, provider, handle, at)
               ON CONFLICT (record, provider) DO NOTHING";
    let parameters: Parameters<'_, 4> = [
        (&records, Type::UUID_ARRAY),
        (&providers, Type::TEXT_ARRAY),
        (&handles, Type::TEXT_ARRAY),
        (&times, Type::INT8_ARRAY),
    ];
    transaction.execute_typed(sql, &parameters).await?;
    Ok(())
}

pub(super) async fn claim(
    client: &mut Client,
    now: Instant,
    until: Instant,
    max: usize,
) -> Result<Vec<Outgoing>, Problem> {
    let transaction = begin(client).await?;
    // Rows that another node is claiming are left to it.
    let sql = "WITH due AS (
                   SELECT record, provider FROM consent_outbox WHERE due_at <= $1
                   ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
               )
               UPDATE consent_outbox claimed SET due_at = $2, attempts = claimed.attempts + 1
               FROM due WHERE claimed.record = due.record AND claimed.provider = due.provider
               RETURNING claimed.record, claimed.provider, claimed.handle, claimed.withdrawn_at,
                         claimed.attempts";
    let (now, until, max) = (seconds(now), seconds(until), bigint(max));
    let parameters: Parameters<'_, 3> =
        [(&now, Type::INT8), (&until, Type::INT8), (&max, Type::INT8)];
    let rows = transaction.query_typed(sql, &parameters).await?;
    let claimed = rows.iter().map(outgoing).collect::<Result<_, _>>()?;
    transaction.commit().await?;
    Ok(claimed)
}

fn outgoing(row: &Row) -> Result<Outgoing, Problem> {
    let record: Uuid = row.try_get(0)?;
    let attempts: i32 = row.try_get(4)?;
    let withdrawal = Withdrawal {
        record: RecordId::from_bytes(record.into_bytes()),
        provider: row.try_get(1)?,
        handle: row.try_get(2)?,
        withdrawn_at: Instant::from_unix_seconds(number(row, 3)?),
    };
    Ok(Outgoing::new(
        withdrawal,
        u32::try_from(attempts).unwrap_or_default(),
    ))
}

pub(super) async fn settle(
    client: &mut Client,
    withdrawal: &Withdrawal,
    settled: Settled,
) -> Result<(), Problem> {
    let (due_at, delivered_at) = match settled {
        Settled::Delivered(at) => (None, Some(seconds(at))),
        Settled::Postponed(until) => (Some(seconds(until)), None),
        Settled::Dead => (None, None),
    };
    // What is delivered stays so, whatever a slower node says of it.
    let sql = "UPDATE consent_outbox SET due_at = $3, delivered_at = $4,
                      handle = CASE WHEN $4 IS NULL AND NOT (erased AND $3 IS NULL) THEN handle END
               WHERE record = $1 AND provider = $2 AND delivered_at IS NULL";
    let parameters: Parameters<'_, 4> = [
        (&uuid(withdrawal.record), Type::UUID),
        (&withdrawal.provider, Type::TEXT),
        (&due_at, Type::INT8),
        (&delivered_at, Type::INT8),
    ];
    let transaction = begin(client).await?;
    transaction.execute_typed(sql, &parameters).await?;
    Ok(transaction.commit().await?)
}

pub(super) async fn rows(
    client: &Client,
    after: Option<&Withdrawal>,
    max: usize,
) -> Result<Vec<OutboxRow>, Problem> {
    let sql = "SELECT record, provider, handle, withdrawn_at, attempts, due_at, delivered_at
               FROM consent_outbox WHERE $1::uuid IS NULL OR (record, provider) > ($1, $2)
               ORDER BY record, provider LIMIT $3";
    let last = after.map(|it| uuid(it.record));
    let provider = after.map_or("", |it| &it.provider);
    let parameters: Parameters<'_, 3> = [
        (&last, Type::UUID),
        (&provider, Type::TEXT),
        (&bigint(max), Type::INT8),
    ];
    let rows = client.query_typed(sql, &parameters).await?;
    let instant = |row: &Row, index| -> Result<Option<Instant>, Problem> {
        let seconds: Option<i64> = row.try_get(index)?;
        let seconds = seconds.map(|it| u64::try_from(it).unwrap_or_default());
        Ok(seconds.map(Instant::from_unix_seconds))
    };
    let row = |row: &Row| {
        Ok(OutboxRow {
            outgoing: outgoing(row)?,
            due_at: instant(row, 5)?,
            delivered_at: instant(row, 6)?,
        })
    };
    rows.iter().map(row).collect()
}

/// Erases the providers' names for the visitors of these records. One that waits to be passed on is needed for that,
/// and erased with the delivery, or when it is given up.
pub(super) async fn erase_handles(
    transaction: &Transaction<'_>,
    records: &[Uuid],
) -> Result<(), Problem> {
    let sql = "UPDATE consent_outbox SET erased = true,
                      handle = CASE WHEN due_at IS NOT NULL THEN handle END
               WHERE record = ANY($1)";
    transaction
        .execute_typed(sql, &[(&records, Type::UUID_ARRAY)])
        .await?;
    Ok(())
}

pub(super) async fn retry(client: &mut Client, now: Instant) -> Result<u64, Problem> {
    let sql = "UPDATE consent_outbox SET due_at = $1, attempts = 0
               WHERE due_at IS NULL AND delivered_at IS NULL";
    let transaction = begin(client).await?;
    let parameters: Parameters<'_, 1> = [(&seconds(now), Type::INT8)];
    let changed = transaction.execute_typed(sql, &parameters).await?;
    transaction.commit().await?;
    Ok(changed)
}

pub(super) async fn counts(client: &Client) -> Result<OutboxCounts, Problem> {
    let sql = "SELECT count(due_at), count(delivered_at),
                      count(*) - count(due_at) - count(delivered_at) FROM consent_outbox";
    let row = client.query_typed_one(sql, &[]).await?;
    Ok(OutboxCounts {
        waiting: number(&row, 0)?,
        delivered: number(&row, 1)?,
        dead: number(&row, 2)?,
    })
}
