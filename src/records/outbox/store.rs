use std::fmt;

use serde::{Deserialize, Serialize};

use crate::records::{Instant, RecordId, StoreFuture};

/// The news that a category or service is no longer allowed, for those who were allowed before.
/// [`RecordsBuilder::on_withdrawal`](crate::records::RecordsBuilder::on_withdrawal) hands it to the site.
///
/// ```
/// use tower_cookie_consent::records::{Delivery, Withdrawal};
///
/// fn address(withdrawal: &Withdrawal) -> Option<String> {
///     let visitor = withdrawal.handle.as_deref()?;
///     Some(format!("https://{}.example/opt-out/{visitor}", withdrawal.provider))
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Withdrawal {
    /// The record of the choice that denies it.
    pub record: RecordId,
    /// The id of the category or service.
    pub provider: String,
    /// The provider's name for the visitor, as the site's hook gave it. It is erased once it is
    /// delivered, and from a dead letter with the visitor's links.
    pub handle: Option<String>,
    /// The time of the record.
    pub withdrawn_at: Instant,
}

/// Without the handle, which may name a visitor.
impl fmt::Debug for Withdrawal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Withdrawal")
            .field("record", &self.record)
            .field("provider", &self.provider)
            .field("withdrawn_at", &self.withdrawn_at)
            .finish_non_exhaustive()
    }
}

/// The answer of the hook of [`RecordsBuilder::on_withdrawal`](crate::records::RecordsBuilder::on_withdrawal).
///
/// ```
/// use tower_cookie_consent::records::Delivery;
///
/// fn of_status(status: u16) -> Delivery {
///     match status {
///         200..=299 => Delivery::Done,
///         404 | 410 => Delivery::Impossible,
///         _ => Delivery::Again,
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The provider has it.
    Done,
    /// It has to be tried again later.
    Again,
    /// No later try can succeed: it becomes a dead letter.
    Impossible,
}

/// A withdrawal in the outbox of a store.
///
/// ```
/// use tower_cookie_consent::records::Outgoing;
///
/// fn is_first(outgoing: &Outgoing) -> bool {
///     outgoing.attempts == 1
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outgoing {
    /// The withdrawal.
    pub withdrawal: Withdrawal,
    /// The number of times that it was handed out, this one included.
    pub attempts: u32,
}

impl Outgoing {
    /// Creates one.
    ///
    /// ```
    /// use tower_cookie_consent::records::{Outgoing, Withdrawal};
    ///
    /// fn again(last: Outgoing) -> Outgoing {
    ///     Outgoing::new(last.withdrawal, last.attempts + 1)
    /// }
    /// ```
    #[must_use]
    pub const fn new(withdrawal: Withdrawal, attempts: u32) -> Self {
        Self {
            withdrawal,
            attempts,
        }
    }
}

/// The outcome for a withdrawal of an [`OutboxStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Settled {
    /// It was delivered then. Its handle is erased.
    Delivered(Instant),
    /// It is due again then.
    Postponed(Instant),
    /// It is a dead letter: kept, and not handed out any more.
    Dead,
}

/// The part of a [`RecordStore`](crate::records::RecordStore) that keeps withdrawals until they are delivered.
///
/// [`append`](crate::records::RecordStore::append) stores those of an [entry](crate::records::Entry::withdrawals) in the
/// transaction of its record, due at once. They are known by their record and provider.
///
/// ```
/// # use tower_cookie_consent::records::{Instant, OutboxStore, Outgoing, Settled, StoreFuture, Withdrawal};
/// #[derive(Debug)]
/// struct Empty;
///
/// impl OutboxStore for Empty {
///     fn claim(&self, _: Instant, _: Instant, _: usize) -> StoreFuture<'_, Vec<Outgoing>> {
///         Box::pin(async { Ok(Vec::new()) })
///     }
///     fn settle<'a>(&'a self, _: &'a Withdrawal, _: Settled) -> StoreFuture<'a, ()> {
///         Box::pin(async { Ok(()) })
///     }
/// }
/// ```
pub trait OutboxStore: Send + Sync {
    /// Hands out at most `max` withdrawals that are due `now`, those first that are due for longest, and
    /// postpones them until `until`: so no other node takes them meanwhile, and those of a node that is
    /// killed come back.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::records::StoreError) if nothing is handed out.
    fn claim(&self, now: Instant, until: Instant, max: usize) -> StoreFuture<'_, Vec<Outgoing>>;

    /// Notes the outcome of one that was handed out.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::records::StoreError) if it is not noted: it is handed out once more then.
    fn settle<'a>(&'a self, withdrawal: &'a Withdrawal, settled: Settled) -> StoreFuture<'a, ()>;
}
