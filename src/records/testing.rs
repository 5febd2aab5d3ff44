//! Entries and folders for the tests of stores.

use std::{
    env, fs,
    path::PathBuf,
    process,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    Answer, AnswerState, Cause, ConsentRecord, Document, Entry, Instant, RecordId, Surface,
};

/// A folder that is removed at the end of the test.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("records-{}-{number}", process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Returns the log of a call.
#[cfg(feature = "tracing")]
pub(super) fn logged(run: impl FnOnce()) -> String {
    use std::{
        io,
        sync::{LazyLock, Mutex},
    };
    use tracing::{Dispatch, subscriber::NoSubscriber};
    use tracing_subscriber::fmt::MakeWriter;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
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

    // With a single dispatcher, `tracing-core` asks only the thread in which an event first occurs.
    static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::new()));
    LazyLock::force(&ANOTHER);
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(lines.clone())
        .with_ansi(false)
        .finish();
    tracing::subscriber::with_default(subscriber, run);
    let bytes = lines.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

/// Returns a runtime whose tasks are all on this thread.
#[cfg(feature = "tracing")]
pub(super) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// The time of the first entry.
pub(super) const START: u64 = 1_790_000_000;

/// Returns the id of the entry of this number.
pub(super) fn id(number: u64) -> RecordId {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    RecordId::at(START, random)
}

/// Returns a grant of `ads`, with its policy and what was shown.
pub(super) fn entry(number: u64) -> Entry {
    let policy = Document::new("application/json", r#"{"categories":[]}"#);
    let shown = Document::new("text/html; charset=utf-8", "<p>May we?</p>");
    let record = ConsentRecord {
        id: id(number),
        recorded_at: Instant::from_unix_seconds(START),
        decided_at: Instant::from_unix_seconds(START),
        site: "shop.example".to_owned(),
        policy: policy.digest(),
        shown: Some(shown.digest()),
        surface: Surface::Banner,
        language: Some("en".to_owned()),
        regime: None,
        gpc: false,
        cause: Cause::Choice,
        answers: [("ads".to_owned(), answer(true))].into(),
        key: None,
    };
    Entry::new(Arc::new(record), vec![policy, shown])
}

pub(super) fn answer(granted: bool) -> Answer {
    let state = if granted {
        AnswerState::Granted
    } else {
        AnswerState::Denied
    };
    Answer::new(state, AnswerState::NotAsked)
}

/// Returns an entry from the page with this nonce.
pub(super) fn from_page(number: u64, key: &str, granted: bool, after: u64) -> Entry {
    let mut entry = entry(number);
    let record = Arc::make_mut(&mut entry.record);
    record.key = Some(key.to_owned());
    record.recorded_at = Instant::from_unix_seconds(START + after);
    record.answers.insert("ads".to_owned(), answer(granted));
    entry
}
