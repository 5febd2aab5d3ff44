//! The services of a policy by number: who they belong to, and what they load.

use super::{Category, CategorySet, groups::Group, origin::Origin};

/// The services of all categories.
pub(super) struct Services {
    pub(super) all: CategorySet,
    /// The number of the first one, which is the number of categories.
    first: u8,
    /// Each one's category and place in it, by number.
    places: Vec<(u8, usize)>,
    /// What they load from, most specific first.
    pub(super) origins: Vec<(Origin, u8)>,
}

impl Services {
    pub(super) fn new(categories: &[Category]) -> Self {
        let mut services = Self {
            all: CategorySet::EMPTY,
            first: u8::try_from(categories.len()).unwrap_or(CategorySet::CAPACITY),
            places: Vec::new(),
            origins: Vec::new(),
        };
        for (category, number) in categories.iter().zip(0..CategorySet::CAPACITY) {
            let places = (0..category.get_services().len()).map(|place| (number, place));
            services.places.extend(places);
        }
        for group in Group::all(categories) {
            let Some(service) = group.service else {
                continue;
            };
            services.all.insert(group.number);
            let origins = service.get_origins().iter();
            let origins = origins.filter_map(|origin| Origin::parse(origin).ok());
            let origins = origins.map(|origin| (origin, group.number));
            services.origins.extend(origins);
        }
        let most_specific_first =
            |(origin, _): &(Origin, u8)| std::cmp::Reverse(origin.specificity());
        services.origins.sort_by_key(most_specific_first);
        services
    }

    pub(super) fn place(&self, number: u8) -> Option<(u8, usize)> {
        let index = number.checked_sub(self.first)?;
        self.places.get(usize::from(index)).copied()
    }
}
