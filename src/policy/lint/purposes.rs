//! Warnings about a category whose cookies serve several purposes.

use std::collections::BTreeMap;

use super::{
    About, Lint, LintWarningKind,
    trackers::{TrackerPurpose, provider_of},
};
use crate::policy::{Category, CookieDeclaration, Service, TrackerKind};

impl Lint<'_> {
    /// Finds a category with well-known cookies for advertising and for statistics.
    pub(super) fn mixed_cookies(&mut self, category: &Category) {
        let services = category.get_services().iter();
        let of_services = services.flat_map(Service::get_cookies);
        let cookies = category.get_cookies().iter().chain(of_services);
        let mut found: BTreeMap<TrackerPurpose, &str> = BTreeMap::new();
        for name in cookies
            .filter(|cookie| cookie.get_kind() == TrackerKind::Cookie)
            .map(CookieDeclaration::name)
        {
            if let Some(provider) = provider_of(name) {
                found.entry(provider.purpose).or_insert(name);
            }
        }
        // What a film of another site sets is for whatever that site does.
        found.remove(&TrackerPurpose::Media);
        found.remove(&TrackerPurpose::Support);
        let mut found = found.into_iter();
        if let (Some((one, first)), Some((other, second))) = (found.next(), found.next()) {
            let message = format!(
                "{first:?} is for {} and {second:?} for {}, and visitors can only allow both: make a category for each \
                 purpose (GDPR, recital 43)",
                one.word(),
                other.word()
            );
            self.warn(
                About::category(category),
                LintWarningKind::MixedCookies,
                message,
            );
        }
    }
}
