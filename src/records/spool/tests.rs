use std::{
    cell::Cell,
    collections::BTreeMap,
    env, fs,
    fs::OpenOptions,
    io::{self, Write as _},
    path::PathBuf,
    process::id,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{MAX_SPOOL_BYTES, Spool};
use crate::records::{
    AccountKey, AccountKeys, Answer, AnswerState, Cause, ConsentRecord, Document, Entry, Instant,
    RecordId, Surface,
};

mod crash;
mod failing;
mod model;

thread_local! {
    /// The step at which the disk fails: `write`, `sync`, or `folder`.
    pub(in crate::records) static FAILING: Cell<&'static str> = const { Cell::new("") };
}

/// Returns an error if the disk is to fail at this step.
pub(super) fn check(step: &str) -> io::Result<()> {
    match FAILING.get() == step {
        true => Err(io::ErrorKind::StorageFull.into()),
        false => Ok(()),
    }
}

/// A folder that is deleted when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("spool-{}-{count}", id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.join("records.spool")
    }

    fn open(&self) -> Spool {
        Spool::open(&self.file(), MAX_SPOOL_BYTES).unwrap()
    }

    fn text(&self) -> String {
        String::from_utf8(fs::read(self.file()).unwrap()).unwrap()
    }

    fn damaged(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.0.join("records.spool.damaged")).unwrap()).into()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// The document of this number, as long as a banner.
fn document(number: u64) -> Document {
    Document::new("text/html", format!("<p>{number}</p>").repeat(200))
}

/// The entry of this number, with one of three documents.
fn entry(number: u64) -> Entry {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&number.to_be_bytes());
    let shown = document(number % 3);
    let policy = Document::new("application/json", "{}");
    let answer = Answer::new(AnswerState::Granted, AnswerState::NotAsked);
    let record = ConsentRecord {
        id: RecordId::at(1_790_000_000, random),
        recorded_at: Instant::from_unix_seconds(1_790_000_000),
        decided_at: Instant::from_unix_seconds(1_790_000_000),
        site: format!("{number}.example.org"),
        policy: policy.digest(),
        shown: Some(shown.digest()),
        surface: Surface::Banner,
        language: Some("en".to_owned()),
        regime: None,
        gpc: false,
        cause: Cause::Choice,
        answers: BTreeMap::from([("größe \n\"".to_owned(), answer)]),
        key: None,
    };
    let mut entry = Entry::new(Arc::new(record), vec![policy, shown]);
    entry.previous = (number % 2 == 1).then(|| RecordId::at(1_700_000_000, random));
    let key = AccountKey::from_secret(&format!("account-secret:{}", "0".repeat(64))).unwrap();
    let account = |_| AccountKeys::new(key).account("ada lovelace");
    entry.account = (number % 4 == 3).then_some(()).map(account);
    entry
}

fn entries(numbers: impl IntoIterator<Item = u64>) -> Vec<Entry> {
    numbers.into_iter().map(entry).collect()
}

#[track_caller]
fn assert_same(found: &[Entry], wanted: &[Entry]) {
    let parts = |entry: &Entry| {
        let documents = entry.documents.clone();
        let account = entry.account.clone();
        (entry.record.clone(), documents, entry.previous, account)
    };
    let found: Vec<_> = found.iter().map(parts).collect();
    let wanted: Vec<_> = wanted.iter().map(parts).collect();
    assert_eq!(found, wanted);
}

#[test]
fn entries_are_pending_in_order_until_acknowledged() {
    let folder = Folder::new();
    let mut spool = folder.open();
    spool.append(&entries(0..5)).unwrap();
    spool.append(&entries(5..7)).unwrap();
    assert_same(&spool.pending(3).unwrap(), &entries(0..3));
    spool.acknowledge(2).unwrap();
    assert_same(&spool.pending(100).unwrap(), &entries(2..7));
    drop(spool);

    let mut spool = folder.open();
    assert_eq!(spool.len(), 5);
    assert_same(&spool.pending(100).unwrap(), &entries(2..7));
    spool.append(&entries(7..8)).unwrap();
    assert_same(&spool.pending(100).unwrap(), &entries(2..8));
    spool.acknowledge(6).unwrap();
    assert_eq!(fs::read(folder.file()).unwrap(), b"");
    spool.append(&entries(8..9)).unwrap();
    assert_same(&spool.pending(100).unwrap(), &entries(8..9));
    assert_eq!(spool.damaged().0, 0);
}

#[test]
fn a_spool_has_no_name_of_an_account() {
    let folder = Folder::new();
    folder.open().append(&entries(3..4)).unwrap();
    let text = folder.text();
    assert!(text.contains("\"account\":[\""), "{text}");
    assert!(!text.contains("lovelace"));
}

/// As the release before accounts wrote it.
#[test]
fn a_line_without_an_account_is_read() {
    let folder = Folder::new();
    fs::write(folder.file(), include_str!("tests/earlier.spool")).unwrap();
    let entries = folder.open().pending(10).unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].record.site, "8.example.org");
    assert_eq!((entries[0].previous, &entries[0].account), (None, &None));
}

#[test]
fn a_document_is_written_once() {
    let folder = Folder::new();
    let mut spool = folder.open();
    spool.append(&entries(0..9)).unwrap();
    drop(spool);
    let mut spool = folder.open();
    spool.append(&entries(9..30)).unwrap();
    assert_eq!(folder.text().matches("{\"document\"").count(), 4);
    // The emptied file has none of them.
    spool.acknowledge(30).unwrap();
    spool.append(&entries(0..3)).unwrap();
    assert_eq!(folder.text().matches("{\"document\"").count(), 4);
    assert_same(&spool.pending(9).unwrap(), &entries(0..3));
}

#[cfg(unix)]
#[test]
fn all_files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = Folder::new();
    folder.open().append(&entries(0..3)).unwrap();
    damage(&folder, "{\"entry\"", 1);
    folder.open();
    let mut files: Vec<_> = fs::read_dir(&folder.0)
        .unwrap()
        .map(|file| file.unwrap())
        .collect();
    files.sort_by_key(fs::DirEntry::file_name);
    assert_eq!(files.len(), 3, "{files:?}");
    for file in files {
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file:?}");
    }
}

#[test]
fn only_one_process_has_a_spool_open() {
    let folder = Folder::new();
    let spool = folder.open();
    let error = Spool::open(&folder.file(), MAX_SPOOL_BYTES).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("records.spool is in use by another process"),
        "{text}"
    );
    drop(spool);
    folder.open();
}

#[test]
fn errors_name_the_file_and_the_fix() {
    let folder = Folder::new();
    let missing = folder.0.join("missing/records.spool");
    fs::create_dir(folder.0.join("folder")).unwrap();
    fs::write(folder.0.join("letter"), "Dear all,\nhow are you?\n").unwrap();
    fs::write(folder.0.join("short"), "Dear all").unwrap();
    fs::write(folder.0.join("later"), later()).unwrap();
    for (path, fix) in [
        (missing, "create its folder"),
        (folder.0.join("folder"), "name a file, not a folder"),
        (
            folder.0.join("letter"),
            "is not a spool of records: name another file",
        ),
        (
            folder.0.join("short"),
            "is not a spool of records: name another file",
        ),
        (
            folder.0.join("later"),
            "newer version of this crate: update it",
        ),
    ] {
        let before = fs::read(&path).ok();
        let error = Spool::open(&path, MAX_SPOOL_BYTES).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(fix), "{text}");
        assert!(text.contains(path.to_str().unwrap()), "{text}");
        assert!(!error.is_temporary(), "{text}");
        assert_eq!(fs::read(&path).ok(), before);
    }
}

/// A line that a later version of the crate may write.
fn later() -> String {
    let json = r#"{"entry_of_another_kind":1}"#;
    let digest = crate::records::Digest::of(format!("2 {json}").as_bytes()).to_string();
    format!("2 {} {json}\n", &digest[7..23])
}

#[test]
fn a_full_spool_takes_nothing_of_a_group() {
    let folder = Folder::new();
    let mut spool = Spool::open(&folder.file(), 20_000).unwrap();
    let mut count = 0;
    let error = loop {
        match spool.append(&entries(count..count + 2)) {
            Ok(()) => count += 2,
            Err(error) => break error,
        }
    };
    assert!(error.is_full() && error.is_temporary());
    let text = error.to_string();
    assert!(
        text.contains("records.spool is full (20000 bytes)"),
        "{text}"
    );
    assert!(count > 10 && spool.bytes() <= 20_000);
    assert_same(&spool.pending(1000).unwrap(), &entries(0..count));
    // Half of it is enough to go on: the file is written anew.
    spool.acknowledge(spool.len() / 2 + 1).unwrap();
    spool.append(&entries(count..count + 2)).unwrap();
    assert!(spool.bytes() <= 20_000);
    drop(spool);
    let left = entries(count / 2 + 1..count + 2);
    assert_same(&folder.open().pending(1000).unwrap(), &left);
}

/// Changes one byte of the line of this number among those that contain a text.
fn damage(folder: &Folder, with: &str, number: usize) -> String {
    let text = folder.text();
    let (at, _) = text.match_indices(with).nth(number).unwrap();
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = at + text[at..].find('\n').unwrap();
    let mut bytes = text.into_bytes();
    bytes[end - 3] ^= 1;
    let line = String::from_utf8_lossy(&bytes[start..end]).into_owned();
    fs::write(folder.file(), bytes).unwrap();
    line
}

#[test]
fn a_damaged_line_is_set_aside() {
    let folder = Folder::new();
    folder.open().append(&entries(0..9)).unwrap();
    let line = damage(&folder, "{\"entry\"", 4);
    let mut spool = folder.open();
    assert_eq!(spool.damaged(), (1, folder.0.join("records.spool.damaged")));
    assert_eq!(folder.damaged(), format!("{line}\n"));
    let rest = entries((0..9).filter(|number| *number != 4));
    assert_same(&spool.pending(100).unwrap(), &rest);
    drop(spool);
    // It is not set aside a second time, and a second one joins it.
    let spool = folder.open();
    assert_eq!(spool.damaged().0, 0);
    drop(spool);
    damage(&folder, "{\"entry\"", 7);
    assert_same(&folder.open().pending(100).unwrap(), &rest[..7]);
    assert_eq!(folder.damaged().lines().count(), 2);
}

#[test]
fn a_damaged_document_is_written_again() {
    let folder = Folder::new();
    folder.open().append(&entries(0..9)).unwrap();
    damage(&folder, "{\"document\"", 2);
    let mut spool = folder.open();
    assert_eq!(spool.damaged().0, 1);
    let without = spool.pending(100).unwrap();
    assert_eq!(without[1].documents.len(), 1);
    assert_eq!(without.len(), 9);
    spool.append(&entries(10..11)).unwrap();
    let mut wanted = entries(0..9);
    wanted.push(entry(10));
    assert_same(&spool.pending(100).unwrap(), &wanted);
}

#[test]
fn damage_while_it_is_open_is_set_aside_too() {
    let folder = Folder::new();
    let mut spool = folder.open();
    spool.append(&entries(0..9)).unwrap();
    damage(&folder, "{\"entry\"", 3);
    damage(&folder, "{\"document\"", 1);
    let found = spool.pending(4).unwrap();
    assert_eq!(found[3].record, entry(4).record);
    assert_eq!(found[0].documents.len(), 1);
    assert_eq!(spool.damaged().0, 2);
    spool.acknowledge(4).unwrap();
    assert_same(&spool.pending(2).unwrap()[..1], &entries(5..6));
}

#[test]
fn an_unfinished_line_is_cut_off() {
    let folder = Folder::new();
    folder.open().append(&entries(0..3)).unwrap();
    let whole = folder.text();
    folder.open().append(&entries(3..4)).unwrap();
    let longer = folder.text();
    for end in (whole.len()..longer.len()).step_by(7) {
        fs::write(folder.file(), &longer.as_bytes()[..end]).unwrap();
        let mut spool = folder.open();
        assert_same(&spool.pending(100).unwrap(), &entries(0..3));
        assert_eq!(spool.damaged().0, 0);
        assert_eq!(folder.text(), whole);
    }
    // Blocks without content are what some file systems leave.
    let mut file = OpenOptions::new().append(true).open(folder.file()).unwrap();
    file.write_all(&[0; 4096]).unwrap();
    assert_same(&folder.open().pending(100).unwrap(), &entries(0..3));
    assert_eq!(folder.text(), whole);
}

#[test]
fn every_changed_byte_costs_one_line_at_most() {
    let folder = Folder::new();
    folder.open().append(&entries(0..4)).unwrap();
    let whole = fs::read(folder.file()).unwrap();
    for at in (0..whole.len()).step_by(97) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(folder.file(), &bytes).unwrap();
        let mut spool = folder.open();
        // The end of a line that is changed joins two.
        let lost = 1 + usize::from(whole[at] == b'\n');
        let found = spool.pending(100).unwrap();
        assert!(found.len() >= 4 - lost, "byte {at}");
        assert!(spool.damaged().0 > 0, "byte {at}");
    }
}
