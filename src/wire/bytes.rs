//! Searching and trimming of bytes.

use crate::work;

/// How many bytes are looked at at once.
pub(super) const BLOCK: usize = 16;

/// How many blocks [`find`] looks at itself.
const BLOCKS: usize = 4;

/// Index of the first byte of the block for which `is` holds. There is no way out in between, so
/// that all bytes are compared at once.
#[inline(always)]
pub(super) fn find_in_block(block: &[u8; BLOCK], is: impl Fn(u8) -> bool) -> Option<usize> {
    let mut hits = [0; BLOCK];
    for (hit, byte) in hits.iter_mut().zip(block) {
        *hit = if is(*byte) { 0xFF } else { 0 };
    }
    let hits = u128::from_le_bytes(hits);
    (hits != 0).then_some(hits.trailing_zeros() as usize / 8)
}

/// Index of the first `needle`. The values of a `Cookie` field are most of what a request costs
/// here, and a byte-by-byte search takes many times as many instructions.
///
/// Most values and attributes end within some twenty bytes, where a call of `memchr` costs more
/// than the search; far beyond that nothing is cheaper.
#[inline]
pub(super) fn find(needle: u8, haystack: &[u8]) -> Option<usize> {
    let mut rest = haystack;
    for _ in 0..BLOCKS {
        // All its bytes are compared in a few instructions.
        work::did(BLOCK / 4);
        let Some((block, after)) = rest.split_first_chunk() else {
            return find_in_tail(needle, haystack, rest);
        };
        if let Some(index) = find_in_block(block, |byte| byte == needle) {
            return Some(haystack.len() - rest.len() + index);
        }
        rest = after;
    }
    let index = memchr::memchr(needle, rest);
    work::did(index.unwrap_or(rest.len()));
    let index = index?;
    Some(haystack.len() - rest.len() + index)
}

/// The same in the last bytes, fewer than a block; there is no needle before them.
#[inline]
fn find_in_tail(needle: u8, haystack: &[u8], rest: &[u8]) -> Option<usize> {
    match haystack.last_chunk() {
        Some(block) => {
            find_in_block(block, |byte| byte == needle).map(|index| haystack.len() - BLOCK + index)
        }
        None => rest.iter().position(|&byte| byte == needle),
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
    fn trimming() {
        assert_eq!(trim_spaces(b"  a b\t "), b"a b\t");
        assert_eq!(trim_spaces(b"   "), b"");
        assert_eq!(trim_blanks(b" \t a\tb\t "), b"a\tb");
        assert_eq!(cut(b'=', b"a=b=c"), (&b"a"[..], Some(&b"b=c"[..])));
        assert_eq!(cut(b'=', b"a"), (&b"a"[..], None));
    }
}
