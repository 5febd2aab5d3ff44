//! Entries that the store refuses for good, and a store that refuses everything.

use std::fs;

use super::*;
use crate::records::{Document, testing::entry};

/// Every second one, with the spool or without.
fn writers(fixture: &Fixture) -> [Writer; 2] {
    [fixture.writer(), fixture.writer_with(None)]
}

impl Fixture {
    fn refuse(&self, numbers: impl IntoIterator<Item = u64>) {
        *self.store.refuses.lock().unwrap() = numbers.into_iter().collect();
    }

    /// Returns the lines of entries beside the spool.
    fn set_aside(&self) -> Vec<String> {
        let file = fs::read_to_string(self.folder.file("consent.spool.damaged"));
        let lines = file.unwrap_or_default();
        let lines = lines.lines().filter(|line| line.contains("{\"entry\""));
        lines.map(str::to_owned).collect()
    }
}

async fn write(writer: &mut Writer, jobs: Vec<(Job, oneshot::Receiver<Outcome>)>) -> Vec<Outcome> {
    let (mut group, answers): (Vec<_>, Vec<_>) = jobs.into_iter().unzip();
    writer.write_all(&mut group).await;
    let answers = answers.into_iter();
    answers.map(|mut it| it.try_recv().unwrap()).collect()
}

fn lost(writer: &Writer) -> u64 {
    writer.counts.lost.load(Ordering::Relaxed)
}

#[tokio::test]
async fn one_refused_entry_stops_no_other() {
    for number in 0..2 {
        let fixture = Fixture::new();
        fixture.refuse([2, 4]);
        let mut writer = writers(&fixture).into_iter().nth(number).unwrap();
        let jobs = vec![
            grant(entry(1)),
            refusal(entry(2)),
            refusal(entry(3)),
            grant(entry(4)),
            grant(entry(5)),
        ];
        let outcomes = write(&mut writer, jobs).await;
        let durable = |number| Outcome::Durable(id(number));
        let failed = Outcome::Failed;
        assert_eq!(
            outcomes,
            [durable(1), failed, durable(3), failed, durable(5)]
        );
        let expected = [1, 3, 5].map(|number| (id(number), false));
        assert_eq!(fixture.rows().await, expected);
        assert_eq!((lost(&writer), writer.has_leftovers()), (1, false));
        let set_aside = fixture.set_aside();
        assert_eq!(set_aside.len(), 1 - number);
        assert!(
            set_aside
                .iter()
                .all(|line| line.contains(&id(2).to_string()))
        );
    }
}

/// Anybody can send what comes first.
#[tokio::test]
async fn a_grant_behind_many_refused_entries_is_stored() {
    let fixture = Fixture::new();
    fixture.refuse(1..=50);
    let mut writer = fixture.writer_with(None);
    for last in [51, 52] {
        let refused = (1..=50).map(|number| refusal(entry(number)));
        let jobs = refused.chain([grant(entry(last))]).collect();
        let outcomes = write(&mut writer, jobs).await;
        assert_eq!(outcomes.last(), Some(&Outcome::Durable(id(last))));
    }
    assert!(!writer.has_leftovers());
}

/// Nobody can tell whose fault it is before others are taken.
#[tokio::test]
async fn entries_refused_alone_do_not_stop_later_ones() {
    for number in 0..2 {
        let fixture = Fixture::new();
        fixture.refuse(1..=300);
        let mut writer = writers(&fixture).into_iter().nth(number).unwrap();
        for first in (1..=300).step_by(100) {
            let jobs = (first..first + 100).map(|number| refusal(entry(number)));
            write(&mut writer, jobs.collect()).await;
        }
        assert_eq!(lost(&writer), 0);
        // Each one that is taken speaks for a page.
        for number in 301..=303 {
            let outcome = write(&mut writer, vec![grant(entry(number))]).await;
            assert_eq!(outcome, [Outcome::Durable(id(number))]);
        }
        let expected = [301, 302, 303].map(|it| (id(it), false));
        assert_eq!(fixture.rows().await, expected);
        assert_eq!((lost(&writer), writer.has_leftovers()), (300, false));
        assert_eq!(fixture.set_aside().len(), 300 * (1 - number));
    }
}

#[tokio::test]
async fn a_store_that_refuses_everything_loses_nothing() {
    let fixture = Fixture::new();
    fixture.refuse(0..1000);
    let mut writer = fixture.writer();
    for number in 0..20 {
        let outcome = write(&mut writer, vec![grant(entry(number))]).await;
        assert_eq!(outcome, [Outcome::Durable(id(number))]);
        writer.down_until = None;
        writer.drain().await;
    }
    assert_eq!((lost(&writer), fixture.set_aside().len()), (0, 0));
    fixture.refuse([]);
    writer.down_until = None;
    writer.drain().await;
    assert_eq!(fixture.rows().await.len(), 20);
    assert!(!writer.has_leftovers());
}

/// It takes one group in between, which speaks for one page, and not for the whole spool.
#[tokio::test]
async fn a_store_that_fails_again_is_waited_for() {
    let fixture = Fixture::new();
    let mut writer = fixture.writer();
    let entries: Vec<_> = (1..=600).map(entry).collect();
    writer.append_to_spool(&entries).unwrap();
    fixture.refuse(0..1000);
    writer.drain().await;
    fixture.refuse([]);
    let outcome = write(&mut writer, vec![grant(entry(601))]).await;
    assert_eq!(outcome, [Outcome::Durable(id(601))]);
    fixture.refuse(0..1000);
    let outcome = write(&mut writer, vec![grant(entry(602))]).await;
    assert_eq!(outcome, [Outcome::Durable(id(602))]);
    let page = MOST as u64;
    assert_eq!(lost(&writer), page);
    fixture.refuse([]);
    writer.down_until = None;
    writer.drain().await;
    assert_eq!(fixture.rows().await.len() as u64, 602 - page);
    assert_eq!(fixture.set_aside().len() as u64, page);
    assert!(!writer.has_leftovers());
}

/// As with a damaged index, which some entries touch.
#[tokio::test]
async fn a_broken_store_is_waited_for_whatever_it_takes() {
    let fixture = Fixture::new();
    fixture.store.is_broken.store(true, SeqCst);
    fixture.refuse([2]);
    let mut writer = fixture.writer();
    for number in 1..=4 {
        let outcome = write(&mut writer, vec![grant(entry(number))]).await;
        assert_eq!(outcome, [Outcome::Durable(id(number))]);
        writer.down_until = None;
    }
    assert_eq!(fixture.rows().await, [(id(1), false)]);
    fixture.refuse([]);
    writer.drain().await;
    assert_eq!(fixture.rows().await.len(), 4);
    assert_eq!((lost(&writer), fixture.set_aside().len()), (0, 0));
}

/// Nor has what the store says of it: it is the visitor's receipt.
#[cfg(feature = "tracing")]
#[test]
fn the_log_of_a_refused_record_has_no_id() {
    use crate::records::testing::{logged, runtime};

    let fixture = Fixture::new();
    let mut writer = fixture.writer();
    let mut bare = entry(1);
    // Of which no other entry has the document.
    Arc::make_mut(&mut bare.record).policy = Document::new("application/json", "[]").digest();
    let log = logged(|| {
        runtime().block_on(async {
            write(&mut writer, vec![refusal(bare), grant(entry(2))]).await;
        });
    });
    assert!(
        log.contains("refuses 1 of them") && log.contains("append it with its documents"),
        "{log}"
    );
    assert!(!log.contains(&id(1).to_string()), "{log}");
}

/// As of a spool whose line of a document is damaged.
#[tokio::test]
async fn a_document_that_is_missing_comes_with_the_next_entry() {
    for (content, expected) in [("{}", 0), ("[]", 1)] {
        let fixture = Fixture::new();
        let mut writer = fixture.writer();
        let bare = |number, content| {
            let mut entry = entry(number);
            let policy = Document::new("application/json", content);
            Arc::make_mut(&mut entry.record).policy = policy.digest();
            (entry, policy)
        };
        let (first, _) = bare(1, "{}");
        write(&mut writer, vec![grant(first)]).await;
        let (mut second, policy) = bare(2, content);
        second.documents.push(policy);
        let outcome = write(&mut writer, vec![grant(second)]).await;
        assert_eq!(outcome, [Outcome::Durable(id(2))]);
        writer.drain().await;
        assert_eq!(lost(&writer), expected, "{content}");
        assert_eq!(fixture.set_aside().len() as u64, expected);
        assert!(!writer.has_leftovers());
        let kept = fixture.rows().await.len() as u64;
        assert_eq!(kept, 2 - expected);
    }
}
