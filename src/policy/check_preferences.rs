//! Everything that can be wrong with the preferences cookie.

use super::{
    Basis, Category, CookieDeclaration, CookiePolicy, CookiePolicyBuilder, Kind, PolicyProblem,
    SameSite,
    attributes::domain_fault,
    names::{first_other, is_token_byte},
};
use crate::consent::{Choice, encoded_value};

const MOST_BYTES: usize = 4_096;

/// What a request is searched for; a codec that reads more is not one for cookies.
const MOST_NAMES: usize = 16;

pub(super) fn check(policy: &CookiePolicyBuilder, problems: &mut Vec<PolicyProblem>) {
    let cookie = &policy.preferences_cookie;
    let name = &cookie.name;
    // `*` is a token's, but at the end of a declared name it makes a pattern.
    let character = first_other(name, |byte| is_token_byte(byte) && byte != b'*');
    if name.is_empty() || character.is_some() {
        problems.push(PolicyProblem::PreferencesName {
            name: name.clone(),
            character,
        });
    }

    let prefixes = [
        (
            "__Host-",
            !cookie.secure,
            "without Secure; set secure to true",
        ),
        (
            "__Host-",
            cookie.domain.is_some(),
            "with a Domain; remove the domain",
        ),
        (
            "__Secure-",
            !cookie.secure,
            "without Secure; set secure to true",
        ),
        (
            "__Http-",
            !cookie.secure,
            "without Secure; set secure to true",
        ),
        (
            "__Http-",
            !cookie.http_only,
            "without HttpOnly; set http_only to true",
        ),
        (
            "__Host-Http-",
            !cookie.http_only,
            "without HttpOnly; set http_only to true",
        ),
    ];
    for (prefix, violated, fault) in prefixes {
        if violated && cookie.name_begins_with(prefix) {
            let name = name.clone();
            problems.push(PolicyProblem::PreferencesPrefix {
                name,
                prefix,
                fault,
            });
        }
    }

    if cookie.same_site == SameSite::None && !cookie.secure {
        problems.push(PolicyProblem::PreferencesSameSite { name: name.clone() });
    }
    if let Some(domain) = &cookie.domain
        && let Some(fault) = domain_fault(domain)
    {
        problems.push(PolicyProblem::PreferencesDomain {
            name: name.clone(),
            domain: domain.clone(),
            fault,
        });
    }

    let names = cookie.names_read();
    if !names.contains(name) || names.len() > MOST_NAMES {
        problems.push(PolicyProblem::CodecNames {
            name: name.clone(),
            names: names.clone(),
        });
    }
    let not_necessary = |category: &&Category| category.basis != Basis::Necessary;
    for category in policy.categories.iter().filter(not_necessary) {
        for name in &names {
            let declares =
                |cookie: &CookieDeclaration| cookie.kind == Kind::Cookie && cookie.name == *name;
            if category.cookies.iter().any(declares) {
                problems.push(PolicyProblem::PreferencesBasis {
                    category: category.id.clone(),
                    name: name.clone(),
                    basis: category.basis,
                });
            }
        }
    }
}

/// Whether the longest choice fits into one cookie: browsers keep 4,096 bytes of name and value
/// (RFC 6265bis, section 5.6).
pub(super) fn check_size(policy: &CookiePolicy) -> Option<PolicyProblem> {
    let name = policy.preferences_cookie().name();
    let value = encoded_value(policy, &Choice::longest(policy), None);
    let size = name.len() + value.len();
    (size > MOST_BYTES).then(|| PolicyProblem::ChoiceSize {
        name: name.to_owned(),
        size,
    })
}
