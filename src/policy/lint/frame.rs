//! Warnings about the policy as a whole: its revision, and domains that no browser accepts.

use super::{About, Lint, LintWarningKind};
use crate::policy::{Category, CookieDeclaration, Service};

impl Lint<'_> {
    /// Finds a revision that nobody is asked about again.
    pub(super) fn revision(&mut self) {
        let revision = self.policy.revision();
        let mut sinces = self.policy.categories().flat_map(|category| {
            let services = category.get_services().iter();
            std::iter::once(category.get_since()).chain(services.map(Service::get_since))
        });
        if revision > 1 && !sinces.any(|since| since == revision) {
            let message = format!(
                "the revision is {revision}, and no category or service has since {revision}, so that \
                 nobody is asked again: set `since` of what has changed, or keep the revision"
            );
            self.warn_of_policy(LintWarningKind::RevisionWithoutSince, message);
        }
    }

    /// Finds a domain of the preferences cookie for which no browser stores a cookie.
    pub(super) fn preferences_domain(&mut self) {
        let domain = self.policy.preferences_cookie().get_domain();
        if let Some(fault) = domain.and_then(fault_of_domain) {
            let message = format!("preferences cookie: {fault}, so no choice is kept");
            self.warn_of_policy(LintWarningKind::PublicSuffix, message);
        }
    }

    /// Finds a domain of a cookie for which no browser stores a cookie.
    pub(super) fn cookie_domains(&mut self, category: &Category, cookie: &CookieDeclaration) {
        for fault in cookie.domains().filter_map(fault_of_domain) {
            let message =
                format!("{fault}, so the cookie does not exist, and is not expired there");
            self.warn(
                About::cookie(category, cookie),
                LintWarningKind::PublicSuffix,
                message,
            );
        }
    }
}

/// Returns the fault of a domain that browsers do not accept in `Domain` (RFC 6265bis, section 5.7, step
/// 9). Which suffixes are public is only known with the feature `documents`.
fn fault_of_domain(domain: &str) -> Option<String> {
    let is_local = !domain.contains('.');
    #[cfg(feature = "documents")]
    let is_public = psl::suffix_str(domain) == Some(domain);
    #[cfg(not(feature = "documents"))]
    let is_public = false;
    let why = match (is_local, is_public) {
        (true, _) => "has one label, as localhost has",
        (false, true) => "is a public suffix, under which others have sites too",
        (false, false) => return None,
    };
    Some(format!(
        "the domain {domain:?} {why}, and browsers refuse it in Domain: remove it, or name the site's own \
         domain"
    ))
}
