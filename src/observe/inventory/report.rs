use std::collections::BTreeSet;

use serde::Serialize;

use super::{Draft, InventoryRow};
#[cfg(feature = "documents")]
use super::{ServiceDraft, ThirdPartyRow};
use crate::policy::{Category, CookieDeclaration, CookiePolicy, TrackerKind};

/// The contents of an [`Inventory`](crate::Inventory): as JSON through serde, as a table through
/// `Display`.
///
/// ```
/// # use http::{Request, Response, header::SET_COOKIE};
/// # use tower::{Layer, Service, service_fn};
/// # use tower_cookie_consent::{Category, CookieConsentLayer, CookieDeclaration, CookiePolicy};
/// # let ads = Category::consent("ads").cookie(CookieDeclaration::new("_ga"));
/// # let policy = CookiePolicy::new([ads])?;
/// # let inventory = tower_cookie_consent::Inventory::new();
/// # let layer = CookieConsentLayer::new(policy.clone()).observe(inventory.clone());
/// # let mut service = layer.layer(service_fn(async |_: Request<()>| {
/// #     Response::builder().header(SET_COOKIE, "theme=dark; Max-Age=86400; Secure").body(())
/// # }));
/// # futures_executor::block_on(service.call(Request::new(())))?;
///
/// let report = inventory.report();
/// let row = report.row("theme").unwrap();
/// assert_eq!((row.set, row.withheld, row.attributes.secure), (1, 1, 1));
/// assert_eq!((row.declared, row.longest_lifetime), (false, Some(86_400)));
/// assert_eq!(report.rows().len(), 1);
/// assert_eq!(report.never_seen(&policy), ["_ga"]);
/// assert_eq!(report.draft().cookies()[0].name, "theme");
/// // Beyond its bounds an inventory only counts:
/// assert_eq!((report.more_names(), report.more_sightings()), (0, 0));
/// assert_eq!((report.unclassifiable(), report.unreadable_preferences()), (0, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Serialize)]
pub struct InventoryReport {
    pub(super) cookies: Vec<InventoryRow>,
    pub(super) more_names: u64,
    pub(super) more_sightings: u64,
    pub(super) unclassifiable: u64,
    pub(super) unreadable_preferences: u64,
    #[serde(skip)]
    pub(super) declarations: BTreeSet<(bool, String)>,
    #[cfg(feature = "documents")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) third_parties: Vec<ThirdPartyRow>,
    #[cfg(feature = "documents")]
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) more_third_parties: u64,
}

#[cfg(feature = "documents")]
#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl InventoryReport {
    /// Returns the cookies by name, followed by the headers that browsers store.
    #[must_use]
    pub fn rows(&self) -> &[InventoryRow] {
        &self.cookies
    }

    /// Returns the row of this name.
    #[must_use]
    pub fn row(&self, name: &str) -> Option<&InventoryRow> {
        self.cookies.iter().find(|row| row.name == name)
    }

    /// Returns about how many names were left out because the inventory was full (within a few
    /// percent).
    #[must_use]
    pub const fn more_names(&self) -> u64 {
        self.more_names
    }

    /// Returns how many times cookies with such names were set or received.
    #[must_use]
    pub const fn more_sightings(&self) -> u64 {
        self.more_sightings
    }

    /// Returns the number of headers without a name that all browsers agree on.
    #[must_use]
    pub const fn unclassifiable(&self) -> u64 {
        self.unclassifiable
    }

    /// Returns the number of unreadable preferences.
    #[must_use]
    pub const fn unreadable_preferences(&self) -> u64 {
        self.unreadable_preferences
    }

    /// Returns the other sites that pages load from, by origin (feature `documents`): what the gate held
    /// back, and what browsers reported.
    ///
    /// ```
    /// # let report = tower_cookie_consent::Inventory::new().report();
    /// for row in report.third_parties() {
    ///     println!("{}: seen {} times, {:?}", row.origin, row.sightings(), row.paths);
    /// }
    /// ```
    #[cfg(feature = "documents")]
    #[must_use]
    pub fn third_parties(&self) -> &[ThirdPartyRow] {
        &self.third_parties
    }

    /// Returns how many times origins were seen that were left out because the inventory was full
    /// (feature `documents`).
    ///
    /// ```
    /// # let report = tower_cookie_consent::Inventory::new().report();
    /// assert_eq!(report.more_third_parties(), 0);
    /// ```
    #[cfg(feature = "documents")]
    #[must_use]
    pub const fn more_third_parties(&self) -> u64 {
        self.more_third_parties
    }

    /// Drafts the services that the policy lacks (feature `documents`).
    ///
    /// ```
    /// # let report = tower_cookie_consent::Inventory::new().report();
    /// let draft = report.service_draft();
    /// assert!(draft.services().is_empty(), "nothing was seen");
    /// ```
    #[cfg(feature = "documents")]
    #[must_use]
    pub fn service_draft(&self) -> ServiceDraft {
        ServiceDraft::of(&self.third_parties)
    }

    /// Drafts the declarations that the policy lacks.
    #[must_use]
    pub fn draft(&self) -> Draft {
        Draft::of(&self.cookies)
    }

    /// Returns the declared cookies and headers that were neither set nor received, in declared
    /// order: they may be gone from the site, or misspelt.
    #[must_use]
    pub fn never_seen<'p>(&self, policy: &'p CookiePolicy) -> Vec<&'p str> {
        policy
            .categories()
            .flat_map(Category::get_cookies)
            .filter(|row| matches!(row.get_kind(), TrackerKind::Cookie | TrackerKind::Header))
            .filter(|row| {
                let is_header = row.get_kind() == TrackerKind::Header;
                let seen = &self.declarations;
                !seen.contains(&(is_header, row.name().to_owned()))
            })
            .map(CookieDeclaration::name)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        consent::DecodeError,
        observe::{Direction, Event, EventKind, Inventory, Observer},
        policy::{Category, CookiePolicy},
        wire::Unclassifiable,
    };

    #[test]
    fn what_has_no_name_is_counted_apart() {
        let policy = CookiePolicy::new([Category::consent("ads")]).unwrap();
        let inventory = Inventory::new();
        let nameless = Event::unclassifiable(Direction::Request, Unclassifiable::NoEquals, &policy);
        inventory.observe(&nameless);
        inventory.observe(&nameless);
        let unreadable = EventKind::Unreadable(DecodeError::Format);
        inventory.observe(&Event::new(unreadable, Direction::Request, &policy));

        let report = inventory.report();
        assert_eq!(report.unclassifiable(), 2);
        assert_eq!(report.unreadable_preferences(), 1);
        assert!(report.rows().is_empty());
    }
}
