//! A store that takes longer than responses wait.

use super::*;
use crate::records::testing::entry;

/// Sends a message that records this.
async fn send(messages: &mpsc::Sender<Message>, job: Job) {
    assert!(messages.send(Message::Record(job)).await.is_ok());
}

/// Grants and refusals, while one page after the other takes twenty times as long as the writer has for them.
#[tokio::test]
async fn a_slow_store_gets_everything_and_delays_nobody() {
    let fixture = Fixture::new();
    *fixture.store.takes.lock().unwrap() = Duration::from_secs(1);
    let mut writer = fixture.writer();
    writer.patience = Duration::from_millis(50);
    let counts = Arc::clone(&writer.counts);
    let (messages, received) = mpsc::channel(100);
    writer.start(received).unwrap();
    let start = Instant::now();
    for number in 1..=20 {
        let (job, answered) = match number % 2 {
            0 => refusal(entry(number)),
            _ => grant(entry(number)),
        };
        send(&messages, job).await;
        assert_eq!(answered.await.unwrap(), Outcome::Durable(id(number)));
    }
    // Had they waited for as much as one page each, it were twenty seconds.
    assert!(start.elapsed() < Duration::from_secs(10));
    while counts.recorded.load(Ordering::Relaxed) < 20 {
        assert!(start.elapsed() < Duration::from_secs(60));
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(fixture.rows().await.len(), 20);
    // It failed once, and was found to be slow.
    assert_eq!(counts.store_errors.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_store_that_is_quick_again_is_asked_first() {
    let fixture = Fixture::new();
    *fixture.store.takes.lock().unwrap() = Duration::from_secs(1);
    let mut writer = fixture.writer();
    writer.patience = Duration::from_millis(100);
    for (number, is_slow) in [(1, true), (2, true), (3, false), (4, false)] {
        if number == 3 {
            *fixture.store.takes.lock().unwrap() = Duration::ZERO;
            writer.patience = Duration::from_secs(5);
        }
        let (job, mut answered) = grant(entry(number));
        writer.write_all(&mut vec![job]).await;
        assert_eq!(answered.try_recv().unwrap(), Outcome::Durable(id(number)));
        assert_eq!(writer.is_slow, is_slow, "{number}");
        writer.down_until = None;
    }
    assert_eq!(fixture.rows().await.len(), 4);
    assert!(!writer.has_leftovers());
}

/// The same call is not repeated for ever: the next page has half of the entries.
#[tokio::test]
async fn a_page_that_takes_too_long_is_made_smaller() {
    let fixture = Fixture::new();
    *fixture.store.takes_for_each.lock().unwrap() = Duration::from_millis(5);
    let mut writer = fixture.writer();
    let entries: Vec<_> = (1..=MOST as u64).map(entry).collect();
    writer.append_to_spool(&entries).unwrap();
    writer.page_patience = Duration::from_millis(500);
    for _ in 0..20 {
        writer.down_until = None;
        writer.drain().await;
        if !writer.has_leftovers() {
            break;
        }
    }
    assert_eq!(fixture.rows().await.len(), MOST);
    // What has to wait in memory too.
    *fixture.store.takes_for_each.lock().unwrap() = Duration::ZERO;
    writer.held.push_back(entry(1000));
    writer.drain().await;
    assert_eq!(fixture.rows().await.len(), MOST + 1);
    assert!(writer.held.is_empty());
}

/// As when a process ends while the database is down.
#[tokio::test]
async fn what_is_left_in_memory_at_the_end_counts_as_lost() {
    for (is_back, lost) in [(false, 2), (true, 0)] {
        let fixture = Fixture::new();
        fixture.switch(false, false);
        let mut writer = fixture.writer_with(None);
        let counts = Arc::clone(&writer.counts);
        for number in 1..=2 {
            writer.write_all(&mut vec![refusal(entry(number)).0]).await;
        }
        assert_eq!(writer.held.len(), 2);
        fixture.switch(is_back, is_back);
        // It was asked a moment ago.
        let (messages, received) = mpsc::channel(1);
        drop(messages);
        writer.inbox.open(received);
        writer.run().await;
        assert_eq!(counts.lost.load(Ordering::Relaxed), lost);
        assert_eq!(fixture.rows().await.len(), if is_back { 2 } else { 0 });
    }
}

/// Without a spool, what only denies is kept in memory behind what the store is asked for.
#[tokio::test]
async fn refusals_without_a_spool_wait_for_a_slow_store() {
    let fixture = Fixture::new();
    fixture.switch(false, false);
    let mut writer = fixture.writer_with(None);
    writer.patience = Duration::from_millis(50);
    writer.write_all(&mut vec![refusal(entry(1)).0]).await;
    assert_eq!(writer.held.len(), 1);
    fixture.switch(true, true);
    *fixture.store.takes.lock().unwrap() = Duration::from_millis(500);
    let counts = Arc::clone(&writer.counts);
    let (messages, received) = mpsc::channel(100);
    writer.start(received).unwrap();
    fixture.store.asked.notified().await;
    fixture.store.asked.notified().await;
    let (second, answered) = refusal(entry(2));
    let start = Instant::now();
    send(&messages, second).await;
    assert_eq!(answered.await.unwrap(), Outcome::Later(id(2)));
    let (flush, flushed) = oneshot::channel();
    assert!(messages.send(Message::Flush(flush)).await.is_ok());
    assert_eq!(flushed.await.unwrap(), 0);
    assert!(start.elapsed() < Duration::from_secs(20));
    assert_eq!(counts.recorded.load(Ordering::Relaxed), 2);
    assert_eq!(fixture.rows().await.len(), 2);
}

/// Grants wait for what is left over there, so a call that hangs is given up as soon as they are.
#[tokio::test]
async fn a_hanging_store_without_a_spool_is_asked_anew() {
    let fixture = Fixture::new();
    let mut writer = fixture.writer_with(None);
    assert_eq!(writer.page_patience, writer.patience);
    let millis = Duration::from_millis;
    (writer.patience, writer.page_patience) = (millis(50), millis(50));
    *fixture.store.takes.lock().unwrap() = Duration::from_secs(60);
    writer.held.push_back(entry(1));
    for expected in [100, 200] {
        writer.drain().await;
        assert_eq!(writer.page_patience, millis(expected));
        writer.down_until = None;
    }
    *fixture.store.takes.lock().unwrap() = Duration::ZERO;
    writer.patience = Duration::from_secs(10);
    writer.drain().await;
    assert!(writer.held.is_empty());
    assert_eq!(writer.page_patience, writer.patience);
}
