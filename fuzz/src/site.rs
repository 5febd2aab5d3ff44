//! A small set of sites, each declared once as a table: for the policy, and for the reference.

use std::sync::LazyLock;

use tower_cookie_consent::{
    Basis, Category, CookieDeclaration, CookiePolicy,
    policy::TrackerKind,
    preferences::{PreferencesCookie, SameSite},
};

/// The declarations of a site.
#[derive(Debug)]
pub struct Site {
    pub categories: &'static [Declared],
    /// The name of the preferences cookie.
    pub preferences: &'static str,
    /// The other members that are kept in its value.
    pub keep: &'static [&'static str],
    pub domain: Option<&'static str>,
    pub same_site: SameSite,
    pub revision: u32,
    pub choice_lifetime_days: u64,
}

/// A category.
#[derive(Debug)]
pub struct Declared {
    pub id: &'static str,
    pub basis: Basis,
    pub since: u32,
    pub gpc: bool,
    pub names: &'static [&'static str],
    /// Names of response headers, in lower case.
    pub headers: &'static [&'static str],
}

/// What a name belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Preferences,
    Category(usize),
}

impl Site {
    /// The ids of the categories.
    pub fn ids(&self) -> Vec<&'static str> {
        self.categories.iter().map(|category| category.id).collect()
    }

    /// The name or the pattern under which this name is declared.
    pub fn declared(&self, name: &str) -> Option<&'static str> {
        let all = || self.categories.iter().flat_map(|category| category.names);
        let exact = all().find(|declared| **declared == name && !name.ends_with('*'));
        let patterns = all().filter(|declared| {
            let prefix = declared.strip_suffix('*');
            prefix.is_some_and(|prefix| name.starts_with(prefix))
        });
        exact
            .or(patterns.max_by_key(|declared| declared.len()))
            .copied()
    }

    /// The exact name, or else the longest pattern.
    pub fn find(&self, name: &str) -> Option<Found> {
        if name == self.preferences {
            return Some(Found::Preferences);
        }
        let all = || {
            let categories = self.categories.iter().enumerate();
            categories.flat_map(|(number, category)| {
                category.names.iter().map(move |name| (number, *name))
            })
        };
        if let Some((number, _)) =
            all().find(|(_, declared)| *declared == name && !name.ends_with('*'))
        {
            return Some(Found::Category(number));
        }
        all()
            .filter_map(|(number, declared)| Some((declared.strip_suffix('*')?, number)))
            .filter(|(prefix, _)| name.starts_with(prefix))
            .max_by_key(|(prefix, _)| prefix.len())
            .map(|(_, number)| Found::Category(number))
    }

    /// The category that declares a response header.
    pub fn find_header(&self, name: &str) -> Option<usize> {
        let mut categories = self.categories.iter();
        categories.position(|category| category.headers.contains(&name))
    }

    fn policy(&self) -> CookiePolicy {
        let mut preferences = PreferencesCookie::new(self.preferences)
            .same_site(self.same_site)
            .keep(self.keep.iter().copied());
        if let Some(domain) = self.domain {
            preferences = preferences.domain(domain);
        }
        let category = |declared: &Declared| {
            let category = match declared.basis {
                Basis::Exempt => Category::exempt(declared.id).gpc(declared.gpc),
                Basis::Consent => Category::consent(declared.id),
                Basis::OptOut => Category::opt_out(declared.id),
                _ => Category::necessary(declared.id),
            };
            category
                .since(declared.since)
                .title(declared.id)
                .description("What it is for.")
                .cookies(
                    declared
                        .names
                        .iter()
                        .map(|name| CookieDeclaration::new(*name)),
                )
                .cookies(
                    declared
                        .headers
                        .iter()
                        .map(|name| CookieDeclaration::new(*name).kind(TrackerKind::Header)),
                )
        };
        CookiePolicy::builder()
            .revision(self.revision)
            .preferences_cookie(preferences)
            .categories(self.categories.iter().map(category))
            .build()
            .expect("the table is a valid policy")
    }
}

const fn category(id: &'static str, basis: Basis, names: &'static [&'static str]) -> Declared {
    Declared {
        id,
        basis,
        since: 1,
        gpc: false,
        names,
        headers: &[],
    }
}

const fn site(categories: &'static [Declared]) -> Site {
    Site {
        categories,
        preferences: "cookies_preferences",
        keep: &[],
        domain: None,
        same_site: SameSite::Lax,
        revision: 1,
        // Six months.
        choice_lifetime_days: 182,
    }
}

const LONG: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa*";

static SITES: [Site; 5] = [
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

static POLICIES: LazyLock<Vec<CookiePolicy>> =
    LazyLock::new(|| SITES.iter().map(Site::policy).collect());

/// The site of any number, and its policy.
pub fn pick(number: u8) -> (&'static Site, &'static CookiePolicy) {
    let index = usize::from(number) % SITES.len();
    (&SITES[index], &POLICIES[index])
}
