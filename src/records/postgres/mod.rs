//! Records in PostgreSQL, which several nodes share.

// `PostgresStore` is public. `address` reads the URL, `session` connects and tries again, `migrate`
// brings the schema up to date, `months` has the partitions, `group` decides what is new, and `append`, `nonces`, `counters`,
// `outbox`, `subjects` and `choices` have the statements.

mod address;
mod append;
mod archive;
mod choices;
mod counters;
mod due;
mod error;
mod group;
mod log;
mod migrate;
mod months;
mod nonces;
mod outbox;
mod read;
mod session;
mod subjects;
mod transaction;
mod tree;
mod values;

pub use self::session::PostgresStore;
use self::session::Work;
use super::{Appended, CountedChoices, Entry, OutboxStore, RecordStore, StoreFuture};

impl RecordStore for PostgresStore {
    fn append<'a>(&'a self, entries: &'a [Entry]) -> StoreFuture<'a, Vec<Appended>> {
        Box::pin(async move {
            let append = move |mut client| -> Work<'_, _> {
                Box::pin(async move {
                    let appended = append::append(&mut client, &self.months, entries).await;
                    (client, appended)
                })
            };
            self.call(&self.writes, append).await
        })
    }

    fn count<'a>(&'a self, choices: &'a [CountedChoices]) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let count = move |mut client| -> Work<'_, _> {
                Box::pin(async move {
                    let counted = counters::count(&mut client, choices).await;
                    (client, counted)
                })
            };
            self.call(&self.writes, count).await
        })
    }

    fn outbox(&self) -> Option<&dyn OutboxStore> {
        Some(self)
    }
}
