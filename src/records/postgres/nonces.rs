//! The last answers from each page.

use std::collections::BTreeMap;

use tokio_postgres::{
    Transaction,
    types::{ToSql, Type},
};
use uuid::Uuid;

use super::{
    error::Problem,
    group::{Group, Last},
    values::{seconds, uuid},
};
use crate::records::{Entry, RecordId};

/// Makes other nodes wait that have an answer from the same page, and returns the last answers from each.
pub(super) async fn lock(
    transaction: &Transaction<'_>,
    entries: &[Entry],
) -> Result<BTreeMap<String, Last>, Problem> {
    let records = entries.iter().map(|entry| &entry.record);
    let keyed = records.filter_map(|record| Some((record.key.as_deref()?, record.recorded_at)));
    let keyed: BTreeMap<&str, _> = keyed.collect();
    if keyed.is_empty() {
        return Ok(BTreeMap::new());
    }
    let keys: Vec<&str> = keyed.keys().copied().collect();
    let times: Vec<i64> = keyed.values().map(|time| seconds(*time)).collect();
    transaction
        .execute_typed(
            "INSERT INTO consent_nonces (nonce, recorded_at)
             SELECT nonce, recorded_at FROM unnest($1, $2) page (nonce, recorded_at) ORDER BY nonce
             ON CONFLICT (nonce) DO NOTHING",
            &[(&keys, Type::TEXT_ARRAY), (&times, Type::INT8_ARRAY)],
        )
        .await?;
    let rows = transaction
        .query_typed(
            "SELECT nonce, record, answers, recorded_at FROM consent_nonces
             WHERE nonce = ANY($1) ORDER BY nonce FOR UPDATE",
            &[(&keys, Type::TEXT_ARRAY)],
        )
        .await?;
    let mut last = BTreeMap::new();
    for row in rows {
        let record: Option<Uuid> = row.try_get(1)?;
        let answers: Option<String> = row.try_get(2)?;
        let recorded_at: i64 = row.try_get(3)?;
        if let (Some(record), Some(answers)) = (record, answers) {
            let known = Last {
                record: RecordId::from_bytes(record.into_bytes()),
                answers,
                recorded_at: recorded_at.try_into().unwrap_or(0),
            };
            last.insert(row.try_get(0)?, known);
        }
    }
    Ok(last)
}

/// Notes the last answers of each page, and forgets those that were not confirmed, or are too old.
pub(super) async fn note(transaction: &Transaction<'_>, group: &Group<'_>) -> Result<(), Problem> {
    if !group.noted.is_empty() {
        let keys: Vec<&str> = group.noted.keys().copied().collect();
        let last: Vec<&Last> = group.noted.values().collect();
        let ids: Vec<Uuid> = last.iter().map(|it| uuid(it.record)).collect();
        let answers: Vec<&str> = last.iter().map(|it| it.answers.as_str()).collect();
        let times: Vec<i64> = last
            .iter()
            .map(|it| it.recorded_at.try_into().unwrap_or(i64::MAX))
            .collect();
        transaction
            .execute_typed(
                "UPDATE consent_nonces n SET record = p.record, answers = p.answers,
                                             recorded_at = p.recorded_at
                 FROM unnest($1, $2, $3, $4) p (nonce, record, answers, recorded_at)
                 WHERE n.nonce = p.nonce",
                &[
                    (&keys, Type::TEXT_ARRAY),
                    (&ids, Type::UUID_ARRAY),
                    (&answers, Type::TEXT_ARRAY),
                    (&times, Type::INT8_ARRAY),
                ],
            )
            .await?;
    }
    if !(group.unconfirmed.is_empty() && group.unsaved.is_empty()) {
        let ids: Vec<Uuid> = group.unconfirmed.iter().map(|id| uuid(*id)).collect();
        let sql = "DELETE FROM consent_nonces WHERE nonce = ANY($1) OR (record = ANY($2)
                   AND nonce IN (SELECT key FROM consent_records WHERE id = ANY($2)))";
        let parameters = [
            (&group.unsaved as &(dyn ToSql + Sync), Type::TEXT_ARRAY),
            (&ids, Type::UUID_ARRAY),
        ];
        transaction.execute_typed(sql, &parameters).await?;
    }
    // Only a few at a time, and none that another transaction has: so nobody waits for it.
    let past = i64::try_from(group.past).unwrap_or_default();
    let sql = "DELETE FROM consent_nonces WHERE nonce IN (
                   SELECT nonce FROM consent_nonces WHERE recorded_at <= $1
                   ORDER BY recorded_at LIMIT 1000 FOR UPDATE SKIP LOCKED)";
    transaction
        .execute_typed(sql, &[(&past, Type::INT8)])
        .await?;
    Ok(())
}
