//! The other sites that pages load from.

use serde::Serialize;

use super::{
    filter::Filter,
    parts::{DraftView, Moment},
};
use crate::{
    observe::{InventoryReport, ThirdPartyRow},
    policy::CookiePolicy,
};

#[derive(Serialize)]
pub(super) struct ThirdPartiesView<'a> {
    rows: Vec<OriginRow<'a>>,
    all: usize,
    more: u64,
    draft: Option<DraftView>,
}

#[derive(Serialize)]
struct OriginRow<'a> {
    #[serde(flatten)]
    row: &'a ThirdPartyRow,
    first: Moment,
    last: Moment,
}

impl<'a> ThirdPartiesView<'a> {
    pub(super) fn new(report: &'a InventoryReport, filter: &Filter, policy: &CookiePolicy) -> Self {
        let draft = report.service_draft();
        let all = report.third_parties();
        let rows = all
            .iter()
            .filter(|row| filter.has_third_party(row, policy))
            .map(|row| OriginRow {
                row,
                first: Moment::new(row.first_seen),
                last: Moment::new(row.last_seen),
            });
        Self {
            rows: rows.collect(),
            all: all.len(),
            more: report.more_third_parties(),
            draft: (!draft.services().is_empty()).then(|| DraftView::new(&draft)),
        }
    }
}
