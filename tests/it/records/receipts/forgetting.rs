//! Forgetting, where there are many records or none yet.

use std::time::SystemTime;

use http::{
    StatusCode,
    header::{COOKIE, ORIGIN, SET_COOKIE},
};
use tower_cookie_consent::records::RecordId;

use super::{Site, policy, subject};
use crate::{
    records::{
        entry,
        every_store::{Stores, open},
    },
    support::server,
};

#[test]
fn one_request_forgets_a_thousand_records() {
    let stores = Stores::new();
    for store in &stores.urls {
        let site = Site::new(store, subject(), &policy());
        let mut entries: Vec<_> = (0..1100).map(|_| entry()).collect();
        for at in 1..entries.len() {
            entries[at].previous = Some(entries[at - 1].record.id);
        }
        let runtime = server::runtime();
        runtime.block_on(async { open(store).await.append(&entries).await.unwrap() });
        let history = |at: usize| {
            let read = site.archive.history(entries[at].record.id);
            server::runtime().block_on(read).unwrap().len()
        };
        assert_eq!(history(1099), 1100, "{store}");
        let last = format!("consent_receipt={}", entries[1099].record.id);
        let forgotten = site.forget(&[(COOKIE, &last), (ORIGIN, &site.url)]);
        assert_eq!(forgotten.status(), StatusCode::SEE_OTHER);
        assert_eq!(history(1099), 1, "{store}");
        assert_eq!((history(100), history(99)), (1, 100), "{store}");
    }
}

#[test]
fn what_may_not_be_stored_yet_is_not_forgotten() {
    let stores = Stores::new();
    let site = Site::new(&stores.urls[0], subject(), &policy());
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.unwrap().as_secs();
    for (seconds, status) in [
        (now, StatusCode::SERVICE_UNAVAILABLE),
        (now - 3000, StatusCode::SERVICE_UNAVAILABLE),
        (now - 4000, StatusCode::SEE_OTHER),
    ] {
        let unknown = format!("consent_receipt={}", RecordId::at(seconds, [7; 10]));
        let forgotten = site.forget(&[(COOKIE, &unknown), (ORIGIN, &site.url)]);
        assert_eq!(forgotten.status(), status);
        let is_removed = forgotten.headers().contains_key(SET_COOKIE);
        assert_eq!(is_removed, status == StatusCode::SEE_OTHER);
    }
}
