//! Forgetting, where there are many records.

use http::{
    StatusCode,
    header::{COOKIE, ORIGIN},
};

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
