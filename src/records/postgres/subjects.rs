//! Accounts, and which records are theirs.

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::{
    Client, Row, Transaction,
    types::{ToSql, Type},
};
use uuid::Uuid;

use super::{error::Problem, outbox, transaction::begin, values::uuid};
use crate::records::{Account, Entry, RecordId, SubjectId};

/// Links records with their accounts. One without a subject gets one.
pub(super) async fn add(transaction: &Transaction<'_>, new: &[&Entry]) -> Result<(), Problem> {
    let of_accounts = new
        .iter()
        .filter_map(|entry| Some((uuid(entry.record.id), entry.account.as_ref()?)));
    let of_accounts: Vec<_> = of_accounts.collect();
    if of_accounts.is_empty() {
        return Ok(());
    }
    let accounts: Vec<&Account> = of_accounts.iter().map(|(_, account)| *account).collect();
    let subjects = subjects(transaction, &accounts).await?;
    let linked = of_accounts.iter().filter_map(|(id, account)| {
        let subject = subjects.get(&account.tags().first()?[..])?;
        Some((*id, *subject))
    });
    let (ids, subjects): (Vec<Uuid>, Vec<Uuid>) = linked.unzip();
    let sql = "INSERT INTO consent_subjects (record, subject) SELECT * FROM unnest($1, $2)
               ON CONFLICT (record) DO NOTHING";
    let parameters = [(&ids, Type::UUID_ARRAY), (&subjects, Type::UUID_ARRAY)]
        .map(|(values, of)| (values as &(dyn ToSql + Sync), of));
    transaction.execute_typed(sql, &parameters).await?;
    Ok(())
}

/// Returns the subject of each account by its first tag, and keeps others from erasing them until the end of
/// the transaction.
pub(super) async fn subjects(
    transaction: &Transaction<'_>,
    accounts: &[&Account],
) -> Result<BTreeMap<Vec<u8>, Uuid>, Problem> {
    // In one order, so that no two transactions wait for each other.
    let tags = accounts.iter().flat_map(|account| account.tags());
    let tags: BTreeSet<&[u8]> = tags.map(|tag| &tag[..]).collect();
    let tags: Vec<&[u8]> = tags.into_iter().collect();
    let sql =
        "SELECT tag, subject FROM consent_accounts WHERE tag = ANY($1) ORDER BY tag FOR UPDATE";
    let rows = transaction
        .query_typed(sql, &[(&tags, Type::BYTEA_ARRAY)])
        .await?;
    let known: BTreeMap<Vec<u8>, Uuid> = rows.iter().map(pair).collect::<Result<_, _>>()?;
    let (mut moved, mut added) = (BTreeMap::new(), BTreeMap::new());
    let mut subjects = BTreeMap::new();
    for account in accounts {
        let mut tags = account.tags().iter().map(|tag| &tag[..]);
        let Some(first) = account.tags().first() else {
            continue;
        };
        let Some(tag) = tags.find(|tag| known.contains_key(*tag)) else {
            added.insert(&first[..], SubjectId::random().ok_or(Problem::NoRandom)?);
            continue;
        };
        if tag != first {
            moved.insert(tag, &first[..]);
        }
        subjects.insert(first.to_vec(), known[tag]);
    }
    rename(transaction, moved).await?;
    subjects.extend(insert(transaction, added).await?);
    Ok(subjects)
}

/// Moves accounts from the key before.
async fn rename(
    transaction: &Transaction<'_>,
    moved: BTreeMap<&[u8], &[u8]>,
) -> Result<(), Problem> {
    if moved.is_empty() {
        return Ok(());
    }
    let (from, to): (Vec<&[u8]>, Vec<&[u8]>) = moved.into_iter().unzip();
    let sql = "UPDATE consent_accounts a SET tag = m.first FROM unnest($1, $2) m (other, first)
               WHERE a.tag = m.other";
    let parameters = [(&from, Type::BYTEA_ARRAY), (&to, Type::BYTEA_ARRAY)]
        .map(|(values, of)| (values as &(dyn ToSql + Sync), of));
    transaction.execute_typed(sql, &parameters).await?;
    Ok(())
}

/// Adds accounts. Returns the subject that each has: another node may have been quicker.
async fn insert(
    transaction: &Transaction<'_>,
    added: BTreeMap<&[u8], SubjectId>,
) -> Result<BTreeMap<Vec<u8>, Uuid>, Problem> {
    if added.is_empty() {
        return Ok(BTreeMap::new());
    }
    let tags: Vec<&[u8]> = added.keys().copied().collect();
    let subjects = added
        .values()
        .map(|subject| Uuid::from_bytes(*subject.as_bytes()));
    let subjects: Vec<Uuid> = subjects.collect();
    let sql = "INSERT INTO consent_accounts (tag, subject)
               SELECT tag, subject FROM unnest($1, $2) a (tag, subject) ORDER BY tag
               ON CONFLICT (tag) DO UPDATE SET tag = excluded.tag RETURNING tag, subject";
    let parameters: [(&(dyn ToSql + Sync), Type); 2] =
        [(&tags, Type::BYTEA_ARRAY), (&subjects, Type::UUID_ARRAY)];
    let rows = transaction.query_typed(sql, &parameters).await?;
    rows.iter().map(pair).collect()
}

fn pair(row: &Row) -> Result<(Vec<u8>, Uuid), Problem> {
    Ok((row.try_get(0)?, row.try_get(1)?))
}

pub(super) async fn of_account(
    client: &Client,
    account: &Account,
) -> Result<Vec<SubjectId>, Problem> {
    let tags: Vec<&[u8]> = account.tags().iter().map(|tag| &tag[..]).collect();
    let sql = "SELECT DISTINCT subject FROM consent_accounts WHERE tag = ANY($1) ORDER BY subject";
    let rows = client
        .query_typed(sql, &[(&tags, Type::BYTEA_ARRAY)])
        .await?;
    let subject = |row: &Row| {
        let id: Uuid = row.try_get(0)?;
        Ok(SubjectId::from_bytes(id.into_bytes()))
    };
    rows.iter().map(subject).collect()
}

pub(super) async fn erase(client: &mut Client, account: &Account) -> Result<u64, Problem> {
    let transaction = begin(client).await?;
    let tags: Vec<&[u8]> = account.tags().iter().map(|tag| &tag[..]).collect();
    // First the accounts: whoever adds a record to one has locked it, and is seen by the next statement.
    let sql = "DELETE FROM consent_accounts WHERE tag = ANY($1) RETURNING subject";
    let rows = transaction
        .query_typed(sql, &[(&tags, Type::BYTEA_ARRAY)])
        .await?;
    let subjects = rows.iter().map(|row| row.try_get(0));
    let subjects: Vec<Uuid> = subjects.collect::<Result<_, _>>()?;
    let sql = "DELETE FROM consent_choices WHERE subject = ANY($1)";
    transaction
        .execute_typed(sql, &[(&subjects, Type::UUID_ARRAY)])
        .await?;
    let sql = "DELETE FROM consent_subjects WHERE subject = ANY($1) RETURNING record";
    let rows = transaction
        .query_typed(sql, &[(&subjects, Type::UUID_ARRAY)])
        .await?;
    let records = rows.iter().map(|row| row.try_get(0));
    let records: Vec<Uuid> = records.collect::<Result<_, _>>()?;
    outbox::erase_handles(&transaction, &records).await?;
    transaction.commit().await?;
    Ok(u64::try_from(records.len()).unwrap_or(u64::MAX))
}

/// Erases which account these records are of, and those of these choices whose account has no other. Returns how many
/// links that were.
pub(super) async fn unlink(
    transaction: &Transaction<'_>,
    ids: &[RecordId],
    choices: &[(SubjectId, String)],
) -> Result<u64, Problem> {
    let ids: Vec<Uuid> = ids.iter().copied().map(uuid).collect();
    // Locked, as by whoever adds a record.
    let sql = "SELECT tag FROM consent_accounts WHERE subject IN (
                   SELECT subject FROM consent_subjects WHERE record = ANY($1)) ORDER BY tag FOR UPDATE";
    let rows = transaction
        .query_typed(sql, &[(&ids, Type::UUID_ARRAY)])
        .await?;
    let tags = rows.iter().map(|row| row.try_get(0));
    let tags: Vec<Vec<u8>> = tags.collect::<Result<_, _>>()?;
    let sql = "DELETE FROM consent_subjects WHERE record = ANY($1)";
    let erased = transaction
        .execute_typed(sql, &[(&ids, Type::UUID_ARRAY)])
        .await?;
    drop_choices(transaction, choices).await?;
    drop_empty(transaction, &tags).await?;
    Ok(erased)
}

/// Drops those of these accounts that have no records and no choice: they are nobody's any more.
async fn drop_empty(transaction: &Transaction<'_>, tags: &[Vec<u8>]) -> Result<(), Problem> {
    let sql = "DELETE FROM consent_accounts a WHERE tag = ANY($1)
               AND NOT EXISTS (SELECT FROM consent_subjects s WHERE s.subject = a.subject)
               AND NOT EXISTS (SELECT FROM consent_choices c WHERE c.subject = a.subject)";
    transaction
        .execute_typed(sql, &[(&tags, Type::BYTEA_ARRAY)])
        .await?;
    Ok(())
}

/// Drops those of these choices whose account has no record, with the account.
pub(super) async fn drop_lone(
    client: &mut Client,
    choices: &[(SubjectId, String)],
) -> Result<(), Problem> {
    let transaction = begin(client).await?;
    let subjects = choices
        .iter()
        .map(|(it, _)| Uuid::from_bytes(*it.as_bytes()));
    let subjects: Vec<Uuid> = subjects.collect();
    // Locked, as by whoever adds a record.
    let sql = "SELECT tag FROM consent_accounts WHERE subject = ANY($1) ORDER BY tag FOR UPDATE";
    let rows = transaction
        .query_typed(sql, &[(&subjects, Type::UUID_ARRAY)])
        .await?;
    let tags = rows.iter().map(|row| row.try_get(0));
    let tags: Vec<Vec<u8>> = tags.collect::<Result<_, _>>()?;
    drop_choices(&transaction, choices).await?;
    drop_empty(&transaction, &tags).await?;
    transaction.commit().await?;
    Ok(())
}

/// Drops those of these choices whose account has no record any more.
async fn drop_choices(
    transaction: &Transaction<'_>,
    choices: &[(SubjectId, String)],
) -> Result<(), Problem> {
    let of = |(subject, choice): &(SubjectId, String)| {
        (Uuid::from_bytes(*subject.as_bytes()), choice.clone())
    };
    let (subjects, choices): (Vec<Uuid>, Vec<String>) = choices.iter().map(of).unzip();
    if subjects.is_empty() {
        return Ok(());
    }
    let sql = "DELETE FROM consent_choices c USING unnest($1, $2) d (subject, choice)
               WHERE c.subject = d.subject AND c.choice = d.choice
               AND NOT EXISTS (SELECT FROM consent_subjects s WHERE s.subject = c.subject)";
    let parameters: [(&(dyn ToSql + Sync), Type); 2] =
        [(&subjects, Type::UUID_ARRAY), (&choices, Type::TEXT_ARRAY)];
    transaction.execute_typed(sql, &parameters).await?;
    Ok(())
}
