//! Processes that are killed, or have no room left, while they append.

use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use super::{Folder, assert_same, entries};
use crate::records::{
    Entry,
    spool::{MAX_SPOOL_BYTES, Spool},
};

const FILE: &str = "SPOOL_OF_TEST";

/// The other process of the tests below: without the variable it is nothing.
#[test]
fn other_process() {
    let (Some(path), Ok(first)) = (env::var_os(FILE), env::var("SPOOL_FIRST")) else {
        return;
    };
    let mut spool = Spool::open(Path::new(&path), MAX_SPOOL_BYTES).unwrap();
    let mut next: u64 = first.parse().unwrap();
    let mut out = std::io::stdout();
    for round in 1.. {
        let end = next + round % 7 + 1;
        match spool.append(&entries(next..end)) {
            Ok(()) => writeln!(out, "\nappended {end}").unwrap(),
            Err(error) => {
                writeln!(out, "\nerror {error}").unwrap();
                break;
            }
        }
        next = end;
        if round % 5 == 0 && env::var_os("SPOOL_KEEPS").is_none() {
            let count = spool.len() / 2;
            writeln!(out, "\nacknowledges {count}").unwrap();
            spool.acknowledge(count).unwrap();
            writeln!(out, "\nacknowledged {count}").unwrap();
        }
    }
}

fn start(mut command: Command, path: &Path, first: u64) -> Child {
    command
        .args([
            "records::spool::tests::crash::other_process",
            "--exact",
            "--nocapture",
        ])
        .env(FILE, path)
        .env("SPOOL_FIRST", first.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn nothing_durable_is_lost_when_the_process_is_killed() {
    let folder = Folder::new();
    // Those before `first` are acknowledged; those before `end` are appended.
    let (mut first, mut end) = (0, 0);
    for round in 0..20 {
        let mut process = start(
            Command::new(env::current_exe().unwrap()),
            &folder.file(),
            end,
        );
        thread::sleep(Duration::from_millis(20 + round * 7));
        process.kill().unwrap();
        process.wait().unwrap();
        let mut asked = first;
        for line in BufReader::new(process.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            match line.split_once(' ') {
                Some(("appended", number)) => end = number.parse().unwrap(),
                Some(("acknowledges", count)) => asked = first + count.parse::<u64>().unwrap(),
                Some(("acknowledged", _)) => first = asked,
                _ => {}
            }
        }

        let mut spool = folder.open();
        assert_eq!(spool.damaged().0, 0);
        let found = spool.pending(usize::MAX).unwrap();
        let number = |entry: &Entry| -> u64 {
            let (number, _) = entry.record.site.split_once('.').unwrap();
            number.parse().unwrap()
        };
        let start = found.first().map_or(end, number);
        assert!(
            start == first || start == asked,
            "{start}, not {first} or {asked}"
        );
        // Some of a group that was not durable yet may be there, and no others.
        let left = start + found.len() as u64;
        assert!((end..end + 8).contains(&left), "{left} entries, not {end}");
        assert_same(&found, &entries(start..left));
        (first, end) = (start, left);
    }
    assert!(end > 200, "only {end} entries were appended");
}

/// A limit of the size of files is a full disk for one process.
#[cfg(unix)]
#[test]
fn a_full_disk_takes_nothing_of_a_group() {
    let folder = Folder::new();
    let mut shell = Command::new("sh");
    // The signal would end the process.
    shell
        .args(["-c", r#"trap '' XFSZ; ulimit -f 64; exec "$0" "$@""#])
        .arg(env::current_exe().unwrap())
        .env("SPOOL_KEEPS", "1");
    let mut process = start(shell, &folder.file(), 0);
    let lines: Vec<_> = BufReader::new(process.stdout.take().unwrap())
        .lines()
        .map(|line| line.unwrap())
        .collect();
    process.wait().unwrap();
    let after = |word: &str| {
        lines
            .iter()
            .filter_map(|line| line.strip_prefix(word))
            .next_back()
    };
    let end: u64 = after("appended ").unwrap().parse().unwrap();
    let error = after("error ").unwrap();
    assert!(
        error.contains("cannot write the spool") && error.contains("make room"),
        "{error}"
    );
    assert!(end > 20);
    assert_same(
        &folder.open().pending(usize::MAX).unwrap(),
        &entries(0..end),
    );
}
