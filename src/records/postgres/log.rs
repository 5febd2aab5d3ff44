use tokio_postgres::{
    Client, Row, Transaction,
    types::{ToSql, Type},
};
use uuid::Uuid;

use super::{
    error::Problem,
    outbox,
    read::{digest, name_of},
    subjects,
    transaction::begin,
    tree,
    values::{PURGE, bigint, number, seconds, uuid},
};
use crate::records::{
    Checkpoint, Instant, RecordId,
    archive::store::{Batch, Lease, Purge},
};

/// Values, with their types.
type Parameters<'a, const N: usize> = [(&'a (dyn ToSql + Sync), Type); N];

pub(super) async fn checkpoints(
    client: &Client,
    after: u64,
    max: usize,
) -> Result<Vec<Checkpoint>, Problem> {
    let sql = "SELECT size, root, time, signature, witness FROM consent_checkpoints
               WHERE size > $1 ORDER BY size LIMIT $2";
    let parameters: Parameters<'_, 2> = [(&bigint(after), Type::INT8), (&bigint(max), Type::INT8)];
    let rows = client.query_typed(sql, &parameters).await?;
    rows.iter().map(checkpoint).collect()
}

pub(super) async fn last_checkpoint(client: &Client) -> Result<Option<Checkpoint>, Problem> {
    let sql = "SELECT size, root, time, signature, witness FROM consent_checkpoints
               ORDER BY size DESC LIMIT 1";
    let row = client.query_typed_opt(sql, &[]).await?;
    row.as_ref().map(checkpoint).transpose()
}

pub(super) async fn signed_checkpoint(
    client: &Client,
    at_most: u64,
) -> Result<Option<Checkpoint>, Problem> {
    let sql = "SELECT size, root, time, signature, witness FROM consent_checkpoints
               WHERE size <= $1 AND signature IS NOT NULL ORDER BY size DESC LIMIT 1";
    let row = client
        .query_typed_opt(sql, &[(&bigint(at_most), Type::INT8)])
        .await?;
    row.as_ref().map(checkpoint).transpose()
}

fn checkpoint(row: &Row) -> Result<Checkpoint, Problem> {
    Ok(Checkpoint {
        size: number(row, 0)?,
        root: digest(row, 1)?,
        time: Instant::from_unix_seconds(number(row, 2)?),
        signature: row.try_get(3)?,
        witness: row.try_get(4)?,
    })
}

pub(super) async fn lease(client: &mut Client, lease: Lease) -> Result<bool, Problem> {
    let transaction = begin(client).await?;
    let holder = &lease.holder[..];
    let [now, end, latest] = [lease.now, lease.expires_at, lease.latest].map(seconds);
    let parameters: Parameters<'_, 4> = [
        (&holder, Type::BYTEA),
        (&end, Type::INT8),
        (&now, Type::INT8),
        (&latest, Type::INT8),
    ];
    let sql = "INSERT INTO consent_lease AS held (one, holder, expires_at) VALUES (true, $1, $2)
               ON CONFLICT (one) DO UPDATE SET holder = $1, expires_at = $2
               WHERE held.holder = $1 OR held.expires_at <= $3 OR held.expires_at > $4";
    let changed = transaction.execute_typed(sql, &parameters).await?;
    transaction.commit().await?;
    Ok(changed == 1)
}

pub(super) async fn commit(client: &mut Client, batch: &Batch) -> Result<bool, Problem> {
    let transaction = begin(client).await?;
    let changes = changes_of_keys(&transaction).await?;
    let sql = "SELECT coalesce(max(size), 0) FROM consent_checkpoints";
    let size = number(&transaction.query_typed_one(sql, &[]).await?, 0)?;
    if size != batch.first || changes != batch.keys {
        return Ok(false);
    }
    // First, since no other checkpoint may continue the same one: two sequencers can't both go on from here.
    let parameters: Parameters<'_, 4> = [
        (&bigint(batch.size), Type::INT8),
        (&bigint(batch.first), Type::INT8),
        (&&batch.root.as_bytes()[..], Type::BYTEA),
        (&seconds(batch.time), Type::INT8),
    ];
    let sql =
        "INSERT INTO consent_checkpoints (size, previous, root, time) VALUES ($1, $2, $3, $4)";
    transaction.execute_typed(sql, &parameters).await?;
    add_leaves(&transaction, batch).await?;
    tree::add(&transaction, batch).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Moves what is sequenced from one table into the other, where each index is unique.
async fn add_leaves(transaction: &Transaction<'_>, batch: &Batch) -> Result<(), Problem> {
    let names = batch.leaves.iter().copied().map(name_of);
    let (kinds, names): (Vec<i16>, Vec<Vec<u8>>) = names.unzip();
    let parameters: Parameters<'_, 2> = [(&kinds, Type::INT2_ARRAY), (&names, Type::BYTEA_ARRAY)];
    let sql = "DELETE FROM consent_unsequenced u USING unnest($1, $2) l (kind, name)
               WHERE u.kind = l.kind AND u.name = l.name";
    let moved = transaction.execute_typed(sql, &parameters).await?;
    if moved != batch.leaves.len() as u64 {
        return Err(Problem::Gone);
    }
    let indexes: Vec<i64> = (batch.first..batch.size).map(bigint).collect();
    let parameters: Parameters<'_, 3> = [
        (&indexes, Type::INT8_ARRAY),
        (&kinds, Type::INT2_ARRAY),
        (&names, Type::BYTEA_ARRAY),
    ];
    let sql =
        "INSERT INTO consent_leaves (leaf_index, kind, name) SELECT * FROM unnest($1, $2, $3)";
    transaction.execute_typed(sql, &parameters).await?;
    Ok(())
}

/// Returns how many there are, which stays so until the end of the transaction.
async fn changes_of_keys(transaction: &Transaction<'_>) -> Result<u64, Problem> {
    // Whoever adds one has this row for itself. It exists since the first lease, which each of them had.
    let lock = "SELECT one FROM consent_lease FOR SHARE";
    transaction.query_typed(lock, &[]).await?;
    let sql = "SELECT count(*) FROM consent_keys";
    number(&transaction.query_typed_one(sql, &[]).await?, 0)
}

pub(super) async fn sign(client: &mut Client, checkpoint: &Checkpoint) -> Result<(), Problem> {
    let transaction = begin(client).await?;
    let parameters: Parameters<'_, 3> = [
        (&bigint(checkpoint.size), Type::INT8),
        (&checkpoint.signature, Type::TEXT),
        (&seconds(checkpoint.time), Type::INT8),
    ];
    let sql = "UPDATE consent_checkpoints SET signature = $2, time = $3
               WHERE size = $1 AND signature IS NULL";
    transaction.execute_typed(sql, &parameters).await?;
    Ok(transaction.commit().await?)
}

pub(super) async fn attest(client: &mut Client, size: u64, witness: &str) -> Result<(), Problem> {
    let transaction = begin(client).await?;
    let parameters: Parameters<'_, 2> = [(&bigint(size), Type::INT8), (&witness, Type::TEXT)];
    let sql = "UPDATE consent_checkpoints SET witness = $2 WHERE size = $1 AND witness IS NULL";
    transaction.execute_typed(sql, &parameters).await?;
    Ok(transaction.commit().await?)
}

pub(super) async fn key_lines(client: &Client) -> Result<Vec<String>, Problem> {
    let sql = "SELECT line FROM consent_keys ORDER BY number";
    let rows = client.query_typed(sql, &[]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

pub(super) async fn add_key_line(
    client: &mut Client,
    size: u64,
    line: &str,
) -> Result<bool, Problem> {
    let transaction = begin(client).await?;
    // Nobody adds to the tree, and nobody purges, until the end.
    let lock = "SELECT one FROM consent_lease FOR UPDATE";
    transaction.query_typed(lock, &[]).await?;
    let parameters: Parameters<'_, 2> = [(&bigint(size), Type::INT8), (&line, Type::TEXT)];
    let sql = "INSERT INTO consent_keys (number, size, line)
               SELECT (SELECT coalesce(max(number) + 1, 1) FROM consent_keys), $1, $2
               WHERE $1 = (SELECT coalesce(max(size), 0) FROM consent_checkpoints)
               AND NOT EXISTS (SELECT FROM consent_checkpoints WHERE size = $1 AND signature IS NULL)
               AND NOT EXISTS (SELECT FROM consent_unsequenced WHERE kind = 2)
               AND NOT EXISTS (SELECT FROM consent_keys WHERE line = $2)";
    transaction.execute_typed(sql, &parameters).await?;
    // Also after a try that was committed, and whose answer was lost.
    let sql = "SELECT count(*) FROM consent_keys WHERE line = $1";
    let parameters: Parameters<'_, 1> = [(&line, Type::TEXT)];
    let added = transaction.query_typed_one(sql, &parameters).await?;
    transaction.commit().await?;
    Ok(number(&added, 0)? == 1)
}

pub(super) async fn erase(client: &mut Client, ids: &[RecordId]) -> Result<u64, Problem> {
    let transaction = begin(client).await?;
    let unlinked = subjects::unlink(&transaction, ids, &[]).await?;
    let ids: Vec<Uuid> = ids.iter().copied().map(uuid).collect();
    let sql = "DELETE FROM consent_links WHERE record = ANY($1) OR previous = ANY($1)";
    let erased = transaction
        .execute_typed(sql, &[(&ids, Type::UUID_ARRAY)])
        .await?;
    outbox::erase_handles(&transaction, &ids).await?;
    transaction.commit().await?;
    Ok(erased + unlinked)
}

pub(super) async fn purge(client: &mut Client, purge: &Purge) -> Result<bool, Problem> {
    let transaction = begin(client).await?;
    if changes_of_keys(&transaction).await? != purge.keys {
        return Ok(false);
    }
    subjects::unlink(&transaction, &purge.records, &purge.choices).await?;
    let ids: Vec<Uuid> = purge.records.iter().copied().map(uuid).collect();
    for sql in [
        "DELETE FROM consent_records WHERE id = ANY($1)",
        "DELETE FROM consent_links WHERE record = ANY($1)",
        "DELETE FROM consent_outbox WHERE record = ANY($1)",
        "DELETE FROM consent_unsequenced WHERE kind = 1
         AND name = ANY(ARRAY(SELECT uuid_send(id) FROM unnest($1) id))",
        "DELETE FROM consent_leaves WHERE kind = 1
         AND name = ANY(ARRAY(SELECT uuid_send(id) FROM unnest($1) id))",
    ] {
        transaction
            .execute_typed(sql, &[(&ids, Type::UUID_ARRAY)])
            .await?;
    }
    let sql = "WITH added AS (
                   INSERT INTO consent_purges (number, line)
                   SELECT coalesce(max(number) + 1, 1), $1 FROM consent_purges RETURNING number
               )
               INSERT INTO consent_unsequenced (kind, name) SELECT $2, int8send(number) FROM added";
    let parameters: Parameters<'_, 2> = [(&purge.line, Type::TEXT), (&PURGE, Type::INT2)];
    transaction.execute_typed(sql, &parameters).await?;
    transaction.commit().await?;
    Ok(true)
}
