//! The hooks of the site.

use std::{fmt, num::NonZeroU32, pin::Pin, sync::Arc, time::Duration};

use super::{Delivery, Withdrawal};
use crate::layer::RequestHead;

/// The site's hook.
pub(in crate::records) type Hook =
    Arc<dyn Fn(Withdrawal) -> Pin<Box<dyn Future<Output = Delivery> + Send>> + Send + Sync>;

/// The hook that names a visitor to the providers.
pub(in crate::records) type HandleHook =
    Arc<dyn Fn(RequestHead<'_>) -> Option<String> + Send + Sync>;

/// The settings of the outbox.
#[derive(Clone)]
pub(in crate::records) struct Passing {
    pub(in crate::records) hook: Hook,
    pub(in crate::records) backoff: Duration,
    pub(in crate::records) attempts: NonZeroU32,
}

impl Passing {
    pub(in crate::records) fn to(hook: Hook) -> Self {
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

/// The hook, which has no form to print.
#[derive(Clone)]
pub(in crate::records) struct Handle(pub(in crate::records) HandleHook);

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle")
    }
}
