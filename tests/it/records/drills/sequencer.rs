//! The process that makes checkpoints is killed, and the clock jumps.

use std::{process::Stdio, thread};

use rusqlite::Connection;
use tower_cookie_consent::records::{
    Archive, Instant, RecordStore as _, SigningKey, SqliteStore, verify,
};

use super::{Records, long_or, random_between};
use crate::{
    records::{START, entry},
    support::{process::example, server::runtime},
};

#[test]
fn a_killed_checkpoint_leaves_a_tree_that_fits() {
    let records = Records::sqlite();
    let store = SqliteStore::open(records.file("consent.db")).unwrap();
    let database = Connection::open(records.file("consent.db")).unwrap();
    let (key, public) = (records.file("signing.key"), records.file("signing.pub"));
    SigningKey::open_or_create(&key, &public).unwrap();
    let (rounds, each) = (long_or(100, 10), 2_000);
    let (mut killed, mut grown) = (0, 0);
    let leaves = || -> usize {
        let sql = "SELECT count(*) FROM leaves";
        database.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let fill = || {
        let entries: Vec<_> = (0..each).map(|_| entry()).collect();
        runtime().block_on(store.append(&entries)).unwrap();
    };
    let begin = || {
        let mut sequencer = example("consent_records");
        sequencer.args(["--records", &records.url, "checkpoint", "--key"]);
        sequencer.arg(&key).stdout(Stdio::null()).spawn().unwrap()
    };
    // However fast this machine is, each second one is killed before its end.
    fill();
    let start = std::time::Instant::now();
    assert!(begin().wait().unwrap().success());
    let whole = start.elapsed();
    for round in 0..rounds {
        fill();
        let before = leaves();
        let mut sequencer = begin();
        // Some later, while there is more to do.
        let longest = if round % 2 == 0 { whole } else { whole * 3 };
        thread::sleep(random_between(whole / 20, longest));
        sequencer.kill().unwrap();
        killed += usize::from(!sequencer.wait().unwrap().success());
        grown += usize::from(leaves() > before);
        // As if its minute had passed.
        database.execute("DELETE FROM lease", []).unwrap();
    }
    let verified = records.verify();
    println!("{killed} of {rounds} checkpoints killed, {grown} after a batch; {verified}");
    assert!(killed > 0);
    assert_eq!(leaves(), (rounds + 1) * each + 2);
}

#[tokio::test]
async fn checkpoints_continue_whatever_the_clock_says() {
    let records = Records::sqlite();
    let store = SqliteStore::open(records.file("consent.db")).unwrap();
    let archive = Archive::open(&records.url).await.unwrap();
    let key = SigningKey::generate().unwrap();
    // An hour back, a day ahead, and right again.
    let times =
        [7_200, 3_600, 90_000, 7_201].map(|after| Instant::from_unix_seconds(START + after));
    for (count, now) in (1..).zip(times) {
        store.append(&[entry(), entry()]).await.unwrap();
        let checkpoint = archive.checkpoint(&key, now).await.unwrap();
        assert_eq!(checkpoint.size, 2 + 2 * count);
    }
    let mut export = Vec::new();
    archive.export(&mut export).await.unwrap();
    let verified = verify(&export[..], &key.public(), false).unwrap();
    println!("{verified}");
    // One that was killed while its clock was a day ahead.
    let database = Connection::open(records.file("consent.db")).unwrap();
    let sql = "UPDATE lease SET holder = randomblob(16), expires_at = ?1";
    let now = times[3];
    for (ahead, is_free) in [(86_460, true), (60, false), (0, true)] {
        database.execute(sql, [now.unix_seconds() + ahead]).unwrap();
        let checkpoint = archive.checkpoint(&key, now).await;
        assert_eq!(checkpoint.is_ok(), is_free, "{ahead}");
    }
}
