//! The records that a purge reads: those that may have been kept long enough, however many others there are.

use std::sync::Arc;

use tower_cookie_consent::{
    Category, CookiePolicy,
    records::{
        Archive, ArchiveProgress, Cause, Document, Entry, Instant, RecordRetention, SigningKey,
    },
};

use super::{
    START, entry_at,
    every_store::{Stores, open},
};

const DAY: u64 = 86_400;

/// Before any clock: progress ends with the present.
const FIRST: u64 = START - 3000 * DAY;

/// Returns an entry of this day whose policy can be read.
fn entry_of(day: u64, state: &str) -> Entry {
    let ads = CookiePolicy::new([Category::consent("ads")]).unwrap();
    let policy = Document::of_policy(&ads);
    let mut entry = entry_at(FIRST + day * DAY, None, state);
    Arc::make_mut(&mut entry.record).policy = policy.digest();
    entry.documents.push(policy);
    entry
}

fn at(day: u64) -> Instant {
    Instant::from_unix_seconds(FIRST + day * DAY)
}

async fn append(url: &str, entries: &[Entry]) {
    let store = open(url).await;
    for group in entries.chunks(256) {
        store.append(group).await.unwrap();
    }
}

/// A row that nobody can read shows who tries to. More grants that are kept than are looked at at once are between
/// what is purged.
#[tokio::test]
async fn a_purge_reads_only_what_may_have_ended() {
    let stores = Stores::new();
    for url in &stores.urls {
        let mut entries = vec![entry_of(0, "granted"), entry_of(400, "denied")];
        entries.extend((0..2100).map(|_| entry_of(500, "granted")));
        entries.extend([entry_of(501, "denied"), entry_of(900, "denied")]);
        append(url, &entries).await;
        let archive = Archive::open(url).await.unwrap();
        let key = SigningKey::generate().unwrap();
        archive.checkpoint(&key, at(901)).await.unwrap();
        for day in [500, 900] {
            let unreadable = format!(
                "SET surface = '?' WHERE recorded_at = {}",
                FIRST + day * DAY
            );
            stores.change(
                url,
                &format!("UPDATE records {unreadable}"),
                &format!("UPDATE consent_records {unreadable}"),
            );
        }
        let keep = RecordRetention::default();
        let purged = archive.purge(keep, &key, at(1300)).await;
        assert_eq!(purged.unwrap(), 3, "{url}");
        for (at, is_left) in [(0, false), (1, false), (2102, false)] {
            let found = archive.find(entries[at].record.id).await.unwrap();
            assert_eq!(found.is_some(), is_left, "{url}");
        }
        // Once they may have ended, they are read.
        let error = archive.purge(keep, &key, at(1600)).await.unwrap_err();
        assert!(error.to_string().contains("is damaged"), "{url}: {error}");
    }
}

/// Such as those of a spool, and a record that takes back one of an earlier second.
#[tokio::test]
async fn late_records_are_purged_the_next_time() {
    for url in &Stores::new().urls {
        let archive = Archive::open(url).await.unwrap();
        let key = SigningKey::generate().unwrap();
        let keep = RecordRetention::default();
        let purge = async |day| archive.purge(keep, &key, at(day)).await.unwrap();
        append(url, &[entry_of(10, "denied")]).await;
        assert_eq!(purge(772).await, 0, "{url}: to the second");
        assert_eq!(purge(773).await, 1, "{url}");
        append(url, &[entry_of(5, "denied")]).await;
        let late = entry_of(10, "granted");
        let mut taken_back = entry_of(12, "granted");
        let record = Arc::make_mut(&mut taken_back.record);
        record.cause = Cause::Unconfirmed;
        record.key = Some(late.record.id.to_string());
        (record.recorded_at, record.decided_at) = (late.record.recorded_at, late.record.decided_at);
        append(url, &[late, taken_back]).await;
        assert_eq!(purge(773).await, 1, "{url}");
        assert_eq!(purge(1200).await, 0, "{url}");
        assert_eq!(purge(1400).await, 2, "{url}");
    }
}

/// From the first second of what may have ended to the last, and of leaves from none to all.
#[tokio::test]
async fn long_work_says_how_far_it_is() {
    for url in &Stores::new().urls {
        let entries: Vec<_> = (0..300).map(|day| entry_of(day, "denied")).collect();
        append(url, &entries).await;
        let (steps, heard) = std::sync::mpsc::channel::<ArchiveProgress>();
        let archive = Archive::open(url).await.unwrap();
        let archive = archive.on_progress(move |it| steps.send(it).unwrap());
        let key = SigningKey::generate().unwrap();
        let all = || -> Vec<_> { heard.try_iter().map(|it| (it.done, it.whole)).collect() };
        let leaves = archive.checkpoint(&key, at(301)).await.unwrap().size;
        assert_eq!(all(), [(0, leaves), (leaves, leaves)], "{url}");
        let keep = RecordRetention::default();
        assert_eq!(
            archive.purge(keep, &key, at(762 + 250)).await.unwrap(),
            250,
            "{url}"
        );
        let whole = 250 * DAY + 1;
        let expected = [
            (0, 0),
            (0, whole),
            (199 * DAY, whole),
            (249 * DAY, whole),
            (whole, whole),
            (0, 2),
            (2, 2),
        ];
        assert_eq!(all(), expected, "{url}");
        let mut requests = 0;
        let count = |_: &_| {
            requests += 1;
            Ok(())
        };
        archive.opt_outs(at(260), at(270), count).await.unwrap();
        assert_eq!(requests, 10, "{url}");
        let whole = 10 * DAY;
        assert_eq!(all(), [(0, whole), (whole, whole)], "{url}");
    }
}
