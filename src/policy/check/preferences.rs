//! Checks the preferences cookie.

use super::{
    codec,
    problem::{PolicyProblem, PolicyProblemKind as Kind},
    shared::{Problems, check_unknown, name_fault, place_of, place_of_preferences as place},
};
use crate::{
    policy::{
        Basis, Category, CookieDeclaration, PreferencesCookie, SameSite, TrackerKind,
        declared::Declared,
        location::domain_fault,
        names::{first_other, is_token_byte},
    },
    wire,
};

/// A name's prefix, its violation, and the message for it (RFC 6265bis, section 4.1.3).
type Prefix = (&'static str, fn(&PreferencesCookie) -> bool, &'static str);

const PREFIXES: [Prefix; 6] = [
    ("__Host-", |cookie| !cookie.secure, NO_SECURE),
    ("__Host-", |cookie| cookie.domain.is_some(), HAS_DOMAIN),
    ("__Secure-", |cookie| !cookie.secure, NO_SECURE),
    ("__Http-", |cookie| !cookie.secure, NO_SECURE),
    ("__Http-", |cookie| !cookie.http_only, NO_HTTP_ONLY),
    ("__Host-Http-", |cookie| !cookie.http_only, NO_HTTP_ONLY),
];
const NO_SECURE: &str = "without Secure: set secure to true";
const HAS_DOMAIN: &str = "with a Domain: remove the domain";
const NO_HTTP_ONLY: &str = "without HttpOnly: set http_only to true";

/// The length of a SHA-256, below which an HMAC is weaker than its hash (RFC 2104, section 3).
const MIN_KEY: usize = 32;

pub(super) fn check(policy: &Declared, problems: &mut Problems) {
    let cookie = &policy.preferences_cookie;
    let name = cookie.name();
    let of_json = || "preferences_cookie".to_owned();
    check_unknown(of_json, &cookie.unknown, PreferencesCookie::KEYS, problems);
    let mut push = |kind, message: String| {
        problems.push(PolicyProblem::new(kind, place(name), message));
    };
    // `*` is allowed in a token, but makes a pattern at the end of a declared name. A name that is only
    // read is whatever the other tool made of it, as long as browsers agree on it.
    let (allowed, fix): (fn(u8) -> bool, _) = match cookie.is_only_read() {
        true => (wire::is_name_byte, "give the name as in Set-Cookie"),
        false => (
            is_token_byte,
            "use a token of letters, digits, `-`, `_` or `.`",
        ),
    };
    let character = first_other(name, |byte| allowed(byte) && byte != b'*');
    if name.is_empty() || character.is_some() {
        let fault = name_fault(character);
        push(Kind::InvalidName, format!("{fault}: {fix}"));
    }
    for (prefix, violated, fault) in PREFIXES {
        if wire::has_prefix(name, prefix) && violated(cookie) {
            let message = format!("browsers refuse a name that begins with {prefix} {fault}");
            push(Kind::Conflict, message);
        }
    }
    if cookie.same_site == SameSite::None && !cookie.secure {
        let message = "browsers refuse SameSite=None without Secure: set secure to true, or \
                       same_site to lax";
        push(Kind::Conflict, message.to_owned());
    }
    if let Some(domain) = &cookie.domain
        && let Some(fault) = domain_fault(domain)
    {
        push(
            Kind::InvalidValue,
            format!("invalid domain {domain:?}: {fault}"),
        );
    }
    check_signed(cookie, problems);
    check_keep(policy, problems);
    codec::check_names(cookie, problems);
    codec::check_former(cookie, problems);
    check_declared(policy, problems);
}

/// Checks that a signed cookie has keys that nobody guesses, and that nothing else makes a choice.
fn check_signed(cookie: &PreferencesCookie, problems: &mut Problems) {
    let mut push = |kind, message: &str| {
        problems.push(PolicyProblem::new(kind, place(cookie.name()), message));
    };
    let signed = &cookie.signed;
    if signed.lacks_key() {
        let fix = match cfg!(feature = "signed") {
            true => {
                "it says \"signed\", and no key was given: read the policy as a CookiePolicyBuilder and \
                 call signed(key), or leave \"signed\" out and give the key in PolicySource::prepare"
            }
            false => {
                "it says \"signed\", which needs the feature `signed` of tower-cookie-consent: turn it on"
            }
        };
        push(Kind::Missing, fix);
    }
    if let Some(length) = signed.shortest_key().filter(|length| *length < MIN_KEY) {
        let message = format!(
            "a key of {length} bytes: use at least {MIN_KEY} random bytes, as of \
             `openssl rand -hex 32`"
        );
        push(Kind::InvalidValue, &message);
    }
    if signed.is_off() {
        return;
    }
    if let Some(names) = cookie
        .names_read()
        .filter(|names| *names != [cookie.name()])
    {
        let message = format!(
            "its codec reads {names:?}, and only the preferences cookie is signed: remove \
             signed(key), or read one cookie"
        );
        push(Kind::Conflict, &message);
    }
}

/// Checks that kept members are not the crate's own, and not repeated.
fn check_keep(policy: &Declared, problems: &mut Problems) {
    let cookie = &policy.preferences_cookie;
    for (at, member) in cookie.keep.iter().enumerate() {
        let mut categories = policy.categories.iter();
        let is_category = categories.any(|known| {
            known.id() == member || known.services.iter().any(|service| service.id() == member)
        });
        let (kind, fault) = if is_category {
            (
                Kind::Conflict,
                "it is the id of a category or service, which is always written: remove it",
            )
        } else if matches!(&**member, "timestamp" | "revision" | "gpc" | "regime") {
            (
                Kind::Conflict,
                "it is part of the choice, which is always written: remove it",
            )
        } else if member.is_empty() {
            (
                Kind::Missing,
                "its name is empty: give the key of the JSON object",
            )
        } else if cookie.keep[..at].contains(member) {
            (Kind::Duplicate, "it is named twice: remove one of the two")
        } else {
            continue;
        };
        let message = format!("cannot keep the member {member:?}: {fault}");
        problems.push(PolicyProblem::new(kind, place(cookie.name()), message));
    }
}

/// Checks that no other category declares the preferences cookie, which is always necessary.
fn check_declared(policy: &Declared, problems: &mut Problems) {
    let cookie = &policy.preferences_cookie;
    let mut names = cookie.names_read().unwrap_or_default();
    names.extend(
        cookie
            .former_names()
            .unwrap_or_default()
            .into_iter()
            .flatten(),
    );
    let others = |category: &&Category| category.basis() != Basis::Necessary;
    for category in policy.categories.iter().filter(others) {
        for name in &names {
            let declares = |cookie: &CookieDeclaration| {
                cookie.kind == TrackerKind::Cookie && cookie.name == *name
            };
            if category.cookies.iter().any(declares) {
                let message = format!(
                    "the preferences cookie {name:?} is declared under the basis \"{}\", but is \
                     always necessary: move it to a necessary category",
                    category.basis().word()
                );
                let place = place_of(category.id());
                problems.push(PolicyProblem::new(Kind::Conflict, place, message));
            }
        }
    }
}
