//! What happened to cookies, and who is told. No event holds a cookie's value that anybody could
//! see. The middleware makes the events; this module knows `policy`, `consent` and `wire`.

mod attributes;
#[cfg(feature = "cookie-database")]
mod database;
mod event;
mod event_kind;
mod explanation;
mod inventory;
mod log;
mod mask;
#[cfg(feature = "metrics")]
mod metrics;
mod name;
mod observer;
mod printable;
mod sentence;

pub use attributes::CookieAttributes;
#[cfg(feature = "cookie-database")]
pub use database::{CookieDatabase, CookieDatabaseError, Suggestion};
pub use event::Event;
pub use event_kind::{Direction, EventKind};
pub use inventory::{
    AttributeCounts, Draft, DraftCookie, Inventory, InventoryReport, InventoryRow,
};
#[cfg(feature = "metrics")]
pub use metrics::CookieMetrics;
pub use name::ShownName;
pub use observer::Observer;

pub(crate) use event::Scene;
pub(crate) use explanation::Explanation;
pub(crate) use mask::shown_path;
pub(crate) use observer::Observers;
#[cfg(feature = "conformance")]
pub(crate) use printable::printable;

use log::Log;
