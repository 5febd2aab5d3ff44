//! The stores of records, through the public API.

#[cfg(unix)]
mod postgres;
