use std::{
    fs::{File, OpenOptions},
    io,
    path::{self, Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, MAIN_DB, OpenFlags, TransactionBehavior};

use super::error::{Problem, READ_ONLY, of_file};
use crate::records::StoreError;

/// Marks the files of this crate: the bytes `TCCr`.
const APPLICATION: i32 = 0x5443_4372;

/// The steps from each version of the schema to the next. A released one is never changed.
const MIGRATIONS: [&str; 7] = [
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
    include_str!("schema/7.sql"),
];

/// The longest wait of a statement for another process: a response waits a second for its record.
const BUSY: Duration = Duration::from_millis(800);

/// The longest wait at the start for other processes that open the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// As many statements are kept prepared by each connection.
const STATEMENTS: usize = 64;

/// Returns the absolute path, and creates the file if it is missing.
pub(super) fn resolve(path: &Path) -> Result<PathBuf, StoreError> {
    // An absolute path has no meaning of its own to SQLite, as `:memory:` has.
    let path = path::absolute(path)
        .map_err(|error| StoreError::permanent(format!("no file is named: {error}")))?;
    let shown = path.display();
    if path.is_dir() {
        let what = format!("{shown}: a folder: name a file in it");
        return Err(StoreError::permanent(what));
    }
    let folder = path.parent().unwrap_or(&path);
    if !folder.is_dir() {
        let what = format!("{shown}: its folder does not exist: create it, or correct the path");
        return Err(StoreError::permanent(what));
    }
    match create(&path) {
        Ok(()) => sync(folder).map_err(|error| of_file(&path, &error))?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(of_file(&path, &error)),
    }
    Ok(path)
}

/// Creates an empty file, which only its owner can read: records are personal data.
fn create(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Makes the new file's name durable.
fn sync(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Opens a connection for writing.
pub(super) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let of = |error: rusqlite::Error| Problem::from(error).at(path);
    let connection = Connection::open_with_flags(path, flags).map_err(of)?;
    // SQLite opens a file that it can't write as one to read.
    if connection.is_readonly(MAIN_DB).map_err(of)? {
        let what = format!("{}: {READ_ONLY}", path.display());
        return Err(StoreError::permanent(what));
    }
    connection.busy_timeout(BUSY).map_err(of)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// Opens a connection for reading.
pub(super) fn connect_reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = connect(path)?;
    let set = connection.pragma_update(None, "query_only", true);
    set.map_err(|error| Problem::from(error).at(path))?;
    Ok(connection)
}

/// Checks whose file it is, and brings the schema up to date. Waits for other processes that do the same:
/// SQLite itself does not wait where a file is switched to a write-ahead log.
pub(super) fn migrate(path: &Path, connection: &mut Connection) -> Result<(), StoreError> {
    let start = Instant::now();
    loop {
        match try_to_migrate(path, connection) {
            Err(error) if error.is_temporary() && start.elapsed() < PATIENCE => {
                thread::sleep(Duration::from_millis(10));
            }
            done => return done,
        }
    }
}

fn try_to_migrate(path: &Path, connection: &mut Connection) -> Result<(), StoreError> {
    let permanent = |what: &str| StoreError::permanent(format!("{}: {what}", path.display()));
    let found = version_at_once(connection).map_err(|problem| problem.at(path))?;
    match found {
        Found::Schema(version) if version > MIGRATIONS.len() => Err(permanent(&format!(
            "its schema {version} is newer than this release, which knows {}: update the program",
            MIGRATIONS.len()
        ))),
        Found::Foreign => Err(permanent(
            "a database of another program: name another file",
        )),
        Found::Schema(_) | Found::Empty => {
            prepare(connection).map_err(|problem| problem.at(path))?;
            let mode: String = connection
                .pragma_query_value(None, "journal_mode", |row| row.get(0))
                .map_err(|error| Problem::from(error).at(path))?;
            if mode == "wal" {
                Ok(())
            } else {
                Err(permanent(
                    "its disk allows no write-ahead log: use a local disk",
                ))
            }
        }
    }
}

enum Found {
    Empty,
    Schema(usize),
    Foreign,
}

/// Reads the version in one transaction, so that what another process creates is seen whole, or not at all.
fn version_at_once(connection: &mut Connection) -> Result<Found, Problem> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
    version(&transaction)
}

fn version(connection: &Connection) -> Result<Found, Problem> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application = pragma("application_id")?;
    let version = pragma("user_version")?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(if application == i64::from(APPLICATION) {
        Found::Schema(usize::try_from(version).unwrap_or(usize::MAX))
    } else if application == 0 && version == 0 && tables == 0 {
        Found::Empty
    } else {
        Found::Foreign
    })
}

fn prepare(connection: &mut Connection) -> Result<(), Problem> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is erased or purged is overwritten.
    connection.pragma_update(None, "secure_delete", true)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Read again: another process may have been quicker.
    let from = match version(&transaction)? {
        Found::Schema(version) => version,
        _ => 0,
    };
    for step in MIGRATIONS.iter().skip(from) {
        transaction.execute_batch(step)?;
    }
    if from < MIGRATIONS.len() {
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", MIGRATIONS.len())?;
    }
    transaction.commit()?;
    Ok(())
}
