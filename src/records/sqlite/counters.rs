use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::error::Problem;
use crate::records::{
    CountedChoices, columns,
    counters::{Counter, CounterKey},
};

pub(super) fn add(
    transaction: &Transaction<'_>,
    key: &CounterKey,
    change: i64,
) -> Result<(), Problem> {
    let sql = "INSERT INTO counters (day, kind, surface, language, regime, count)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (day, kind, surface, language, regime) DO UPDATE SET count = count + ?6";
    transaction.prepare_cached(sql)?.execute(params![
        key.day,
        columns::word(&key.kind),
        key.surface,
        key.language,
        key.regime,
        change
    ])?;
    Ok(())
}

/// Adds choices that have no records.
pub(super) fn count(
    connection: &mut Connection,
    choices: &[CountedChoices],
) -> Result<(), Problem> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for CountedChoices(Counter { key, count }) in choices {
        add(&transaction, key, i64::try_from(*count).unwrap_or(i64::MAX))?;
    }
    Ok(transaction.commit()?)
}

pub(super) fn read(
    connection: &Connection,
    first: u64,
    last: u64,
    max: u64,
) -> Result<Vec<Counter>, Problem> {
    let sql = "SELECT day, kind, surface, language, regime, max(count, 0) FROM counters
               WHERE day BETWEEN ?1 AND ?2 AND day < ifnull(
                   (SELECT DISTINCT day FROM counters WHERE day >= ?1 ORDER BY day LIMIT 1 OFFSET ?3),
                   ?2 + 1
               )
               ORDER BY day, surface, language, regime, kind";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![first, last, max])?;
    let mut counters = Vec::new();
    while let Some(row) = rows.next()? {
        let kind: String = row.get(1)?;
        counters.push(Counter {
            key: CounterKey {
                day: row.get(0)?,
                kind: columns::of_word(&kind).ok_or(Problem::Damaged("counters"))?,
                surface: row.get(2)?,
                language: row.get(3)?,
                regime: row.get(4)?,
            },
            count: row.get(5)?,
        });
    }
    Ok(counters)
}
