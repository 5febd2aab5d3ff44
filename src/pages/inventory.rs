//! The inventory as a page, for developers and operators.

use serde::Serialize;

use super::{error::PagesError, render::render, settings::Pages};
use crate::observe::InventoryReport;
#[cfg(feature = "documents")]
use crate::observe::ServiceDraft;

#[derive(Serialize)]
struct InventoryView<'a> {
    style: String,
    report: &'a InventoryReport,
    /// Third parties are a part of it.
    documents: bool,
    #[cfg(feature = "documents")]
    services: ServiceDraft,
    #[cfg(feature = "documents")]
    service_draft: String,
    has_cookies: bool,
    cookies: String,
    never_seen: Vec<&'a str>,
}

impl Pages {
    /// Renders an inventory as a page: the third parties and cookies that were seen, drafts of the
    /// declarations that the policy lacks, and what is declared and never seen. It is for developers, in
    /// English, and for no visitor: it shows paths and counts.
    ///
    /// ```
    /// use axum::{Router, response::Html, routing::get};
    /// use tower_cookie_consent::{Category, CookiePolicy, Inventory, pages::Pages};
    ///
    /// let ads = Category::consent("ads").title("Advertising").description("Pays for what you read.");
    /// let pages = Pages::at("/cookies", CookiePolicy::new([ads])?)?;
    /// let inventory = Inventory::new(); // an observer of the layers
    /// let page = move || pages.inventory_page(&inventory.report()).unwrap_or_default();
    /// assert!(page().contains("Inventory of cookies"));
    /// let internal: Router = Router::new().route("/debug/cookies", get(async move || Html(page())));
    /// # let _ = internal;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`PagesError::Template`] if the page can't be rendered, which no inventory causes.
    pub fn inventory_page(&self, report: &InventoryReport) -> Result<String, PagesError> {
        let cookies = report.draft();
        let view = InventoryView {
            style: format!("{}/{}", self.0.mount, self.0.style.name),
            report,
            documents: cfg!(feature = "documents"),
            #[cfg(feature = "documents")]
            services: report.service_draft(),
            #[cfg(feature = "documents")]
            service_draft: report.service_draft().to_string(),
            has_cookies: !cookies.cookies().is_empty(),
            cookies: cookies.to_string(),
            never_seen: report.never_seen(&self.0.policy),
        };
        render(&self.0.templates, "inventory.html", &view)
    }
}
