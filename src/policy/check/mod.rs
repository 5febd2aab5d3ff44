//! Finds all problems of a policy at once, when it is built.
//!
//! [`declarations`] checks categories and cookies, [`preferences`] the preferences cookie, [`mod@codec`]
//! its codec and those of former ones. The builder and the JSON reader call it.

mod codec;
mod declarations;
pub(crate) mod error;
mod preferences;
mod problem;
mod regimes;
mod services;
mod shared;

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use super::{
    CategorySet, CookieDeclaration, Retention, Service, TrackerKind, declared::Declared,
    location::is_pages_path, text::is_language_tag,
};
use crate::wire::MAX_COOKIE_DAYS;

pub(crate) use self::error::PolicyError;
pub use self::problem::{PolicyProblem, PolicyProblemKind};
pub(super) use self::{
    codec::check_codec,
    shared::{place_of, place_of_cookie, place_of_service},
};
use shared::{Problems, check_id, check_languages, check_since, check_unknown, invalid_language};

use PolicyProblemKind as Kind;

/// The number of categories and services that a choice can hold.
const MAX_CATEGORIES: usize = CategorySet::CAPACITY as usize;

const POLICY: &str = "the policy";

pub(super) fn check(policy: &Declared, problems: &mut Problems) {
    let place = || POLICY.to_owned();
    check_unknown(place, &policy.unknown, Declared::KEYS, problems);
    check_frame(policy, problems);
    preferences::check(policy, problems);
    regimes::check(policy, problems);

    let mut ids = HashSet::new();
    let mut declared = HashMap::new();
    for (index, category) in policy.categories.iter().enumerate() {
        let id = category.id();
        let place = || match id {
            "" => format!("category {}", index + 1),
            _ => place_of(id),
        };
        check_id(place, id, problems);
        if !id.is_empty() && !ids.insert(id) {
            let message = "this id is declared twice: merge the categories or rename one";
            problems.push(PolicyProblem::new(Kind::Duplicate, place_of(id), message));
        }
        declarations::check_category(policy, category, problems);
        for service in &category.services {
            services::check_service(policy, category, service, problems);
        }
        let of_services = category.services.iter().flat_map(Service::get_cookies);
        for cookie in category.cookies.iter().chain(of_services) {
            declarations::check_cookie(category, cookie, problems);
            // Two sites may have a cookie of the same name.
            let key = (cookie.kind, known_as(cookie), cookie.get_third_party());
            let first: Option<&str> = declared.get(&key).copied();
            if let Some(first) = first.filter(|_| !cookie.name.is_empty()) {
                let place = place_of_cookie(id, cookie.name());
                let message =
                    format!("is already declared in category {first:?}: remove one of the two");
                problems.push(PolicyProblem::new(Kind::Duplicate, place, message));
            }
            declared.entry(key).or_insert(id);
        }
    }
    for category in &policy.categories {
        for service in &category.services {
            let id = service.id();
            if !id.is_empty() && !ids.insert(id) {
                let place = place_of_service(category.id(), id);
                let message = "another service or a category has this id: rename one, since both \
                               are keys of one cookie";
                problems.push(PolicyProblem::new(Kind::Duplicate, place, message));
            }
        }
    }
}

/// Returns the name under which duplicates are found: header names are case-insensitive.
fn known_as(cookie: &CookieDeclaration) -> Cow<'_, str> {
    match cookie.kind {
        TrackerKind::Header => cookie.name().to_ascii_lowercase().into(),
        _ => cookie.name().into(),
    }
}

fn check_frame(policy: &Declared, problems: &mut Problems) {
    let count = policy.categories.len();
    let services: usize = policy.categories.iter().map(|it| it.services.len()).sum();
    if count == 0 {
        let message =
            "no category is declared: add one, such as Category::necessary(\"necessary\")";
        problems.push(PolicyProblem::new(Kind::Missing, POLICY, message));
    } else if count > MAX_CATEGORIES {
        let message =
            format!("{count} categories are too many: merge some, the limit is {MAX_CATEGORIES}");
        problems.push(PolicyProblem::new(Kind::TooLarge, POLICY, message));
    } else if count + services > MAX_CATEGORIES {
        let message = format!(
            "{count} categories and {services} services are too many: merge some, the limit is \
             {MAX_CATEGORIES} together"
        );
        problems.push(PolicyProblem::new(Kind::TooLarge, POLICY, message));
    }
    let language = &policy.default_language;
    if !is_language_tag(language) {
        problems.push(invalid_language("default_language", language));
    }
    check_choice_lifetime(policy.choice_lifetime, problems);
    check_since(
        || POLICY.to_owned(),
        policy.since,
        policy.revision,
        problems,
    );
    if let Some(path) = policy.pages_at.as_deref().filter(|it| !is_pages_path(it)) {
        let message = format!(
            "invalid path {path:?}: begin with `/`, use letters, digits, `-`, `.`, `_` or `~` in each \
             segment, and do not end with `/`, as in \"/cookies\""
        );
        problems.push(PolicyProblem::new(Kind::InvalidValue, "pages_at", message));
    }
    let site = policy.site.iter().map(|name| ("site", name));
    check_languages(|| POLICY.to_owned(), site, problems);
    if let Some(controller) = &policy.controller {
        declarations::check_controller(controller, problems);
    }
}

fn check_choice_lifetime(lifetime: Retention, problems: &mut Problems) {
    let days = lifetime.as_days();
    if !days.is_some_and(|days| (1..=MAX_COOKIE_DAYS).contains(&days)) {
        let message = format!(
            "invalid lifetime `{lifetime}`: use 1 to {MAX_COOKIE_DAYS} days, browsers keep no \
             cookie longer (default: 6 months)"
        );
        problems.push(PolicyProblem::new(
            Kind::InvalidValue,
            "choice_lifetime",
            message,
        ));
    }
}
