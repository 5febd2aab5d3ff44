use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::{
    Client, IsolationLevel, Row, Transaction,
    types::{ToSql, Type},
};
use uuid::Uuid;

use super::{
    error::Problem,
    tree,
    values::{DOCUMENT, PURGE, RECORD, bigint, number, uuid},
};
use crate::records::{
    ConsentRecord, Digest, Document, Instant, RecordId, StoredRecord, SubjectId,
    archive::store::{Counts, Item, Leaf, PurgeLine, Source},
    columns,
};

/// The columns that [`stored`] reads, with this one as the leaf. What is elsewhere is looked up row by row, in
/// an index: a join might read a whole table for each page.
macro_rules! select_records {
    ($where:literal) => {
        select_records!(
            "(SELECT l.leaf_index FROM consent_leaves l WHERE l.kind = 1 AND l.name = uuid_send(r.id))",
            $where
        )
    };
    ($leaf:literal, $where:literal) => {
        concat!(
            "SELECT r.id, r.recorded_at, r.decided_at, r.site,
                    coalesce(r.policy, (SELECT sha256 FROM consent_documents WHERE number = r.policy_number)),
                    coalesce(r.shown, (SELECT sha256 FROM consent_documents WHERE number = r.shown_number)),
                    r.surface, r.language, r.regime, r.gpc, r.cause, r.answers, r.key,
                    (SELECT k.previous FROM consent_links k WHERE k.record = r.id),
                    ",
            $leaf,
            ",
                    (SELECT a.subject FROM consent_subjects a WHERE a.record = r.id)
             FROM consent_records r ",
            $where
        )
    };
}

pub(super) use select_records;

/// The name of a source in the tables of what is sequenced.
type Name = (i16, Vec<u8>);

pub(super) async fn find(client: &Client, id: RecordId) -> Result<Option<StoredRecord>, Problem> {
    let sql = select_records!("WHERE r.id = $1");
    let row = client
        .query_typed_opt(sql, &[(&uuid(id), Type::UUID)])
        .await?;
    row.as_ref().map(stored).transpose()
}

pub(super) async fn records(
    client: &Client,
    after: Option<RecordId>,
    max: usize,
) -> Result<Vec<StoredRecord>, Problem> {
    let after = after.map_or(Uuid::nil(), uuid);
    let sql = select_records!("WHERE r.id > $1 ORDER BY r.id LIMIT $2");
    let parameters: [(&(dyn ToSql + Sync), Type); 2] =
        [(&after, Type::UUID), (&bigint(max), Type::INT8)];
    let rows = client.query_typed(sql, &parameters).await?;
    rows.iter().map(stored).collect()
}

pub(super) async fn of_subject(
    client: &Client,
    subject: SubjectId,
    after: Option<RecordId>,
    max: usize,
) -> Result<Vec<StoredRecord>, Problem> {
    let subject = Uuid::from_bytes(*subject.as_bytes());
    let after = after.map_or(Uuid::nil(), uuid);
    let sql = select_records!(
        "WHERE r.id = ANY(ARRAY(SELECT record FROM consent_subjects WHERE subject = $1 AND record > $2
                                ORDER BY record LIMIT $3)) ORDER BY r.id"
    );
    let parameters: [(&(dyn ToSql + Sync), Type); 3] = [
        (&subject, Type::UUID),
        (&after, Type::UUID),
        (&bigint(max), Type::INT8),
    ];
    let rows = client.query_typed(sql, &parameters).await?;
    rows.iter().map(stored).collect()
}

pub(super) async fn document(client: &Client, digest: Digest) -> Result<Option<Document>, Problem> {
    let sql = "SELECT media_type, content FROM consent_documents WHERE sha256 = $1";
    let bytes = &digest.as_bytes()[..];
    let row = client
        .query_typed_opt(sql, &[(&bytes, Type::BYTEA)])
        .await?;
    row.map(|row| document_of(row.try_get(0)?, row.try_get(1)?))
        .transpose()
}

pub(super) async fn documents_of(
    client: &Client,
    media_type: &str,
) -> Result<Vec<Digest>, Problem> {
    let sql = "SELECT sha256 FROM consent_documents WHERE media_type = $1";
    let rows = client
        .query_typed(sql, &[(&media_type, Type::TEXT)])
        .await?;
    rows.iter().map(|row| digest(row, 0)).collect()
}

fn document_of(media_type: &str, content: Vec<u8>) -> Result<Document, Problem> {
    let content = String::from_utf8(content).map_err(|_| Problem::Damaged("consent_documents"))?;
    Ok(Document::new(media_type, content))
}

pub(super) async fn following(
    client: &Client,
    ids: &[RecordId],
    max: usize,
) -> Result<Vec<RecordId>, Problem> {
    let ids: Vec<Uuid> = ids.iter().copied().map(uuid).collect();
    let sql = "SELECT record FROM consent_links WHERE previous = ANY($1) ORDER BY record LIMIT $2";
    let parameters: [(&(dyn ToSql + Sync), Type); 2] =
        [(&ids, Type::UUID_ARRAY), (&bigint(max), Type::INT8)];
    let rows = client.query_typed(sql, &parameters).await?;
    rows.iter().map(|row| id(row, 0)).collect()
}

pub(super) async fn taken_back(
    client: &Client,
    ids: &[RecordId],
) -> Result<Vec<RecordId>, Problem> {
    let keys: Vec<String> = ids.iter().map(RecordId::to_string).collect();
    let sql = "SELECT key FROM consent_records WHERE cause = 'unconfirmed' AND key = ANY($1)";
    let rows = client
        .query_typed(sql, &[(&keys, Type::TEXT_ARRAY)])
        .await?;
    let found = rows.iter().map(|row| row.try_get::<_, String>(0));
    let found: BTreeSet<String> = found.collect::<Result<_, _>>()?;
    let pairs = ids.iter().zip(&keys);
    Ok(pairs
        .filter(|it| found.contains(it.1))
        .map(|it| *it.0)
        .collect())
}

/// Returns how much is not in the tree yet.
pub(super) async fn waiting(client: &Client) -> Result<u64, Problem> {
    let sql = "SELECT count(*) FROM consent_unsequenced";
    number(&client.query_typed_one(sql, &[]).await?, 0)
}

pub(super) async fn counts(client: &Client) -> Result<Counts, Problem> {
    let sql =
        "SELECT (SELECT count(*) FROM consent_records), (SELECT count(*) FROM consent_documents),
                      (SELECT coalesce(max(size), 0) FROM consent_checkpoints),
                      (SELECT count(*) FROM consent_unsequenced)";
    let row = client.query_typed_one(sql, &[]).await?;
    Ok(Counts {
        records: number(&row, 0)?,
        documents: number(&row, 1)?,
        leaves: number(&row, 2)?,
        unsequenced: number(&row, 3)?,
    })
}

pub(super) async fn leaves(
    client: &mut Client,
    from: u64,
    max: usize,
) -> Result<Vec<Leaf>, Problem> {
    let transaction = view(client).await?;
    let max = u64::try_from(max).unwrap_or(u64::MAX);
    let hashes = tree::leaf_hashes(&transaction, from, max).await?;
    let sql = "SELECT leaf_index, kind, name FROM consent_leaves
               WHERE leaf_index >= $1 AND leaf_index < $2";
    let end = from.saturating_add(max);
    let parameters: [(&(dyn ToSql + Sync), Type); 2] =
        [(&bigint(from), Type::INT8), (&bigint(end), Type::INT8)];
    let rows = transaction.query_typed(sql, &parameters).await?;
    let names = names(&rows, 1)?;
    let mut items = items(&transaction, &names).await?;
    let mut by_index = BTreeMap::new();
    for (row, name) in rows.iter().zip(&names) {
        by_index.insert(number(row, 0)?, name);
    }
    let leaf = |(index, hash)| {
        let mut item = by_index.get(&index).and_then(|name| items.remove(*name));
        if let Some(Item::Record(stored)) = &mut item {
            stored.leaf = Some(index);
        }
        Leaf { index, hash, item }
    };
    Ok(hashes.into_iter().map(leaf).collect())
}

pub(super) async fn unsequenced(
    client: &mut Client,
    after: Option<Source>,
    max: usize,
) -> Result<Vec<Item>, Problem> {
    let transaction = view(client).await?;
    let mut last = after.map_or((-1, Vec::new()), name_of);
    let mut found = Vec::new();
    loop {
        let wanted = max - found.len();
        let sql = "SELECT kind, name FROM consent_unsequenced WHERE (kind, name) > ($1, $2)
                   ORDER BY kind, name LIMIT $3";
        let parameters: [(&(dyn ToSql + Sync), Type); 3] = [
            (&last.0, Type::INT2),
            (&last.1, Type::BYTEA),
            (&bigint(wanted), Type::INT8),
        ];
        let rows = transaction.query_typed(sql, &parameters).await?;
        let names = names(&rows, 0)?;
        let mut items = items(&transaction, &names).await?;
        found.extend(names.iter().filter_map(|name| items.remove(name)));
        // A name whose row somebody has deleted leaves room: only the last page is not full.
        match names.last() {
            Some(name) if names.len() == wanted && found.len() < max => last.clone_from(name),
            _ => return Ok(found),
        }
    }
}

/// Returns the name of a source.
pub(super) fn name_of(source: Source) -> Name {
    match source {
        Source::Document(digest) => (DOCUMENT, digest.as_bytes().to_vec()),
        Source::Record(id) => (RECORD, id.as_bytes().to_vec()),
        Source::Purge(row) => (PURGE, row.to_be_bytes().to_vec()),
    }
}

/// Begins a transaction with one view of all tables, which reads pages of thousands.
async fn view(client: &mut Client) -> Result<Transaction<'_>, Problem> {
    let view = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true);
    let view = view.start().await?;
    // To compile the statement of a page takes longer than to run it.
    view.batch_execute("SET LOCAL jit = off").await?;
    Ok(view)
}

fn names(rows: &[Row], at: usize) -> Result<Vec<Name>, Problem> {
    let name = |row: &Row| Ok((row.try_get(at)?, row.try_get(at + 1)?));
    rows.iter().map(name).collect()
}

/// Reads what has these names, without leaves. What is missing was purged.
async fn items(
    transaction: &Transaction<'_>,
    names: &[Name],
) -> Result<BTreeMap<Name, Item>, Problem> {
    let of = |kind| {
        names
            .iter()
            .filter(move |name| name.0 == kind)
            .map(|name| &name.1[..])
    };
    let mut items = BTreeMap::new();
    let mut add = |item: Item| items.insert(name_of(item.source()), item);
    let documents: Vec<&[u8]> = of(DOCUMENT).collect();
    if !documents.is_empty() {
        let sql = "SELECT media_type, content FROM consent_documents WHERE sha256 = ANY($1)";
        let parameters = [(&documents as &(dyn ToSql + Sync), Type::BYTEA_ARRAY)];
        for row in transaction.query_typed(sql, &parameters).await? {
            let document = document_of(row.try_get(0)?, row.try_get(1)?)?;
            add(Item::Document(document));
        }
    }
    let ids = of(RECORD).filter_map(|name| Uuid::from_slice(name).ok());
    let ids: Vec<Uuid> = ids.collect();
    if !ids.is_empty() {
        let sql = select_records!("NULL::bigint", "WHERE r.id = ANY($1)");
        let parameters = [(&ids as &(dyn ToSql + Sync), Type::UUID_ARRAY)];
        for row in transaction.query_typed(sql, &parameters).await? {
            add(Item::Record(stored(&row)?));
        }
    }
    let purges = of(PURGE).filter_map(|name| Some(i64::from_be_bytes(name.try_into().ok()?)));
    let purges: Vec<i64> = purges.collect();
    if !purges.is_empty() {
        let sql = "SELECT number, line FROM consent_purges WHERE number = ANY($1)";
        let parameters = [(&purges as &(dyn ToSql + Sync), Type::INT8_ARRAY)];
        for row in transaction.query_typed(sql, &parameters).await? {
            add(Item::Purge(PurgeLine {
                row: row.try_get(0)?,
                line: row.try_get(1)?,
            }));
        }
    }
    Ok(items)
}

/// Reads a row, whose columns are those of `select_records`.
pub(super) fn stored(row: &Row) -> Result<StoredRecord, Problem> {
    const DAMAGED: Problem = Problem::Damaged("consent_records");
    let seconds = |at| number(row, at).map(Instant::from_unix_seconds);
    let shown: Option<&[u8]> = row.try_get(5)?;
    let leaf: Option<i64> = row.try_get(14)?;
    let previous: Option<Uuid> = row.try_get(13)?;
    let subject: Option<Uuid> = row.try_get(15)?;
    Ok(StoredRecord {
        record: ConsentRecord {
            id: id(row, 0)?,
            recorded_at: seconds(1)?,
            decided_at: seconds(2)?,
            site: row.try_get(3)?,
            policy: digest(row, 4)?,
            shown: shown.map(|_| digest(row, 5)).transpose()?,
            surface: columns::of_word(row.try_get(6)?).ok_or(DAMAGED)?,
            language: row.try_get(7)?,
            regime: row.try_get(8)?,
            gpc: row.try_get(9)?,
            cause: columns::of_word(row.try_get(10)?).ok_or(DAMAGED)?,
            answers: columns::of_answers(row.try_get(11)?).ok_or(DAMAGED)?,
            key: row.try_get(12)?,
        },
        previous: previous.map(|id| RecordId::from_bytes(id.into_bytes())),
        subject: subject.map(|id| SubjectId::from_bytes(id.into_bytes())),
        leaf: leaf.and_then(|leaf| leaf.try_into().ok()),
    })
}

pub(super) fn id(row: &Row, at: usize) -> Result<RecordId, Problem> {
    let id: Uuid = row.try_get(at)?;
    Ok(RecordId::from_bytes(id.into_bytes()))
}

pub(super) fn digest(row: &Row, at: usize) -> Result<Digest, Problem> {
    let bytes: Option<&[u8]> = row.try_get(at)?;
    let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
    bytes
        .map(Digest::from_bytes)
        .ok_or(Problem::Damaged("consent_records"))
}
