//! Look-up of a name's declaration, the only part of this folder that every request uses.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::{Category, Named, groups::Group, names::pattern_prefix, patterns::Patterns};
use crate::work;

/// The result of looking up a cookie name: what holds in every regime, and so not the basis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The meaning of the name in every decision.
    pub(crate) named: Named,
    /// The category that declares it, in one byte: see [`category`](Self::category).
    pub(super) declared_in: u8,
    pub(crate) by_pattern: bool,
    /// Its number among all declarations; `u32::MAX` for an undeclared preferences cookie.
    pub(crate) declaration: u32,
}

impl Found {
    /// The value of `declared_in` without a category.
    pub(super) const NOWHERE: u8 = u8::MAX;

    /// Returns the category that declares it: `None` for the preferences cookie if no category does.
    pub(crate) fn category(&self) -> Option<u8> {
        (self.declared_in != Self::NOWHERE).then_some(self.declared_in)
    }

    pub(crate) const fn is_preferences(&self) -> bool {
        matches!(self.named, Named::PREFERENCES)
    }
}

/// Exact names in a table, and patterns separately.
pub(super) struct Index {
    /// The developer chose the names, so nobody can make them collide: the seed is fixed.
    exact: HashMap<Box<[u8]>, Found, FixedState>,
    patterns: Patterns<Found>,
}

impl Index {
    pub(super) fn new(preferences_cookies: &[String], categories: &[Category]) -> Self {
        let undeclared = Found {
            named: Named::PREFERENCES,
            declared_in: Found::NOWHERE,
            by_pattern: false,
            declaration: u32::MAX,
        };
        let mut exact: HashMap<_, _, _> = preferences_cookies
            .iter()
            .map(|name| (Box::from(name.as_bytes()), undeclared))
            .collect();
        let mut patterns = Vec::new();

        let mut declarations = 0..u32::MAX;
        for group in Group::all(categories) {
            for (cookie, declaration) in group.cookies().iter().zip(&mut declarations) {
                if !cookie.is_own_cookie() {
                    continue;
                }
                let found = Found {
                    named: Named::of(group.number),
                    declared_in: group.category_number,
                    by_pattern: false,
                    declaration,
                };
                let name = cookie.name();
                if let Some(prefix) = pattern_prefix(name) {
                    let by_pattern = Found {
                        by_pattern: true,
                        ..found
                    };
                    patterns.push((prefix.as_bytes(), by_pattern));
                } else if preferences_cookies.iter().any(|known| known == name) {
                    let preferences = Found {
                        named: Named::PREFERENCES,
                        ..found
                    };
                    exact.insert(name.as_bytes().into(), preferences);
                } else {
                    exact.insert(name.as_bytes().into(), found);
                }
            }
        }
        Self {
            exact,
            patterns: Patterns::new(patterns),
        }
    }

    /// Returns the declaration of this exact name, or of the longest pattern that it matches.
    #[inline]
    pub(super) fn find(&self, name: &[u8]) -> Option<&Found> {
        work::did(name.len());
        match self.exact.get(name) {
            None => self.patterns.find(name),
            exact => exact,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{CookieDeclaration, TrackerKind};

    fn category(id: &str, names: &[&str]) -> Category {
        Category::consent(id).cookies(names.iter().copied().map(CookieDeclaration::new))
    }

    fn found(index: &Index, name: &str) -> Option<(Option<u8>, u32, bool)> {
        let found = index.find(name.as_bytes())?;
        Some((found.category(), found.declaration, found.by_pattern))
    }

    #[test]
    fn prefers_exact_names_then_longer_patterns() {
        let index = Index::new(
            &["prefs".to_owned()],
            &[
                category("a", &["_ga", "_ga_*", "p*"]),
                category("b", &["_ga_X*", "_ga_XY", "_*"]),
                category("c", &["Z"]),
            ],
        );
        for (name, expected) in [
            ("_ga", Some((Some(0), 0, false))),
            ("_ga_", Some((Some(0), 1, true))),
            ("_ga_A", Some((Some(0), 1, true))),
            ("_ga_X", Some((Some(1), 3, true))),
            ("_ga_XY", Some((Some(1), 4, false))),
            ("_ga_XYZ", Some((Some(1), 3, true))),
            ("_gax", Some((Some(1), 5, true))),
            ("_", Some((Some(1), 5, true))),
            ("_GA", Some((Some(1), 5, true))),
            ("Z", Some((Some(2), 6, false))),
            ("prefs", Some((None, u32::MAX, false))),
            ("pref", Some((Some(0), 2, true))),
            ("z", None),
            ("Zz", None),
            ("", None),
            ("é", None),
        ] {
            assert_eq!(found(&index, name), expected, "{name}");
        }
        assert!(index.find(b"prefs").unwrap().is_preferences());
        assert_eq!(index.find(&[0xff, 0]), None);
    }

    #[test]
    fn indexes_cookies_only() {
        let storage = CookieDeclaration::new("s").kind(TrackerKind::Storage);
        let index = Index::new(
            &["s".to_owned()],
            &[Category::consent("a")
                .cookie(storage)
                .cookie(CookieDeclaration::new("t"))],
        );
        assert_eq!(found(&index, "s"), Some((None, u32::MAX, false)));
        assert_eq!(found(&index, "t"), Some((Some(0), 1, false)));
    }

    #[test]
    fn a_name_takes_at_most_80_bytes() {
        for count in [7_200, 10_000, 14_400] {
            let names: Vec<_> = (0..count)
                .map(|number| match number % 5 {
                    0 => format!("advertising{number}_*"),
                    _ => format!("advertising{number}"),
                })
                .collect();
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let index = Index::new(&["prefs".to_owned()], &[category("a", &names)]);
            // A bucket takes its entry and a byte, and a table is at most 7/8 full.
            let buckets = (index.exact.capacity() * 8 / 7).next_power_of_two();
            let names: usize = index.exact.keys().map(|name| name.len()).sum();
            let exact = buckets * (size_of::<(Box<[u8]>, Found)>() + 1) + names;
            let bytes = exact + index.patterns.bytes();
            assert!(bytes <= 80 * count, "{} of {count}", bytes / count);
        }
    }
}
