use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::error::Problem;
use crate::records::{
    ConsentRecord, Digest, Document, Instant, RecordId, StoredRecord, SubjectId,
    archive::store::{Counts, Item, Leaf, PurgeLine, Source},
    columns,
};

/// The columns that [`stored`] reads: a join, so that a record is read in one step.
macro_rules! select_records {
    ($where:literal) => {
        concat!(
            "SELECT r.id, r.recorded_at, r.decided_at, r.site, p.sha256, s.sha256, r.surface,
                    r.language, r.regime, r.gpc, r.cause, r.answers, r.key, k.previous, l.leaf_index,
                    a.subject
             FROM records r
             JOIN documents p ON p.row = r.policy
             LEFT JOIN documents s ON s.row = r.shown
             LEFT JOIN links k ON k.record = r.row
             LEFT JOIN leaves l ON l.kind = 1 AND l.row = r.row
             LEFT JOIN subjects a ON a.record = r.row ",
            $where
        )
    };
}

pub(super) use select_records;

pub(super) fn find(connection: &Connection, id: RecordId) -> Result<Option<StoredRecord>, Problem> {
    let mut statement = connection.prepare_cached(select_records!("WHERE r.id = ?1"))?;
    let row = statement.query_row([id.as_bytes()], |row| Ok(stored(row)));
    row.optional()?.transpose()
}

pub(super) fn records(
    connection: &Connection,
    after: Option<RecordId>,
    max: usize,
) -> Result<Vec<StoredRecord>, Problem> {
    let sql = select_records!("WHERE r.id > ?1 ORDER BY r.id LIMIT ?2");
    let after = after.map_or([0; 16], |id| *id.as_bytes());
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![after, max], |row| Ok(stored(row)))?;
    rows.map(|row| row?).collect()
}

pub(super) fn of_subject(
    connection: &Connection,
    subject: SubjectId,
    after: Option<RecordId>,
    max: usize,
) -> Result<Vec<StoredRecord>, Problem> {
    let sql = select_records!("WHERE a.subject = ?1 AND r.id > ?2 ORDER BY r.id LIMIT ?3");
    let after = after.map_or([0; 16], |id| *id.as_bytes());
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![subject.as_bytes(), after, max], |row| {
        Ok(stored(row))
    })?;
    rows.map(|row| row?).collect()
}

/// Reads a row, whose columns are those of `select_records`.
pub(super) fn stored(row: &Row<'_>) -> Result<StoredRecord, Problem> {
    let seconds = |at: usize| row.get(at).map(Instant::from_unix_seconds);
    let digest = |bytes: [u8; 32]| Digest::from_bytes(bytes);
    let words = |at: usize| row.get::<_, String>(at);
    const DAMAGED: Problem = Problem::Damaged("records");
    Ok(StoredRecord {
        record: ConsentRecord {
            id: RecordId::from_bytes(row.get(0)?),
            recorded_at: seconds(1)?,
            decided_at: seconds(2)?,
            site: row.get(3)?,
            policy: digest(row.get(4)?),
            shown: row.get::<_, Option<_>>(5)?.map(digest),
            surface: columns::of_word(&words(6)?).ok_or(DAMAGED)?,
            language: row.get(7)?,
            regime: row.get(8)?,
            gpc: row.get(9)?,
            cause: columns::of_word(&words(10)?).ok_or(DAMAGED)?,
            answers: columns::of_answers(&words(11)?).ok_or(DAMAGED)?,
            key: row.get(12)?,
        },
        previous: row.get::<_, Option<_>>(13)?.map(RecordId::from_bytes),
        leaf: row.get(14)?,
        subject: row.get::<_, Option<_>>(15)?.map(SubjectId::from_bytes),
    })
}

pub(super) fn document(
    connection: &Connection,
    digest: Digest,
) -> Result<Option<Document>, Problem> {
    let sql = "SELECT media_type, content FROM documents WHERE sha256 = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let row = statement.query_row([digest.as_bytes()], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    });
    let found = row.optional()?;
    Ok(found.map(|(media_type, content)| Document::new(&media_type, content)))
}

pub(super) fn documents_of(
    connection: &Connection,
    media_type: &str,
) -> Result<Vec<Digest>, Problem> {
    let sql = "SELECT sha256 FROM documents WHERE media_type = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([media_type], |row| row.get(0).map(Digest::from_bytes))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn following(
    connection: &Connection,
    ids: &[RecordId],
    max: usize,
) -> Result<Vec<RecordId>, Problem> {
    let sql = "SELECT r.id FROM links k JOIN records r ON r.row = k.record WHERE k.previous = ?1
               LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut following = Vec::new();
    for id in ids {
        let left = i64::try_from(max - following.len()).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![id.as_bytes(), left], |row| row.get(0))?;
        for row in rows {
            following.push(RecordId::from_bytes(row?));
        }
    }
    Ok(following)
}

pub(super) fn taken_back(
    connection: &Connection,
    ids: &[RecordId],
) -> Result<Vec<RecordId>, Problem> {
    let sql = "SELECT 1 FROM records WHERE cause = 'unconfirmed' AND key = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut taken_back = Vec::new();
    for id in ids {
        if statement.exists([id.to_string()])? {
            taken_back.push(*id);
        }
    }
    Ok(taken_back)
}

/// Returns how much is not in the tree yet.
pub(super) fn waiting(connection: &Connection) -> Result<u64, Problem> {
    let rows_of = "SELECT (SELECT count(*) FROM documents WHERE row > ifnull((SELECT max(row) FROM leaves
                           WHERE kind = 0), 0))
                        + (SELECT count(*) FROM records WHERE row > ifnull((SELECT max(row) FROM leaves
                           WHERE kind = 1), 0))
                        + (SELECT count(*) FROM purges WHERE row > ifnull((SELECT max(row) FROM leaves
                           WHERE kind = 2), 0))";
    Ok(connection.query_row(rows_of, [], |row| row.get(0))?)
}

pub(super) fn counts(connection: &Connection) -> Result<Counts, Problem> {
    let count = |sql| connection.query_row(sql, [], |row| row.get::<_, u64>(0));
    Ok(Counts {
        records: count("SELECT count(*) FROM records")?,
        documents: count("SELECT count(*) FROM documents")?,
        leaves: count("SELECT ifnull(max(leaf_index) + 1, 0) FROM leaves")?,
        unsequenced: waiting(connection)?,
    })
}

/// The number of each kind in the table of leaves.
pub(super) const DOCUMENT: i64 = 0;
pub(super) const RECORD: i64 = 1;
pub(super) const PURGE: i64 = 2;

pub(super) fn leaves(
    connection: &mut Connection,
    from: u64,
    max: usize,
) -> Result<Vec<Leaf>, Problem> {
    // One view of all tables.
    let transaction = connection.transaction()?;
    let sql = "SELECT l.leaf_index, l.kind, l.row, n.hash FROM leaves l
               JOIN nodes n ON n.node = 2 * l.leaf_index
               WHERE l.leaf_index >= ?1 ORDER BY l.leaf_index LIMIT ?2";
    let mut statement = transaction.prepare_cached(sql)?;
    let rows = statement.query_map(params![from, max], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    })?;
    let leaf = |row: Result<(u64, i64, i64, [u8; 32]), _>| {
        let (index, kind, row, hash) = row?;
        Ok(Leaf {
            index,
            hash: Digest::from_bytes(hash),
            item: item(&transaction, kind, row)?,
        })
    };
    rows.map(leaf).collect()
}

/// Reads what a leaf is made of. `None` if it was purged.
fn item(transaction: &Transaction<'_>, kind: i64, row: i64) -> Result<Option<Item>, Problem> {
    Ok(match kind {
        RECORD => {
            let sql = select_records!("WHERE r.row = ?1");
            let mut statement = transaction.prepare_cached(sql)?;
            let record = statement.query_row([row], |row| Ok(stored(row)));
            record.optional()?.transpose()?.map(Item::Record)
        }
        DOCUMENT => {
            let sql = "SELECT media_type, content FROM documents WHERE row = ?1";
            let mut statement = transaction.prepare_cached(sql)?;
            let document = statement.query_row([row], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            });
            document
                .optional()?
                .map(|(media_type, content)| Item::Document(Document::new(&media_type, content)))
        }
        _ => {
            let sql = "SELECT line FROM purges WHERE row = ?1";
            let mut statement = transaction.prepare_cached(sql)?;
            let line = statement.query_row([row], |row| row.get(0)).optional()?;
            line.map(|line| Item::Purge(PurgeLine { row, line }))
        }
    })
}

pub(super) fn unsequenced(
    connection: &mut Connection,
    after: Option<Source>,
    max: usize,
) -> Result<Vec<Item>, Problem> {
    let transaction = connection.transaction()?;
    let (from_kind, from_row) = match after {
        Some(source) => row_of(&transaction, source)?,
        None => (DOCUMENT, 0),
    };
    let mut items = Vec::new();
    for (kind, sql) in [
        (
            DOCUMENT,
            "SELECT row FROM documents WHERE row > ?1 ORDER BY row LIMIT ?2",
        ),
        (
            RECORD,
            "SELECT row FROM records WHERE row > ?1 ORDER BY row LIMIT ?2",
        ),
        (
            PURGE,
            "SELECT row FROM purges WHERE row > ?1 ORDER BY row LIMIT ?2",
        ),
    ] {
        if kind < from_kind {
            continue;
        }
        let last = "SELECT ifnull(max(row), 0) FROM leaves WHERE kind = ?1";
        let sequenced: i64 = transaction
            .prepare_cached(last)?
            .query_row([kind], |row| row.get(0))?;
        let above = if kind == from_kind {
            sequenced.max(from_row)
        } else {
            sequenced
        };
        let mut statement = transaction.prepare_cached(sql)?;
        let rows = statement.query_map(params![above, max - items.len()], |row| row.get(0))?;
        for row in rows {
            items.extend(item(&transaction, kind, row?)?);
        }
    }
    Ok(items)
}

/// Returns the kind and the row of a source.
pub(super) fn row_of(transaction: &Transaction<'_>, source: Source) -> Result<(i64, i64), Problem> {
    let (kind, sql, key) = match source {
        Source::Purge(row) => return Ok((PURGE, row)),
        Source::Document(digest) => {
            let sql = "SELECT row FROM documents WHERE sha256 = ?1";
            (DOCUMENT, sql, digest.as_bytes().to_vec())
        }
        Source::Record(id) => {
            let sql = "SELECT row FROM records WHERE id = ?1";
            (RECORD, sql, id.as_bytes().to_vec())
        }
    };
    let mut statement = transaction.prepare_cached(sql)?;
    let row = statement.query_row([key], |row| row.get(0)).optional()?;
    row.map(|row| (kind, row)).ok_or(Problem::Gone)
}
