//! A small set of sites, each declared once as a table: for the policy, and for the reference.

use std::sync::LazyLock;

use tower_cookie_consent::{Basis, CookiePolicy, preferences::SameSite};

pub use crate::reference::site::{Declared, Found, Site};

const fn category(
    id: &'static str,
    basis: Basis,
    names: &'static [&'static str],
) -> Declared<'static> {
    Declared::new(id, basis, names)
}

const fn site(categories: &'static [Declared<'static>]) -> Site<'static> {
    Site::new(categories)
}

const LONG: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa*";

static SITES: [Site<'static>; 5] = [
    // Names, patterns and names below a pattern in each basis; three editions of the policy.
    Site {
        revision: 3,
        keep: &["x", "matomo"],
        ..site(&[
            Declared {
                headers: &["accept-ch"],
                ..category("base", Basis::Necessary, &["session", "_ga_ok", "lang"])
            },
            Declared {
                headers: &["last-modified", "alt-svc"],
                ..category("stats", Basis::Exempt, &["_pk", "_pk_*"])
            },
            category("sale", Basis::OptOut, &["sale", "sale_*"]),
            Declared {
                gpc: true,
                since: 2,
                ..category("audience", Basis::Exempt, &["aud", "aud_*"])
            },
            Declared {
                headers: &["etag", "nel"],
                ..category("tiers", Basis::Consent, &["_ga", "_ga_*"])
            },
            Declared {
                since: 3,
                ..category("ads", Basis::Consent, &["_fbp", "IDE"])
            },
        ])
    },
    // Patterns within patterns.
    site(&[
        category("c0", Basis::Necessary, &["ab", "abcd*", "x-1", "aaaaaaaa*"]),
        category("c1", Basis::Exempt, &["abc", "x*"]),
        category("c2", Basis::Consent, &["a*", "abcde", "_gat"]),
        category("c3", Basis::Consent, &["a", "ab*", LONG, "_*"]),
    ]),
    // A name's prefix asks for attributes.
    Site {
        preferences: "__Host-prefs",
        ..site(&[
            category(
                "base",
                Basis::Necessary,
                &["__Host-session", "__Secure-ok*"],
            ),
            category(
                "ads",
                Basis::Consent,
                &["__Host-*", "__Secure-*", "__Http-ad"],
            ),
        ])
    },
    // A preferences cookie for the whole domain that matches an optional pattern.
    Site {
        preferences: "p",
        domain: Some("shop.example"),
        same_site: SameSite::None,
        ..site(&[
            category("n", Basis::Necessary, &["s"]),
            category("all", Basis::Consent, &["p*", "q"]),
            category("e", Basis::Exempt, &["t*"]),
        ])
    },
    // Every byte that a name may have, and cases.
    site(&[
        category(
            "odd",
            Basis::Necessary,
            &["!#$%&'()+-./:<>?@[]^_`{|}~", "a|b", "A"],
        ),
        category(
            "even",
            Basis::Consent,
            &["!#*", "a|*", "a", "%5Fga", "timestamp"],
        ),
    ]),
];

static POLICIES: LazyLock<Vec<CookiePolicy>> = LazyLock::new(|| SITES.iter().map(policy).collect());

fn policy(site: &Site<'_>) -> CookiePolicy {
    site.policy().expect("the table is a valid policy")
}

/// The site of any number, and its policy.
pub fn pick(number: u8) -> (&'static Site<'static>, &'static CookiePolicy) {
    let index = usize::from(number) % SITES.len();
    (&SITES[index], &POLICIES[index])
}
