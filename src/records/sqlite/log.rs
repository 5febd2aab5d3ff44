use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::{error::Problem, outbox, read::row_of, subjects};
use crate::records::{
    Checkpoint, Digest, Instant, RecordId,
    archive::store::{Batch, Lease, Purge},
};

pub(super) fn nodes(connection: &Connection, places: &[u64]) -> Result<Vec<Digest>, Problem> {
    let mut statement = connection.prepare_cached("SELECT hash FROM nodes WHERE node = ?1")?;
    let node = |place: &u64| {
        let hash = statement.query_row([place], |row| row.get(0)).optional()?;
        hash.map(Digest::from_bytes)
            .ok_or(Problem::Damaged("nodes"))
    };
    places.iter().map(node).collect()
}

pub(super) fn checkpoints(
    connection: &Connection,
    after: u64,
    max: usize,
) -> Result<Vec<Checkpoint>, Problem> {
    let sql = "SELECT size, root, time, signature, witness FROM checkpoints
               WHERE size > ?1 ORDER BY size LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![after, max], checkpoint)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn last_checkpoint(connection: &Connection) -> Result<Option<Checkpoint>, Problem> {
    let sql = "SELECT size, root, time, signature, witness FROM checkpoints
               ORDER BY size DESC LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row([], checkpoint).optional()?)
}

pub(super) fn signed_checkpoint(
    connection: &Connection,
    at_most: u64,
) -> Result<Option<Checkpoint>, Problem> {
    let sql = "SELECT size, root, time, signature, witness FROM checkpoints
               WHERE size <= ?1 AND signature IS NOT NULL ORDER BY size DESC LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row([at_most], checkpoint).optional()?)
}

fn checkpoint(row: &Row<'_>) -> rusqlite::Result<Checkpoint> {
    Ok(Checkpoint {
        size: row.get(0)?,
        root: Digest::from_bytes(row.get(1)?),
        time: Instant::from_unix_seconds(row.get(2)?),
        signature: row.get(3)?,
        witness: row.get(4)?,
    })
}

pub(super) fn lease(connection: &mut Connection, lease: Lease) -> Result<bool, Problem> {
    let changed = connection.execute(
        "INSERT INTO lease (one, holder, expires_at) VALUES (1, ?1, ?2)
         ON CONFLICT (one) DO UPDATE SET holder = ?1, expires_at = ?2
         WHERE holder = ?1 OR expires_at <= ?3 OR expires_at > ?4",
        params![
            lease.holder,
            lease.expires_at.unix_seconds(),
            lease.now.unix_seconds(),
            lease.latest.unix_seconds()
        ],
    )?;
    Ok(changed == 1)
}

pub(super) fn commit(connection: &mut Connection, batch: &Batch) -> Result<bool, Problem> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let size: u64 = transaction.query_row(
        "SELECT ifnull(max(leaf_index) + 1, 0) FROM leaves",
        [],
        |row| row.get(0),
    )?;
    if size != batch.first || changes_of_keys(&transaction)? != batch.keys {
        return Ok(false);
    }
    {
        let sql = "INSERT INTO leaves (leaf_index, kind, row) VALUES (?1, ?2, ?3)";
        let mut insert = transaction.prepare_cached(sql)?;
        for (index, source) in (batch.first..).zip(&batch.leaves) {
            let (kind, row) = row_of(&transaction, *source)?;
            insert.execute(params![index, kind, row])?;
        }
        let sql = "INSERT INTO nodes (node, hash) VALUES (?1, ?2)
                   ON CONFLICT (node) DO UPDATE SET hash = ?2";
        let mut insert = transaction.prepare_cached(sql)?;
        for (place, hash) in &batch.nodes {
            insert.execute(params![place, hash.as_bytes()])?;
        }
    }
    transaction.execute(
        "INSERT INTO checkpoints (size, root, time) VALUES (?1, ?2, ?3)",
        params![batch.size, batch.root.as_bytes(), batch.time.unix_seconds()],
    )?;
    transaction.commit()?;
    Ok(true)
}

/// Returns how many there are, which stays so until the end of the transaction.
fn changes_of_keys(transaction: &Transaction<'_>) -> Result<u64, Problem> {
    let sql = "SELECT count(*) FROM keys";
    Ok(transaction.query_row(sql, [], |row| row.get(0))?)
}

pub(super) fn sign(connection: &mut Connection, checkpoint: &Checkpoint) -> Result<(), Problem> {
    let time = checkpoint.time.unix_seconds();
    connection.execute(
        "UPDATE checkpoints SET signature = ?2, time = ?3 WHERE size = ?1 AND signature IS NULL",
        params![checkpoint.size, checkpoint.signature, time],
    )?;
    Ok(())
}

pub(super) fn attest(connection: &Connection, size: u64, witness: &str) -> Result<(), Problem> {
    connection.execute(
        "UPDATE checkpoints SET witness = ?2 WHERE size = ?1 AND witness IS NULL",
        params![size, witness],
    )?;
    Ok(())
}

pub(super) fn key_lines(connection: &Connection) -> Result<Vec<String>, Problem> {
    let mut statement = connection.prepare_cached("SELECT line FROM keys ORDER BY row")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn add_key_line(
    connection: &mut Connection,
    size: u64,
    line: &str,
) -> Result<bool, Problem> {
    let changed = connection.execute(
        "INSERT INTO keys (size, line) SELECT ?1, ?2
         WHERE ?1 = (SELECT ifnull(max(size), 0) FROM checkpoints)
         AND NOT EXISTS (SELECT 1 FROM checkpoints WHERE size = ?1 AND signature IS NULL)
         AND NOT EXISTS (SELECT 1 FROM purges WHERE row > ifnull((SELECT max(row) FROM leaves
                         WHERE kind = 2), 0))",
        params![size, line],
    )?;
    Ok(changed == 1)
}

pub(super) fn erase(connection: &mut Connection, ids: &[RecordId]) -> Result<u64, Problem> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut erased = 0;
    for id in ids {
        erased += transaction.execute(
            "DELETE FROM links WHERE previous = ?1
             OR record = (SELECT row FROM records WHERE id = ?1)",
            [id.as_bytes()],
        )?;
        erased += subjects::unlink(&transaction, *id)?;
        outbox::erase_handles(&transaction, *id)?;
    }
    transaction.commit()?;
    Ok(u64::try_from(erased).unwrap_or(u64::MAX))
}

pub(super) fn purge(connection: &mut Connection, purge: &Purge) -> Result<bool, Problem> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if changes_of_keys(&transaction)? != purge.keys {
        return Ok(false);
    }
    for id in &purge.records {
        subjects::unlink(&transaction, *id)?;
    }
    for (subject, choice) in &purge.choices {
        subjects::drop_choice(&transaction, *subject, choice)?;
    }
    {
        let mut delete = transaction.prepare_cached("DELETE FROM records WHERE id = ?1")?;
        for id in &purge.records {
            delete.execute([id.as_bytes()])?;
        }
        let mut delete = transaction.prepare_cached("DELETE FROM outbox WHERE record = ?1")?;
        for id in &purge.records {
            delete.execute([id.as_bytes()])?;
        }
    }
    transaction.execute("INSERT INTO purges (line) VALUES (?1)", [&purge.line])?;
    transaction.commit()?;
    Ok(true)
}
