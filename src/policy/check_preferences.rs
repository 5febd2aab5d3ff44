//! Everything that can be wrong with the preferences cookie.

use super::{
    Basis, CookieDeclaration, CookiePolicyBuilder, Kind, PolicyProblem, SameSite,
    attributes::domain_fault,
    names::{first_other, is_token_byte},
};

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

    // Browsers compare these prefixes without regard to case (RFC 6265bis, section 5.7).
    let begins_with = |prefix: &str| {
        name.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
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
    ];
    for (prefix, violated, fault) in prefixes {
        if violated && begins_with(prefix) {
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

    for category in policy
        .categories
        .iter()
        .filter(|category| category.basis != Basis::Necessary)
    {
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
