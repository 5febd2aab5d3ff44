//! Choices that arrive while the store catches up.

use super::*;
use crate::records::{spool::tests::FAILING, testing::entry};

/// The time that the store takes for a page, and the writer before it turns to the spool.
const PAGE: Duration = Duration::from_millis(250);

/// Returns a writer with so many pages in its spool.
fn behind_by(pages: usize) -> (Fixture, Writer) {
    let fixture = Fixture::new();
    let spool = fixture.folder.file("consent.spool");
    let mut writer = fixture.writer_with(Some((spool, 1 << 24)));
    let entries: Vec<_> = (1..=(pages * MOST) as u64).map(entry).collect();
    writer.append_to_spool(&entries).unwrap();
    *fixture.store.takes.lock().unwrap() = PAGE;
    writer.patience = PAGE * 4;
    (fixture, writer)
}

#[tokio::test]
async fn a_grant_waits_for_all_pages_where_the_store_counts_alone() {
    for require_store in [false, true] {
        let (fixture, mut writer) = behind_by(3);
        writer.require_store = require_store;
        if require_store {
            writer.patience = PAGE * 40;
        }
        let (job, mut answered) = grant(entry(1000));
        writer.write_all(&mut vec![job]).await;
        assert_eq!(answered.try_recv().unwrap(), Outcome::Durable(id(1000)));
        let (stored, waiting) = match require_store {
            true => (3 * MOST + 1, 0),
            false => (MOST, 2 * MOST + 1),
        };
        assert_eq!(fixture.rows().await.len(), stored);
        let pending = writer.spool.as_mut().unwrap().pending(1000).unwrap();
        assert_eq!(pending.len(), waiting);
        // It is behind the others.
        let last = pending.last().map(|it| it.record.id);
        assert_eq!(last, (!require_store).then_some(id(1000)));
        writer.drain().await;
        assert_eq!(fixture.rows().await.len(), 3 * MOST + 1);
        assert!(!writer.has_leftovers());
    }
}

#[tokio::test]
async fn a_full_disk_keeps_nothing_from_the_store() {
    let (fixture, mut writer) = behind_by(3);
    *fixture.store.takes.lock().unwrap() = Duration::ZERO;
    FAILING.set("write");
    writer.hold(entry(5000));
    writer.drain().await;
    FAILING.set("");
    assert_eq!(fixture.rows().await.len(), 3 * MOST + 1);
    assert!(!writer.has_leftovers());
}

#[tokio::test]
async fn messages_pass_between_pages() {
    let (fixture, writer) = behind_by(8);
    let counts = Arc::clone(&writer.counts);
    let (messages, received) = mpsc::channel(1);
    writer.start(received).unwrap();
    // Without a message, it has begun after a while.
    fixture.store.asked.notified().await;
    let (job, answered) = grant(entry(5000));
    assert!(messages.send(Message::Record(job)).await.is_ok());
    assert_eq!(answered.await.unwrap(), Outcome::Durable(id(5000)));
    assert!(counts.spooled.load(Ordering::Relaxed) > 0);
    *fixture.store.takes.lock().unwrap() = Duration::ZERO;
    let start = Instant::now();
    while counts.spooled.load(Ordering::Relaxed) > 0 {
        assert!(start.elapsed() < Duration::from_secs(30));
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(counts.recorded.load(Ordering::Relaxed), 8 * MOST as u64 + 1);
}
