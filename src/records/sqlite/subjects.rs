//! Accounts, which records are theirs, and the choice that follows each.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{error::Problem, outbox};
use crate::records::{Account, RecordId, SubjectId, archive::store::LoneChoices};

/// Links a record with its account, which gets a subject if it has none.
pub(super) fn link(
    transaction: &Transaction<'_>,
    record: i64,
    account: &Account,
) -> Result<(), Problem> {
    let subject = ensure(transaction, account)?;
    let sql = "INSERT INTO subjects (record, subject) VALUES (?1, ?2)";
    transaction
        .prepare_cached(sql)?
        .execute(params![record, subject])?;
    Ok(())
}

/// Returns the subject of an account, which gets one if it has none.
fn ensure(transaction: &Transaction<'_>, account: &Account) -> Result<[u8; 16], Problem> {
    let first = account.tags().first().ok_or(Problem::Damaged("accounts"))?;
    let mut found = None;
    for tag in account.tags() {
        found = found.or(subject(transaction, tag)?.map(|subject| (tag, subject)));
    }
    Ok(match found {
        Some((tag, subject)) if tag == first => subject,
        Some((tag, subject)) => {
            let sql = "UPDATE accounts SET tag = ?1 WHERE tag = ?2";
            transaction.prepare_cached(sql)?.execute([first, tag])?;
            subject
        }
        None => {
            let subject = *SubjectId::random().ok_or(Problem::NoRandom)?.as_bytes();
            let sql = "INSERT INTO accounts (tag, subject) VALUES (?1, ?2)";
            transaction
                .prepare_cached(sql)?
                .execute(params![first, subject])?;
            subject
        }
    })
}

pub(super) fn load(connection: &Connection, account: &Account) -> Result<Option<String>, Problem> {
    for subject in of_account(connection, account)? {
        let sql = "SELECT choice FROM choices WHERE subject = ?1";
        let mut statement = connection.prepare_cached(sql)?;
        let choice = statement.query_row([subject.as_bytes()], |row| row.get(0));
        if let Some(choice) = choice.optional()? {
            return Ok(Some(choice));
        }
    }
    Ok(None)
}

pub(super) fn save(
    connection: &mut Connection,
    account: &Account,
    choice: &str,
) -> Result<(), Problem> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    put(&transaction, account, choice)?;
    transaction.commit()?;
    Ok(())
}

/// Saves it if the one before is still the same.
pub(super) fn replace(
    connection: &mut Connection,
    account: &Account,
    before: Option<&str>,
    choice: &str,
) -> Result<bool, Problem> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if load(&transaction, account)?.as_deref() != before {
        return Ok(false);
    }
    put(&transaction, account, choice)?;
    transaction.commit()?;
    Ok(true)
}

fn put(transaction: &Transaction<'_>, account: &Account, choice: &str) -> Result<(), Problem> {
    let subject = ensure(transaction, account)?;
    let sql = "INSERT INTO choices (subject, choice) VALUES (?1, ?2)
               ON CONFLICT (subject) DO UPDATE SET choice = ?2";
    transaction
        .prepare_cached(sql)?
        .execute(params![subject, choice])?;
    Ok(())
}

fn subject(connection: &Connection, tag: &[u8; 32]) -> Result<Option<[u8; 16]>, Problem> {
    let sql = "SELECT subject FROM accounts WHERE tag = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row([tag], |row| row.get(0)).optional()?)
}

pub(super) fn of_account(
    connection: &Connection,
    account: &Account,
) -> Result<Vec<SubjectId>, Problem> {
    let mut subjects = Vec::new();
    for tag in account.tags() {
        subjects.extend(subject(connection, tag)?.map(SubjectId::from_bytes));
    }
    Ok(subjects)
}

pub(super) fn erase(connection: &mut Connection, account: &Account) -> Result<u64, Problem> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut erased = 0;
    for subject in of_account(&transaction, account)? {
        let subject = subject.as_bytes();
        transaction.execute("DELETE FROM accounts WHERE subject = ?1", [subject])?;
        transaction.execute("DELETE FROM choices WHERE subject = ?1", [subject])?;
        for record in records_of(&transaction, subject)? {
            outbox::erase_handles(&transaction, record)?;
        }
        erased += transaction.execute("DELETE FROM subjects WHERE subject = ?1", [subject])?;
    }
    transaction.commit()?;
    Ok(u64::try_from(erased).unwrap_or(u64::MAX))
}

fn records_of(transaction: &Transaction<'_>, subject: &[u8; 16]) -> Result<Vec<RecordId>, Problem> {
    let sql = "SELECT r.id FROM subjects s JOIN records r ON r.row = s.record WHERE s.subject = ?1";
    let mut statement = transaction.prepare_cached(sql)?;
    let rows = statement.query_map([subject], |row| row.get(0).map(RecordId::from_bytes))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Erases which account a record is of. Returns how many links that were.
pub(super) fn unlink(transaction: &Transaction<'_>, id: RecordId) -> Result<usize, Problem> {
    let sql = "DELETE FROM subjects WHERE record = (SELECT row FROM records WHERE id = ?1)
               RETURNING subject";
    let mut statement = transaction.prepare_cached(sql)?;
    let subject: Option<[u8; 16]> = statement
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    let Some(subject) = subject else {
        return Ok(0);
    };
    drop_if_empty(transaction, subject)?;
    Ok(1)
}

/// Drops an account without records and without a choice: it is nobody's any more.
fn drop_if_empty(transaction: &Transaction<'_>, subject: [u8; 16]) -> Result<(), Problem> {
    let sql = "DELETE FROM accounts WHERE subject = ?1
               AND NOT EXISTS (SELECT 1 FROM subjects WHERE subject = ?1)
               AND NOT EXISTS (SELECT 1 FROM choices WHERE subject = ?1)";
    transaction.prepare_cached(sql)?.execute([subject])?;
    Ok(())
}

/// Drops this choice of an account that has no record any more, and the account with it.
pub(super) fn drop_choice(
    transaction: &Transaction<'_>,
    subject: SubjectId,
    choice: &str,
) -> Result<(), Problem> {
    let sql = "DELETE FROM choices WHERE subject = ?1 AND choice = ?2
               AND NOT EXISTS (SELECT 1 FROM subjects WHERE subject = ?1)";
    let parameters = params![subject.as_bytes(), choice];
    transaction.prepare_cached(sql)?.execute(parameters)?;
    drop_if_empty(transaction, *subject.as_bytes())
}

/// Drops those of these choices whose account has no record.
pub(super) fn drop_choices(
    connection: &mut Connection,
    choices: &[(SubjectId, String)],
) -> Result<(), Problem> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (subject, choice) in choices {
        drop_choice(&transaction, *subject, choice)?;
    }
    transaction.commit()?;
    Ok(())
}

/// Looks at so many choices in the order of their subjects, after this one.
pub(super) fn lone_choices(
    connection: &Connection,
    after: Option<SubjectId>,
    max: usize,
) -> Result<LoneChoices, Problem> {
    let sql = "SELECT subject, CASE WHEN NOT EXISTS (
                   SELECT 1 FROM subjects s WHERE s.subject = c.subject) THEN choice END
               FROM choices c WHERE subject > ?1 ORDER BY subject LIMIT ?2";
    let after = after.map_or([0; 16], |it| *it.as_bytes());
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![after, max], |row| {
        Ok((SubjectId::from_bytes(row.get(0)?), row.get(1)?))
    })?;
    let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
    Ok(LoneChoices::of(rows, max))
}

/// Returns the choices of these accounts.
pub(super) fn choices_of(
    connection: &Connection,
    subjects: &[SubjectId],
) -> Result<Vec<(SubjectId, String)>, Problem> {
    let sql = "SELECT choice FROM choices WHERE subject = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut choices = Vec::new();
    for subject in subjects {
        let choice = statement.query_row([subject.as_bytes()], |row| row.get(0));
        choices.extend(choice.optional()?.map(|choice| (*subject, choice)));
    }
    Ok(choices)
}
