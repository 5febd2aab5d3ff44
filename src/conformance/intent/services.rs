//! Categories that are answered by their services.

use crate::{CookiePolicy, policy::CategorySet};

/// Returns the set with the categories whose services are all in it: a site may ask for each service, and for no
/// category.
pub(in crate::conformance) fn with_categories(
    policy: &CookiePolicy,
    set: CategorySet,
) -> CategorySet {
    let services = policy.services();
    let of = |category: u8| -> CategorySet {
        let own = |service: &u8| policy.category_number_of(*service) == Some(category);
        services.iter().filter(own).collect()
    };
    let is_whole = |category: &u8| {
        let services = of(*category);
        !services.is_empty() && (services - set).is_empty()
    };
    let categories = policy.consenting() - services;
    let whole: CategorySet = categories.iter().filter(is_whole).collect();
    set | whole
}
