//! Checks services and what they load from.

use super::{
    problem::{PolicyProblem, PolicyProblemKind as Kind},
    shared::{
        Problems, check_id, check_languages, check_sensitive, check_since, check_unknown,
        fault_of_country, place_of_service,
    },
};
use crate::policy::{Category, Service, declared::Declared, origin::Origin};

pub(super) fn check_service(
    policy: &Declared,
    category: &Category,
    service: &Service,
    problems: &mut Problems,
) {
    let place = || place_of_service(category.id(), service.id());
    check_id(place, service.id(), problems);
    check_unknown(place, &service.unknown, Service::KEYS, problems);
    check_languages(place, service.texts(), problems);
    if let Some(since) = service.since {
        check_since(place, since, policy.revision, problems);
    }
    let mut push = |kind, message| problems.push(PolicyProblem::new(kind, place(), message));
    for origin in service.get_origins() {
        if let Err(fault) = Origin::parse(origin) {
            let message = format!("invalid origin {origin:?}: {fault}");
            push(Kind::InvalidValue, message);
        }
    }
    for message in service
        .get_countries()
        .iter()
        .filter_map(|it| fault_of_country(it))
    {
        push(Kind::InvalidValue, message);
    }
    if let Some(url) = &service.privacy_url
        && !is_web_address(url)
    {
        let message = format!(
            "invalid privacy_url {url:?}: use an address that begins with `https://` or `http://`"
        );
        push(Kind::InvalidValue, message);
    }
    for marker in service.get_markers() {
        if marker.len() < MIN_MARKER {
            let message = format!(
                "the marker {marker:?} is shorter than {MIN_MARKER} bytes and would be found in \
                 other scripts: give more of the text"
            );
            push(Kind::InvalidValue, message);
        }
    }
    #[cfg(not(feature = "documents"))]
    if let Some(used) = &service.r#use {
        let message = format!(
            "{used:?} is to be taken from the catalogue: add the feature `documents` of this crate"
        );
        push(Kind::Missing, message);
    }
    if service.get_sensitive() {
        check_sensitive(place, category, problems);
    }
}

/// Shorter texts occur in nearly every script.
const MIN_MARKER: usize = 3;

fn is_web_address(url: &str) -> bool {
    let begins = |scheme: &str| url.len() > scheme.len() && url.starts_with(scheme);
    begins("https://") || begins("http://")
}
