//! The bytes between keys and values, plain and percent-encoded.

/// A byte between keys and values, plain and encoded.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    pub(super) plain: u8,
    pub(super) encoded: [u8; 3],
}

const fn mark(plain: u8, encoded: [u8; 3]) -> Mark {
    Mark { plain, encoded }
}

pub(super) const QUOTE: Mark = mark(b'"', *b"%22");
pub(super) const COLON: Mark = mark(b':', *b"%3A");
pub(super) const COMMA: Mark = mark(b',', *b"%2C");
pub(super) const BEGIN_OBJECT: Mark = mark(b'{', *b"%7B");
pub(super) const END_OBJECT: Mark = mark(b'}', *b"%7D");
pub(super) const END_ARRAY: Mark = mark(b']', *b"%5D");

/// The byte that these hexadecimal digits stand for, if it is one between keys and values.
pub(super) fn structural([high, low]: [u8; 2]) -> Option<u8> {
    let (high, low) = (HEX[usize::from(high)], HEX[usize::from(low)]);
    let byte = (high << 4) | (low & 15);
    let is_one = matches!(
        byte,
        b'"' | b':' | b',' | b'{' | b'}' | b'[' | b']' | b' ' | b'\t' | b'\n' | b'\r'
    );
    (is_one && (high | low) < 16).then_some(byte)
}

/// The value of each hexadecimal digit; 16 and more for what is none.
const HEX: [u8; 256] = {
    let mut table = [0xFF; 256];
    let mut value = 0;
    while value < 16 {
        table[b"0123456789abcdef"[value as usize] as usize] = value;
        table[b"0123456789ABCDEF"[value as usize] as usize] = value;
        value += 1;
    }
    table
};
