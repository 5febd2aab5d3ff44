//! What the gate held back, in an inventory.

use super::event::{DocumentEvent, DocumentEventKind};
use crate::{
    Inventory,
    observe::{Sighting, Witness},
};

impl Inventory {
    /// Records what the gate for documents held back (feature `documents`): at most 500 origins. Pass it
    /// to [`HtmlConsentLayer::observe`](crate::documents::HtmlConsentLayer::observe). What scripts make
    /// up, browsers report: see [`Pages::browser_reports`](crate::pages::Pages::browser_reports).
    ///
    /// ```
    /// use tower_cookie_consent::{Inventory, documents::HtmlConsentLayer};
    ///
    /// let inventory = Inventory::new();
    /// let seen = inventory.clone();
    /// let layer = HtmlConsentLayer::new().observe(move |event| seen.observe_document(event));
    /// # let _ = (layer, inventory);
    /// ```
    pub fn observe_document(&self, event: &DocumentEvent<'_>) {
        let is_of_an_origin = matches!(
            event.kind(),
            DocumentEventKind::Held | DocumentEventKind::Undeclared
        );
        let Some(origin) = event.origin().filter(|_| is_of_an_origin) else {
            return;
        };
        self.sight(&Sighting {
            origin,
            service: event.service(),
            path: event.path(),
            now: event.now,
            witness: Witness::Gate {
                element: event.element(),
                attribute: event.attribute(),
            },
        });
    }
}
