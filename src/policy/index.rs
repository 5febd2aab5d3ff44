//! From a name on the wire to its declaration: the one thing in this folder that every request uses.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::{Basis, Category, CategorySet, Kind, exact::ExactNames, names::pattern_prefix};
use crate::work;

/// What a cookie name was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// `None` for the preferences cookie where no category declares it.
    pub(crate) category: Option<u8>,
    pub(crate) basis: Basis,
    pub(crate) by: FoundBy,
    /// Its number among all declarations; `u32::MAX` for an undeclared preferences cookie.
    pub(crate) declaration: u32,
}

/// By what a name was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FoundBy {
    /// Its exact name.
    Name,
    Pattern,
    /// Its exact name, which is that of a carrier of the choice.
    Preferences,
}

impl Found {
    pub(crate) fn is_by_pattern(self) -> bool {
        self.by == FoundBy::Pattern
    }

    pub(crate) fn is_preferences(self) -> bool {
        self.by == FoundBy::Preferences
    }
}

/// (The seed is fixed, as of the exact names.)
type Table = HashMap<Box<[u8]>, Found, FixedState>;

/// Exact names in one table, the prefixes of patterns in another.
pub(super) struct Index {
    exact: ExactNames,
    prefixes: Table,
    /// By first byte, which lengths of prefix exist: bit n for n bytes, bit 0 for over 63. Most
    /// names that match no pattern are told by this, without a hash.
    lengths: [u64; 128],
    long: LongPrefixes,
}

const LONG: u64 = 1;

impl Index {
    pub(super) fn new(preferences_cookies: &[String], categories: &[Category]) -> Self {
        let mut exact = ExactNames::default();
        let mut prefixes = Table::default();
        let mut lengths = [0; 128];
        let mut long = Vec::new();
        let undeclared = Found {
            category: None,
            basis: Basis::Necessary,
            by: FoundBy::Preferences,
            declaration: u32::MAX,
        };
        for name in preferences_cookies {
            exact.insert(name.as_bytes(), undeclared);
        }

        let mut declarations = 0..u32::MAX;
        for (category, position) in categories.iter().zip(0..CategorySet::CAPACITY) {
            for (cookie, declaration) in category.get_cookies().iter().zip(&mut declarations) {
                if cookie.get_kind() != Kind::Cookie {
                    continue;
                }
                let name = cookie.name();
                let prefix = pattern_prefix(name);
                let found = Found {
                    category: Some(position),
                    basis: category.basis(),
                    by: match prefix {
                        Some(_) => FoundBy::Pattern,
                        None if preferences_cookies.iter().any(|known| known == name) => {
                            FoundBy::Preferences
                        }
                        None => FoundBy::Name,
                    },
                    declaration,
                };
                let Some(prefix) = prefix.map(str::as_bytes) else {
                    exact.insert(name.as_bytes(), found);
                    continue;
                };
                let first = prefix
                    .first()
                    .and_then(|first| lengths.get_mut(usize::from(*first)));
                if let Some(lengths) = first {
                    if prefix.len() < 64 {
                        *lengths |= 1 << prefix.len();
                        prefixes.insert(prefix.into(), found);
                    } else {
                        *lengths |= LONG;
                        long.push((Box::from(prefix), found));
                    }
                }
            }
        }
        Self {
            exact,
            prefixes,
            lengths,
            long: LongPrefixes::new(long),
        }
    }

    /// The declaration of this very name.
    #[inline]
    pub(super) fn find_exact(&self, name: &[u8]) -> Option<&Found> {
        self.exact.get(name)
    }

    /// The longest pattern that the name matches; for a name that is not declared as it stands.
    pub(super) fn find_pattern(&self, name: &[u8]) -> Option<&Found> {
        let mut lengths = *self.lengths.get(usize::from(*name.first()?))?;
        if lengths & LONG != 0
            && name.len() >= 64
            && let Some(found) = self.long.find(name)
        {
            return Some(found);
        }
        lengths &= !LONG;
        if name.len() < 63 {
            lengths &= (2 << name.len()) - 1;
        }
        while let Some(longest) = lengths.checked_ilog2() {
            let prefix = usize::try_from(longest)
                .ok()
                .and_then(|length| name.get(..length))?;
            work::did(prefix.len());
            if let Some(found) = self.prefixes.get(prefix) {
                return Some(found);
            }
            lengths ^= 1 << longest;
        }
        None
    }
}

/// Prefixes of 64 bytes and more: rare, but there may be many lengths of them, and to hash a name
/// once for each would make a long name expensive.
struct LongPrefixes(Vec<LongPrefix>);

struct LongPrefix {
    prefix: Box<[u8]>,
    found: Found,
    /// The longest other prefix that this one begins with.
    parent: Option<usize>,
}

impl LongPrefixes {
    fn new(mut prefixes: Vec<(Box<[u8]>, Found)>) -> Self {
        prefixes.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let mut sorted: Vec<LongPrefix> = Vec::with_capacity(prefixes.len());
        for (prefix, found) in prefixes {
            let mut parent = sorted.len().checked_sub(1);
            while let Some(above) = parent.and_then(|at| sorted.get(at))
                && !prefix.starts_with(&above.prefix)
            {
                parent = above.parent;
            }
            sorted.push(LongPrefix {
                prefix,
                found,
                parent,
            });
        }
        Self(sorted)
    }

    /// What a name begins with sorts before it, and what sorts between the two begins with it too:
    /// so the longest match is the last prefix not above the name, or one of that one's parents.
    fn find(&self, name: &[u8]) -> Option<&Found> {
        let last = self
            .0
            .partition_point(|long| &*long.prefix <= name)
            .checked_sub(1)?;
        let mut long = self.0.get(last)?;
        let shared = long
            .prefix
            .iter()
            .zip(name)
            .take_while(|(a, b)| a == b)
            .count();
        work::did(shared);
        while long.prefix.len() > shared {
            work::did(1);
            long = self.0.get(long.parent?)?;
        }
        Some(&long.found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::CookieDeclaration;

    fn category(id: &str, names: &[&str]) -> Category {
        Category::consent(id).cookies(names.iter().copied().map(CookieDeclaration::new))
    }

    fn find<'a>(index: &'a Index, name: &[u8]) -> Option<&'a Found> {
        index.find_exact(name).or_else(|| index.find_pattern(name))
    }

    fn found(index: &Index, name: &str) -> Option<(Option<u8>, u32, bool)> {
        let found = find(index, name.as_bytes())?;
        Some((found.category, found.declaration, found.is_by_pattern()))
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
        assert_eq!(find(&index, b"prefs").unwrap().basis, Basis::Necessary);
        assert_eq!(find(&index, &[0xff, 0]), None);
    }

    #[test]
    fn indexes_cookies_only() {
        let storage = CookieDeclaration::new("s").kind(Kind::Storage);
        let index = Index::new(
            &["s".to_owned()],
            &[Category::consent("a")
                .cookie(storage)
                .cookie(CookieDeclaration::new("t"))],
        );
        assert_eq!(found(&index, "s"), Some((None, u32::MAX, false)));
        assert_eq!(found(&index, "t"), Some((Some(0), 1, false)));
    }

    /// With the keys: a bucket takes its entry and a byte, and a table is at most full by 7 in 8.
    fn bytes_of(table: &Table) -> usize {
        let buckets = (table.capacity() * 8 / 7).next_power_of_two();
        let keys: usize = table.keys().map(|key| key.len()).sum();
        buckets * (size_of::<(Box<[u8]>, Found)>() + 1) + keys
    }

    #[test]
    fn takes_at_most_80_bytes_a_name() {
        for count in [10_000, 7_200, 14_400] {
            let names: Vec<_> = (0..count)
                .map(|number| match number % 5 {
                    0 => format!("advertising{number}_*"),
                    _ => format!("advertising{number}"),
                })
                .collect();
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let index = Index::new(&["prefs".to_owned()], &[category("a", &names)]);
            let bytes = size_of::<Index>() + index.exact.bytes() + bytes_of(&index.prefixes);
            assert!(bytes <= 80 * count, "{} of {count}", bytes / count);
        }
    }

    /// Every prefix length around the word size, against the plain definition of a longest match.
    #[test]
    fn finds_the_longest_of_any_length() {
        let mut names: Vec<String> = Vec::new();
        for length in [1, 2, 31, 62, 63, 64, 65, 66, 100, 127, 128, 129, 1_000] {
            names.push(format!("{}*", "a".repeat(length)));
            names.push(format!("{}b*", "a".repeat(length)));
            names.push(format!("{}bb*", "a".repeat(length)));
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let index = Index::new(&["prefs".to_owned()], &[category("a", &names)]);
        for length in 0..1_100 {
            for tail in ["", "b", "bb", "ba", "c", "bbb", "B"] {
                let name = format!("{}{tail}", "a".repeat(length));
                let expected = names
                    .iter()
                    .filter(|pattern| name.starts_with(&pattern[..pattern.len() - 1]))
                    .max_by_key(|pattern| pattern.len())
                    .map(|pattern| names.iter().position(|name| name == pattern).unwrap());
                let found = found(&index, &name).map(|(_, number, _)| number as usize);
                assert_eq!(found, expected, "{length} {tail}");
            }
        }
    }
}
