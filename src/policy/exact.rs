//! The names that are declared as they stand.

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
};

use foldhash::fast::FixedState;

use super::index::Found;
use crate::work;

/// What is declared of each name.
///
/// The names are the developer's own, so that nobody can choose them to collide: the seed is fixed.
#[derive(Default)]
pub(super) struct ExactNames {
    /// Most names are so short that to compare two words costs less than to call a comparison.
    short: HashMap<Short, Found, FixedState>,
    long: HashMap<Box<[u8]>, Found, FixedState>,
}

/// A name of up to 16 bytes: its first and its last bytes, of which those in the middle may be both;
/// one to three bytes are one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Short {
    first: u64,
    last: u64,
    length: u8,
}

impl Short {
    #[inline(always)]
    fn of(name: &[u8]) -> Option<Self> {
        let word = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
        let half = |bytes: &[u8; 4]| u64::from(u32::from_le_bytes(*bytes));
        let length = u8::try_from(name.len()).ok()?;
        let (first, last) = match name.len() {
            17.. => return None,
            8.. => (word(name.first_chunk()?), word(name.last_chunk()?)),
            4.. => (half(name.first_chunk()?), half(name.last_chunk()?)),
            _ => {
                let shifted = |word: u64, byte: &u8| (word << 8) | u64::from(*byte);
                (name.iter().fold(0, shifted), 0)
            }
        };
        Some(Self {
            first,
            last,
            length,
        })
    }
}

impl Hash for Short {
    /// Without the length, which hardly ever tells names apart that these do not.
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.first);
        state.write_u64(self.last);
    }
}

impl ExactNames {
    pub(super) fn insert(&mut self, name: &[u8], found: Found) {
        match Short::of(name) {
            Some(name) => self.short.insert(name, found),
            None => self.long.insert(name.into(), found),
        };
    }

    #[inline]
    pub(super) fn get(&self, name: &[u8]) -> Option<&Found> {
        work::did(name.len());
        match Short::of(name) {
            Some(name) => self.short.get(&name),
            None => self.get_long(name),
        }
    }

    /// Apart, so that it takes nothing from short names.
    #[inline(never)]
    fn get_long(&self, name: &[u8]) -> Option<&Found> {
        self.long.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Basis, index::FoundBy};

    impl ExactNames {
        /// With the names: a bucket takes its entry and a byte, and a table is at most full by 7 in 8.
        pub(in crate::policy) fn bytes(&self) -> usize {
            fn buckets(capacity: usize) -> usize {
                (capacity * 8 / 7).next_power_of_two()
            }
            let names: usize = self.long.keys().map(|name| name.len()).sum();
            buckets(self.short.capacity()) * (size_of::<(Short, Found)>() + 1)
                + buckets(self.long.capacity()) * (size_of::<(Box<[u8]>, Found)>() + 1)
                + names
        }
    }

    fn found(declaration: usize) -> Found {
        Found {
            category: None,
            basis: Basis::Necessary,
            by: FoundBy::Name,
            declaration: u32::try_from(declaration).unwrap(),
        }
    }

    #[test]
    fn a_name_is_found_and_no_other() {
        // Names that have beginning and end in common, or consist of the same.
        let mut names: Vec<Vec<u8>> = Vec::new();
        for length in 0..=40 {
            names.push(b"abcd".repeat(10)[..length].to_vec());
            names.push(b"a".repeat(length));
            names.push([b"b".as_slice(), &b"a".repeat(length)].concat());
            names.push([b"a".repeat(length).as_slice(), b"b"].concat());
        }
        names.sort();
        names.dedup();
        let mut exact = ExactNames::default();
        for (number, name) in names.iter().enumerate().step_by(2) {
            exact.insert(name, found(number));
        }
        for (number, name) in names.iter().enumerate() {
            let expected = (number % 2 == 0).then(|| found(number));
            assert_eq!(
                exact.get(name),
                expected.as_ref(),
                "{}",
                name.escape_ascii()
            );
        }
    }

    #[test]
    fn what_is_declared_last_counts() {
        let mut exact = ExactNames::default();
        for name in [&b"session"[..], b"a-name-of-over-16-bytes"] {
            exact.insert(name, found(1));
            exact.insert(name, found(2));
            assert_eq!(exact.get(name), Some(&found(2)));
        }
    }
}
