//! What the log says of a spool that takes nothing, and of refusals that are recorded nowhere.

use std::io;

use tracing_subscriber::fmt::MakeWriter;

use super::*;
use crate::records::testing::entry;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Lines {
    /// Returns what was said with these words, and checks that no line has an id.
    fn with(&self, words: &str) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        assert!(!text.contains(&id(1).to_string()[..23]), "{text}");
        let lines = text.lines().filter(|line| line.contains(words));
        lines.map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn the_log_says_when_trouble_begins() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(lines.clone())
        .with_ansi(false)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    // With a second dispatcher, no answer for another thread's is kept.
    let _another = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::new());
    tracing::callsite::rebuild_interest_cache();
    let fixture = Fixture::new();
    fixture.switch(false, false);
    let spool = (fixture.folder.file("consent.spool"), 2000);
    let mut writer = fixture.writer_with(Some(spool));
    for number in 1..=20 {
        writer
            .write_all(&mut vec![
                refusal(entry(number)).0,
                grant(entry(100 + number)).0,
            ])
            .await;
    }
    assert!(writer.held.len() > 10);
    let full = lines.with("the spool of records does not take them");
    assert_eq!(full.len(), 1, "{full:?}");
    assert!(full[0].contains("ERROR") && full[0].contains("is full"));
    assert!(lines.with("recorded nowhere").is_empty());

    writer.held.resize(leftovers::MOST_HELD, entry(1));
    for number in 201..=203 {
        let (job, mut answered) = refusal(entry(number));
        writer.write_all(&mut vec![job]).await;
        assert_eq!(answered.try_recv().unwrap(), Outcome::Failed);
    }
    assert_eq!(writer.counts.lost.load(Ordering::Relaxed), 3);
    let lost = lines.with("recorded nowhere");
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert!(lost[0].contains("ERROR"));
}
