//! Choices counted by day: the same from every store, and whatever becomes of their records.

use std::sync::Arc;

use serde_json::{Value, json};
use tower_cookie_consent::{
    Category, CookiePolicy,
    records::{
        Archive, Cause, ConsentRecord, Document, Entry, Instant, RecordId, RecordRetention,
        SigningKey,
    },
};

use super::{
    START, entry,
    every_store::{Stores, open},
};

const DAY: u64 = 86_400;

/// A choice: surface, language, and for ads and films the answer and the one before.
type Row = (
    &'static str,
    &'static str,
    [(&'static str, &'static str); 2],
);

const YES: (&str, &str) = ("granted", "not_asked");
const NO: (&str, &str) = ("denied", "not_asked");
const ENDED: (&str, &str) = ("denied", "granted");
const UNASKED: (&str, &str) = ("not_asked", "not_asked");

/// One row for each kind, and how often it is made.
const ROWS: [(Row, u64); 9] = [
    (("banner", "en", [YES, YES]), 11),
    (("banner", "fr", [YES, UNASKED]), 12),
    (("form", "en", [YES, NO]), 13),
    (("placeholder", "en", [YES, UNASKED]), 14),
    (("banner", "en", [NO, NO]), 15),
    (("signal", "en", [NO, UNASKED]), 16),
    (("form", "en", [ENDED, NO]), 17),
    (("form", "fr", [("not_asked", "granted"), UNASKED]), 18),
    // Nothing, before and now.
    (("form", "fr", [UNASKED, UNASKED]), 19),
];

fn entry_of((surface, language, answers): Row, seconds: u64) -> Entry {
    let mut of_row = entry();
    let mut random = [0; 10];
    random.copy_from_slice(&of_row.record.id.as_bytes()[6..]);
    let mut record = serde_json::to_value(&*of_row.record).unwrap();
    let answer = |(state, before)| json!({"state": state, "before": before});
    let time = Instant::from_unix_seconds(seconds).to_string();
    record["id"] = RecordId::at(seconds, random).to_string().into();
    record["recorded_at"] = time.clone().into();
    record["decided_at"] = time.into();
    record["surface"] = surface.into();
    record["language"] = language.into();
    record["answers"] = json!({"ads": answer(answers[0]), "films": answer(answers[1])});
    of_row.record = Arc::new(serde_json::from_value::<ConsentRecord>(record).unwrap());
    of_row
}

fn entries(seconds: u64) -> Vec<Entry> {
    let rows = ROWS.iter();
    rows.flat_map(|(row, times)| (0..*times).map(move |_| entry_of(*row, seconds)))
        .collect()
}

async fn lines(url: &str) -> Vec<Value> {
    let mut lines = Vec::new();
    let archive = Archive::open(url).await.unwrap();
    archive.write_counters(&mut lines).await.unwrap();
    let lines = String::from_utf8(lines).unwrap();
    let values = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    values.collect()
}

/// Returns the counts of a line: accepted, partial, refused, withdrawn.
fn counts(lines: &[Value], day: &str, by: &str, value: Option<&str>) -> [Option<u64>; 4] {
    let value = json!(value);
    let mut found = lines
        .iter()
        .filter(|line| line["day"] == day && line["by"] == by && line["value"] == value);
    let line = found.next().unwrap_or_else(|| panic!("{day} {by} {value}"));
    assert!(found.next().is_none());
    ["accepted", "partial", "refused", "withdrawn"].map(|kind| line[kind].as_u64())
}

#[tokio::test]
async fn choices_are_counted_by_day_in_every_store() {
    let stores = Stores::new();
    for url in &stores.urls {
        let store = open(url).await;
        let group = entries(START);
        for entries in group.chunks(50) {
            store.append(entries).await.unwrap();
            // Nobody knew if it was stored: it is counted once.
            store.append(entries).await.unwrap();
        }
        store.append(&entries(START + DAY)).await.unwrap();
        let lines = lines(url).await;
        for day in ["2026-09-21", "2026-09-22"] {
            let of = |by, value| counts(&lines, day, by, value);
            let all = [Some(23), Some(27), Some(31), Some(35)];
            assert_eq!(of("all", None), all, "{url}");
            assert_eq!(
                of("surface", Some("banner")),
                [Some(23), None, Some(15), None]
            );
            assert_eq!(
                of("surface", Some("form")),
                [None, Some(13), None, Some(35)]
            );
            assert_eq!(
                of("surface", Some("placeholder")),
                [None, Some(14), None, None]
            );
            assert_eq!(of("surface", Some("signal")), [None, None, Some(16), None]);
            assert_eq!(
                of("language", Some("en")),
                [Some(11), Some(27), Some(31), Some(17)]
            );
            assert_eq!(of("language", Some("fr")), [Some(12), None, None, Some(18)]);
            assert_eq!(of("regime", None), all);
        }
    }
}

#[tokio::test]
async fn counts_under_ten_are_hidden_and_not_computable() {
    let stores = Stores::new();
    for url in &stores.urls {
        let store = open(url).await;
        let accepted =
            |surface, times| (0..times).map(move |_| entry_of((surface, "en", [YES, YES]), START));
        let group: Vec<_> = accepted("banner", 40)
            .chain(accepted("form", 9))
            .chain(accepted("json", 12))
            .chain((0..9).map(|_| entry_of(("form", "en", [NO, NO]), START + DAY)))
            .collect();
        store.append(&group).await.unwrap();
        let lines = lines(url).await;
        let of = |value| counts(&lines, "2026-09-21", "surface", Some(value))[0];
        assert_eq!(counts(&lines, "2026-09-21", "all", None)[0], Some(61));
        // 61 less 40 less 12 would be the 9 of the form.
        assert_eq!(
            (of("banner"), of("form"), of("json")),
            (Some(40), None, None),
            "{url}"
        );
        assert_eq!(counts(&lines, "2026-09-22", "all", None), [None; 4]);
    }
}

#[tokio::test]
async fn a_purge_leaves_the_counters() {
    let stores = Stores::new();
    for url in &stores.urls {
        let store = open(url).await;
        let policy = CookiePolicy::new([Category::consent("ads")]).unwrap();
        let policy = Document::of_policy(&policy);
        let mut group = entries(START);
        for entry in &mut group {
            Arc::make_mut(&mut entry.record).policy = policy.digest();
            entry.documents.push(policy.clone());
        }
        store.append(&group).await.unwrap();
        let before = lines(url).await;
        let archive = Archive::open(url).await.unwrap();
        let later = Instant::from_unix_seconds(START + 2000 * DAY);
        let key = SigningKey::generate().unwrap();
        let purged = archive.purge(RecordRetention::default(), &key, later).await;
        assert_eq!(purged.unwrap(), u64::try_from(group.len()).unwrap());
        assert!(
            archive
                .stats()
                .await
                .unwrap()
                .to_string()
                .contains("records: 0")
        );
        assert_eq!(lines(url).await, before);
        assert!(!before.is_empty());
    }
}

#[tokio::test]
async fn a_grant_that_was_not_confirmed_is_not_counted() {
    let stores = Stores::new();
    let take_back = |entry: &Entry| {
        let mut later = entry_of(ROWS[0].0, START);
        let id = later.record.id;
        later.record = entry.record.clone();
        let record = Arc::make_mut(&mut later.record);
        (record.id, record.cause) = (id, Cause::Unconfirmed);
        record.key = Some(entry.record.id.to_string());
        later.previous = Some(entry.record.id);
        later
    };
    for url in &stores.urls {
        let store = open(url).await;
        let group: Vec<_> = (0..30).map(|_| entry_of(ROWS[0].0, START)).collect();
        store.append(&group[..25]).await.unwrap();
        // Eight of those that are stored, two in one group with theirs, and two that were never stored.
        let mut more: Vec<_> = group[..8].iter().map(take_back).collect();
        more.extend_from_slice(&group[25..27]);
        more.extend(group[25..27].iter().map(take_back));
        more.extend(group[28..].iter().map(take_back));
        for _ in 0..2 {
            store.append(&more).await.unwrap();
        }
        let lines = lines(url).await;
        assert_eq!(
            counts(&lines, "2026-09-21", "all", None)[0],
            Some(17),
            "{url}"
        );
    }
}

mod earlier_schema {
    use rusqlite::Connection;

    use super::*;
    use crate::support::{postgres::Postgres, process::Folder};

    /// What the choices are counted as, by the program itself.
    async fn expected(url: &str) -> Vec<Value> {
        open(url).await.append(&entries(START)).await.unwrap();
        lines(url).await
    }

    /// Writes the answers as their column has them.
    fn column(answers: [(&str, &str); 2]) -> String {
        let letters = |(state, before): (&str, &str)| format!("{}{}", &state[..1], &before[..1]);
        json!({"ads": letters(answers[0]), "films": letters(answers[1])}).to_string()
    }

    #[tokio::test]
    async fn records_in_a_file_are_counted() {
        let folder = Folder::new("records");
        let url = |name: &str| format!("sqlite:{}", folder.0.join(name).display());
        let expected = expected(&url("new.db")).await;
        let old = Connection::open(folder.0.join("old.db")).unwrap();
        for step in [
            include_str!("../../../src/records/sqlite/schema/1.sql"),
            include_str!("../../../src/records/sqlite/schema/2.sql"),
            "PRAGMA application_id = 0x54434372; PRAGMA user_version = 2;
             INSERT INTO documents VALUES (1, zeroblob(32), 'text/plain', '');",
        ] {
            old.execute_batch(step).unwrap();
        }
        let insert = |entry: &Entry, answers: &str, surface, cause| {
            let language = entry.record.language.as_deref();
            old.execute(
                "INSERT INTO records (id, recorded_at, decided_at, site, policy, surface, language, gpc, cause,
                                      answers) VALUES (?1, ?2, ?2, 'x', 1, ?3, ?4, 0, ?5, ?6)",
                rusqlite::params![entry.record.id.as_bytes(), START, surface, language, cause, answers],
            )
            .unwrap();
        };
        for (row, times) in ROWS {
            for _ in 0..times {
                insert(&entry_of(row, START), &column(row.2), row.0, "choice");
            }
        }
        let (unsaved, correction) = (entry_of(ROWS[0].0, START), entry_of(ROWS[0].0, START));
        insert(&unsaved, r#"{"ads":"gn"}"#, "banner", "choice");
        insert(&correction, r#"{"ads":"gn"}"#, "banner", "unconfirmed");
        let link = "INSERT INTO links SELECT max(row), ?1 FROM records";
        old.execute(link, [unsaved.record.id.as_bytes()]).unwrap();
        drop(old);
        assert_eq!(lines(&url("old.db")).await, expected);
    }

    #[tokio::test]
    async fn records_in_postgresql_are_counted() {
        let Some(server) = Postgres::shared() else {
            return;
        };
        let expected = expected(&server.database()).await;
        let old = server.database();
        for step in [
            include_str!("../../../src/records/postgres/schema/1.sql"),
            include_str!("../../../src/records/postgres/schema/2.sql"),
            "UPDATE consent_schema SET version = 2",
        ] {
            server.sql(&old, step);
        }
        server.sql(&old, &format!("SELECT consent_add_month({START})"));
        let values = |entry: &Entry, answers: &str, surface: &str, cause: &str| {
            let (id, language) = (entry.record.id, entry.record.language.as_deref().unwrap());
            format!(
                "('{id}', {START}, {START}, false, '', 'x', '{surface}', '{language}', '{cause}', '{answers}')"
            )
        };
        let mut rows = Vec::new();
        for (row, times) in ROWS {
            rows.extend(
                (0..times).map(|_| values(&entry_of(row, START), &column(row.2), row.0, "choice")),
            );
        }
        let (unsaved, correction) = (entry_of(ROWS[0].0, START), entry_of(ROWS[0].0, START));
        rows.push(values(&unsaved, r#"{"ads":"gn"}"#, "banner", "choice"));
        rows.push(values(
            &correction,
            r#"{"ads":"gn"}"#,
            "banner",
            "unconfirmed",
        ));
        let insert = format!(
            "INSERT INTO consent_records (id, recorded_at, decided_at, gpc, policy, site, surface, language,
                                          cause, answers) VALUES {};
             INSERT INTO consent_links VALUES ('{}', '{}')",
            rows.join(", "),
            correction.record.id,
            unsaved.record.id
        );
        server.sql(&old, &insert);
        assert_eq!(lines(&old).await, expected);
    }
}
