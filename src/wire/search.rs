//! Searches that compare many bytes at once, in plain Rust that compilers vectorise: the values of
//! a `Cookie` header and the attributes of a `Set-Cookie` are most of the cost of a request here.

use crate::work;

/// The number of bytes compared at once.
const BLOCK: usize = 16;

/// The number of blocks that a search compares itself.
const BLOCKS: usize = 6;

/// Returns `true` if `is` holds for some byte of the block. Without an early exit, all bytes are
/// compared at once.
#[inline(always)]
fn any(block: &[u8; BLOCK], is: impl Fn(u8) -> bool) -> bool {
    // As many steps as instructions.
    work::did(BLOCK / 4);
    block.iter().fold(false, |any, &byte| any | is(byte))
}

/// Returns the index of the first byte of the block for which `is` holds, for conditions beyond a
/// single needle.
#[inline(always)]
pub(super) fn find_in_block(block: &[u8; BLOCK], is: impl Fn(u8) -> bool) -> Option<usize> {
    let mut hits = [0; BLOCK];
    for (hit, byte) in hits.iter_mut().zip(block) {
        *hit = if is(*byte) { 0xFF } else { 0 };
    }
    let hits = u128::from_le_bytes(hits);
    (hits != 0).then_some(hits.trailing_zeros() as usize / 8)
}

const WORD: usize = 8;
const ONES: u64 = u64::from_ne_bytes([0x01; WORD]);
const HIGHS: u64 = u64::from_ne_bytes([0x80; WORD]);

/// Returns the index of the first byte of a word that is `needle`.
#[inline(always)]
fn find_in_word(needle: u8, word: &[u8; WORD]) -> Option<usize> {
    let marks = marks::<0>(needle, word);
    (marks != 0).then_some(first_mark(marks))
}

/// Sets the top bit of each byte that equals `needle` once the bits `FOLD` are set (Hacker's
/// Delight, section 6-1). The first marked byte is reliable; a borrow may mark wrong bytes after
/// it.
#[inline(always)]
const fn marks<const FOLD: u8>(needle: u8, word: &[u8; WORD]) -> u64 {
    let zeros = (u64::from_le_bytes(*word) | (FOLD as u64 * ONES)) ^ (needle as u64 * ONES);
    zeros.wrapping_sub(ONES) & !zeros & HIGHS
}

#[inline(always)]
const fn first_mark(marks: u64) -> usize {
    marks.trailing_zeros() as usize / 8
}

/// Returns the index of the first `needle`.
///
/// Most values and attributes end within some twenty bytes, where calling `memchr` costs more than
/// the search; far beyond that, nothing is cheaper than `memchr`.
#[inline(always)]
pub(super) fn find(needle: u8, haystack: &[u8]) -> Option<usize> {
    let mut rest = haystack;
    for _ in 0..BLOCKS {
        let Some((block, after)) = rest.split_first_chunk() else {
            return find_in_tail(needle, haystack, rest);
        };
        if any(block, |byte| byte == needle) {
            let index = find_in_words(needle, block);
            return index.map(|index| haystack.len() - rest.len() + index);
        }
        rest = after;
    }
    let index = memchr::memchr(needle, rest);
    work::did(index.unwrap_or(rest.len()));
    index.map(|index| haystack.len() - rest.len() + index)
}

#[inline(always)]
fn find_in_words(needle: u8, block: &[u8; BLOCK]) -> Option<usize> {
    for (word, start) in block.as_chunks().0.iter().zip([0, WORD]) {
        if let Some(index) = find_in_word(needle, word) {
            return Some(start + index);
        }
    }
    None
}

/// Searches the last bytes, fewer than a block; there is no needle before them.
#[inline(always)]
fn find_in_tail(needle: u8, haystack: &[u8], rest: &[u8]) -> Option<usize> {
    work::did(BLOCK / 4);
    let start = haystack.len() - rest.len();
    let mut tail = rest;
    if let Some((word, after)) = rest.split_first_chunk() {
        if let Some(index) = find_in_word(needle, word) {
            return Some(start + index);
        }
        tail = after;
    }
    match haystack.last_chunk() {
        Some(word) => {
            let index = find_in_word(needle, word);
            index.map(|index| haystack.len() - WORD + index)
        }
        None => tail.iter().position(|&byte| byte == needle),
    }
}

/// Like [`find`], for needles that are nearly always among the first bytes.
#[inline(always)]
pub(super) fn find_near(needle: u8, haystack: &[u8]) -> Option<usize> {
    let near = haystack.first_chunk();
    work::did(BLOCK / 4);
    near.and_then(|block| find_in_words(needle, block))
        .or_else(|| find(needle, haystack))
}

/// Returns the index of the first `byte` from `start` on that is followed by one for which
/// `follows` holds. Bytes match if they equal `byte` once the bits `FOLD` are set.
#[inline(always)]
pub(super) fn find_before<const FOLD: u8>(
    byte: u8,
    follows: impl Fn(u8) -> bool,
    bytes: &[u8],
    start: usize,
) -> Option<usize> {
    let is = |first, second| ((first | FOLD) == byte) & follows(second);
    let any = |block: &[u8; BLOCK], next: &[u8; BLOCK]| {
        work::did(BLOCK / 4);
        let pairs = block.iter().zip(next);
        pairs.fold(false, |any, (first, second)| any | is(*first, *second))
    };
    let mut rest = bytes.get(start..)?;
    while let Some((block, after)) = rest.split_first_chunk()
        && let Some(next) = rest.get(1..).and_then(<[u8]>::first_chunk)
    {
        if any(block, next)
            && let Some(index) = find_before_in_block::<FOLD>(byte, &follows, block, next)
        {
            return Some(bytes.len() - rest.len() + index);
        }
        rest = after;
    }
    // The last block, part of which was compared already, rarely contains it.
    if let Some((_, next)) = bytes.split_last_chunk()
        && let Some((_, block)) = bytes.get(..bytes.len() - 1)?.split_last_chunk()
        && !any(block, next)
    {
        return None;
    }
    work::did(rest.len());
    let index = rest.windows(2).position(|two| is(two[0], two[1]));
    index.map(|index| bytes.len() - rest.len() + index)
}

#[inline(always)]
fn find_before_in_block<const FOLD: u8>(
    byte: u8,
    follows: impl Fn(u8) -> bool,
    block: &[u8; BLOCK],
    next: &[u8; BLOCK],
) -> Option<usize> {
    let mut start = 0;
    for word in block.as_chunks().0 {
        let mut marks = marks::<FOLD>(byte, word);
        while marks != 0 {
            work::did(1);
            let index = start + first_mark(marks);
            if (block.get(index)? | FOLD) == byte && follows(*next.get(index)?) {
                return Some(index);
            }
            marks &= marks - 1;
        }
        start += WORD;
    }
    None
}

/// Counts the leading digits.
#[inline(always)]
pub(super) fn count_digits(bytes: &[u8]) -> usize {
    // As many at once as a year has in seconds.
    let all = |word: &[u8; WORD]| {
        word.iter()
            .fold(true, |all, byte| all & byte.is_ascii_digit())
    };
    let counted = bytes
        .first_chunk()
        .map_or(0, |word| WORD * usize::from(all(word)));
    let rest = bytes.get(counted..).unwrap_or_default();
    let counted = counted + rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    work::did(counted);
    counted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn find_agrees_with_a_plain_search() {
        let mut haystack = Vec::new();
        let mut state = 1_u32;
        for _ in 0..40 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // A wrong borrow would mark the neighbours of the needle.
            haystack
                .push([b';', b':', b'<', 0x00, 0x80, 0xBB, b'=', b';' ^ 1][(state >> 29) as usize]);
            for start in 0..=haystack.len() {
                let part = &haystack[start..];
                let plain = part.iter().position(|&byte| byte == b';');
                assert_eq!(find(b';', part), plain, "{part:?}");
            }
        }
    }

    #[test]
    fn find_before_agrees_with_a_plain_search() {
        // Adjacent odd bytes borrow from each other; far apart ones leave some block without any.
        for one_in in [1, 8] {
            find_before_agrees_where_odd_bytes_are(one_in);
        }
    }

    fn find_before_agrees_where_odd_bytes_are(one_in: u32) {
        let mut bytes = Vec::new();
        let mut state = 3_u32;
        for _ in 0..200 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let odd = *b"xX-yWpPx=\xF8\xD8\x18x-Xp";
            let byte = odd[(state >> 20) as usize % odd.len()];
            bytes.push(if (state >> 8).is_multiple_of(one_in) {
                byte
            } else {
                b'a'
            });
            for start in 0..=bytes.len() + 1 {
                let plain = |is: &dyn Fn(u8, u8) -> bool| {
                    let mut pairs = bytes.windows(2).enumerate().skip(start);
                    pairs.find_map(|(at, pair)| is(pair[0], pair[1]).then_some(at))
                };
                let follows = |next| next == b'-' || next == b'p';
                let shown = bytes.escape_ascii();
                assert_eq!(
                    find_before::<0x20>(b'x', follows, &bytes, start),
                    plain(&|x, next| matches!(x, b'x' | b'X') && follows(next)),
                    "{start} {shown}",
                );
                assert_eq!(
                    find_before::<0>(b'p', |next| next == b'=', &bytes, start),
                    plain(&|p, next| p == b'p' && next == b'='),
                    "{start} {shown}",
                );
            }
        }
    }

    #[test]
    fn digits_are_counted_up_to_the_first_other_byte() {
        for length in 0..40 {
            let digits = "0123456789".repeat(4);
            let digits = &digits[..length];
            for after in ["", ";", "/", ":", "x1234567890", "\u{b9}123456789"] {
                let bytes = format!("{digits}{after}");
                assert_eq!(count_digits(bytes.as_bytes()), length, "{bytes}");
            }
        }
    }

    #[test]
    fn what_is_near_is_what_is_first() {
        for at in 0..40 {
            let mut bytes = *b"n=n=n=n=n=n=n=n=n=n=n=n=n=n=n=n=n=n=n=n=";
            bytes[..at].fill(b'<');
            assert_eq!(find_near(b'=', &bytes), find(b'=', &bytes), "{at}");
            assert_eq!(find_near(b'=', &bytes[..at]), None, "{at}");
        }
    }
}
