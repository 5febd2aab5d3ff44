//! Searching and trimming of bytes.

const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);

/// Index of the first `needle`, eight bytes at a time: the values of a `Cookie` field are most of
/// what a request costs here, and a byte-by-byte search takes four times as many instructions.
pub(super) fn find(needle: u8, haystack: &[u8]) -> Option<usize> {
    let pattern = u64::from_ne_bytes([needle; 8]);
    let (words, tail) = haystack.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        // A byte of `differing` is zero where the needle stands. The subtraction borrows out of
        // the lowest zero byte only into higher ones, so the lowest mark is always right.
        let differing = u64::from_le_bytes(*word) ^ pattern;
        let marks = differing.wrapping_sub(LOW) & !differing & HIGH;
        if marks != 0 {
            return Some(index * 8 + (marks.trailing_zeros() / 8) as usize);
        }
    }
    let start = words.len() * 8;
    tail.iter()
        .position(|&byte| byte == needle)
        .map(|index| start + index)
}

/// What stands before and after the first `separator`; all of it and `None` where there is none.
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
pub(super) const fn trim_spaces(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes;
    while let [b' ', rest @ ..] | [rest @ .., b' '] = bytes {
        bytes = rest;
    }
    bytes
}

/// Without spaces and tabs at both ends (WSP of RFC 5234).
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
    header
        .iter()
        .all(|&byte| matches!(byte, b' '..=b'~') && byte != b'"')
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
            for start in 0..haystack.len() {
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
