//! Searching and trimming of bytes.

use crate::work;

/// How many bytes are looked at at once.
const BLOCK: usize = 16;

/// How many blocks a search looks at itself.
const BLOCKS: usize = 6;

/// Whether `is` holds for some byte of the block. There is no way out in between, so that all bytes
/// are compared at once.
#[inline(always)]
fn any(block: &[u8; BLOCK], is: impl Fn(u8) -> bool) -> bool {
    // As many steps as it takes instructions.
    work::did(BLOCK / 4);
    block.iter().fold(false, |any, &byte| any | is(byte))
}

/// Index of the first byte of the block for which `is` holds, with more to compare than one needle.
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

/// The bit by which a small letter differs from a capital.
const SMALL: u8 = 0x20;

/// Index of the first byte of a word that is `needle` once the bits `FOLD` are set. Subtraction marks
/// it with the bit at the top of its byte (Hacker's Delight, section 6-1); what it borrows may only
/// mark bytes behind.
#[inline(always)]
fn find_in_word<const FOLD: u8>(needle: u8, word: &[u8; WORD]) -> Option<usize> {
    let folded = u64::from_le_bytes(*word) | (u64::from(FOLD) * ONES);
    let zeros = folded ^ (u64::from(needle) * ONES);
    let marks = zeros.wrapping_sub(ONES) & !zeros & HIGHS;
    (marks != 0).then_some(marks.trailing_zeros() as usize / 8)
}

/// Index of the first `needle`. The values of a `Cookie` field are most of what a request costs
/// here, and a byte-by-byte search takes many times as many instructions.
#[inline]
pub(super) fn find(needle: u8, haystack: &[u8]) -> Option<usize> {
    search::<0>(needle, haystack)
}

/// Index of the first `x` or `X`.
pub(super) fn find_x(haystack: &[u8]) -> Option<usize> {
    search::<SMALL>(b'x', haystack)
}

/// Most values and attributes end within some twenty bytes, where a call of `memchr` costs more
/// than the search; far beyond that nothing is cheaper.
#[inline(always)]
fn search<const FOLD: u8>(needle: u8, haystack: &[u8]) -> Option<usize> {
    let mut rest = haystack;
    for _ in 0..BLOCKS {
        let Some((block, after)) = rest.split_first_chunk() else {
            return search_tail::<FOLD>(needle, haystack, rest);
        };
        if any(block, |byte| byte | FOLD == needle) {
            break;
        }
        rest = after;
    }
    let start = haystack.len() - rest.len();
    if let Some((first, second)) = rest.split_first_chunk() {
        if let Some(index) = find_in_word::<FOLD>(needle, first) {
            return Some(start + index);
        }
        if let Some(second) = second.first_chunk()
            && let Some(index) = find_in_word::<FOLD>(needle, second)
        {
            return Some(start + WORD + index);
        }
    }
    let index = match FOLD {
        0 => memchr::memchr(needle, rest),
        _ => memchr::memchr2(needle, needle ^ FOLD, rest),
    };
    work::did(index.unwrap_or(rest.len()));
    index.map(|index| start + index)
}

/// The same in the last bytes, fewer than a block; there is no needle before them.
#[inline(always)]
fn search_tail<const FOLD: u8>(needle: u8, haystack: &[u8], rest: &[u8]) -> Option<usize> {
    work::did(BLOCK / 4);
    let start = haystack.len() - rest.len();
    let mut tail = rest;
    if let Some((word, after)) = rest.split_first_chunk() {
        if let Some(index) = find_in_word::<FOLD>(needle, word) {
            return Some(start + index);
        }
        tail = after;
    }
    match haystack.last_chunk() {
        Some(word) => {
            let index = find_in_word::<FOLD>(needle, word);
            index.map(|index| haystack.len() - WORD + index)
        }
        None => tail.iter().position(|&byte| byte | FOLD == needle),
    }
}

/// What stands before and after the first `separator`; all of it and `None` where there is none.
#[inline(always)]
pub(super) fn cut(separator: u8, bytes: &[u8]) -> (&[u8], Option<&[u8]>) {
    match find(separator, bytes) {
        Some(index) => {
            let (before, rest) = bytes.split_at(index);
            (before, rest.get(1..))
        }
        None => (bytes, None),
    }
}

/// Without spaces at both ends; tabs stay.
#[inline]
pub(super) const fn trim_spaces(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes;
    while let [b' ', rest @ ..] | [rest @ .., b' '] = bytes {
        bytes = rest;
    }
    bytes
}

/// Without spaces and tabs at the start.
#[inline]
pub(super) const fn trim_blanks_start(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes;
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

/// Without spaces and tabs at the end.
#[inline]
pub(super) const fn trim_blanks_end(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes;
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// Without spaces at the start; tabs stay.
#[inline]
pub(super) const fn trim_spaces_start(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes;
    while let [b' ', rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

/// Without spaces and tabs at both ends (WSP of RFC 5234).
#[inline]
pub(super) const fn trim_blanks(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes;
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// Whether a header is printable ASCII without `"`: only those are cut into attributes in the
/// same way everywhere. WebKit ends a header at some control bytes and Safari lets a quoted string
/// hide a `;`.
pub(super) fn is_plain(header: &[u8]) -> bool {
    work::did(header.len());
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"';
    // Without a way out in between, a chunk is looked at as a whole.
    let (chunks, rest) = header.as_chunks::<16>();
    let all = |bytes: &[u8]| bytes.iter().fold(true, |all, &byte| all & is_plain(byte));
    chunks.iter().all(|chunk| all(chunk)) && all(rest)
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
            // The neighbours of the needle are what a wrong borrow would mark.
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
    fn find_x_agrees_with_a_plain_search() {
        let mut bytes = Vec::new();
        let mut state = 3_u32;
        for _ in 0..300 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let odd = [b'x', b'X', b'y', b'W', 0xF8, 0xD8, 0x18, b' '];
            // Further apart than a block is long, too.
            let byte = odd[(state >> 25) as usize % 8];
            bytes.push(if state >> 28 == 0 { byte } else { b'a' });
            for start in 0..=bytes.len() {
                let part = &bytes[start..];
                let plain = part.iter().position(|byte| matches!(byte, b'x' | b'X'));
                assert_eq!(find_x(part), plain, "{}", part.escape_ascii());
            }
        }
    }

    #[test]
    fn trimming() {
        assert_eq!(trim_spaces(b"  a b\t "), b"a b\t");
        assert_eq!(trim_spaces(b"   "), b"");
        assert_eq!(trim_blanks(b" \t a\tb\t "), b"a\tb");
        assert_eq!(cut(b'=', b"a=b=c"), (&b"a"[..], Some(&b"b=c"[..])));
        assert_eq!(cut(b'=', b"a"), (&b"a"[..], None));
    }
}
