use std::collections::BTreeSet;

use rusqlite::{
    CachedStatement, Connection, OptionalExtension, Transaction, TransactionBehavior, params,
};

use super::{counters, error::Problem, subjects};
use crate::records::{
    Appended, Cause, ConsentRecord, Digest, Document, Entry, NONCE_SECONDS, RecordId, Withdrawal,
    columns, counters::tally,
};

/// Stores these entries in one transaction.
pub(super) fn append(
    connection: &mut Connection,
    entries: &[Entry],
) -> Result<Vec<Appended>, Problem> {
    // Immediate: it waits for another process here, and not in the middle.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let appended = Group(&transaction).append(entries)?;
    transaction.commit()?;
    Ok(appended)
}

/// The statements of one transaction.
struct Group<'t>(&'t Transaction<'t>);

impl Group<'_> {
    fn append(&self, entries: &[Entry]) -> Result<Vec<Appended>, Problem> {
        if let Some(newest) = entries.iter().map(|entry| entry.record.recorded_at).max() {
            let past = newest.unix_seconds().saturating_sub(NONCE_SECONDS);
            self.prepare("DELETE FROM nonces WHERE recorded_at <= ?1")?
                .execute([past])?;
        }
        let mut new = Vec::with_capacity(entries.len());
        let appended = entries
            .iter()
            .map(|entry| {
                let (appended, is_new) = self.entry(entry)?;
                new.extend(is_new.then_some(entry));
                Ok(appended)
            })
            .collect::<Result<_, Problem>>()?;
        self.count(&new)?;
        Ok(appended)
    }

    /// Counts new entries by day.
    fn count(&self, new: &[&Entry]) -> Result<(), Problem> {
        // A grant that was never recorded was not counted either.
        let mut taken_back = BTreeSet::new();
        for entry in new {
            if entry.record.cause == Cause::Unconfirmed
                && let Some(previous) = entry.previous
                && self.has(previous)?
            {
                taken_back.insert(entry.record.id);
            }
        }
        for (key, change) in tally(new, |entry| taken_back.contains(&entry.record.id)) {
            counters::add(self.0, &key, change)?;
        }
        Ok(())
    }

    fn prepare(&self, sql: &'static str) -> Result<CachedStatement<'_>, Problem> {
        Ok(self.0.prepare_cached(sql)?)
    }

    /// Stores an entry, and returns `true` with what became of it if it was not stored before.
    fn entry(&self, entry: &Entry) -> Result<(Appended, bool), Problem> {
        let record = &*entry.record;
        if self.has(record.id)? {
            return Ok((Appended::New, false));
        }
        if let Some(id) = self.repeats(record)? {
            return Ok((Appended::Same(id), false));
        }
        for document in &entry.documents {
            self.document(document)?;
        }
        let row = self.record(record)?;
        if let Some(account) = &entry.account {
            subjects::link(self.0, row, account)?;
        }
        if let Some(previous) = entry.previous {
            // What a device did for an account is not linked with what it does without.
            let sql = "INSERT INTO links (record, previous) SELECT ?1, ?2 WHERE ?3 OR NOT EXISTS (
                           SELECT 1 FROM subjects WHERE record = (SELECT row FROM records WHERE id = ?2))";
            let is_of_account = entry.account.is_some();
            self.prepare(sql)?
                .execute(params![row, previous.as_bytes(), is_of_account])?;
        }
        self.note(record, entry.previous)?;
        for withdrawal in &entry.withdrawals {
            self.withdrawal(withdrawal)?;
        }
        Ok((Appended::New, true))
    }

    fn has(&self, id: RecordId) -> Result<bool, Problem> {
        let mut statement = self.prepare("SELECT 1 FROM records WHERE id = ?1")?;
        Ok(statement.exists([id.as_bytes()])?)
    }

    /// Returns the record whose answers this one repeats, under the same nonce.
    fn repeats(&self, record: &ConsentRecord) -> Result<Option<RecordId>, Problem> {
        let (Some(key), Cause::Choice) = (&record.key, record.cause) else {
            return Ok(None);
        };
        let mut statement =
            self.prepare("SELECT record, answers, recorded_at FROM nonces WHERE nonce = ?1")?;
        let last: Option<([u8; 16], String, u64)> = statement
            .query_row([key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let now = record.recorded_at.unix_seconds();
        let same = last.filter(|(_, answers, at)| {
            now.saturating_sub(*at) < NONCE_SECONDS && columns::repeats(answers, &record.answers)
        });
        Ok(same.map(|(id, ..)| RecordId::from_bytes(id)))
    }

    /// Notes the last answers under the record's nonce.
    fn note(&self, record: &ConsentRecord, previous: Option<RecordId>) -> Result<(), Problem> {
        if record.cause == Cause::Unconfirmed {
            // The visitor was answered that nothing is saved: trying again is a choice of its own.
            let unsaved = previous.map(|id| *id.as_bytes());
            self.prepare("DELETE FROM nonces WHERE record = ?1 OR nonce = ?2")?
                .execute(params![unsaved, record.key])?;
        } else if let Some(key) = &record.key {
            self.prepare(
                "INSERT INTO nonces (nonce, record, answers, recorded_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (nonce) DO UPDATE SET record = ?2, answers = ?3, recorded_at = ?4",
            )?
            .execute(params![
                key,
                record.id.as_bytes(),
                columns::answers(&record.answers),
                record.recorded_at.unix_seconds()
            ])?;
        }
        Ok(())
    }

    /// Puts it into the outbox, due at once.
    fn withdrawal(&self, withdrawal: &Withdrawal) -> Result<(), Problem> {
        self.prepare(
            "INSERT INTO outbox (record, provider, handle, withdrawn_at, due_at)
             VALUES (?1, ?2, ?3, ?4, ?4) ON CONFLICT (record, provider) DO NOTHING",
        )?
        .execute(params![
            withdrawal.record.as_bytes(),
            withdrawal.provider,
            withdrawal.handle,
            withdrawal.withdrawn_at.unix_seconds()
        ])?;
        Ok(())
    }

    fn document(&self, document: &Document) -> Result<(), Problem> {
        if self.document_row(document.digest())?.is_none() {
            self.prepare(
                "INSERT INTO documents (sha256, media_type, content) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![
                document.digest().as_bytes(),
                document.media_type(),
                document.content()
            ])?;
        }
        Ok(())
    }

    fn document_row(&self, digest: Digest) -> Result<Option<i64>, Problem> {
        let mut statement = self.prepare("SELECT row FROM documents WHERE sha256 = ?1")?;
        let row = statement.query_row([digest.as_bytes()], |row| row.get(0));
        Ok(row.optional()?)
    }

    fn record(&self, record: &ConsentRecord) -> Result<i64, Problem> {
        let row_of = |digest: Digest| self.document_row(digest)?.ok_or(Problem::Undocumented);
        let policy = row_of(record.policy)?;
        let shown = record.shown.map(row_of).transpose()?;
        self.prepare(
            "INSERT INTO records (id, recorded_at, decided_at, site, policy, shown, surface, language,
                                  regime, gpc, cause, answers, key)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            record.id.as_bytes(),
            record.recorded_at.unix_seconds(),
            record.decided_at.unix_seconds(),
            record.site,
            policy,
            shown,
            columns::word(&record.surface),
            record.language,
            record.regime,
            record.gpc,
            columns::word(&record.cause),
            columns::answers(&record.answers),
            record.key,
        ])?;
        Ok(self.0.last_insert_rowid())
    }
}
