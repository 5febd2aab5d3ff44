use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::{
    Client, Transaction,
    types::{ToSql, Type},
};
use uuid::Uuid;

use super::{
    counters,
    error::Problem,
    group::Group,
    months::{self, Months},
    nonces, outbox,
    read::digest,
    subjects,
    transaction::begin,
    values::{DOCUMENT, RECORD, seconds, uuid},
};
use crate::records::{Appended, ConsentRecord, Digest, Document, Entry, RecordId, columns};

/// Stores these entries in one transaction. Each statement brings the types of its parameters: so it is
/// one round trip, and a pooler in between needs to know no prepared statements.
pub(super) async fn append(
    client: &mut Client,
    months: &Months,
    entries: &[Entry],
) -> Result<Vec<Appended>, Problem> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    match in_one_transaction(client, months, entries).await {
        Err(problem) if problem.is_month() => {
            months::ask_again(client, months).await?;
            in_one_transaction(client, months, entries).await
        }
        done => done,
    }
}

async fn in_one_transaction(
    client: &mut Client,
    months: &Months,
    entries: &[Entry],
) -> Result<Vec<Appended>, Problem> {
    months::ensure(client, months, entries).await?;
    let transaction = begin(client).await?;
    let last = nonces::lock(&transaction, entries).await?;
    let known = known(&transaction, entries).await?;
    let group = Group::decide(entries, known, last);
    let numbers = documents(&transaction, &group).await?;
    records(&transaction, &group.new, &numbers).await?;
    subjects::add(&transaction, &group.new).await?;
    links(&transaction, &group.new).await?;
    nonces::note(&transaction, &group).await?;
    outbox::add(&transaction, &group.new).await?;
    counters::add(&transaction, &group).await?;
    transaction.commit().await?;
    Ok(group.appended)
}

/// Returns the ids that are stored already.
async fn known(
    transaction: &Transaction<'_>,
    entries: &[Entry],
) -> Result<BTreeSet<RecordId>, Problem> {
    let ids: Vec<Uuid> = entries.iter().map(|entry| uuid(entry.record.id)).collect();
    let sql = "SELECT id FROM consent_records WHERE id = ANY($1)";
    let rows = transaction
        .query_typed(sql, &[(&ids, Type::UUID_ARRAY)])
        .await?;
    let id = |row: &tokio_postgres::Row| {
        let id: Uuid = row.try_get(0)?;
        Ok(RecordId::from_bytes(id.into_bytes()))
    };
    rows.iter().map(id).collect()
}

/// The numbers of documents.
type Numbers = BTreeMap<Digest, i32>;

/// Stores the documents that are missing, and returns their numbers. A record without its documents is refused.
async fn documents(transaction: &Transaction<'_>, group: &Group<'_>) -> Result<Numbers, Problem> {
    let mut given: BTreeMap<Digest, &Document> = BTreeMap::new();
    let mut wanted: BTreeSet<Digest> = BTreeSet::new();
    for entry in &group.new {
        let record = &entry.record;
        given.extend(entry.documents.iter().map(|it| (it.digest(), it)));
        wanted.insert(record.policy);
        wanted.extend(record.shown);
    }
    let digests: BTreeSet<&Digest> = given.keys().chain(&wanted).collect();
    let digests: Vec<&[u8]> = digests.iter().map(|it| &it.as_bytes()[..]).collect();
    let sql = "SELECT sha256, number FROM consent_documents WHERE sha256 = ANY($1)";
    let rows = transaction
        .query_typed(sql, &[(&digests, Type::BYTEA_ARRAY)])
        .await?;
    let mut numbers = Numbers::new();
    for row in rows {
        let digest = digest(&row, 0)?;
        given.remove(&digest);
        wanted.remove(&digest);
        numbers.extend(row.try_get::<_, Option<i32>>(1)?.map(|it| (digest, it)));
    }
    if wanted.iter().any(|it| !given.contains_key(it)) {
        return Err(Problem::Undocumented);
    }
    if !given.is_empty() {
        numbers.extend(add_documents(transaction, &given).await?);
    }
    Ok(numbers)
}

/// Adds documents. Of two nodes that take the next number at once, one tries again.
async fn add_documents(
    transaction: &Transaction<'_>,
    given: &BTreeMap<Digest, &Document>,
) -> Result<Numbers, Problem> {
    let digests: Vec<&[u8]> = given.keys().map(|it| &it.as_bytes()[..]).collect();
    let types: Vec<&str> = given.values().map(|it| it.media_type()).collect();
    let contents: Vec<&[u8]> = given.values().map(|it| it.content().as_bytes()).collect();
    let parameters: [(&(dyn ToSql + Sync), Type); 4] = [
        (&digests, Type::BYTEA_ARRAY),
        (&types, Type::TEXT_ARRAY),
        (&contents, Type::BYTEA_ARRAY),
        (&DOCUMENT, Type::INT2),
    ];
    let sql = "WITH added AS (
                   INSERT INTO consent_documents (sha256, media_type, content, number)
                   SELECT sha256, media_type, content, last + place
                   FROM unnest($1, $2, $3) WITH ORDINALITY d (sha256, media_type, content, place),
                        (SELECT coalesce(max(number), 0) AS last FROM consent_documents) n
                   ON CONFLICT (sha256) DO NOTHING RETURNING sha256, number
               ), named AS (
                   INSERT INTO consent_unsequenced (kind, name) SELECT $4, sha256 FROM added
               )
               SELECT sha256, number FROM added";
    let rows = transaction.query_typed(sql, &parameters).await?;
    let number = |row: &tokio_postgres::Row| Ok((digest(row, 0)?, row.try_get(1)?));
    rows.iter().map(number).collect()
}

/// The values of one column.
fn column<'a, T>(entries: &[&'a Entry], value: impl Fn(&'a ConsentRecord) -> T) -> Vec<T> {
    entries.iter().map(|entry| value(&entry.record)).collect()
}

async fn records(
    transaction: &Transaction<'_>,
    new: &[&Entry],
    numbers: &Numbers,
) -> Result<(), Problem> {
    if new.is_empty() {
        return Ok(());
    }
    let ids = column(new, |it| uuid(it.id));
    let recorded_at = column(new, |it| seconds(it.recorded_at));
    let decided_at = column(new, |it| seconds(it.decided_at));
    let gpc = column(new, |it| it.gpc);
    // By its hash, if a document has no number.
    let number = |digest: &Digest| numbers.get(digest).copied();
    let hash = |digest: &Digest| number(digest).is_none().then(|| digest.as_bytes().to_vec());
    let policy_number = column(new, |it| number(&it.policy));
    let shown_number = column(new, |it| it.shown.as_ref().and_then(number));
    let policy = column(new, |it| hash(&it.policy));
    let shown = column(new, |it| it.shown.as_ref().and_then(hash));
    let site = column(new, |it| it.site.as_str());
    let surface = column(new, |it| columns::word(&it.surface));
    let language = column(new, |it| it.language.as_deref());
    let regime = column(new, |it| it.regime.as_deref());
    let cause = column(new, |it| columns::word(&it.cause));
    let answers = column(new, |it| columns::answers(&it.answers));
    let key = column(new, |it| it.key.as_deref());
    let parameters: [(&(dyn ToSql + Sync), Type); 16] = [
        (&ids, Type::UUID_ARRAY),
        (&recorded_at, Type::INT8_ARRAY),
        (&decided_at, Type::INT8_ARRAY),
        (&gpc, Type::BOOL_ARRAY),
        (&policy, Type::BYTEA_ARRAY),
        (&shown, Type::BYTEA_ARRAY),
        (&site, Type::TEXT_ARRAY),
        (&surface, Type::TEXT_ARRAY),
        (&language, Type::TEXT_ARRAY),
        (&regime, Type::TEXT_ARRAY),
        (&cause, Type::TEXT_ARRAY),
        (&answers, Type::TEXT_ARRAY),
        (&key, Type::TEXT_ARRAY),
        (&policy_number, Type::INT4_ARRAY),
        (&shown_number, Type::INT4_ARRAY),
        (&RECORD, Type::INT2),
    ];
    transaction
        .execute_typed(
            "WITH added AS (
                 INSERT INTO consent_records (id, recorded_at, decided_at, gpc, policy, shown, site, surface,
                                              language, regime, cause, answers, key, policy_number,
                                              shown_number)
                 SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
                 ON CONFLICT (id) DO NOTHING RETURNING id
             )
             INSERT INTO consent_unsequenced (kind, name) SELECT $16, uuid_send(id) FROM added",
            &parameters,
        )
        .await?;
    Ok(())
}

async fn links(transaction: &Transaction<'_>, new: &[&Entry]) -> Result<(), Problem> {
    let (mut ids, mut previous, mut of_account) = (Vec::new(), Vec::new(), Vec::new());
    for entry in new {
        if let Some(before) = entry.previous {
            ids.push(uuid(entry.record.id));
            previous.push(uuid(before));
            of_account.push(entry.account.is_some());
        }
    }
    if !ids.is_empty() {
        // What a device did for an account is not linked with what it does without.
        let sql = "INSERT INTO consent_links (record, previous)
                   SELECT record, previous FROM unnest($1, $2, $3) l (record, previous, of_account)
                   WHERE of_account OR NOT EXISTS (
                       SELECT FROM consent_subjects s WHERE s.record = l.previous)
                   ON CONFLICT (record) DO NOTHING";
        let parameters: [(&(dyn ToSql + Sync), Type); 3] = [
            (&ids, Type::UUID_ARRAY),
            (&previous, Type::UUID_ARRAY),
            (&of_account, Type::BOOL_ARRAY),
        ];
        transaction.execute_typed(sql, &parameters).await?;
    }
    Ok(())
}
