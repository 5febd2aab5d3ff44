//! What the rest of the crate asks about services.

use super::{CategorySet, CookiePolicy, Service, origin::Origin};

/// Used by the rest of the crate for its decisions. Services are numbers here, after the categories.
impl CookiePolicy {
    /// Returns all services.
    #[inline]
    pub(crate) fn services(&self) -> CategorySet {
        self.0.compiled.services.all
    }

    /// Returns `true` if a response that takes consent away makes the browser forget the pages that it
    /// keeps for this origin: they may load services.
    #[inline]
    pub(crate) fn withdrawals_forget_pages(&self) -> bool {
        !self.services().is_empty()
    }

    /// Returns `true` if browsers may keep a page that loads what a choice can take away. They may not
    /// if a withdrawal does not reach it: browsers obey `Clear-Site-Data` only on secure origins, where
    /// alone they store `Secure` cookies, and for the one origin that sends it, while a cookie with a
    /// `Domain` is the choice of many.
    #[cfg(feature = "documents")]
    pub(crate) fn may_keep_pages(&self) -> bool {
        let cookie = self.preferences_cookie();
        self.withdrawals_forget_pages() && cookie.get_secure() && cookie.get_domain().is_none()
    }

    /// Returns the number of the category that a service is inside of.
    pub(crate) fn category_number_of(&self, service: u8) -> Option<u8> {
        Some(self.0.compiled.services.place(service)?.0)
    }

    pub(crate) fn service_at(&self, number: u8) -> Option<&Service> {
        let (category, place) = self.0.compiled.services.place(number)?;
        self.category_at(category)?.get_services().get(place)
    }

    /// Returns the services that declare the most specific origin of this address, by its scheme,
    /// host (in lower case) and port.
    #[cfg_attr(
        not(any(feature = "conformance", feature = "documents")),
        allow(dead_code)
    )]
    pub(crate) fn services_of_origin(&self, scheme: &str, host: &str, port: u16) -> CategorySet {
        let origins = &self.0.compiled.services.origins;
        let mut matching = origins
            .iter()
            .filter(|(origin, _)| origin.matches(scheme, host, port))
            .peekable();
        let best = matching.peek().map(|(origin, _)| origin.specificity());
        matching
            .take_while(|(origin, _)| Some(origin.specificity()) == best)
            .map(|(_, number)| *number)
            .collect()
    }

    /// Returns what the services load from, each with the service's number.
    pub(crate) fn origins(&self) -> impl Iterator<Item = (&Origin, u8)> {
        let origins = self.0.compiled.services.origins.iter();
        origins.map(|(origin, number)| (origin, *number))
    }

    /// Returns the services that declare the most specific origin of this address.
    #[cfg(any(feature = "conformance", feature = "documents"))]
    pub(crate) fn services_of_url(&self, url: &url::Url) -> CategorySet {
        match (url.host_str(), url.port_or_known_default()) {
            (Some(host), Some(port)) => self.services_of_origin(url.scheme(), host, port),
            _ => CategorySet::EMPTY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Category;

    fn policy() -> CookiePolicy {
        CookiePolicy::new([
            Category::necessary("base").service(Service::new("cdn").origins(["*.example.org"])),
            Category::consent("media")
                .service(Service::new("films").origins(["films.example.org", "i.films.example"]))
                .service(Service::new("maps").origins(["*.films.example", "films.example.org"])),
        ])
        .unwrap()
    }

    #[test]
    fn finds_services_and_their_categories() {
        let policy = policy();
        let ids: Vec<_> = policy
            .services()
            .iter()
            .map(|number| {
                let category = policy.category_number_of(number).unwrap();
                let category = policy.category_at(category).unwrap().id();
                (category, policy.service_at(number).unwrap().id())
            })
            .collect();
        assert_eq!(
            ids,
            [("base", "cdn"), ("media", "films"), ("media", "maps")]
        );
        for number in [0, 1, 5, 119, 255] {
            assert!(policy.service_at(number).is_none(), "{number}");
        }
    }

    #[test]
    fn the_most_specific_origin_decides() {
        let policy = policy();
        let services = |host| {
            let found = policy.services_of_origin("https", host, 443);
            let found = found.iter().filter_map(|number| policy.service_at(number));
            found.map(Service::id).collect::<Vec<_>>()
        };
        assert_eq!(services("a.example.org"), ["cdn"]);
        assert_eq!(services("films.example.org"), ["films", "maps"]);
        assert_eq!(services("i.films.example"), ["films"]);
        assert_eq!(services("j.films.example"), ["maps"]);
        assert_eq!(services("example.org"), [""; 0]);
    }
}
