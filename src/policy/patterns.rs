//! Look-up of patterns by common prefixes, in as many steps as there are bytes in which some
//! patterns differ, however many patterns there are.
//!
//! The longest match is either the prefix that has most bytes in common with the name, or a prefix
//! of that prefix. So a tree leads to the former by only those bytes in which prefixes differ, and
//! then the two are compared once. Measured on names of 12 to 25 bytes
//! (`benches/support/long_names.rs`), it takes 40 more instructions per name among 10,000 prefixes
//! than among 10. A plain binary search among sorted prefixes was estimated at 350, and was not
//! built.

use crate::work;

/// The values of patterns, by prefix.
pub(super) struct Patterns<T> {
    /// Sorted by prefix.
    patterns: Box<[Pattern<T>]>,
    branches: Box<[Branch]>,
    root: Next,
}

/// The number of a branch, or the complement of a pattern's number.
type Next = u32;

struct Pattern<T> {
    prefix: Box<[u8]>,
    /// The number of the longest other pattern that is a prefix of this one.
    shorter: u32,
    /// The same for a much shorter one, so that deep nesting is traversed in few steps.
    much_shorter: u32,
    value: T,
}

/// Means no pattern.
const NONE: u32 = u32::MAX;

/// The byte in which patterns differ that are the same before it.
struct Branch {
    byte: u16,
    /// 4 if only the upper half of the byte is compared, because few of its possible values occur.
    shift: u8,
    /// The lowest compared value.
    first: u8,
    /// The next step for each value, from the lowest. In a gap, any pattern will do: none has more
    /// in common with the name.
    next: Box<[Next]>,
}

impl<T> Patterns<T> {
    /// If prefixes are equal, the last one counts.
    pub(super) fn new(prefixes: Vec<(&[u8], T)>) -> Self {
        let mut patterns: Vec<_> = prefixes
            .into_iter()
            .map(|(prefix, value)| Pattern {
                prefix: prefix.into(),
                shorter: NONE,
                much_shorter: NONE,
                value,
            })
            .collect();
        patterns.reverse();
        patterns.sort_by(|a, b| a.prefix.cmp(&b.prefix));
        patterns.dedup_by(|a, b| a.prefix == b.prefix);
        nest(&mut patterns);
        let (root, branches) = branches(&patterns);
        Self {
            patterns: patterns.into(),
            branches: branches.into(),
            root,
        }
    }

    /// Returns the value of the longest pattern that the name matches.
    #[inline]
    pub(super) fn find(&self, name: &[u8]) -> Option<&T> {
        let nearest = self.nearest(name)?;
        work::did(nearest.prefix.len().min(name.len()));
        if name.starts_with(&nearest.prefix) {
            return Some(&nearest.value);
        }
        let mut shorter = self.at(nearest.shorter)?;
        let shared = shared(&nearest.prefix, name);
        while shorter.prefix.len() > shared {
            work::did(1);
            let much = self.at(shorter.much_shorter);
            let still_too_long = much.filter(|much| much.prefix.len() > shared);
            shorter = still_too_long.or(self.at(shorter.shorter))?;
        }
        Some(&shorter.value)
    }

    /// Returns a pattern that has as many bytes in common with the name as any other.
    #[inline]
    fn nearest(&self, name: &[u8]) -> Option<&Pattern<T>> {
        let mut next = self.root;
        while let Some(branch) = self.branches.get(next as usize) {
            work::did(1);
            next = branch.next(name);
        }
        self.at(!next)
    }

    #[inline]
    fn at(&self, number: u32) -> Option<&Pattern<T>> {
        self.patterns.get(number as usize)
    }
}

/// Counts the bytes that two names have in common.
fn shared(a: &[u8], b: &[u8]) -> usize {
    let (words, others) = (a.as_chunks::<8>().0, b.as_chunks::<8>().0);
    let words = words.iter().zip(others).take_while(|(a, b)| a == b);
    let start = 8 * words.count();
    let rest = a.iter().zip(b).skip(start).take_while(|(a, b)| a == b);
    let shared = start + rest.count();
    work::did(shared);
    shared
}

/// Records which patterns are nested in which. A prefix of a pattern sorts before it, and
/// everything between the two has that prefix, too.
fn nest<T>(patterns: &mut [Pattern<T>]) {
    let mut depths: Vec<usize> = Vec::with_capacity(patterns.len());
    for number in 0..patterns.len() {
        let (before, pattern) = patterns.split_at_mut(number);
        let Some(pattern) = pattern.first_mut() else {
            return;
        };
        let at = |number: u32| before.get(number as usize);
        let depth = |number: u32| depths.get(number as usize).copied().unwrap_or(0);
        let mut shorter = u32::try_from(number).map_or(NONE, |number| number.wrapping_sub(1));
        while let Some(above) = at(shorter)
            && !pattern.prefix.starts_with(&above.prefix)
        {
            shorter = above.shorter;
        }
        // As far again as the last two such steps together, if these are equal: then as many steps
        // are enough as a number has digits (Myers, "An applicative random-access stack", 1983).
        let far = at(shorter).map_or(NONE, |above| above.much_shorter);
        let farther = at(far).map_or(NONE, |above| above.much_shorter);
        let alike = depth(shorter) - depth(far) == depth(far) - depth(farther);
        pattern.shorter = shorter;
        pattern.much_shorter = if alike { farther } else { shorter };
        let depth = depth(shorter) + usize::from(shorter != NONE);
        depths.push(depth);
    }
}

/// Adjacent patterns, and the branch that leads to them.
struct Group<'a> {
    /// Their numbers.
    patterns: &'a [u32],
    /// The branch and its exit.
    from: Option<(usize, usize)>,
}

/// Builds a tree over the patterns that are not prefixes of others: the others are found from
/// those.
fn branches<T>(patterns: &[Pattern<T>]) -> (Next, Vec<Branch>) {
    let prefix = |number: u32| {
        let pattern = patterns.get(number as usize);
        pattern.map_or(&[][..], |pattern| &*pattern.prefix)
    };
    let longest: Vec<u32> = (0..)
        .zip(patterns)
        .filter(|(number, pattern)| !prefix(number + 1).starts_with(&pattern.prefix))
        .map(|(number, _)| number)
        .collect();
    let mut root = !NONE;
    let mut branches: Vec<Branch> = Vec::new();
    let mut groups = vec![Group {
        patterns: &longest,
        from: None,
    }];
    while let Some(Group { patterns, from }) = groups.pop() {
        let (Some(&first), Some(&last)) = (patterns.first(), patterns.last()) else {
            continue;
        };
        let next = if first == last {
            !first
        } else {
            let byte = shared(prefix(first), prefix(last));
            let bytes = patterns.iter().map(|number| byte_at(prefix(*number), byte));
            let branch = Branch::new(byte, bytes.collect(), !first);
            for part in patterns.chunk_by(|a, b| branch.way(prefix(*a)) == branch.way(prefix(*b))) {
                let way = part.first().map(|first| branch.way(prefix(*first)));
                groups.push(Group {
                    patterns: part,
                    from: way.map(|way| (branches.len(), way)),
                });
            }
            let number = Next::try_from(branches.len()).unwrap_or(NONE);
            branches.push(branch);
            number
        };
        match from.and_then(|(branch, way)| branches.get_mut(branch)?.next.get_mut(way)) {
            Some(slot) => *slot = next,
            None => root = next,
        }
    }
    (root, branches)
}

impl Branch {
    /// Creates a branch for patterns that are the same before this byte, and have these bytes
    /// there, in order.
    fn new(byte: usize, mut bytes: Vec<u8>, any: Next) -> Self {
        bytes.dedup();
        let first = bytes.first().copied().unwrap_or(0);
        let last = bytes.last().copied().unwrap_or(0);
        // Half bytes take more steps, but less memory.
        let is_sparse = usize::from(last - first) >= 5 * bytes.len();
        let shift = if is_sparse && first >> 4 != last >> 4 {
            4
        } else {
            0
        };
        let (first, last) = (first >> shift, last >> shift);
        Self {
            // Names are at most 4,096 bytes long.
            byte: u16::try_from(byte).unwrap_or(u16::MAX),
            shift,
            first,
            next: vec![any; usize::from(last - first) + 1].into(),
        }
    }

    #[inline]
    fn way(&self, name: &[u8]) -> usize {
        let byte = byte_at(name, usize::from(self.byte));
        usize::from((byte >> self.shift).wrapping_sub(self.first))
    }

    #[inline]
    fn next(&self, name: &[u8]) -> Next {
        let next = self.next.get(self.way(name)).or(self.next.first());
        next.copied().unwrap_or(NONE)
    }
}

#[inline]
fn byte_at(name: &[u8], at: usize) -> u8 {
    name.get(at).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    impl<T> Patterns<T> {
        /// Returns its memory, including the prefixes.
        pub(in crate::policy) fn bytes(&self) -> usize {
            let prefixes: usize = self.patterns.iter().map(|one| one.prefix.len()).sum();
            let ways: usize = self.branches.iter().map(|branch| branch.next.len()).sum();
            let tree = size_of_val(&*self.branches) + ways * size_of::<Next>();
            size_of_val(&*self.patterns) + tree + prefixes
        }
    }

    fn patterns<'a>(prefixes: &[&'a str]) -> Patterns<&'a str> {
        let prefixes = prefixes.iter();
        Patterns::new(
            prefixes
                .map(|prefix| (prefix.as_bytes(), *prefix))
                .collect(),
        )
    }

    /// Implements the rule literally.
    fn plainly<'a>(prefixes: &[&'a str], name: &[u8]) -> Option<&'a str> {
        let matching = prefixes
            .iter()
            .filter(|prefix| name.starts_with(prefix.as_bytes()));
        matching.max_by_key(|prefix| prefix.len()).copied()
    }

    #[test]
    fn what_is_empty_matches_nothing() {
        assert_eq!(patterns(&[]).find(b"a"), None);
        assert_eq!(patterns(&[]).find(b""), None);
        assert_eq!(patterns(&["a"]).find(b""), None);
    }

    #[test]
    fn the_last_of_one_prefix_counts() {
        let patterns = Patterns::new(vec![(b"a", 1), (b"b", 2), (b"a", 3)]);
        assert_eq!(patterns.find(b"ab"), Some(&3));
    }

    #[test]
    fn any_byte_may_follow() {
        let patterns = patterns(&["a", "ab", "b"]);
        for (name, prefix) in [
            (&b"a\0"[..], Some("a")),
            (b"ab\xFF", Some("ab")),
            (b"b", Some("b")),
            (b"\0", None),
            (b"\xE9", None),
        ] {
            assert_eq!(
                patterns.find(name).copied(),
                prefix,
                "{}",
                name.escape_ascii()
            );
        }
    }

    /// Checks every length around those of words against the literal rule.
    #[test]
    fn nested_ones_are_found_by_length() {
        let mut prefixes: Vec<String> = (0..70).map(|length| "aab".repeat(length) + "a").collect();
        for length in [1, 2, 7, 8, 9, 31, 63, 64, 65, 100, 127, 128, 129, 1_000] {
            prefixes.extend(["", "b", "bb"].map(|end| "a".repeat(length) + end));
        }
        let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
        let patterns = patterns(&prefixes);
        for stem in ["a", "aab"] {
            for length in 0..1_100 / stem.len() {
                for end in ["", "b", "bb", "ba", "c", "bbb", "B"] {
                    let name = stem.repeat(length) + end;
                    let found = patterns.find(name.as_bytes()).copied();
                    assert_eq!(found, plainly(&prefixes, name.as_bytes()), "{name}");
                }
            }
        }
    }

    #[test]
    fn nested_ones_take_few_steps() {
        let prefixes: Vec<_> = (1..=4_000).map(|length| "a".repeat(length)).collect();
        let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
        let patterns = patterns(&prefixes);
        for length in [1, 2, 1_000, 2_047, 2_048, 3_999] {
            let name = format!("{:b<4000}", "a".repeat(length));
            let steps = work::steps(|| assert!(patterns.find(name.as_bytes()).is_some()));
            assert!(steps <= name.len() + length + 32, "{steps}: {length}");
        }
    }

    #[test]
    fn ten_thousand_take_few_steps() {
        let prefixes: Vec<_> = (0..10_000).map(|number| format!("name{number}_")).collect();
        let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
        let patterns = patterns(&prefixes);
        for name in ["name0_", "name9999_", "name123x", "other", "nameless"] {
            let steps = work::steps(|| {
                patterns.find(name.as_bytes());
            });
            assert!(steps <= 6 + name.len(), "{steps}: {name}");
        }
    }

    #[test]
    fn a_pattern_takes_at_most_80_bytes() {
        let numbered = |number: u64| format!("advertising{number}_");
        let random = |number: u64| {
            let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            format!("{:016x}", mixed ^ (mixed >> 32))
        };
        for name in [numbered, random] as [fn(u64) -> String; 2] {
            for count in [7_200, 10_000, 14_400] {
                let prefixes: Vec<_> = (0..count).map(name).collect();
                let patterns = prefixes.iter().map(|prefix| (prefix.as_bytes(), 0_u64));
                let bytes = Patterns::new(patterns.collect()).bytes() / prefixes.len();
                assert!(bytes <= 80, "{bytes} of {count}");
            }
        }
    }

    proptest! {
        #[test]
        fn it_finds_what_the_rule_says(
            prefixes in vec("[ab]{1,6}|[!-~]{1,3}|_g[ab]{7,10}", 0..40),
            names in vec("[ab]{0,8}|[!-~]{0,4}|_g[ab]{7,12}", 0..20),
        ) {
            let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
            let patterns = patterns(&prefixes);
            for name in prefixes.iter().copied().chain(names.iter().map(String::as_str)) {
                let found = patterns.find(name.as_bytes()).copied();
                prop_assert_eq!(found, plainly(&prefixes, name.as_bytes()), "{}", name);
            }
        }
    }
}
