//! Reads back the choices that this crate writes, and nothing else.
//!
//! Nearly every value is one of these; all others are decoded and passed to `serde_json`, which
//! takes ten times as many instructions (`docs/performance.md`, "Ablations").

use super::super::{CategorySet, Choice, RegimeNumber, Terms};
use crate::work;

/// Reads a value that [`encode`](super::encode::encode) wrote without other members. Returns `None`
/// for anything else, which may say the same in another way.
#[inline]
pub(crate) fn read(policy: &impl Terms, value: &[u8]) -> Option<Choice> {
    let (mut granted, mut denied) = (CategorySet::EMPTY, CategorySet::EMPTY);
    let mut member = value.strip_prefix(b"%7B")?;
    for (index, key) in policy.encoded_keys() {
        let Some(answer) = member.strip_prefix(key) else {
            // Categories that are always on, or that the visitor was not asked about, are left out.
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
    let rest = gpc.unwrap_or(rest);
    let regime = match rest {
        b"%7D" => RegimeNumber::OWN,
        _ => regime(policy, rest)?,
    };
    work::did(value.len());
    Some(Choice {
        granted,
        // Necessary categories are always on, whatever a script wrote.
        denied: denied - policy.necessary(),
        revision: u32::try_from(revision).ok()?,
        gpc: gpc.is_some(),
        regime,
        ..Choice::at(decided_at)
    })
}

/// Reads the last member, if it is a regime of the policy.
#[inline(never)]
fn regime(policy: &impl Terms, rest: &[u8]) -> Option<RegimeNumber> {
    let id = rest.strip_prefix(b"%2C%22regime%22%3A%22")?;
    let id = id.strip_suffix(b"%22%7D")?;
    let number = policy.regime_number(id);
    (number != RegimeNumber::UNKNOWN).then_some(number)
}

/// The digits of the largest number of seconds; from twelve digits on, a number may be in
/// milliseconds.
const MAX_DIGITS: usize = 11;

/// Reads a whole number of at most [`MAX_DIGITS`] digits at the start. Returns it and the rest.
#[inline]
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0_u64;
    for (digits, byte) in text.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            // JSON numbers have no leading zeros.
            let is_one = digits == 1 || digits > 1 && text.first() != Some(&b'0');
            return (is_one && digits <= MAX_DIGITS).then_some((number, text.get(digits..)?));
        }
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    None
}
