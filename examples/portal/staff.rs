//! The console for staff, in debug builds, over a store of its own with made-up choices: the portal's own
//! would be empty at first.

use std::{
    error::Error,
    net::SocketAddr,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    extract::Request,
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
    routing::any_service,
};
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tower::{ServiceExt, service_fn};
use tower_cookie_consent::{
    CookiePolicy,
    records::{
        Archive, ConsentRecord, Console, Document, Entry, Instant, RecordId, RecordStore, Records,
        SigningKey, SqliteStore, Viewer,
    },
};

use crate::records;

/// The path of the console. A real one is behind the site's own login.
const PATH: &str = "/debug/records";

const DAY: u64 = 86_400;

/// Returns `/debug/records`, filled at the first request.
pub(crate) fn console(policy: CookiePolicy, address: SocketAddr) -> Router {
    if !cfg!(debug_assertions) {
        return Router::new();
    }
    let console = Arc::new(OnceCell::new());
    let answer = service_fn(move |request: Request| {
        let (console, policy) = (Arc::clone(&console), policy.clone());
        async move {
            let console: Result<&Console, _> =
                console.get_or_try_init(|| fill(&policy, address)).await;
            Ok(match console {
                Ok(console) => match console.clone().oneshot(request).await {
                    Ok(response) => response.into_response(),
                    Err(never) => match never {},
                },
                Err(error) => failed(&*error),
            })
        }
    });
    Router::new()
        .route(PATH, any_service(answer.clone()))
        .route(&format!("{PATH}/{{*rest}}"), any_service(answer))
}

fn failed(error: &dyn Error) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response()
}

/// Opens the console over a new store.
async fn fill(
    policy: &CookiePolicy,
    address: SocketAddr,
) -> Result<Console, Box<dyn Error + Send + Sync>> {
    let file = records::made_up_file(address)?;
    let store = SqliteStore::open(&file)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    for group in choices(policy, now)?.chunks(500) {
        store.append(group).await?;
    }
    let archive = Archive::from(store);
    let key = SigningKey::generate()?;
    let time = Instant::from_unix_seconds(now);
    archive.checkpoint(&key, time).await?;
    let records = Records::open(&format!("sqlite:{}", file.display())).await?;
    // In a real service the hook asks the login: `request.extensions.get::<Staff>()`.
    let everybody = |_: &Parts| Some(Viewer::auditor("developer"));
    let console = Console::at(PATH, archive, everybody)?;
    Ok(console.records(&records.build()?).public_key(key.public()))
}

/// Returns made-up choices of four weeks, more on weekdays.
fn choices(policy: &CookiePolicy, now: u64) -> Result<Vec<Entry>, serde_json::Error> {
    let document = Document::of_policy(policy);
    let mut random = Random(now / DAY);
    let mut entries = Vec::new();
    let today = now / DAY;
    for day in today.saturating_sub(27)..=today {
        // 1970 began with a Thursday.
        let busy = if (day + 3) % 7 < 5 { 120 } else { 45 };
        for _ in 0..busy + random.below(40) {
            let seconds = (day * DAY + random.below(DAY)).min(now);
            entries.push(choice(&document, seconds, &mut random)?);
        }
    }
    Ok(entries)
}

fn choice(
    policy: &Document,
    seconds: u64,
    random: &mut Random,
) -> Result<Entry, serde_json::Error> {
    let (first, rest, before) = match random.below(20) {
        0..8 => ("granted", "granted", "not_asked"),
        8..11 => ("granted", "denied", "not_asked"),
        11..18 => ("denied", "denied", "not_asked"),
        _ => ("denied", "denied", "granted"),
    };
    let surface = match (before, random.below(10)) {
        ("granted", _) | (_, 0..2) => "form",
        (_, 2) if first == "denied" => "signal",
        _ => "banner",
    };
    let language = if random.below(5) == 0 { "en" } else { "fr" };
    let time = Instant::from_unix_seconds(seconds);
    let answer = |state: &str| json!({"state": state, "before": before});
    let record: Value = json!({
        "id": RecordId::at(seconds, random.bytes()),
        "recorded_at": time, "decided_at": time, "site": "127.0.0.1", "policy": policy.digest(),
        "shown": null, "surface": surface, "language": language, "regime": null,
        "gpc": surface == "signal", "cause": "choice", "key": null,
        "answers": {"statistiques": answer(first), "tiers": answer(rest)},
    });
    let record: ConsentRecord = serde_json::from_value(record)?;
    Ok(Entry::new(Arc::new(record), vec![policy.clone()]))
}

/// Numbers that look random: `SplitMix64`.
struct Random(u64);

impl Random {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    const fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn bytes(&mut self) -> [u8; 10] {
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&self.next().to_be_bytes());
        bytes[8..].copy_from_slice(&self.next().to_be_bytes()[..2]);
        bytes
    }
}
