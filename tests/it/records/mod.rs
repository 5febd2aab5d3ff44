//! The stores of records, through the public API.

mod archive;
#[cfg(unix)]
mod postgres;
