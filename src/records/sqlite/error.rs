use std::{io, path::Path};

use rusqlite::{Error, ErrorCode};

use crate::records::StoreError;

/// A complaint of SQLite, or about a row. It becomes a [`StoreError`] that names the file.
#[derive(Debug)]
pub(super) enum Problem {
    Sqlite(Error),
    /// A record refers to a document that is neither stored nor given with it.
    Undocumented,
    /// A row can't be read: a column of this table.
    Damaged(&'static str),
    /// A row was purged while its turn in the tree was prepared.
    Gone,
    /// There are no random numbers for the id of an account.
    NoRandom,
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Problem {
    pub(super) fn at(&self, path: &Path) -> StoreError {
        match self {
            Self::Sqlite(error) => of_sqlite(path, error),
            // Without its id, which is a visitor's receipt.
            Self::Undocumented => StoreError::permanent(format!(
                "{}: a record refers to a document that is not stored: append it with its documents",
                path.display()
            )),
            Self::Damaged(table) => StoreError::permanent(format!(
                "{}: a row of the table {table} is damaged: restore a backup",
                path.display()
            )),
            Self::NoRandom => StoreError::temporary(format!(
                "{}: the system has no random numbers",
                path.display()
            )),
            Self::Gone => StoreError::temporary(format!(
                "{}: a record was purged meanwhile: try again",
                path.display()
            )),
        }
    }
}

fn of_sqlite(path: &Path, error: &Error) -> StoreError {
    let file = path.display();
    let Some(code) = error.sqlite_error_code() else {
        // A row of another form than this schema's. Its message could have a value.
        return Problem::Damaged("records").at(path);
    };
    let temporary = |what: &str| StoreError::temporary(format!("{file}: {what}"));
    let broken = |what: &str| StoreError::broken(format!("{file}: {what}"));
    match code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            temporary("another process has locked it: end that process, or wait")
        }
        ErrorCode::DiskFull => temporary("the disk is full: free some space"),
        ErrorCode::SystemIoFailure => {
            temporary("the disk does not take it: check its free space, the quota, and its state")
        }
        ErrorCode::OutOfMemory => temporary("out of memory"),
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => broken(READ_ONLY),
        ErrorCode::CannotOpen => broken(
            "can't be opened: let this user read and write the file, and create files beside it",
        ),
        ErrorCode::NotADatabase => {
            broken("not an SQLite database: name another file, or remove this one")
        }
        ErrorCode::DatabaseCorrupt => broken("the database is damaged: restore a backup"),
        ErrorCode::FileLockingProtocolFailed => broken(&format!("SQLite failed: {code:?}")),
        code => StoreError::permanent(format!("{file}: SQLite failed: {code:?}")),
    }
}

pub(super) const READ_ONLY: &str = "read-only: let this user write the file, and its folder";

/// Turns the error of a file that can't be created or opened into one that names the fix.
pub(super) fn of_file(path: &Path, error: &io::Error) -> StoreError {
    let what = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => READ_ONLY,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the disk is full: free some space"
        }
        _ => return StoreError::permanent(format!("{}: {error}", path.display())),
    };
    StoreError::permanent(format!("{}: {what}", path.display()))
}
