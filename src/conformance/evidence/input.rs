//! The sources of a pack, as its parts read them.

use super::{stored::Stored, visits::Captured};
use crate::{
    CookiePolicy, conformance::Report, observe::InventoryReport, pages::Pages, records::Instant,
};

#[derive(Clone, Debug)]
pub(super) struct Input {
    pub(super) policy: CookiePolicy,
    pub(super) date: Instant,
    pub(super) before: Option<CookiePolicy>,
    pub(super) site: Option<String>,
    pub(super) pages: Option<Pages>,
    pub(super) report: Option<Report>,
    pub(super) inventory: Option<InventoryReport>,
    /// The folder, who captured, and what.
    pub(super) captures: Vec<(String, String, Captured)>,
    pub(super) stored: Option<Stored>,
    pub(super) gaps: Vec<String>,
}

impl Input {
    pub(super) const fn new(policy: CookiePolicy, date: Instant) -> Self {
        Self {
            policy,
            date,
            before: None,
            site: None,
            pages: None,
            report: None,
            inventory: None,
            captures: Vec::new(),
            stored: None,
            gaps: Vec::new(),
        }
    }
}
