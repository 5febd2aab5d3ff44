//! Checks categories and their declarations.

use super::{
    problem::{PolicyProblem, PolicyProblemKind as Kind, Shown},
    shared::{
        Problems, check_languages, check_sensitive, check_since, check_unknown, did_you_mean,
        fault_of_country, place_of, place_of_cookie,
    },
};
use crate::policy::{
    Basis, Category, Controller, CookieDeclaration, MAX_EXEMPT_DAYS, Text, TrackerKind,
    declared::Declared,
    headers::check_header_name,
    location::{domain_fault, path_fault},
    names::{MAX_NAME, NameFault, check_name, check_other_name},
};

/// Google Consent Mode v2.
const SIGNALS: [&str; 7] = [
    "ad_storage",
    "ad_user_data",
    "ad_personalization",
    "analytics_storage",
    "functionality_storage",
    "personalization_storage",
    "security_storage",
];

pub(super) fn check_category(policy: &Declared, category: &Category, problems: &mut Problems) {
    let id = category.id();
    let place = || place_of(id);
    check_unknown(place, &category.unknown, Category::KEYS, problems);
    if category.basis.is_none() {
        let message = "no basis: use \"necessary\", \"exempt\", \"opt_out\" or \"consent\"";
        problems.push(PolicyProblem::new(Kind::Missing, place(), message));
    }
    check_languages(place, category.texts(), problems);
    if let Some(since) = category.since {
        check_since(place, since, policy.revision, problems);
    }
    for signal in &category.consent_mode {
        if !SIGNALS.contains(&signal.as_str()) {
            let help = did_you_mean(signal, &SIGNALS, "remove it");
            let message =
                format!("consent_mode {signal:?} is not a signal of Consent Mode v2: {help}");
            problems.push(PolicyProblem::new(Kind::InvalidValue, place(), message));
        }
    }
    if category.sensitive {
        check_sensitive(place, category, problems);
    }
    if category.gpc && category.basis() != Basis::Exempt {
        let basis = category.basis().word();
        let message = format!("gpc is for exempt categories, and this one is {basis:?}: remove it");
        problems.push(PolicyProblem::new(Kind::Conflict, place(), message));
    }
}

pub(super) fn check_cookie(
    category: &Category,
    cookie: &CookieDeclaration,
    problems: &mut Problems,
) {
    let place = || place_of_cookie(category.id(), cookie.name());
    check_unknown(place, &cookie.unknown, CookieDeclaration::KEYS, problems);
    let named = match cookie.kind {
        TrackerKind::Cookie => check_name(cookie.name()),
        TrackerKind::Header => {
            if let Err(fault) = check_header_name(cookie.name()) {
                let (id, name) = (category.id(), cookie.name());
                let place = format!("header {name:?} of category {id:?}");
                problems.push(PolicyProblem::new(Kind::InvalidName, place, fault));
            }
            Ok(())
        }
        TrackerKind::Storage | TrackerKind::Pixel | TrackerKind::Other => {
            check_other_name(cookie.name())
        }
    };
    if let Err(fault) = named {
        problems.push(name_problem(category.id(), cookie.name(), fault));
    }
    let mut push = |kind, message| problems.push(PolicyProblem::new(kind, place(), message));
    if cookie.third_party.is_some() && cookie.kind != TrackerKind::Cookie {
        let kind = cookie.kind.word();
        let message = format!("third_party is for cookies, and this is a {kind}: remove it");
        push(Kind::Conflict, message);
    }
    for domain in cookie.domain.iter().chain(&cookie.third_party) {
        if let Some(fault) = domain_fault(domain) {
            push(
                Kind::InvalidValue,
                format!("invalid domain {domain:?}: {fault}"),
            );
        }
    }
    for path in &cookie.path {
        if let Some(fault) = path_fault(path) {
            push(
                Kind::InvalidValue,
                format!("invalid path {path:?}: {fault}"),
            );
        }
    }
    if category.basis() == Basis::Exempt
        && let Some(message) = fault_of_exempt(cookie)
    {
        push(Kind::Conflict, message);
    }
    check_languages(place, cookie.texts(), problems);
}

/// Returns why a cookie can't be one of an exempt category.
pub(super) fn fault_of_exempt(cookie: &CookieDeclaration) -> Option<String> {
    let retention = cookie.retention?;
    let days = retention.as_days()?;
    (days > MAX_EXEMPT_DAYS).then(|| {
        format!(
            "a retention of {retention} is over the 13 months ({MAX_EXEMPT_DAYS} days) of an \
             exempt category: shorten it, or ask for consent"
        )
    })
}

fn name_problem(category: &str, name: &str, fault: NameFault) -> PolicyProblem {
    let place = place_of_cookie(category, name);
    let (kind, place, message) = match fault {
        NameFault::Empty => (
            Kind::Missing,
            place_of(category),
            "a cookie has no name: set its exact name, or a prefix and `*`".to_owned(),
        ),
        NameFault::TooLong => {
            let length = name.len();
            let message = format!("the name is {length} bytes long: browsers keep {MAX_NAME}");
            (Kind::TooLarge, place, message)
        }
        NameFault::Bare => (
            Kind::InvalidName,
            place_of(category),
            "the name \"*\" would declare every cookie: give what the names begin with, such as \
             \"_pk_*\""
                .to_owned(),
        ),
        NameFault::Star => (
            Kind::InvalidName,
            place,
            "`*` is allowed once, at the end: give what the names begin with and one `*`"
                .to_owned(),
        ),
        NameFault::Character(character) => {
            let message = format!(
                "a cookie name cannot contain {}: give the name as in Set-Cookie",
                Shown(character)
            );
            (Kind::InvalidName, place, message)
        }
    };
    PolicyProblem::new(kind, place, message)
}

pub(super) fn check_controller(controller: &Controller, problems: &mut Problems) {
    let place = || "controller".to_owned();
    check_unknown(place, &controller.unknown, Controller::KEYS, problems);
    if controller.name == Text::from("") {
        let message = "no name: give the company's or the person's";
        problems.push(PolicyProblem::new(Kind::Missing, place(), message));
    }
    check_languages(place, controller.texts(), problems);
    let countries = controller.countries.iter().chain(&controller.jurisdiction);
    for message in countries.filter_map(|it| fault_of_country(it)) {
        problems.push(PolicyProblem::new(Kind::InvalidValue, place(), message));
    }
}
