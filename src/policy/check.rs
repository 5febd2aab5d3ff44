//! Everything that can be wrong with a policy, found in one go.

use std::collections::{HashMap, HashSet};

use super::{
    Basis, Category, CookieDeclaration, CookiePolicyBuilder, Kind, PolicyProblem, Text,
    attributes::{domain_fault, path_fault},
    check_preferences,
    names::{NameFault, check_name, check_other_name, first_other, nearest},
    text::is_language_tag,
};

const MAX_CATEGORIES: usize = 64;
const MAX_ID: usize = 32;
/// Browsers keep no cookie longer (RFC 6265bis, section 5.5).
const MAX_CHOICE_DAYS: u32 = 400;
/// 13 months (CNIL, audience measurement).
const MAX_EXEMPT_DAYS: u32 = 395;
/// What the preferences cookie keeps besides the categories.
const RESERVED_IDS: [&str; 4] = ["timestamp", "revision", "id", "gpc"];
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

type Problems = Vec<PolicyProblem>;

pub(super) fn check(policy: &CookiePolicyBuilder, problems: &mut Problems) {
    check_frame(policy, problems);
    check_preferences::check(policy, problems);

    let mut ids = HashSet::new();
    let mut declared = HashMap::new();
    for (index, category) in policy.categories.iter().enumerate() {
        check_id(index, category, problems);
        if !category.id.is_empty() && !ids.insert(category.id()) {
            problems.push(PolicyProblem::DuplicateId {
                category: category.id.clone(),
            });
        }
        check_category(policy, category, problems);
        for cookie in &category.cookies {
            check_cookie(category, cookie, problems);
            let key = (cookie.kind, cookie.name());
            let first = declared.get(&key).copied();
            if let Some(first) = first.filter(|_| !cookie.name.is_empty()) {
                problems.push(PolicyProblem::DuplicateName {
                    category: category.id.clone(),
                    name: cookie.name.clone(),
                    first: String::from(first),
                });
            }
            declared.entry(key).or_insert(category.id());
        }
    }
}

fn check_frame(policy: &CookiePolicyBuilder, problems: &mut Problems) {
    match policy.categories.len() {
        0 => problems.push(PolicyProblem::NoCategory),
        count if count > MAX_CATEGORIES => {
            problems.push(PolicyProblem::TooManyCategories { count });
        }
        _ => {}
    }
    if !is_language_tag(&policy.default_language) {
        let language = policy.default_language.clone();
        problems.push(PolicyProblem::DefaultLanguage { language });
    }
    let lifetime = policy.choice_lifetime;
    if !lifetime
        .as_days()
        .is_some_and(|days| (1..=MAX_CHOICE_DAYS).contains(&days))
    {
        problems.push(PolicyProblem::ChoiceLifetime { lifetime });
    }
    check_since(None, policy.since, policy.revision, problems);
}

fn check_since(category: Option<&str>, since: u32, revision: u32, problems: &mut Problems) {
    if since > revision {
        let category = category.map(str::to_owned);
        problems.push(PolicyProblem::SinceAboveRevision {
            category,
            since,
            revision,
        });
    }
}

fn check_id(index: usize, category: &Category, problems: &mut Problems) {
    let id = &category.id;
    let url_safe = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') // RFC 3986
    };
    if id.is_empty() {
        problems.push(PolicyProblem::EmptyId {
            position: index + 1,
        });
    }
    if id.len() > MAX_ID {
        problems.push(PolicyProblem::LongId {
            category: id.clone(),
        });
    }
    if let Some(character) = first_other(id, url_safe) {
        problems.push(PolicyProblem::IdCharacter {
            category: id.clone(),
            character,
        });
    }
    if RESERVED_IDS.contains(&id.as_str()) || id.starts_with('_') {
        problems.push(PolicyProblem::ReservedId {
            category: id.clone(),
        });
    }
}

fn check_category(policy: &CookiePolicyBuilder, category: &Category, problems: &mut Problems) {
    for (key, text) in [
        ("title", &category.title),
        ("description", &category.description),
    ] {
        if let Some(text) = text {
            let place = || format!("{key} of category {:?}", category.id);
            check_languages(place, text, problems);
        }
    }
    if let Some(since) = category.since {
        check_since(Some(category.id()), since, policy.revision, problems);
    }
    for signal in &category.consent_mode {
        if !SIGNALS.contains(&signal.as_str()) {
            problems.push(PolicyProblem::ConsentMode {
                category: category.id.clone(),
                signal: signal.clone(),
                suggestion: nearest(signal, &SIGNALS),
            });
        }
    }
    if category.gpc && category.basis != Basis::Exempt {
        let category_id = category.id.clone();
        problems.push(PolicyProblem::GpcBasis {
            category: category_id,
            basis: category.basis,
        });
    }
}

fn check_cookie(category: &Category, cookie: &CookieDeclaration, problems: &mut Problems) {
    let id = || category.id.clone();
    let name = || cookie.name.clone();
    let named = if cookie.kind == Kind::Cookie {
        check_name(&cookie.name)
    } else {
        check_other_name(&cookie.name)
    };
    if let Err(fault) = named {
        problems.push(match fault {
            NameFault::Empty => PolicyProblem::EmptyName { category: id() },
            NameFault::TooLong => PolicyProblem::LongName {
                category: id(),
                name: name(),
            },
            NameFault::Bare => PolicyProblem::BarePattern { category: id() },
            NameFault::Star => PolicyProblem::PatternStar {
                category: id(),
                name: name(),
            },
            NameFault::Character(character) => PolicyProblem::NameCharacter {
                category: id(),
                name: name(),
                character,
            },
        });
    }
    for domain in &cookie.domain {
        if let Some(fault) = domain_fault(domain) {
            let domain = domain.clone();
            problems.push(PolicyProblem::Domain {
                category: id(),
                cookie: name(),
                domain,
                fault,
            });
        }
    }
    for path in &cookie.path {
        if let Some(fault) = path_fault(path) {
            let path = path.clone();
            problems.push(PolicyProblem::Path {
                category: id(),
                cookie: name(),
                path,
                fault,
            });
        }
    }
    if let Some(retention) = cookie.retention
        && category.basis == Basis::Exempt
        && retention
            .as_days()
            .is_some_and(|days| days > MAX_EXEMPT_DAYS)
    {
        problems.push(PolicyProblem::RetentionTooLong {
            category: id(),
            cookie: name(),
            retention,
        });
    }
    for (key, text) in cookie.texts() {
        let place = || {
            format!(
                "{key} of cookie {:?} of category {:?}",
                cookie.name, category.id
            )
        };
        check_languages(place, text, problems);
    }
}

fn check_languages(place: impl Fn() -> String, text: &Text, problems: &mut Problems) {
    let mut previous = "";
    for language in text.languages() {
        if !is_language_tag(language) {
            let language = language.to_owned();
            problems.push(PolicyProblem::Language {
                place: place(),
                language,
            });
        } else if language.eq_ignore_ascii_case(previous) {
            let language = language.to_owned();
            problems.push(PolicyProblem::DuplicateLanguage {
                place: place(),
                language,
            });
        }
        previous = language;
    }
}

/// An unknown key of the JSON, with the known one that it may have been meant to be.
pub(super) fn unknown_key(place: String, key: String, known: &[&'static str]) -> PolicyProblem {
    let suggestion = nearest(&key, known);
    PolicyProblem::UnknownKey {
        place,
        key,
        suggestion,
    }
}
