//! Inserts rows of 300 bytes into SQLite with sqlx, each in a transaction of its own, and prints how many a
//! second: `benches-records-sqlx FILE SECONDS TASKS CONNECTIONS`.
//!
//! `cargo bench --bench records` starts it beside the layer, and reads the rate from its standard output.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

const USAGE: &str = "usage: benches-records-sqlx FILE SECONDS TASKS CONNECTIONS";

// As many threads as the bench gives the layer.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [file, seconds, tasks, connections] = &arguments[..] else {
        return Err(USAGE.into());
    };
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(60));
    let pool = SqlitePoolOptions::new()
        .max_connections(connections.parse()?)
        .acquire_timeout(Duration::from_secs(60))
        .connect_with(options)
        .await?;
    sqlx::query("CREATE TABLE choices (id INTEGER PRIMARY KEY, content TEXT NOT NULL)")
        .execute(&pool)
        .await?;
    let rate = rate(&pool, Duration::from_secs(seconds.parse()?), tasks.parse()?).await?;
    println!("{rate:.1}");
    Ok(())
}

/// Returns how many rows a second are committed. One statement alone is a transaction of its own, without the
/// round trips of `BEGIN` and `COMMIT`.
async fn rate(pool: &SqlitePool, time: Duration, tasks: u32) -> Result<f64, Box<dyn Error>> {
    let row = "x".repeat(300);
    let start = Instant::now();
    let tasks: Vec<_> = (0..tasks)
        .map(|_| {
            let (pool, row) = (pool.clone(), row.clone());
            tokio::spawn(async move {
                let mut written = 0_u32;
                while start.elapsed() < time {
                    sqlx::query("INSERT INTO choices (content) VALUES (?1)")
                        .bind(&row)
                        .execute(&pool)
                        .await?;
                    written += 1;
                }
                Ok::<_, sqlx::Error>(written)
            })
        })
        .collect();
    let mut written = 0;
    for task in tasks {
        written += task.await??;
    }
    Ok(f64::from(written) / start.elapsed().as_secs_f64())
}
