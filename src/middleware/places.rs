//! Where a browser may have put a cookie.

use smallvec::{SmallVec, smallvec};

use super::host::fits;
use crate::policy::CookieDeclaration;

/// A place where a cookie may be.
pub(super) struct Place<'a> {
    pub(super) path: &'a str,
    pub(super) domain: Option<&'a str>,
    /// Nothing is nearer than the host alone and what is declared; then come the host as a domain
    /// and its parents.
    pub(super) tier: usize,
}

/// At each declared path: host-only, and for the declared domains that fit the host, or else the
/// host and its parents.
pub(super) fn places<'a>(
    host: &str,
    parents: &[&'a str],
    declaration: &'a CookieDeclaration,
    host_only: bool,
) -> impl Iterator<Item = Place<'a>> {
    let mut domains: SmallVec<[(Option<&str>, usize); 8]> = smallvec![(None, 0)];
    let mut paths: SmallVec<[&str; 4]> = smallvec!["/"];
    if !host_only {
        let declared = declaration.domains().filter(|domain| fits(host, domain));
        domains.extend(declared.map(|domain| (Some(domain), 0)));
        if domains.len() == 1 {
            let parents = parents.iter().zip(1..);
            domains.extend(parents.map(|(domain, tier)| (Some(*domain), tier)));
        }
        paths = declaration.paths().collect();
    }
    paths.into_iter().flat_map(move |path| {
        let domains = domains.clone().into_iter();
        domains.map(move |(domain, tier)| Place { path, domain, tier })
    })
}
