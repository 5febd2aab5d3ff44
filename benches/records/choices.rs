//! Choices through the layer, 64 at a time.

use std::{
    convert::Infallible,
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use http::{Request, Response, header::SET_COOKIE};
use rusqlite::Connection;
use tower::{Layer as _, Service, ServiceExt as _, service_fn};
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookiePolicy,
    records::{PostgresStore, RecordLayer, RecordStore, Records, SqliteStore},
};

const TASKS: usize = 64;
const TIME: Duration = Duration::from_secs(5);

pub(crate) fn policy() -> CookiePolicy {
    CookiePolicy::new(["ads", "maps", "films", "audience", "chat"].map(Category::consent)).unwrap()
}

/// Returns how many choices a second these nodes answer with a grant.
async fn rate(stores: Vec<Arc<dyn RecordStore>>) -> f64 {
    let mut tasks = Vec::new();
    let nodes = stores.len();
    let start = Instant::now();
    for store in stores {
        let limit = std::num::NonZeroU32::MAX;
        let records = Records::builder(Shared(store)).most_grants_a_second(limit);
        let records = records.build().unwrap();
        let accept = service_fn(async |request: Request<String>| {
            let consent = request.extensions().get::<Consent>().unwrap();
            let mut response = Response::new(String::new());
            let accepted = consent.set_cookie(consent.accept_all());
            accepted.append_to(response.headers_mut()).unwrap();
            Ok::<_, Infallible>(response)
        });
        let recorded = RecordLayer::new(records.clone()).layer(accept);
        let layer = CookieConsentLayer::new(policy()).records(&records);
        let service = layer.layer(recorded);
        for _ in 0..TASKS / nodes {
            let mut service = service.clone();
            tasks.push(tokio::spawn(async move {
                let mut granted = 0_u32;
                while start.elapsed() < TIME {
                    let request = Request::builder().header("host", "shop.example");
                    let request = request.body(String::new()).unwrap();
                    let response = service.ready().await.unwrap().call(request).await.unwrap();
                    granted += u32::from(response.headers().contains_key(SET_COOKIE));
                }
                granted
            }));
        }
    }
    let mut granted = 0;
    for task in tasks {
        granted += task.await.unwrap();
    }
    f64::from(granted) / start.elapsed().as_secs_f64()
}

#[derive(Clone, Debug)]
struct Shared(Arc<dyn RecordStore>);

impl RecordStore for Shared {
    fn append<'a>(
        &'a self,
        entries: &'a [tower_cookie_consent::records::Entry],
    ) -> tower_cookie_consent::records::StoreFuture<'a, Vec<tower_cookie_consent::records::Appended>>
    {
        self.0.append(entries)
    }
}

pub(crate) async fn sqlite(folder: &Path) {
    let store = SqliteStore::open(folder.join("choices.db")).unwrap();
    let layer = rate(vec![Arc::new(store)]).await;
    let each = one_by_one(&folder.join("each.db"));
    println!("SQLite, {TASKS} choices at a time: {layer:.0} a second");
    println!(
        "SQLite, {TASKS} tasks, a commit for each row: {each:.0} a second; ratio {:.1}",
        layer / each
    );
}

/// One commit for each row of 300 bytes, `synchronous=FULL`, by as many threads.
fn one_by_one(file: &Path) -> f64 {
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
            while start.elapsed() < TIME {
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

pub(crate) async fn postgres(url: &str) {
    let mut nodes: Vec<Arc<dyn RecordStore>> = Vec::new();
    for _ in 0..2 {
        nodes.push(Arc::new(PostgresStore::connect(url).await.unwrap()));
    }
    let layer = rate(nodes).await;
    println!("PostgreSQL, 2 nodes, {TASKS} choices at a time: {layer:.0} a second");
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
