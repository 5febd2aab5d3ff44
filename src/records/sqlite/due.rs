//! What a purge looks at.

use rusqlite::{Connection, OptionalExtension, params};

use super::{error::Problem, read::select_records, read::stored};
use crate::records::{
    RecordId,
    archive::store::{Due, MaybeDue},
};

pub(super) fn due(connection: &Connection, due: Due) -> Result<MaybeDue, Problem> {
    let after = due.after.map_or([0; 16], |id| *id.as_bytes());
    // In the index alone.
    let sql = "SELECT id FROM records WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT 1 OFFSET ?3";
    let last = connection
        .prepare_cached(sql)?
        .query_row(
            params![after, due.before.as_bytes(), due.rows.saturating_sub(1)],
            |row| row.get(0),
        )
        .optional()?
        .map(RecordId::from_bytes);
    // Two letters for each id, of which the first is the answer.
    let sql = select_records!(
        r#"WHERE r.id > ?1 AND r.id < ?2 AND r.id <= ?3
         AND (r.decided_at < ?4 OR instr(r.answers, '":"g') = 0) ORDER BY r.id"#
    );
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(
        params![
            after,
            due.before.as_bytes(),
            last.unwrap_or(due.before).as_bytes(),
            due.grants_before.unix_seconds()
        ],
        |row| Ok(stored(row)),
    )?;
    Ok(MaybeDue {
        records: rows.map(|row| row?).collect::<Result<_, _>>()?,
        last,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures_executor::block_on;

    use super::*;
    use crate::records::{
        Instant, RecordStore as _, SqliteStore,
        archive::store::ArchiveStore as _,
        testing::{Folder, START, answer, entry},
    };

    #[test]
    fn nothing_is_passed_over_between_two_looks() {
        let folder = Folder::new();
        let store = SqliteStore::open(folder.file("consent.db")).unwrap();
        // Every third one is refused, and the first four grants are old.
        let entries = (0..20).map(|number| {
            let mut entry = entry(number);
            let record = Arc::make_mut(&mut entry.record);
            record.id = RecordId::at(START + number, [7; 10]);
            record.decided_at = Instant::from_unix_seconds(START + number);
            let is_granted = number % 3 > 0;
            record.answers.insert("\":\"g".to_owned(), answer(false));
            record.answers.insert("ads".to_owned(), answer(is_granted));
            entry
        });
        let entries: Vec<_> = entries.collect();
        block_on(store.append(&entries)).unwrap();
        let expected = [0, 1, 2, 3, 4, 6, 9, 12, 15];
        for rows in 1..=20 {
            let mut wanted = Due {
                after: None,
                before: RecordId::at(START + 17, [0; 10]),
                grants_before: Instant::from_unix_seconds(START + 5),
                rows,
            };
            let mut found = Vec::new();
            loop {
                let page = block_on(store.due(wanted)).unwrap();
                let seconds = page.records.iter().map(|it| it.record.id.unix_seconds());
                found.extend(seconds.map(|second| second - START));
                wanted.after = page.last;
                if page.last.is_none() {
                    break;
                }
            }
            assert_eq!(found, expected, "{rows} at once");
        }
    }
}
