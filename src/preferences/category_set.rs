//! Sets of what a name can be, as bits: every decision is based on them.

use std::ops::{BitAnd, BitOr, Sub};

/// The meaning of a name in a policy: a cookie of a category, or one of three that no category has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Named(u8);

impl Named {
    /// A cookie that carries the choice and always passes.
    pub(crate) const PREFERENCES: Self = Self(125);
    /// A name that the policy does not declare.
    pub(crate) const UNDECLARED: Self = Self(126);
    /// A name that browsers read differently.
    pub(crate) const UNCLASSIFIABLE: Self = Self(127);

    /// Returns a cookie of the category with this index.
    pub(crate) const fn of(category: u8) -> Self {
        if category < CategorySet::CAPACITY {
            Self(category)
        } else {
            Self::UNDECLARED
        }
    }

    pub(crate) const fn category(self) -> Option<u8> {
        if self.0 < CategorySet::CAPACITY {
            Some(self.0)
        } else {
            None
        }
    }
}

/// A set of categories of one policy, by their index in declared order (0 to 119), and of the other
/// meanings of a name. (Packed, since every response future carries two, which would otherwise be
/// padded to 16 bytes.)
#[repr(Rust, packed(8))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct CategorySet(u128);

impl CategorySet {
    pub(crate) const EMPTY: Self = Self(0);

    /// The number of categories and services that one policy can have.
    pub(crate) const CAPACITY: u8 = 120;

    #[cfg(test)]
    pub(crate) const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    #[cfg(test)]
    pub(crate) const fn bits(self) -> u128 {
        self.0
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns `false` for an index that no policy can have.
    pub(crate) fn contains(self, index: u8) -> bool {
        index < Self::CAPACITY && self.has(Named(index))
    }

    /// Ignores an index that no policy can have.
    pub(crate) fn insert(&mut self, index: u8) {
        if index < Self::CAPACITY {
            self.0 |= bit(index);
        }
    }

    /// Contains every meaning of a name.
    pub(crate) const EVERYTHING: Self = Self(u128::MAX);

    pub(crate) fn has(self, named: Named) -> bool {
        let [low, high] = halves(self.0);
        let half = if named.0 < 64 { low } else { high };
        half >> (named.0 & 63) & 1 == 1
    }

    #[must_use]
    pub(crate) fn with(self, named: Named) -> Self {
        Self(self.0 | bit(named.0))
    }

    /// Returns the categories' indexes in ascending, that is declared, order.
    pub(crate) fn iter(self) -> impl Iterator<Item = u8> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let index = u8::try_from(rest.trailing_zeros())
                .ok()
                .filter(|i| *i < Self::CAPACITY)?;
            rest &= rest - 1;
            Some(index)
        })
    }
}

/// In halves: shifting 128 bits by any number takes three times as many instructions, and every
/// cookie needs it.
#[allow(clippy::cast_possible_truncation, reason = "each half fits")]
#[inline]
const fn halves(bits: u128) -> [u64; 2] {
    [bits as u64, (bits >> 64) as u64]
}

#[inline]
const fn bit(index: u8) -> u128 {
    let half = (1_u64 << (index & 63)) as u128;
    if index < 64 { half } else { half << 64 }
}

impl BitOr for CategorySet {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for CategorySet {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Sub for CategorySet {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl FromIterator<u8> for CategorySet {
    fn from_iter<I: IntoIterator<Item = u8>>(indexes: I) -> Self {
        let mut set = Self::EMPTY;
        for index in indexes {
            set.insert(index);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_the_first_and_the_last_index() {
        let set: CategorySet = [119, 0, 7].into_iter().collect();
        assert!(set.contains(0) && set.contains(7) && set.contains(119));
        assert!(!set.contains(1) && !set.contains(118));
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 7, 119]);
        assert_eq!(CategorySet::from_bits(set.bits()), set);
    }

    #[test]
    fn holds_no_index_beyond() {
        let set: CategorySet = [120, 121, 128, 255].into_iter().collect();
        assert!(set.is_empty());
        let all = CategorySet::from_bits(u128::MAX);
        assert!(!all.contains(120) && !all.contains(255));
        assert_eq!(all.iter().count(), 120);
        assert_eq!(CategorySet::EMPTY.iter().count(), 0);
    }

    #[test]
    fn categories_and_other_names_share_a_set() {
        let others = [Named::PREFERENCES, Named::UNDECLARED, Named::UNCLASSIFIABLE];
        for named in others {
            assert_eq!(named.category(), None);
            let set = CategorySet::EMPTY.with(named);
            assert!(set.has(named) && !set.is_empty() && set.iter().next().is_none());
        }
        let ads = Named::of(119);
        assert_eq!(ads.category(), Some(119));
        assert!(CategorySet::EMPTY.with(ads).contains(119));
        assert_eq!(Named::of(120), Named::UNDECLARED);
    }

    #[test]
    fn joins_meets_and_subtracts() {
        let a: CategorySet = [1, 2].into_iter().collect();
        let b: CategorySet = [2, 3].into_iter().collect();
        assert_eq!((a | b).iter().collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!((a & b).iter().collect::<Vec<_>>(), [2]);
        assert_eq!((a - b).iter().collect::<Vec<_>>(), [1]);
    }
}
