//! Categories and services under one numbering: what a visitor can answer for.

use super::{Basis, Category, CategorySet, CookieDeclaration, Service};

/// A category, or a service inside one, with its number: first all categories in declared order,
/// then all services.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group<'a> {
    pub(super) number: u8,
    /// The number of the category that it is, or that it is inside of.
    pub(super) category_number: u8,
    pub(super) category: &'a Category,
    pub(super) service: Option<&'a Service>,
}

impl<'a> Group<'a> {
    /// Returns every group. A policy with more of them than a choice can hold is not built.
    pub(super) fn all(categories: &'a [Category]) -> impl Iterator<Item = Self> {
        let numbered = || (0..CategorySet::CAPACITY).zip(categories);
        let own = numbered().map(|(number, category)| (number, category, None));
        let services = numbered().flat_map(|(number, category)| {
            let services = category.services.iter();
            services.map(move |service| (number, category, Some(service)))
        });
        let all = own.chain(services).zip(0..CategorySet::CAPACITY);
        all.map(|((category_number, category, service), number)| Self {
            number,
            category_number,
            category,
            service,
        })
    }

    pub(super) fn id(&self) -> &'a str {
        self.service.map_or(self.category.id(), Service::id)
    }

    pub(super) fn basis(&self) -> Basis {
        self.category.basis()
    }

    pub(super) fn cookies(&self) -> &'a [CookieDeclaration] {
        self.service
            .map_or(self.category.get_cookies(), Service::get_cookies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_numbered_after_all_categories() {
        let categories = [
            Category::consent("media")
                .service(Service::new("films"))
                .service(Service::new("maps")),
            Category::necessary("base"),
            Category::exempt("stats").service(Service::new("matomo")),
        ];
        let all: Vec<_> = Group::all(&categories)
            .map(|group| (group.number, group.category_number, group.id()))
            .collect();
        let expected = [
            (0, 0, "media"),
            (1, 1, "base"),
            (2, 2, "stats"),
            (3, 0, "films"),
            (4, 0, "maps"),
            (5, 2, "matomo"),
        ];
        assert_eq!(all, expected);
    }
}
