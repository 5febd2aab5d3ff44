//! Records: the layer, and the stores, through the public API.

#[cfg(unix)]
mod account_choices;
#[cfg(unix)]
mod accounts;
mod archive;
mod charter;
mod console;
#[cfg(unix)]
mod counters;
mod cut_grants;
#[cfg(unix)]
mod drills;
#[cfg(unix)]
mod erasure;
#[cfg(unix)]
mod every_store;
#[cfg(unix)]
mod examples;
mod failing_store;
#[cfg(unix)]
mod forgery;
#[cfg(unix)]
mod languages;
mod layer;
#[cfg(unix)]
mod limits;
mod nonces;
#[cfg(unix)]
mod odd_texts;
#[cfg(unix)]
mod outbox;
#[cfg(unix)]
mod postgres;
#[cfg(unix)]
mod published;
#[cfg(unix)]
mod purging;
#[cfg(unix)]
mod receipts;
#[cfg(unix)]
mod report;
mod rfc6962;
mod shown;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod signing_key;
mod store_drills;
#[cfg(unix)]
mod taken_back;
#[cfg(unix)]
mod throughput;
#[cfg(unix)]
pub(crate) mod timestamps;
mod waiting;
#[cfg(unix)]
mod witness;
mod wording;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tower_cookie_consent::records::{ConsentRecord, Document, Entry, Instant, RecordId};

/// 2026-09-21.
const START: u64 = 1_790_000_000;

/// Returns a new grant or refusal, from the page with this nonce.
fn entry_at(seconds: u64, key: Option<&str>, state: &str) -> Entry {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut random = [0; 10];
    random[..8].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    let policy = Document::new("application/json", r#"{"categories":[]}"#);
    let shown = Document::new("text/html; charset=utf-8", "<p>Dürfen wir?</p>");
    let time = Instant::from_unix_seconds(seconds).to_string();
    let record: ConsentRecord = serde_json::from_value(serde_json::json!({
        "id": RecordId::at(seconds, random), "recorded_at": time, "decided_at": time,
        "site": "shop.example", "surface": "banner", "language": "de", "regime": null, "gpc": true,
        "policy": policy.digest(), "shown": shown.digest(), "cause": "choice", "key": key,
        "answers": {"ads": {"state": state, "before": "not_asked"},
                    "größe": {"state": "denied", "before": "granted"}},
    }))
    .unwrap();
    Entry::new(Arc::new(record), vec![policy, shown])
}

pub(crate) fn entry() -> Entry {
    entry_at(START, None, "granted")
}
