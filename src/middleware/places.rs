//! The places at which a browser may store a cookie.

use smallvec::{SmallVec, smallvec};

use crate::{policy::CookieDeclaration, wire::host::fits};

/// A place at which a cookie may be stored.
pub(super) struct Place<'a> {
    pub(super) path: &'a str,
    pub(super) domain: Option<&'a str>,
    /// Host-only and declared places come first, and then the host as a domain and its parents.
    pub(super) tier: usize,
}

/// Returns all places: at each declared path, host-only and for the declared domains that match the
/// host, or else for the host and its parents.
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
