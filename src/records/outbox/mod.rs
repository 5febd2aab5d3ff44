//! Withdrawals that are passed on to those who were allowed before (GDPR, art. 19): stored in the
//! transaction of their record, and handed to the site's hook until it says that the provider has them.

// `OutboxStore` is what a store does; `delivery` is the task that calls the hook.

mod delivery;
#[cfg(test)]
#[cfg(feature = "records-sqlite")]
mod tests;

use std::{fmt, num::NonZeroU32, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

pub(super) use self::delivery::{Deliverer, Hook};
use super::{Instant, RecordId, RecordsBuilder, StoreFuture};
use crate::layer::RequestHead;

/// The news that a category or service is no longer allowed, for those who were allowed before.
/// [`RecordsBuilder::on_withdrawal`] hands it to the site.
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
    /// delivered.
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

/// The answer of the hook of [`RecordsBuilder::on_withdrawal`].
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

/// The part of a [`RecordStore`](super::RecordStore) that keeps withdrawals until they are delivered.
///
/// [`append`](super::RecordStore::append) stores those of an [entry](super::Entry::withdrawals) in the
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
    /// [`StoreError`](super::StoreError) if nothing is handed out.
    fn claim(&self, now: Instant, until: Instant, max: usize) -> StoreFuture<'_, Vec<Outgoing>>;

    /// Notes the outcome of one that was handed out.
    ///
    /// # Errors
    ///
    /// [`StoreError`](super::StoreError) if it is not noted: it is handed out once more then.
    fn settle<'a>(&'a self, withdrawal: &'a Withdrawal, settled: Settled) -> StoreFuture<'a, ()>;
}

/// The hook that names a visitor to the providers.
pub(super) type HandleHook = Arc<dyn Fn(RequestHead<'_>) -> Option<String> + Send + Sync>;

/// The settings of the outbox.
#[derive(Clone)]
pub(super) struct Passing {
    pub(super) hook: Hook,
    pub(super) backoff: Duration,
    pub(super) attempts: NonZeroU32,
}

impl Passing {
    fn to(hook: Hook) -> Self {
        Self {
            hook,
            backoff: Duration::from_secs(10),
            attempts: NonZeroU32::new(20).unwrap_or(NonZeroU32::MIN),
        }
    }
}

impl fmt::Debug for Passing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passing")
            .field("backoff", &self.backoff)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

impl RecordsBuilder {
    /// Calls this hook for each category and service that was allowed (with consent, or without asking)
    /// and that a choice denies, so that the site can pass it on.
    ///
    /// The news is stored with the record, and handed out until the hook answers [`Delivery::Done`]: again
    /// after a restart, by another node if this one is killed, and then maybe twice. It has 30 seconds for
    /// each; up to 16 run at once. It is tried again after 10 seconds, then after twice as long each time,
    /// at most six hours; after 20 times, which is about three days, it is a dead letter, which
    /// [`Archive::write_outbox`](super::Archive::write_outbox) lists. [`withdrawal_retries`] sets both.
    ///
    /// It needs a store with an [outbox](super::RecordStore::outbox), or [`build`](Self::build) fails.
    ///
    /// [`withdrawal_retries`]: Self::withdrawal_retries
    ///
    /// ```
    /// # use tower_cookie_consent::records::{Delivery, RecordsBuilder, Withdrawal};
    /// # async fn tell_provider(withdrawal: &Withdrawal) -> bool { true }
    /// fn passed_on(records: RecordsBuilder) -> RecordsBuilder {
    ///     records.on_withdrawal(|withdrawal| async move {
    ///         match tell_provider(&withdrawal).await {
    ///             true => Delivery::Done,
    ///             false => Delivery::Again,
    ///         }
    ///     })
    /// }
    /// ```
    pub fn on_withdrawal<F>(
        mut self,
        hook: impl Fn(Withdrawal) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Delivery> + Send + 'static,
    {
        let hook: Hook = Arc::new(move |withdrawal| Box::pin(hook(withdrawal)));
        self.settings.passing = Some(match self.settings.passing.take() {
            Some(passing) => Passing { hook, ..passing },
            None => Passing::to(hook),
        });
        self
    }

    /// Sets how a provider knows the visitor, such as by the id in a cookie of theirs. The hook is called
    /// once for each request, so it should be quick; what it returns is kept until it is delivered.
    /// Default: nothing.
    ///
    /// ```
    /// # use tower_cookie_consent::records::RecordsBuilder;
    /// # #[derive(Clone)] struct Account(u64);
    /// fn named(records: RecordsBuilder) -> RecordsBuilder {
    ///     records.withdrawal_handle(|request| {
    ///         let Account(number) = request.extensions().get()?;
    ///         Some(number.to_string())
    ///     })
    /// }
    /// ```
    pub fn withdrawal_handle(
        mut self,
        hook: impl Fn(RequestHead<'_>) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.settings.handle = Some(Handle(Arc::new(hook)));
        self
    }

    /// Sets when a withdrawal is tried again for the first time, and how often it is tried in all. Set it
    /// after [`on_withdrawal`](Self::on_withdrawal); without that it does nothing.
    ///
    /// ```
    /// # use std::{num::NonZeroU32, time::Duration};
    /// # use tower_cookie_consent::records::RecordsBuilder;
    /// fn patient(records: RecordsBuilder, most: NonZeroU32) -> RecordsBuilder {
    ///     records.withdrawal_retries(Duration::from_secs(60), most)
    /// }
    /// ```
    pub fn withdrawal_retries(mut self, first: Duration, most: NonZeroU32) -> Self {
        if let Some(passing) = &mut self.settings.passing {
            passing.backoff = first;
            passing.attempts = most;
        }
        self
    }
}

/// The hook, which has no form to print.
#[derive(Clone)]
pub(super) struct Handle(pub(super) HandleHook);

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle")
    }
}
