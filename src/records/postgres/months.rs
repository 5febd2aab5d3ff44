//! The partitions of the records: one for each month.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use cookie::time::OffsetDateTime;
use tokio_postgres::{Client, types::Type};

use super::{error::Problem, transaction::begin, values::seconds};
use crate::records::{Entry, Instant};

/// The year and month of each partition that exists.
pub(super) type Months = Mutex<BTreeSet<(i32, u8)>>;

/// Adds the partitions of the month with this second since 1970, and of the next one, where they are
/// missing.
pub(super) async fn add(client: &Client, second: i64) -> Result<(), Problem> {
    let sql = "SELECT consent_add_month($1), consent_add_month(extract(epoch FROM
                   date_trunc('month', to_timestamp($1) AT TIME ZONE 'UTC') + interval '1 month')::bigint)";
    client.query_typed(sql, &[(&second, Type::INT8)]).await?;
    Ok(())
}

/// Adds the partitions of these entries, where they are missing.
pub(super) async fn ensure(
    client: &Client,
    months: &Months,
    entries: &[Entry],
) -> Result<(), Problem> {
    let mut missing = BTreeMap::new();
    {
        let known = months.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in entries {
            let second = i64::try_from(entry.record.id.unix_seconds()).unwrap_or_default();
            let date = OffsetDateTime::from_unix_timestamp(second)
                .map(|date| (date.year(), u8::from(date.month())));
            let month = date.unwrap_or_default();
            if !known.contains(&month) {
                missing.insert(month, second);
            }
        }
    }
    for (month, second) in missing {
        add(client, second).await?;
        let mut known = months.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(month);
    }
    Ok(())
}

/// Forgets which partitions exist, and waits for the node that adds or drops one. Other sessions see its rows in the
/// catalog a moment before the news that the table has changed, and its lock is given back after both.
pub(super) async fn ask_again(client: &mut Client, months: &Months) -> Result<(), Problem> {
    months
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clear();
    let transaction = begin(client).await?;
    let sql = "SELECT pg_advisory_xact_lock_shared(7233173838382854779)";
    transaction.batch_execute(sql).await?;
    Ok(transaction.commit().await?)
}

/// Drops the partitions that are empty and ended before the month of this time. What can't be had in time is
/// left for the next purge.
pub(super) async fn drop_empty(client: &mut Client, oldest_kept: Instant) -> Result<(), Problem> {
    let done = drop_each(client, seconds(oldest_kept)).await;
    done.or_else(|problem| problem.is_left_for_later().then_some(()).ok_or(problem))
}

async fn drop_each(client: &mut Client, oldest_kept: i64) -> Result<(), Problem> {
    let transaction = begin(client).await?;
    let sql = "SELECT consent_empty_months($1)";
    let rows = transaction
        .query_typed(sql, &[(&oldest_kept, Type::INT8)])
        .await?;
    transaction.commit().await?;
    for row in rows {
        // A table's name can't be a parameter: the server has quoted it.
        detach(client, row.try_get(0)?).await?;
    }
    let transaction = begin(client).await?;
    let sql = "SELECT consent_drop_detached()";
    transaction.query_typed(sql, &[]).await?;
    Ok(transaction.commit().await?)
}

async fn detach(client: &mut Client, statement: &str) -> Result<(), Problem> {
    if statement.ends_with("CONCURRENTLY") || statement.ends_with("FINALIZE") {
        return Ok(client.batch_execute(statement).await?);
    }
    // Before PostgreSQL 14 writers wait for the lock too, so not for long, nor for the disk: what a crash
    // takes back is an empty partition.
    let transaction = begin(client).await?;
    let sql = "SET LOCAL lock_timeout = '40ms'; SET LOCAL synchronous_commit = off";
    transaction.batch_execute(sql).await?;
    transaction.batch_execute(statement).await?;
    Ok(transaction.commit().await?)
}
