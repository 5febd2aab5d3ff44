//! Warnings about origins of several services.

use super::{About, Lint, LintWarningKind};
use crate::policy::{Service, origin::Origin};

/// The number of services that one warning names.
#[cfg(feature = "documents")]
const MOST_LISTED: usize = 3;

impl Lint<'_> {
    /// Compares the origins of a service with those of the others.
    pub(super) fn origins(&mut self, about: About<'_>, service: &Service) {
        let policy = self.policy;
        let Some(number) = policy.index_of(service.id().as_bytes()) else {
            return;
        };
        let own: Vec<_> = policy.origins().filter(|(_, of)| *of == number).collect();
        for other in policy.services().iter().filter(|other| *other != number) {
            let Some(id) = policy.service_at(other).map(Service::id) else {
                continue;
            };
            let others: Vec<_> = policy.origins().filter(|(_, of)| *of == other).collect();
            let has = |origin: &Origin, list: &[(&Origin, u8)]| {
                list.iter().any(|(listed, _)| *listed == origin)
            };
            let shared = own.iter().find(|(origin, _)| has(origin, &others));
            if let Some((origin, _)) = shared.filter(|_| other < number) {
                let message = format!(
                    "\"{origin}\" is also an origin of the service {id:?}, so it loads if either is \
                     allowed: declare narrower origins, or one service for both"
                );
                self.warn(about, LintWarningKind::SharedOrigin, message);
            }
            let wide = own.iter().find_map(|(pattern, _)| {
                let covered =
                    |(origin, _): &&(&Origin, u8)| pattern.covers(origin) && !has(origin, &own);
                Some((pattern, others.iter().find(covered)?.0))
            });
            if let Some((pattern, origin)) = wide {
                let message = format!(
                    "\"{pattern}\" also covers \"{origin}\" of the service {id:?}, which a \
                     Content-Security-Policy then lets through without consent to it: list the hosts \
                     that this service needs"
                );
                self.warn(about, LintWarningKind::WideOrigin, message);
            }
        }
        #[cfg(feature = "documents")]
        self.wide_for_the_catalogue(about, service, &own);
    }

    /// Finds a pattern of the site's own that covers services of other purposes, of which the catalogue
    /// knows.
    #[cfg(feature = "documents")]
    fn wide_for_the_catalogue(
        &mut self,
        about: About<'_>,
        service: &Service,
        own: &[(&Origin, u8)],
    ) {
        use crate::policy::catalogue::Row;

        let used = service.r#use.as_deref().unwrap_or(service.id());
        let row = Row::find(used);
        for (pattern, _) in own {
            if row.is_some_and(|row| row.origins().any(|origin| origin == **pattern)) {
                continue;
            }
            let mut others: Vec<_> = Row::all()
                .filter(|other| row.is_none_or(|row| row.id() != other.id()))
                .filter(|other| other.origins().any(|origin| pattern.covers(&origin)))
                .map(Row::title)
                .take(MOST_LISTED)
                .collect();
            others.sort_unstable();
            if others.len() > 1 {
                let message = format!(
                    "\"{pattern}\" covers more than one service, such as {}: list the hosts that this \
                     service needs",
                    others.join(", ")
                );
                self.warn(about, LintWarningKind::WideOrigin, message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Category, CookiePolicy};

    fn service(id: &str) -> Service {
        Service::new(id).title(id).provider("P")
    }

    fn warnings(categories: impl IntoIterator<Item = Category>) -> Vec<String> {
        let policy = CookiePolicy::new(categories).unwrap();
        let all = policy.lint();
        let about_services = |kind| {
            matches!(
                kind,
                LintWarningKind::SharedOrigin
                    | LintWarningKind::WideOrigin
                    | LintWarningKind::ThirdPartyWithoutService
            )
        };
        all.iter()
            .filter(|warning| about_services(warning.kind()))
            .map(ToString::to_string)
            .collect()
    }

    fn two(one: &str, other: &str) -> Vec<String> {
        // In two categories, and the same if they are in one.
        let services = || [("b", one), ("a", other)].map(|(id, it)| service(id).origins([it]));
        let together = warnings([Category::consent("clips").services(services())]);
        let [b, a] = services();
        let apart = warnings([
            Category::consent("clips").service(b),
            Category::necessary("base").service(a),
        ]);
        let messages = |all: &[String]| -> Vec<_> {
            all.iter()
                .map(|it| it.split_once(": ").unwrap().1.to_owned())
                .collect()
        };
        assert_eq!(messages(&together), messages(&apart));
        apart
    }

    #[test]
    fn origins_are_compared_as_browsers_do() {
        for other in ["cdn.example.org", "HTTPS://cdn.example.org:443/"] {
            let found = two("https://cdn.example.org", other);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with("service \"a\""), "{found:?}");
            assert!(found[0].contains("also an origin of the service \"b\""));
        }
        assert_eq!(
            two("https://cdn.example.org", "http://cdn.example.org"),
            [""; 0]
        );
        assert_eq!(two("*.example.org", "*.example.org").len(), 1);
    }

    #[test]
    fn patterns_that_cover_other_services_are_reported() {
        for narrow in ["maps.example.org", "*.maps.example.org"] {
            for (one, other, about) in [
                ("*.example.org", narrow, "service \"b\""),
                (narrow, "*.example.org", "service \"a\""),
            ] {
                let found = two(one, other);
                assert_eq!(found.len(), 1, "{found:?}");
                assert!(found[0].starts_with(about), "{found:?}");
                assert!(found[0].contains("\"https://*.example.org\" also covers"));
            }
        }
        assert_eq!(two("*.example.org", "example.org"), [""; 0]);
        assert_eq!(two("*.example.org", "http://maps.example.org"), [""; 0]);
    }

    #[cfg(feature = "documents")]
    #[test]
    fn patterns_over_the_hosts_of_a_large_company_are_reported() {
        use crate::policy::catalogue::Row;

        let of = |service: Service| warnings([Category::consent("clips").service(service)]);
        let found = of(service("search").origins(["https://*.google.com"]));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0]
                .contains("\"https://*.google.com\" covers more than one service, such as Google")
        );
        // The catalogue's own are as narrow as can be.
        for id in Row::all().map(Row::id) {
            assert_eq!(of(Service::from_catalogue(id)), [""; 0], "{id}");
        }
    }
}
