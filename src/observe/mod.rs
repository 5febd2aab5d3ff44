//! The events that an [`Observer`] receives, and the reports of an [`Inventory`](crate::Inventory).
//! None of them contains the value of a cookie.

// The middleware creates the events; this module uses `policy`, `consent` and `wire`.

mod attributes;
mod choice_made;
#[cfg(feature = "cookie-database")]
mod database;
mod event;
mod event_kind;
mod explanation;
pub(crate) mod inventory;
mod log;
mod mask;
#[cfg(feature = "metrics")]
mod metrics;
mod name;
pub(crate) mod observer;
mod printable;
mod sentence;

pub use crate::{
    consent::{AnswerState, Shown, Surface},
    policy::mistakes::Mistake,
};
pub use attributes::CookieAttributes;
pub use choice_made::ChoiceMade;
#[cfg(feature = "cookie-database")]
pub use database::{CookieDatabase, CookieDatabaseError, Suggestion};
pub use event::Event;
pub use event_kind::{Direction, EventKind};
pub use inventory::{AttributeCounts, Draft, DraftCookie, InventoryReport, InventoryRow};
#[cfg(feature = "documents")]
pub use inventory::{DraftService, ServiceDraft, ThirdPartyRow};
#[cfg(feature = "metrics")]
pub use metrics::CookieMetrics;
pub use name::ShownName;

pub(crate) use event::Scene;
#[cfg(feature = "conformance")]
pub(crate) use explanation::EXPLANATION_NAME;
pub(crate) use explanation::Explanation;
#[cfg(test)]
pub(crate) use inventory::Inventory;
#[cfg(feature = "pages")]
pub(crate) use inventory::lifetime;
#[cfg(feature = "documents")]
pub(crate) use inventory::{Sighting, Witness};
pub(crate) use mask::shown_path;
pub(crate) use observer::{Observer, Observers};
#[cfg(feature = "conformance")]
pub(crate) use printable::printable;

use log::Log;
