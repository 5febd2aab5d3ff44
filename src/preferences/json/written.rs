//! Reads back what this crate writes of a choice, without looking for anything else.
//!
//! Nearly every value is one of these; all others are decoded and given to `serde_json`, which takes
//! ten times as many instructions (`docs/performance.md`, "Ablations").

use super::super::{CategorySet, Choice, Terms};
use crate::work;

/// Reads a value that [`encode`](super::encode::encode) wrote without members of others. `None` for
/// anything else, which may say the same in another way.
#[inline]
pub(crate) fn read(policy: &impl Terms, value: &[u8]) -> Option<Choice> {
    let (mut granted, mut denied) = (CategorySet::EMPTY, CategorySet::EMPTY);
    let mut member = value.strip_prefix(b"%7B")?;
    for (index, key) in policy.encoded_keys() {
        let Some(answer) = member.strip_prefix(key) else {
            // What is always on is left out, and what the visitor was not asked.
            continue;
        };
        let (answered, rest) = match answer {
            [b't', b'r', b'u', b'e', rest @ ..] => (&mut granted, rest),
            [b'f', b'a', b'l', b's', b'e', rest @ ..] => (&mut denied, rest),
            _ => return None,
        };
        answered.insert(index);
        // The timestamp comes after all answers.
        member = rest.strip_prefix(b"%2C")?;
    }
    let (decided_at, rest) = number(member.strip_prefix(b"%22timestamp%22%3A")?)?;
    let (revision, rest) = number(rest.strip_prefix(b"%2C%22revision%22%3A")?)?;
    let gpc = rest.strip_prefix(b"%2C%22gpc%22%3Atrue");
    if gpc.unwrap_or(rest) != b"%7D" {
        return None;
    }
    work::did(value.len());
    Some(Choice {
        granted,
        // A necessary category is always on, whatever a script wrote.
        denied: denied - policy.necessary(),
        decided_at,
        revision: u32::try_from(revision).ok()?,
        gpc: gpc.is_some(),
    })
}

/// Digits of the last number of seconds; from twelve on, a number may count milliseconds.
const MAX_DIGITS: usize = 11;

/// Reads the whole number of at most [`MAX_DIGITS`] digits before something else; returns it and the rest.
#[inline]
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0_u64;
    for (digits, byte) in text.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            // JSON has no zeros before other digits.
            let is_one = digits == 1 || digits > 1 && text.first() != Some(&b'0');
            return (is_one && digits <= MAX_DIGITS).then_some((number, text.get(digits..)?));
        }
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    None
}
