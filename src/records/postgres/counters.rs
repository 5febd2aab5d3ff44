use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::{
    Client, Row, Transaction,
    types::{ToSql, Type},
};
use uuid::Uuid;

use super::{
    error::Problem,
    group::Group,
    transaction::begin,
    values::{bigint, number, uuid},
};
use crate::records::{
    Cause, CountedChoices, columns,
    counters::{Counter, CounterKey, tally},
};

type Parameters<'a, const N: usize> = [(&'a (dyn ToSql + Sync), Type); N];

/// Counts the new entries of a group by day. It is the last statement, so that no other node waits for
/// more than the commit.
pub(super) async fn add(transaction: &Transaction<'_>, group: &Group<'_>) -> Result<(), Problem> {
    let recorded = taken_back(transaction, group).await?;
    let counts = tally(&group.new, |entry| {
        entry
            .previous
            .is_some_and(|id| recorded.contains(&uuid(id)))
    });
    change(transaction, &counts).await
}

/// Counts choices that have no records.
pub(super) async fn count(client: &mut Client, choices: &[CountedChoices]) -> Result<(), Problem> {
    let counts = choices
        .iter()
        .map(|CountedChoices(Counter { key, count })| {
            (key.clone(), i64::try_from(*count).unwrap_or(i64::MAX))
        });
    let transaction = begin(client).await?;
    change(&transaction, &counts.collect()).await?;
    Ok(transaction.commit().await?)
}

async fn change(
    transaction: &Transaction<'_>,
    counts: &BTreeMap<CounterKey, i64>,
) -> Result<(), Problem> {
    if counts.is_empty() {
        return Ok(());
    }
    let column = |value: fn(&CounterKey) -> &str| counts.keys().map(value).collect::<Vec<&str>>();
    let days: Vec<i64> = counts.keys().map(|key| bigint(key.day)).collect();
    let kinds: Vec<String> = counts.keys().map(|key| columns::word(&key.kind)).collect();
    let surfaces = column(|key| &key.surface);
    let languages = column(|key| &key.language);
    let regimes = column(|key| &key.regime);
    let changes: Vec<i64> = counts.values().copied().collect();
    let parameters: Parameters<'_, 6> = [
        (&days, Type::INT8_ARRAY),
        (&kinds, Type::TEXT_ARRAY),
        (&surfaces, Type::TEXT_ARRAY),
        (&languages, Type::TEXT_ARRAY),
        (&regimes, Type::TEXT_ARRAY),
        (&changes, Type::INT8_ARRAY),
    ];
    // In one order, so that two nodes with one slot never wait for each other.
    let sql = "INSERT INTO consent_counters AS counter (day, kind, surface, language, regime, slot, count)
               SELECT day, kind, surface, language, regime, pg_backend_pid() % 32, change
               FROM unnest($1, $2, $3, $4, $5, $6) given (day, kind, surface, language, regime, change)
               ORDER BY day, kind, surface, language, regime
               ON CONFLICT (day, kind, surface, language, regime, slot)
               DO UPDATE SET count = counter.count + excluded.count";
    transaction.execute_typed(sql, &parameters).await?;
    Ok(())
}

/// Returns the records of this group's unconfirmed grants that are stored. One that never was is not
/// counted either.
async fn taken_back(
    transaction: &Transaction<'_>,
    group: &Group<'_>,
) -> Result<BTreeSet<Uuid>, Problem> {
    let unconfirmed = group
        .new
        .iter()
        .filter(|entry| entry.record.cause == Cause::Unconfirmed);
    let ids: Vec<Uuid> = unconfirmed
        .filter_map(|entry| entry.previous.map(uuid))
        .collect();
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let sql = "SELECT id FROM consent_records WHERE id = ANY($1)";
    let rows = transaction
        .query_typed(sql, &[(&ids, Type::UUID_ARRAY)])
        .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

pub(super) async fn read(
    client: &Client,
    first: u64,
    last: u64,
    max: u64,
) -> Result<Vec<Counter>, Problem> {
    let sql = "SELECT day, kind, surface, language, regime, greatest(sum(count), 0)::bigint
               FROM consent_counters WHERE day BETWEEN $1 AND $2 AND day < coalesce(
                   (SELECT DISTINCT day FROM consent_counters WHERE day >= $1
                    ORDER BY day LIMIT 1 OFFSET $3), $2 + 1
               )
               GROUP BY day, kind, surface, language, regime
               ORDER BY day, surface COLLATE \"C\", language COLLATE \"C\", regime COLLATE \"C\", kind";
    let parameters: Parameters<'_, 3> = [
        (&bigint(first), Type::INT8),
        (&bigint(last), Type::INT8),
        (&bigint(max), Type::INT8),
    ];
    let rows = client.query_typed(sql, &parameters).await?;
    let counter = |row: &Row| {
        Ok(Counter {
            key: CounterKey {
                day: number(row, 0)?,
                kind: columns::of_word(row.try_get(1)?)
                    .ok_or(Problem::Damaged("consent_counters"))?,
                surface: row.try_get(2)?,
                language: row.try_get(3)?,
                regime: row.try_get(4)?,
            },
            count: number(row, 5)?,
        })
    };
    rows.iter().map(counter).collect()
}
