use std::{fs, path::Path};

use futures_executor::block_on;
use rusqlite::Connection;

use super::*;
use crate::records::{
    Cause,
    testing::{Folder, entry, from_page, id},
};

fn open(folder: &Folder) -> SqliteStore {
    SqliteStore::open(folder.file("consent.db")).unwrap()
}

fn append(store: &SqliteStore, entries: &[Entry]) -> Result<Vec<Appended>, StoreError> {
    block_on(store.append(entries))
}

fn ids(store: &SqliteStore) -> Vec<RecordId> {
    let records = block_on(store.records(None, 1000)).unwrap();
    records.iter().map(|stored| stored.record.id).collect()
}

#[test]
fn a_record_is_read_as_it_was_written() {
    let folder = Folder::new();
    let mut second = entry(2);
    second.previous = Some(id(1));
    append(&open(&folder), &[entry(1), second.clone()]).unwrap();

    let store = open(&folder);
    let stored = block_on(store.find(id(2))).unwrap().unwrap();
    assert_eq!(stored.record, *second.record);
    assert_eq!((stored.previous, stored.leaf), (Some(id(1)), None));
    assert_eq!(block_on(store.find(id(3))).unwrap(), None);
    for document in &second.documents {
        let stored = block_on(store.document(document.digest())).unwrap();
        assert_eq!(stored.as_ref(), Some(document));
    }
    assert_eq!(block_on(store.counts()).unwrap().documents, 2, "each once");
}

#[test]
fn a_new_file_is_opened_by_several_at_once() {
    for _ in 0..20 {
        let folder = Folder::new();
        let file = folder.file("consent.db");
        let all_are_here = std::sync::Barrier::new(8);
        thread::scope(|scope| {
            for number in 0..8 {
                let (file, all_are_here) = (&file, &all_are_here);
                scope.spawn(move || {
                    all_are_here.wait();
                    let store = SqliteStore::open(file).unwrap();
                    append(&store, &[entry(number)]).unwrap();
                });
            }
        });
        assert_eq!(ids(&open(&folder)).len(), 8);
    }
}

#[test]
fn appending_again_stores_nothing_twice() {
    let folder = Folder::new();
    let group = [
        entry(1),
        from_page(2, "aa", true, 0),
        from_page(3, "aa", true, 1),
    ];
    let expected = vec![Appended::New, Appended::New, Appended::Same(id(2))];
    for _ in 0..3 {
        let store = open(&folder);
        assert_eq!(append(&store, &group).unwrap(), expected);
        assert_eq!(ids(&store), [id(1), id(2)]);
    }
}

#[test]
fn only_the_last_answers_of_a_page_repeat() {
    const HOURS: u64 = 60 * 60;
    let folder = Folder::new();
    let store = open(&folder);
    let mut number = 0;
    let mut from = |key, granted, after| {
        number += 1;
        append(&store, &[from_page(number, key, granted, after)]).unwrap()[0]
    };
    assert_eq!(from("aa", true, 0), Appended::New);
    assert_eq!(from("bb", true, 0), Appended::New, "of another page");
    assert_eq!(from("aa", true, 1), Appended::Same(id(1)));
    assert_eq!(from("aa", false, 2), Appended::New);
    assert_eq!(from("aa", true, 3), Appended::New, "back again");
    assert_eq!(from("aa", true, 4), Appended::Same(id(5)));
    assert_eq!(from("aa", true, 3 + 48 * HOURS - 1), Appended::Same(id(5)));
    assert_eq!(from("aa", true, 3 + 48 * HOURS), Appended::New);
}

#[test]
fn a_choice_after_an_unconfirmed_one_is_new() {
    let folder = Folder::new();
    let store = open(&folder);
    let mut unconfirmed = entry(2);
    std::sync::Arc::make_mut(&mut unconfirmed.record).cause = Cause::Unconfirmed;
    unconfirmed.previous = Some(id(1));
    append(&store, &[from_page(1, "aa", true, 0), unconfirmed]).unwrap();
    let again = append(&store, &[from_page(3, "aa", true, 1)]).unwrap();
    assert_eq!(again, [Appended::New]);
}

#[test]
fn a_record_without_its_documents_is_refused_with_its_group() {
    let folder = Folder::new();
    let store = open(&folder);
    let mut bare = entry(2);
    bare.documents.pop();
    let error = append(&store, &[entry(1), bare.clone()]);
    assert!(error.is_ok(), "the group has them");
    let mut other = entry(4);
    let policy = Document::new("application/json", "{}");
    std::sync::Arc::make_mut(&mut other.record).policy = policy.digest();
    let error = append(&store, &[entry(3), other]).unwrap_err();
    assert!(!error.is_temporary());
    assert!(
        error.to_string().contains("append it with its documents"),
        "{error}"
    );
    assert_eq!(ids(&store), [id(1), id(2)]);
}

#[test]
fn a_full_disk_is_temporary_and_loses_nothing() {
    let folder = Folder::new();
    let store = open(&folder);
    append(&store, &[entry(1)]).unwrap();
    let limit = |pages: i64| {
        let writer = store.writer.lock().unwrap();
        let count = writer.pragma_query_value(None, "page_count", |row| row.get::<_, i64>(0));
        let limit = format!("PRAGMA max_page_count = {}", count.unwrap() + pages);
        writer.query_row(&limit, [], |_| Ok(())).unwrap();
    };
    limit(1);
    let many: Vec<_> = (2..200).map(entry).collect();
    let error = append(&store, &many).unwrap_err();
    assert!(error.is_temporary());
    assert!(
        error
            .to_string()
            .ends_with("the disk is full: free some space"),
        "{error}"
    );
    assert_eq!(ids(&store), [id(1)], "no part of the group");
    limit(1000);
    append(&store, &many).unwrap();
    assert_eq!(ids(&store).len(), 199);
}

#[test]
fn a_locked_file_is_temporary() {
    let folder = Folder::new();
    let store = open(&folder);
    let other = Connection::open(folder.file("consent.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = append(&store, &[entry(1)]).unwrap_err();
    assert!(error.is_temporary());
    assert!(
        error.to_string().contains("another process has locked it"),
        "{error}"
    );
    other.execute_batch("COMMIT").unwrap();
    append(&store, &[entry(1)]).unwrap();
}

#[test]
fn opening_names_the_file_and_the_fix() {
    let folder = Folder::new();
    let file = |name: &str| folder.file(name);
    fs::write(
        file("text"),
        "not a database, but longer than a header has to be\n".repeat(9),
    )
    .unwrap();
    let foreign = Connection::open(file("foreign")).unwrap();
    foreign
        .execute_batch("CREATE TABLE orders (id INTEGER)")
        .unwrap();
    drop(foreign);
    drop(SqliteStore::open(file("newer")).unwrap());
    let newer = Connection::open(file("newer")).unwrap();
    newer.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(newer);
    let long = "x".repeat(300);
    for (name, fix) in [
        (
            "no/such/consent.db",
            "its folder does not exist: create it, or correct the path",
        ),
        ("", "a folder: name a file in it"),
        (
            "text",
            "not an SQLite database: name another file, or remove this one",
        ),
        (
            "foreign",
            "a database of another program: name another file",
        ),
        (
            "newer",
            "its schema 99 is newer than this release, which knows 7: update the program",
        ),
        (&*long, "File name too long"),
    ] {
        let path = file(name);
        let error = SqliteStore::open(&path).unwrap_err();
        assert!(!error.is_temporary());
        let text = error.to_string();
        let path = path.to_string_lossy();
        assert!(text.starts_with(path.trim_end_matches('/')), "{text}");
        assert!(text.contains(fix), "{text}");
    }
    // None of them was changed.
    assert!(
        fs::read_to_string(file("text"))
            .unwrap()
            .starts_with("not a")
    );
    assert!(!Path::new(&file("foreign-wal")).exists());
}

#[test]
fn an_empty_file_and_a_memory_like_name_are_files() {
    let folder = Folder::new();
    fs::write(folder.file("empty"), "").unwrap();
    for name in ["empty", ":memory:", "file:x?mode=memory"] {
        drop(SqliteStore::open(folder.file(name)).unwrap());
        assert!(fs::metadata(folder.file(name)).unwrap().len() > 0, "{name}");
    }
}

#[cfg(unix)]
#[test]
fn a_new_file_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    let store = open(&folder);
    append(&store, &[entry(1)]).unwrap();
    for ending in ["", "-wal", "-shm"] {
        let file = folder.file(&format!("consent.db{ending}"));
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{ending}");
    }
}

#[test]
fn a_torn_log_keeps_whole_groups_alone() {
    let folder = Folder::new();
    let store = open(&folder);
    append(&store, &[entry(0)]).unwrap();
    // What is in the database itself is kept whatever becomes of the log.
    let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
    store
        .writer
        .lock()
        .unwrap()
        .query_row(checkpoint, [], |_| Ok(()))
        .unwrap();
    for group in 0..5 {
        let group: Vec<_> = (1..=10).map(|n| entry(group * 10 + n)).collect();
        append(&store, &group).unwrap();
    }
    let log = fs::read(folder.file("consent.db-wal")).unwrap();
    let mut lengths = Vec::new();
    for part in 0..=40 {
        let copy = folder.file("copy.db");
        fs::copy(folder.file("consent.db"), &copy).unwrap();
        let torn = &log[..log.len() * part / 40];
        fs::write(folder.file("copy.db-wal"), torn).unwrap();
        drop(fs::remove_file(folder.file("copy.db-shm")));
        let copy = SqliteStore::open(&copy).unwrap();
        let kept = ids(&copy);
        let expected: Vec<_> = (0..u64::try_from(kept.len()).unwrap()).map(id).collect();
        assert_eq!(kept, expected);
        assert_eq!(kept.len() % 10, 1, "whole groups");
        let check = |sql| {
            copy.writer
                .lock()
                .unwrap()
                .query_row(sql, [], |row| row.get::<_, String>(0))
        };
        assert_eq!(check("PRAGMA integrity_check").unwrap(), "ok");
        // It goes on where it was.
        append(&copy, &[entry(1000)]).unwrap();
        lengths.push(kept.len());
    }
    assert_eq!((lengths[0], lengths[40]), (1, 51));
    assert!(lengths.is_sorted());
}

#[test]
fn no_more_records_follow_than_are_asked_for() {
    let folder = Folder::new();
    let store = open(&folder);
    // Two after the first, and two after the second.
    let entries: Vec<_> = (1..=6)
        .map(|number| Entry {
            previous: (number > 2).then(|| id(1 + number % 2)),
            ..entry(number)
        })
        .collect();
    append(&store, &entries).unwrap();
    for max in 0..6 {
        let found = block_on(store.following(&[id(1), id(2)], max)).unwrap();
        assert_eq!(found.len(), max.min(4));
    }
}
