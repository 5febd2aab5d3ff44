//! Accounts, and which records are theirs.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::error::Problem;
use crate::records::{Account, RecordId, SubjectId};

/// Links a record with its account, which gets a subject if it has none.
pub(super) fn link(
    transaction: &Transaction<'_>,
    record: i64,
    account: &Account,
) -> Result<(), Problem> {
    let Some(first) = account.tags().first() else {
        return Ok(());
    };
    let mut found = None;
    for tag in account.tags() {
        found = found.or(subject(transaction, tag)?.map(|subject| (tag, subject)));
    }
    let subject = match found {
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
    };
    let sql = "INSERT INTO subjects (record, subject) VALUES (?1, ?2)";
    transaction
        .prepare_cached(sql)?
        .execute(params![record, subject])?;
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
        erased += transaction.execute("DELETE FROM subjects WHERE subject = ?1", [subject])?;
    }
    transaction.commit()?;
    Ok(u64::try_from(erased).unwrap_or(u64::MAX))
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
    // An account without records is nobody's any more.
    let sql = "DELETE FROM accounts WHERE subject = ?1
               AND NOT EXISTS (SELECT 1 FROM subjects WHERE subject = ?1)";
    transaction.prepare_cached(sql)?.execute([subject])?;
    Ok(1)
}
