//! The same rows without groups: a commit for each, by other means on the same disk.

use std::{
    path::Path,
    process::{Command, Stdio},
    sync::Mutex,
    thread,
    time::Instant,
};

use rusqlite::Connection;

use crate::choices::{SLICE, TASKS, TIME};

/// Where [`BUILD_SQLX`] puts the program.
pub(crate) const SQLX: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../records-sqlx/target/release/benches-records-sqlx"
);

pub(crate) const BUILD_SQLX: &str = "cargo build --release --locked --manifest-path \
    benches/records-sqlx/Cargo.toml --target-dir benches/records-sqlx/target";

/// Inserts rows of 300 bytes with sqlx, in a process of its own, and returns how many a second. `None` without
/// the program.
pub(crate) fn sqlx(program: &Path, file: &Path, connections: u32) -> Option<f64> {
    if !program.exists() {
        return None;
    }
    let mut sqlx = Command::new(program);
    sqlx.arg(file).arg(SLICE.as_secs().to_string());
    sqlx.args([TASKS.to_string(), connections.to_string()]);
    let done = sqlx.stderr(Stdio::inherit()).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    Some(
        String::from_utf8(done.stdout)
            .unwrap()
            .trim()
            .parse()
            .unwrap(),
    )
}

/// Inserts rows of 300 bytes with rusqlite, `synchronous=FULL`, by as many threads, and returns how many a second.
pub(crate) fn rusqlite(file: &Path) -> f64 {
    let database = Connection::open(file).unwrap();
    database
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE choices (id INTEGER PRIMARY KEY, content TEXT NOT NULL)",
        )
        .unwrap();
    let database = Mutex::new(database);
    let row = "x".repeat(300);
    let start = Instant::now();
    let written: u32 = thread::scope(|scope| {
        let task = || {
            let mut written = 0;
            while start.elapsed() < SLICE {
                let database = database.lock().unwrap();
                let sql = "INSERT INTO choices (content) VALUES (?1)";
                let mut insert = database.prepare_cached(sql).unwrap();
                insert.execute([&row]).unwrap();
                written += 1;
            }
            written
        };
        let tasks: Vec<_> = (0..TASKS).map(|_| scope.spawn(task)).collect();
        tasks.into_iter().map(|task| task.join().unwrap()).sum()
    });
    f64::from(written) / start.elapsed().as_secs_f64()
}

/// Inserts rows of 300 bytes with PostgreSQL's own `pgbench`, each in a transaction of its own, from as many
/// connections.
pub(crate) fn pgbench(url: &str, folder: &Path) {
    let run = |sql: &str, options: &[&str]| {
        let script = folder.join("script.sql");
        std::fs::write(&script, sql).unwrap();
        let mut pgbench = Command::new("pgbench");
        pgbench.args(["--no-vacuum", "--file"]).arg(script);
        pgbench.args(options).arg(url).output()
    };
    let table = "CREATE TABLE IF NOT EXISTS pgbench_choices (id uuid PRIMARY KEY, content text);";
    let once = ["--client=1", "--transactions=1"];
    let Ok(made) = run(table, &once) else {
        return println!("pgbench is not installed");
    };
    assert!(made.status.success(), "{made:?}");
    let insert =
        "INSERT INTO pgbench_choices VALUES (gen_random_uuid(), repeat('x', 300));".to_owned();
    let clients = format!("--client={TASKS}");
    let seconds = format!("--time={}", TIME.as_secs());
    let done = run(&insert, &[&clients, "--jobs=2", &seconds]).unwrap();
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    let rate = text.lines().find(|line| line.starts_with("tps = "));
    println!(
        "pgbench, {TASKS} connections, a commit for each row: {}",
        rate.unwrap_or(&text)
    );
    run("DROP TABLE pgbench_choices;", &once).unwrap();
}
