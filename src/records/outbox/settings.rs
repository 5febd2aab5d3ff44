//! The settings of the outbox.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use super::{
    Delivery, Withdrawal,
    hooks::{Handle, Hook, Passing},
};
use crate::{layer::RequestHead, records::RecordsBuilder};

impl RecordsBuilder {
    /// Calls this hook for each category and service that was allowed (with consent, or without asking)
    /// and that a choice denies, so that the site can pass it on.
    ///
    /// The news is stored with the record, and handed out until the hook answers [`Delivery::Done`]: again
    /// after a restart, by another node if this one is killed, and then maybe twice. It has 30 seconds for
    /// each; up to 16 run at once. It is tried again after 10 seconds, then after twice as long each time,
    /// at most six hours; after 20 times, which is about three days, it is a dead letter, which
    /// [`Archive::write_outbox`](crate::records::Archive::write_outbox) lists. [`withdrawal_retries`] sets both.
    ///
    /// It needs a store with an [outbox](crate::records::RecordStore::outbox), or [`build`](Self::build) fails.
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
    /// once for each request, so it should be quick; what it returns is kept until it is delivered. A name with
    /// a NUL, which not every store takes, is none. Default: nothing.
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
