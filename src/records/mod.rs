//! The feature `records`: proof of consent. A grant counts once its record is durable; a refusal
//! takes effect at once, and is recorded as soon as it can.
//!
//! A [`ConsentRecord`] says what one visitor decided, and what was in force before. It refers to the
//! policy and to the texts that were shown by their SHA-256. It contains no address, no user agent and
//! no cookie value; it is personal data all the same.

// Knows the core and `pages`. A store knows records and documents, and neither layers nor pages.

mod account;
mod answer;
mod archive;
mod body;
mod choices;
mod chooser;
#[cfg_attr(
    not(any(feature = "records-postgres", feature = "records-sqlite")),
    allow(dead_code, reason = "the stores need the rest of it")
)]
mod columns;
#[cfg(feature = "pages")]
mod console;
mod counters;
mod decision;
mod entry;
mod error;
mod folder;
mod forms;
mod id;
mod instant;
mod layer;
mod merged;
mod onset;
mod open;
mod outbox;
#[cfg(feature = "records-postgres")]
mod postgres;
mod receipt;
#[cfg(feature = "pages")]
mod receipts;
mod record;
#[allow(clippy::module_inception)]
mod records;
mod row;
mod settings;
mod spool;
#[cfg(feature = "records-sqlite")]
mod sqlite;
mod store;
#[cfg(test)]
#[cfg(feature = "records-sqlite")]
mod testing;
mod ticket;
mod visitor;
mod writer;

pub use crate::digest::{Digest, Document, InvalidDigest};
pub(crate) use crate::{
    digest::canonical,
    observe::{AnswerState, Surface},
};
pub use account::{Account, AccountKey, AccountKeys, SubjectId};
#[cfg(feature = "evidence")]
pub(crate) use archive::sign;
pub use archive::{
    Archive, ArchiveError, ArchiveProgress, Checkpoint, KeyError, Misfit, OptOutRequest,
    OptOutResponse, PastVerdict, PublicKey, RecordRetention, Signer, SignerFuture, SigningKey,
    Stats, StoredRecord, Timestamps, Verified, Verifier, Witness, WitnessFuture, verify,
};
#[cfg(feature = "records-timestamps")]
pub use archive::{TimestampAuthority, TimestampCertificates, TimestampError, TimestampErrorKind};
pub use body::RecordBody;
pub use choices::{
    AccountChoices, AccountConsent, AccountCookieFuture, AccountCookieLayer, AccountCookieService,
    AccountFuture, AccountLayer, AccountNotice, AccountService, LoggedOut, MergeRule,
};
#[cfg(feature = "pages")]
pub use console::{Console, ConsoleBody, ConsoleFuture, ConsolePart, Look, Viewer};
pub use entry::Entry;
pub use error::{StoreError, StoreFuture};
pub use id::{InvalidRecordId, RecordId};
pub use instant::Instant;
pub use layer::{RecordFuture, RecordLayer, RecordService};
pub use merged::CountedChoices;
pub use outbox::{Delivery, OutboxStore, Outgoing, Settled, Withdrawal};
#[cfg(feature = "records-postgres")]
pub use postgres::PostgresStore;
pub use record::{Answer, Cause, ConsentRecord};
pub use records::{Records, RecordsBuilder, RecordsHealth};
pub use settings::Subject;
#[cfg(feature = "records-sqlite")]
pub use sqlite::SqliteStore;
pub use store::{Appended, RecordStore};

/// A nonce is remembered for 48 hours after its last answers.
const NONCE_SECONDS: u64 = 48 * 60 * 60;
