//! Records what a service really sets and receives, in bounded memory.

mod distinct;
mod draft;
mod report;
mod row;
#[cfg(feature = "documents")]
mod service_draft;
mod table;
#[cfg(feature = "documents")]
mod third_party;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use self::distinct::Distinct;
#[cfg(feature = "pages")]
pub(crate) use self::table::lifetime;
#[cfg(feature = "documents")]
pub(crate) use self::third_party::{Sighting, Witness};
pub use self::{
    draft::{Draft, DraftCookie},
    report::InventoryReport,
    row::{AttributeCounts, InventoryRow},
};
#[cfg(feature = "documents")]
pub use self::{
    service_draft::{DraftService, ServiceDraft},
    third_party::ThirdPartyRow,
};
use super::{Event, EventKind, Observer};
use crate::policy::{CookieDeclaration, TrackerKind};

/// The default number of names.
const MOST_NAMES: usize = 1_000;

/// The number of declarations remembered as seen: more than any policy has.
const MOST_DECLARATIONS: usize = 20_000;

/// An observer that records which cookies the service sets and receives. It takes you from a site
/// that nobody has surveyed to a complete policy.
///
/// It holds a bounded number of names (1,000 by default) and only counts further ones. Undeclared
/// names that the service never set take up at most half, since clients can make them up, and a
/// declared name always has room: if necessary, it replaces the undeclared name that was set least
/// often. The inventory never holds a value. Clones share their contents. It takes a lock for each
/// cookie; services without an inventory do not.
///
/// ```
/// use http::{Request, Response, header::SET_COOKIE};
/// use tower::{Layer, Service, service_fn};
/// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
/// use tower_cookie_consent::Inventory;
///
/// let inventory = Inventory::new(); // or `Inventory::with_max_names(200)`
/// # let policy = CookiePolicy::new([Category::consent("ads")])?;
/// let layer = CookieConsentLayer::new(policy).report_only(true).observe(inventory.clone());
/// # let mut service = layer.layer(service_fn(async |_: Request<()>| {
/// #     Response::builder().header(SET_COOKIE, "theme=dark; Max-Age=86400; Secure").body(())
/// # }));
/// # futures_executor::block_on(service.call(Request::new(())))?;
///
/// // Traffic later:
/// let report = inventory.report();
/// println!("{report}");
/// assert_eq!(report.rows()[0].name, "theme");
/// // Ready to paste into a category:
/// assert!(report.draft().to_string().contains(r#""retention": "1 day""#));
/// inventory.clear(); // after a release, say
/// assert!(inventory.report().rows().is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Inventory(Arc<Mutex<Sightings>>);

struct Sightings {
    most_names: usize,
    /// The rows by name, separately for headers.
    rows: BTreeMap<(bool, String), InventoryRow>,
    /// The number of rows that a client may have made up.
    made_up: usize,
    /// The declarations seen, separately for headers.
    declarations: BTreeSet<(bool, String)>,
    beyond: Distinct,
    beyond_sightings: u64,
    unclassifiable: u64,
    unreadable: u64,
    #[cfg(feature = "documents")]
    third_parties: third_party::ThirdParties,
}

impl Inventory {
    /// Creates an inventory of at most 1,000 names.
    #[must_use]
    pub fn new() -> Self {
        Self::with_max_names(MOST_NAMES)
    }

    /// Creates an inventory of at most `most` names. A name takes about 500 bytes, and never more
    /// than 4 KiB.
    #[must_use]
    pub fn with_max_names(most: usize) -> Self {
        Self(Arc::new(Mutex::new(Sightings::new(most))))
    }

    /// Returns what has been recorded so far.
    #[must_use]
    pub fn report(&self) -> InventoryReport {
        let state = self.state();
        InventoryReport {
            cookies: state.rows.values().cloned().collect(),
            more_names: state.beyond.estimate(),
            more_sightings: state.beyond_sightings,
            unclassifiable: state.unclassifiable,
            unreadable_preferences: state.unreadable,
            declarations: state.declarations.clone(),
            #[cfg(feature = "documents")]
            third_parties: state.third_parties.rows(),
            #[cfg(feature = "documents")]
            more_third_parties: state.third_parties.beyond(),
        }
    }

    #[cfg(feature = "documents")]
    pub(crate) fn sight(&self, sighting: &Sighting<'_>) {
        self.state().third_parties.take(sighting);
    }

    /// Deletes everything that was recorded.
    pub fn clear(&self) {
        let mut state = self.state();
        *state = Sightings::new(state.most_names);
    }

    /// A panic elsewhere leaves counts that are off by at most one.
    fn state(&self) -> MutexGuard<'_, Sightings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Inventory {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Inventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inventory")
            .field("names", &self.state().rows.len())
            .finish_non_exhaustive()
    }
}

impl Observer for Inventory {
    fn observe(&self, event: &Event<'_>) {
        self.state().take(event);
    }

    fn wants_passed(&self) -> bool {
        true
    }
}

impl Sightings {
    fn new(most_names: usize) -> Self {
        Self {
            most_names,
            rows: BTreeMap::new(),
            made_up: 0,
            declarations: BTreeSet::new(),
            beyond: Distinct::default(),
            beyond_sightings: 0,
            unclassifiable: 0,
            unreadable: 0,
            #[cfg(feature = "documents")]
            third_parties: third_party::ThirdParties::default(),
        }
    }

    fn take(&mut self, event: &Event<'_>) {
        match event.kind() {
            EventKind::Unclassifiable => self.unclassifiable += 1,
            EventKind::Unreadable(_) => self.unreadable += 1,
            what if what.is_sighting() || what == EventKind::Survived => self.take_cookie(event),
            _ => {}
        }
    }

    fn take_cookie(&mut self, event: &Event<'_>) {
        // Names that match one declared pattern share a row, and so do names that look generated.
        let declared = event.declaration().map(CookieDeclaration::name);
        let name = match (declared, event.name()) {
            (Some(declared), _) => declared.to_owned(),
            (None, Some(shown)) => shown.to_string(),
            (None, None) => return,
        };
        let is_header = event.tracker_kind() == TrackerKind::Header;
        if let Some(declared) = declared
            && self.declarations.len() < MOST_DECLARATIONS
        {
            self.declarations.insert((is_header, declared.to_owned()));
        }
        let name = (is_header, name);
        if let Some(row) = self.rows.get_mut(&name) {
            let was_made_up = row.may_be_made_up();
            row.take(event);
            self.made_up -= usize::from(was_made_up);
            self.made_up += usize::from(row.may_be_made_up());
            return;
        }
        let mut row = InventoryRow::new(name.1.clone(), event);
        row.take(event);
        if self.has_room_for(&row) {
            self.made_up += usize::from(row.may_be_made_up());
            self.rows.insert(name, row);
        } else {
            self.leave_out(&row);
        }
    }

    /// Makes room for a declared name by removing an undeclared one.
    fn has_room_for(&mut self, row: &InventoryRow) -> bool {
        if self.rows.len() < self.most_names {
            return !row.may_be_made_up() || self.made_up < self.most_names.div_ceil(2);
        }
        if !row.declared {
            return false;
        }
        let undeclared = self.rows.iter().filter(|(_, row)| !row.declared);
        let least = undeclared.min_by_key(|(_, row)| (row.set, row.received));
        let Some(name) = least.map(|(name, _)| name.clone()) else {
            return false;
        };
        if let Some(gone) = self.rows.remove(&name) {
            self.made_up -= usize::from(gone.may_be_made_up());
            self.leave_out(&gone);
        }
        true
    }

    fn leave_out(&mut self, row: &InventoryRow) {
        self.beyond.add(row.name.as_bytes());
        let sightings = row.set.saturating_add(row.received).max(1);
        self.beyond_sightings = self.beyond_sightings.saturating_add(sightings);
    }
}
