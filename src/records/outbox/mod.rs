//! Withdrawals that are passed on to those who were allowed before (GDPR, art. 7(3)): stored in the
//! transaction of their record, and handed to the site's hook until it says that the provider has them.

// `OutboxStore` is what a store does; `delivery` is the task that calls the hook.

mod delivery;
mod hooks;
mod settings;
mod store;
#[cfg(test)]
#[cfg(feature = "records-sqlite")]
mod tests;

pub use self::store::{Delivery, OutboxStore, Outgoing, Settled, Withdrawal};
pub(super) use self::{
    delivery::Deliverer,
    hooks::{Handle, Passing},
};
