//! Choices through the layer, 64 at a time.

use std::{
    convert::Infallible,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use http::{Request, Response, header::SET_COOKIE};
use tower::{Layer as _, Service, ServiceExt as _, service_fn};
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookiePolicy,
    records::{PostgresStore, RecordLayer, RecordStore, Records, SqliteStore},
};

use crate::baselines;

pub(crate) const TASKS: usize = 64;
pub(crate) const TIME: Duration = Duration::from_secs(5);
pub(crate) const SLICE: Duration = Duration::from_secs(1);
const ROUNDS: u32 = 15;

pub(crate) fn policy() -> CookiePolicy {
    CookiePolicy::new(["ads", "maps", "films", "audience", "chat"].map(Category::consent)).unwrap()
}

/// Returns how many choices a second these nodes answer with a grant.
async fn rate(stores: Vec<Arc<dyn RecordStore>>, time: Duration) -> f64 {
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
                while start.elapsed() < time {
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

/// Measures the layer and a commit for each row in turns of a second, so that a busy disk slows all of them.
/// Returns how many times as fast the layer is as sqlx, if that is built.
pub(crate) async fn sqlite(folder: &Path, sqlx: &Path) -> Option<f64> {
    let mut sums = [0.0; 4];
    let mut is_built = true;
    for round in 1..=ROUNDS {
        let file = |name: &str| folder.join(format!("{name}-{round}.db"));
        let store = SqliteStore::open(file("choices")).unwrap();
        sums[0] += rate(vec![Arc::new(store)], SLICE).await;
        // One connection waits for none of the others; ten is what sqlx has by default.
        for (sum, connections) in sums[1..].iter_mut().zip([1, 10]) {
            let rate = baselines::sqlx(sqlx, &file(&format!("sqlx-{connections}")), connections);
            is_built = rate.is_some();
            *sum += rate.unwrap_or_default();
        }
        sums[3] += baselines::rusqlite(&file("each"));
    }
    let [layer, one, ten, rusqlite] = sums.map(|sum| sum / f64::from(ROUNDS));
    println!("SQLite, {TASKS} choices at a time: {layer:.0} a second");
    println!(
        "a commit for each row, in turns of {} s, {ROUNDS} each:",
        SLICE.as_secs()
    );
    println!(
        "rusqlite: {rusqlite:.0} a second; ratio {:.1}",
        layer / rusqlite
    );
    if !is_built {
        println!(
            "NOT COMPARED WITH SQLX, whose program is missing: {}\n  build it with: {}",
            sqlx.display(),
            baselines::BUILD_SQLX
        );
        return None;
    }
    let ratio = layer / one.max(ten);
    println!(
        "sqlx: {one:.0} a second with 1 connection, {ten:.0} with 10; ratio to the better {ratio:.1}"
    );
    Some(ratio)
}

pub(crate) async fn postgres(url: &str) {
    let mut nodes: Vec<Arc<dyn RecordStore>> = Vec::new();
    for _ in 0..2 {
        nodes.push(Arc::new(PostgresStore::connect(url).await.unwrap()));
    }
    let layer = rate(nodes, TIME).await;
    println!("PostgreSQL, 2 nodes, {TASKS} choices at a time: {layer:.0} a second");
}
