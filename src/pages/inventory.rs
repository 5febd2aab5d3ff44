//! The inventory as a page, for developers and operators.

mod filter;
mod parts;
#[cfg(feature = "documents")]
mod third_parties;

use serde::Serialize;

#[cfg(feature = "documents")]
use self::third_parties::ThirdPartiesView;
use self::{
    filter::{Filter, Show},
    parts::{DraftView, Moment},
};
use super::{error::PagesError, render::render, settings::Pages};
use crate::{
    observe::{InventoryReport, InventoryRow, lifetime},
    policy::Category,
};

#[derive(Serialize)]
struct InventoryView<'a> {
    style: String,
    filter: &'a Filter,
    /// The words and texts of what can be shown.
    shows: [(&'static str, &'static str); Show::ALL.len()],
    categories: Vec<&'a str>,
    cookies: Vec<CookieRow<'a>>,
    all_cookies: usize,
    more_names: u64,
    more_sightings: u64,
    unclassifiable: u64,
    unreadable_preferences: u64,
    draft_of_cookies: Option<DraftView>,
    never_seen: Vec<&'a str>,
    #[cfg(feature = "documents")]
    third_parties: ThirdPartiesView<'a>,
}

#[derive(Serialize)]
struct CookieRow<'a> {
    #[serde(flatten)]
    row: &'a InventoryRow,
    lifetime: String,
    first: Moment,
    last: Moment,
}

impl Pages {
    /// Renders an inventory as a page: the third parties and cookies that were seen, with when and where, a
    /// form that filters them, drafts of the declarations that the policy lacks, and what is declared and never
    /// seen. It is for developers, in English, and for no visitor: it shows paths and counts.
    ///
    /// `query` is that of the request, in which the page's form says what to show: `name`, `show` and
    /// `category`. A query that is not the form's shows everything.
    ///
    /// ```
    /// use axum::{Router, extract::RawQuery, response::Html, routing::get};
    /// use tower_cookie_consent::{Category, CookiePolicy, Inventory, pages::Pages};
    ///
    /// let ads = Category::consent("ads").title("Advertising").description("Pays for what you read.");
    /// let pages = Pages::at("/cookies", CookiePolicy::new([ads])?)?;
    /// let inventory = Inventory::new(); // an observer of the layers
    /// # assert!(pages.inventory_page(&inventory.report(), Some("show=undeclared"))?.contains("None was seen."));
    /// let page = async move |RawQuery(query): RawQuery| {
    ///     Html(pages.inventory_page(&inventory.report(), query.as_deref()).unwrap_or_default())
    /// };
    /// let internal: Router = Router::new().route("/debug/cookies", get(page));
    /// # let _ = internal;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`PagesError::Template`] if the page can't be rendered, which no inventory causes.
    pub fn inventory_page(
        &self,
        report: &InventoryReport,
        query: Option<&str>,
    ) -> Result<String, PagesError> {
        let policy = &self.0.policy;
        let filter = Filter::read(query);
        let draft = report.draft();
        let cookies = report.rows().iter().filter(|row| filter.has_cookie(row));
        let view = InventoryView {
            style: format!("{}/{}", self.0.mount, self.0.style.name),
            shows: Show::ALL.map(|(_, word, text)| (word, text)),
            categories: policy.categories().map(Category::id).collect(),
            cookies: cookies.map(CookieRow::new).collect(),
            all_cookies: report.rows().len(),
            more_names: report.more_names(),
            more_sightings: report.more_sightings(),
            unclassifiable: report.unclassifiable(),
            unreadable_preferences: report.unreadable_preferences(),
            draft_of_cookies: (!draft.cookies().is_empty()).then(|| DraftView::new(&draft)),
            never_seen: report.never_seen(policy),
            #[cfg(feature = "documents")]
            third_parties: ThirdPartiesView::new(report, &filter, policy),
            filter: &filter,
        };
        render(&self.0.templates, "inventory.html", &view)
    }
}

impl<'a> CookieRow<'a> {
    fn new(row: &'a InventoryRow) -> Self {
        Self {
            row,
            lifetime: lifetime(row),
            first: Moment::new(row.first_seen),
            last: Moment::new(row.last_seen),
        }
    }
}
