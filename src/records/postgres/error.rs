//! What goes wrong, with the fix.

use std::error::Error as _;

use tokio_postgres::{Error, error::SqlState};

use crate::records::StoreError;

/// A complaint of PostgreSQL, or about a row. It becomes a [`StoreError`] that names the database.
#[derive(Debug)]
pub(super) enum Problem {
    Postgres(Error),
    /// A connection can't be made.
    Connecting(Error),
    /// It took too long.
    Slow,
    /// A record refers to a document that is neither stored nor given with it.
    Undocumented,
    /// A row can't be read: a column of this table.
    Damaged(&'static str),
    /// A row was purged while its turn in the tree was prepared.
    Gone,
    /// There are no random numbers for the id of an account.
    NoRandom,
    /// The schema is one of a newer version.
    Newer {
        found: i32,
        newest: usize,
    },
    /// The server is older than 12.
    Old,
    /// The database can't have every character.
    Encoding,
    /// A standby, or a database or role that is set to be read-only.
    ReadOnly,
    /// The role may not write the tables, or does not own them.
    Rights,
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Postgres(error)
    }
}

impl Problem {
    /// Another transaction was in the way, or a partition was dropped: the same call may go through.
    pub(super) fn is_conflict(&self) -> bool {
        let Self::Postgres(error) = self else {
            return false;
        };
        error.code().is_some_and(|code| {
            *code == SqlState::T_R_SERIALIZATION_FAILURE
                || *code == SqlState::T_R_DEADLOCK_DETECTED
                || *code == SqlState::DUPLICATE_TABLE
                // Of two that took the next number at once.
                || *code == SqlState::UNIQUE_VIOLATION
                || is_missing_partition(code)
        })
    }

    /// There is no partition for a record's month.
    pub(super) fn is_month(&self) -> bool {
        matches!(self, Self::Postgres(error) if error.code().is_some_and(is_missing_partition))
    }

    /// A lock was not to be had in time, another node is doing it, or the role may not.
    pub(super) fn is_left_for_later(&self) -> bool {
        matches!(self, Self::Postgres(error) if error.code().is_some_and(|code| {
            *code == SqlState::LOCK_NOT_AVAILABLE
                || *code == SqlState::QUERY_CANCELED
                || *code == SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE
                || *code == SqlState::UNDEFINED_TABLE
                || *code == SqlState::INSUFFICIENT_PRIVILEGE
        }))
    }

    /// The role may not do it.
    pub(super) fn is_denied(&self) -> bool {
        matches!(self, Self::Postgres(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE))
    }

    /// The connection is of no use any more: after a failover, that to a standby ends no more than others do.
    pub(super) fn is_lost(&self) -> bool {
        let is_read_only = |code: &SqlState| *code == SqlState::READ_ONLY_SQL_TRANSACTION;
        match self {
            Self::Postgres(error) => {
                let code = error.code();
                code.is_none_or(|code| is_shutdown(code) || is_read_only(code))
            }
            Self::Slow | Self::ReadOnly => true,
            _ => false,
        }
    }

    pub(super) fn at(&self, name: &str) -> StoreError {
        let temporary = |what: &str| StoreError::temporary(format!("{name}: {what}"));
        let permanent = |what: &str| StoreError::permanent(format!("{name}: {what}"));
        let broken = |what: &str| StoreError::broken(format!("{name}: {what}"));
        match self {
            Self::Connecting(error) => of_connecting(name, error),
            Self::Postgres(_) if self.is_conflict() => {
                temporary("another transaction was in the way each time: try again")
            }
            Self::Postgres(error) => match error.code() {
                Some(code) => of_code(name, code),
                None => temporary("the connection was lost: see the log of the server"),
            },
            Self::Slow => temporary("the server does not answer: check its load, and the network"),
            // Without its id, which is a visitor's receipt.
            Self::Undocumented => permanent(
                "a record refers to a document that is not stored: append it with its documents",
            ),
            Self::Damaged(table) => permanent(&format!(
                "a row of the table {table} is damaged: restore a backup"
            )),
            Self::Gone => temporary("a record was purged meanwhile: try again"),
            Self::NoRandom => temporary("the system has no random numbers"),
            Self::Newer { found, newest } => broken(&format!(
                "its schema {found} is newer than this release, which knows {newest}: update the program"
            )),
            Self::Old => broken("PostgreSQL is too old: update it to version 12 or later"),
            Self::Encoding => {
                broken("the database has another encoding: create one with ENCODING 'UTF8'")
            }
            // The end of a failover changes it.
            Self::ReadOnly => temporary(
                "the database is read-only: name the primary server, and a role that may write",
            ),
            Self::Rights => broken(
                "the role may not write the tables whose names begin with consent_, or does not own them, which \
                 each new month needs: name the role that owns them, or make it a member of that one (GRANT), with \
                 CREATE on their schema",
            ),
        }
    }
}

fn is_missing_partition(code: &SqlState) -> bool {
    *code == SqlState::CHECK_VIOLATION
}

/// The server ends the connection, or does not take any.
fn is_shutdown(code: &SqlState) -> bool {
    let code = code.code();
    code.starts_with("08") || code.starts_with("57P")
}

/// The errors of a connection's start: what they say has nothing of a record.
fn of_connecting(name: &str, error: &Error) -> StoreError {
    if let Some(error) = error.as_db_error() {
        let (is_permanent, fix) = match error.code() {
            code if *code == SqlState::INVALID_PASSWORD => (true, "check the password in the URL"),
            code if *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION => (
                true,
                "check the role in the URL, and pg_hba.conf on the server",
            ),
            code if *code == SqlState::INVALID_CATALOG_NAME => (
                true,
                "create the database with createdb, or name another one",
            ),
            code if *code == SqlState::INSUFFICIENT_PRIVILEGE => {
                (true, "let the role connect: GRANT CONNECT ON DATABASE")
            }
            code if *code == SqlState::TOO_MANY_CONNECTIONS => (
                false,
                "raise max_connections, or end other programs' connections",
            ),
            _ => (false, "see the log of the server"),
        };
        let message = format!("{name}: {}: {fix}", error.message());
        return if is_permanent {
            StoreError::broken(message)
        } else {
            StoreError::temporary(message)
        };
    }
    let mut causes = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    let cause = causes.join(": ");
    if cause.contains("password missing") {
        return StoreError::broken(format!(
            "{name}: the server asks for a password: add it to the URL"
        ));
    }
    if cause.contains("server does not support TLS") {
        return StoreError::broken(format!(
            "{name}: the server does not offer TLS: switch it on there, or write sslmode=disable on a \
             network that you trust"
        ));
    }
    if cause.contains("certificate") {
        return StoreError::broken(format!(
            "{name}: {cause}: name a file with the authority's certificate as sslrootcert, and the host as \
             the server's certificate does"
        ));
    }
    StoreError::temporary(format!(
        "{name}: {cause}: check host and port, and that the server runs"
    ))
}

/// The code alone: the message could have a value.
fn of_code(name: &str, code: &SqlState) -> StoreError {
    let temporary = |what: &str| StoreError::temporary(format!("{name}: {what}"));
    let broken = |what: &str| StoreError::broken(format!("{name}: {what}"));
    let text = code.code();
    let refused = format!("the server refused it (SQLSTATE {text}): see its log");
    match text {
        "25006" => Problem::ReadOnly.at(name),
        "42501" => broken(
            "the role may not create or write the tables: grant it CREATE on the schema, so that it owns \
             them, or name the role that owns them",
        ),
        "3F000" => broken("no schema to create the tables in: set the role's search_path"),
        "53100" => temporary("the disk of the server is full: make room there"),
        "53300" => temporary("too many connections: raise max_connections, or end others"),
        "23514" => temporary("another node adds or drops the partition of its month: try again"),
        "55P03" | "57014" => temporary("another transaction was in the way for too long"),
        _ if is_shutdown(code) => temporary("the server closed the connection: see its log"),
        _ if text.starts_with("53") || text.starts_with("40") || text.starts_with("58") => {
            temporary(&format!(
                "the server could not do it now (SQLSTATE {text}): see its log"
            ))
        }
        // The schema is another one, or an index is damaged, or the role lost a right.
        "XX001" | "XX002" => broken(&refused),
        _ if ["28", "3D", "42"]
            .iter()
            .any(|class| text.starts_with(class)) =>
        {
            broken(&refused)
        }
        _ => StoreError::permanent(format!("{name}: {refused}")),
    }
}
