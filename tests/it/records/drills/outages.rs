//! PostgreSQL does not take records for a while: it is down, has no free connection, or ends transactions.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{
    Records,
    load::{Load, Tally, Visitor},
    long_or,
};
use crate::support::{
    postgres::Postgres,
    process::{Folder, PATIENCE},
    server::Server,
};

/// Two nodes with a spool each: neither takes more than 500 grants a second.
#[test]
fn an_outage_waits_in_the_spools() {
    let Some(server) = Postgres::start(&[]) else {
        return;
    };
    let records = Records::new(server.database(), Folder::new("drill"));
    let nodes = ["1.spool", "2.spool"].map(|spool| {
        let spool = records.file(spool);
        let spool = spool.to_str().unwrap();
        Server::start_with(
            "portal",
            &["--records", &records.url, "--record-spool", spool],
        )
    });
    let urls = nodes.iter().map(|node| node.url("")).collect();
    let load = Load::start(Visitor::crowd(110), urls, Duration::from_millis(100));
    thread::sleep(Duration::from_millis(500));
    server.stop("-INT");
    let (down, before) = (Instant::now(), load.chosen());
    thread::sleep(Duration::from_secs(long_or(60, 3)));
    let (down, chosen) = (down.elapsed(), load.chosen() - before);
    server.resume();
    thread::sleep(Duration::from_secs(1));
    let tally = Tally::of(load.stop());
    let counts = records.check_all(&tally);
    println!(
        "PostgreSQL down for {} ms, with spools and {chosen} choices: {counts}; {}",
        down.as_millis(),
        records.verify()
    );
    assert_eq!((counts.turned_down, counts.unconfirmed), (0, 0), "{counts}");
    // A machine that does nothing else bears ten times as many.
    let least = usize::try_from(down.as_secs()).unwrap() * 100;
    assert!(chosen > least, "{chosen} choices in {down:?}");
    assert!(
        counts.grants > chosen / 2 && counts.refusals > chosen / 8,
        "{chosen}: {counts}"
    );
}

#[test]
fn without_a_free_connection_nothing_is_granted() {
    let Some(server) = Postgres::start(&[]) else {
        return;
    };
    let owned = server.database();
    let (_, name) = owned.rsplit_once('/').unwrap();
    server.sql(&owned, "CREATE ROLE site LOGIN PASSWORD 'correct horse'");
    server.sql(&owned, &format!("ALTER DATABASE {name} OWNER TO site"));
    let url = owned.replace("postgres://owner:", "postgres://site:");
    let records = Records::new(url, Folder::new("drill"));
    let portal = Server::start_with("portal", &["--records", &records.url]);
    let pause = Duration::from_millis(50);
    let load = Load::start(Visitor::crowd(16), vec![portal.url("")], pause);
    let seconds = long_or(20, 1);
    for _ in 0..long_or(5, 2) {
        thread::sleep(Duration::from_millis(500));
        server.sql(&owned, "ALTER ROLE site CONNECTION LIMIT 0");
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'site'";
        server.sql(&owned, end);
        thread::sleep(Duration::from_secs(seconds));
        server.sql(&owned, "ALTER ROLE site CONNECTION LIMIT -1");
    }
    thread::sleep(Duration::from_secs(1));
    let tally = Tally::of(load.stop());
    let counts = records.check_all(&tally);
    println!("no free connection: {counts}; {}", records.verify());
    assert!(counts.grants > 0 && counts.turned_down > 0, "{counts}");
    assert!(counts.refusals > 0 && counts.unanswered == 0, "{counts}");
}

#[test]
fn deadlocks_lose_nothing() {
    let Some(server) = Postgres::start(&["deadlock_timeout = 50ms"]) else {
        return;
    };
    let records = Records::new(server.database(), Folder::new("drill"));
    let portal = Server::start_with("portal", &["--records", &records.url]);
    let load = Load::start(
        Visitor::crowd(64),
        vec![portal.url("")],
        Duration::from_millis(50),
    );
    let deadlocks = || -> u32 {
        let sql = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
        server.sql(&records.url, sql).parse().unwrap()
    };
    let start = Instant::now();
    while deadlocks() < long_or(100, 3) {
        assert!(start.elapsed() < PATIENCE * long_or(10, 1), "no deadlock");
        // It takes the tables the other way round, and it is not the one that is ended.
        server.sql(
            &records.url,
            "BEGIN; SET LOCAL deadlock_timeout = '20s';
             LOCK TABLE consent_counters IN EXCLUSIVE MODE;
             SELECT pg_sleep(0.02);
             LOCK TABLE consent_records IN EXCLUSIVE MODE; COMMIT",
        );
    }
    let count = deadlocks();
    let tally = Tally::of(load.stop());
    let counts = records.check_all(&tally);
    println!("{count} deadlocks: {counts}; {}", records.verify());
    assert!(counts.grants > 0 && counts.unanswered == 0, "{counts}");
}
