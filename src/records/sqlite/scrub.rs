use std::{path::Path, thread, time::Duration};

use rusqlite::Connection;

use super::{error::Problem, open};
use crate::records::StoreError;

/// Writers wait at most this long for readers that use the log.
const PATIENCE: Duration = Duration::from_millis(10);

/// It is tried so often, this far apart.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(20);

/// Empties the write-ahead log, which has pages as they were before something was erased. With a reader that does not
/// end, such as an export, that is left for the next time, or for when the file is closed.
pub(super) fn scrub(path: &Path) -> Result<(), StoreError> {
    let connection = open::connect(path)?;
    empty_log(&connection).map_err(|problem| problem.at(path))
}

fn empty_log(connection: &Connection) -> Result<(), Problem> {
    connection.busy_timeout(PATIENCE)?;
    // Most of it, while others write.
    checkpoint(connection, "PRAGMA wal_checkpoint(PASSIVE)")?;
    for _ in 0..TRIES {
        if checkpoint(connection, "PRAGMA wal_checkpoint(TRUNCATE)")? {
            break;
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// Returns `true` if nobody was in the way.
fn checkpoint(connection: &Connection, sql: &str) -> Result<bool, Problem> {
    Ok(connection.query_row(sql, [], |row| row.get::<_, i64>(0))? == 0)
}
