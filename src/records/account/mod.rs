//! Accounts as the link between records: named by a keyed hash, never in the clear.

// The store keeps which hash has which subject, and which record is of which subject: both can be erased.

mod key;
mod keys;
mod subject;

use std::{fmt, sync::Arc};

pub use self::{
    key::AccountKey,
    keys::{Account, AccountKeys},
    subject::SubjectId,
};
use crate::layer::RequestHead;

/// The hook that names the account of a request.
type AccountHook = Arc<dyn Fn(RequestHead<'_>) -> Option<String> + Send + Sync>;

/// The setting of accounts.
#[derive(Clone)]
pub(super) struct Accounts {
    keys: AccountKeys,
    hook: AccountHook,
}

impl Accounts {
    pub(super) fn new(keys: AccountKeys, hook: AccountHook) -> Self {
        Self { keys, hook }
    }

    /// Returns the name of the request's account. An empty one is none: otherwise everybody without a
    /// name would be one visitor.
    pub(super) fn name(&self, request: RequestHead<'_>) -> Option<String> {
        (self.hook)(request).filter(|name| !name.is_empty())
    }

    pub(super) const fn keys(&self) -> &AccountKeys {
        &self.keys
    }

    pub(super) fn account(&self, name: &str) -> Account {
        self.keys.account(name)
    }
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts").finish_non_exhaustive()
    }
}
