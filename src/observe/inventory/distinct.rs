use std::hash::{DefaultHasher, Hash, Hasher};

/// The bits of the hash that choose a register.
const INDEX_BITS: u32 = 10;
const REGISTERS: usize = 1 << INDEX_BITS;

/// An estimate of the number of distinct names, in 1 KiB: `HyperLogLog` (Flajolet and others,
/// 2007). The average error is 3 %.
pub(super) struct Distinct(Box<[u8; REGISTERS]>);

impl Default for Distinct {
    fn default() -> Self {
        Self(Box::new([0; REGISTERS]))
    }
}

impl Distinct {
    pub(super) fn add(&mut self, name: &[u8]) {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let hash = hasher.finish();
        let index = usize::try_from(hash >> (u64::BITS - INDEX_BITS)).unwrap_or(0);
        // The lowest bit replaces the bits that chose the register.
        let rank = ((hash << INDEX_BITS) | 1).leading_zeros() + 1;
        if let Some(register) = self.0.get_mut(index) {
            *register = (*register).max(u8::try_from(rank).unwrap_or(u8::MAX));
        }
    }

    pub(super) fn estimate(&self) -> u64 {
        let registers = f64::from(1_u32 << INDEX_BITS);
        let sum: f64 = self.0.iter().map(|rank| (-f64::from(*rank)).exp2()).sum();
        let raw = 0.7213 / (1.0 + 1.079 / registers) * registers * registers / sum;
        let empty = self.0.iter().filter(|rank| **rank == 0).count();
        let estimate = match u32::try_from(empty) {
            Ok(empty @ 1..) if raw <= 2.5 * registers => {
                registers * (registers / f64::from(empty)).ln()
            }
            _ => raw,
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is positive, and far below 2^53"
        )]
        let rounded = estimate.round() as u64;
        rounded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_once_and_about_right() {
        for count in [0_u32, 1, 10, 1_000, 100_000] {
            let mut distinct = Distinct::default();
            for _ in 0..2 {
                for number in 0..count {
                    distinct.add(format!("name{number}").as_bytes());
                }
            }
            let estimate = i64::try_from(distinct.estimate()).unwrap();
            let count = i64::from(count);
            assert!(
                (estimate - count).abs() <= count / 10,
                "{count}: {estimate}"
            );
        }
    }
}
