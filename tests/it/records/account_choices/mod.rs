//! A choice that follows the account, from device to device, in every store.

mod device;
mod follows;
mod others;
mod pages;
mod planted;
mod purged;
mod removed;
mod site;
mod withdrawals;
