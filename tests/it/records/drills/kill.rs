//! The service is killed with 64 choices under way, again and again.

use std::{thread, time::Duration};

use super::{
    Records,
    load::{Load, Tally, Visitor},
    long_or, random_between,
};
use crate::support::{postgres::Postgres, process::Folder, server::Server};

/// Returns what was counted.
fn kill_again_and_again(records: &Records) -> String {
    let rounds = long_or(100, 6);
    let mut visitors = Visitor::crowd(64);
    for _ in 0..rounds {
        let mut portal = Server::start_with("portal", &["--records", &records.url]);
        let load = Load::start(visitors, vec![portal.url("")], Duration::ZERO);
        let wait = random_between(Duration::from_millis(100), Duration::from_millis(700));
        thread::sleep(wait);
        portal.process.signal("-KILL");
        portal.process.wait();
        visitors = load.stop();
    }
    let tally = Tally::of(visitors);
    // What the spool has is stored after the next start.
    let _portal = Server::start_with("portal", &["--records", &records.url]);
    let counts = records.check(&tally);
    assert!(counts.grants > rounds * 10, "{counts}");
    assert!(counts.unanswered > rounds, "{counts}");
    format!("killed {rounds} times: {counts}; {}", records.verify())
}

#[test]
fn a_kill_loses_no_grant_in_sqlite() {
    println!("SQLite {}", kill_again_and_again(&Records::sqlite()));
}

#[test]
fn a_kill_loses_no_grant_in_postgres() {
    if let Some(server) = Postgres::shared() {
        let records = Records::new(server.database(), Folder::new("drill"));
        println!("PostgreSQL {}", kill_again_and_again(&records));
    }
}

#[test]
fn two_nodes_are_killed_in_turn() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let records = Records::new(server.database(), Folder::new("drill"));
    let start = || Server::start_with("portal", &["--records", &records.url]);
    let mut nodes = [start(), start()];
    let urls = nodes.iter().map(|node| node.url("")).collect();
    let load = Load::start(Visitor::crowd(64), urls, Duration::from_millis(10));
    let rounds = long_or(100, 4);
    for round in 0..rounds {
        let wait = random_between(Duration::from_millis(200), Duration::from_millis(600));
        thread::sleep(wait);
        let node = round % 2;
        nodes[node].process.signal("-KILL");
        nodes[node].process.wait();
        nodes[node] = start();
        load.replace(node, nodes[node].url(""));
    }
    let tally = Tally::of(load.stop());
    let counts = records.check(&tally);
    println!(
        "two nodes, killed {rounds} times: {counts}; {}",
        records.verify()
    );
    assert!(
        counts.grants > rounds * 10 && counts.unanswered > 0,
        "{counts}"
    );
}
