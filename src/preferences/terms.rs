//! The parts of a policy that a choice and its cookie need. The policy itself is in a room above.

use super::{CategorySet, Choice, DecodeError, Decoded, EncodeError, RegimeNumber};

/// A policy, as far as it determines what can be chosen and how the choice is stored.
pub(crate) trait Terms {
    fn revision(&self) -> u32;

    /// Returns the category with this id.
    fn index_of(&self, id: &[u8]) -> Option<u8>;

    fn id_at(&self, index: u8) -> Option<&str>;

    /// Returns each category's id, which needs no escapes, as the key of a member of
    /// percent-encoded JSON, with its colon.
    fn encoded_keys(&self) -> impl Iterator<Item = (u8, &[u8])>;

    /// Returns the number of the regime that the visitor falls under.
    fn own_regime(&self) -> RegimeNumber;

    /// Returns the number of the regime with this id.
    fn regime_number(&self, id: &[u8]) -> RegimeNumber;

    fn regime_id(&self, number: RegimeNumber) -> Option<&str>;

    /// Returns the number of the regime with the longest id.
    fn longest_regime(&self) -> RegimeNumber;

    /// Returns what needs consent here and did not in another regime.
    fn laxer(&self, regime: RegimeNumber) -> CategorySet;

    fn necessary(&self) -> CategorySet;

    fn consenting(&self) -> CategorySet;

    /// Returns everything that the visitor can refuse.
    fn optional(&self) -> CategorySet;

    /// Returns what the choice denies, with the services of denied categories that it does not
    /// grant.
    fn denied_by(&self, choice: &Choice) -> CategorySet;

    /// Returns the name of the preferences cookie.
    fn cookie_name(&self) -> &str;

    /// Returns the names of all cookies that the codec reads.
    fn preferences_names(&self) -> impl ExactSizeIterator<Item = &str>;

    /// Returns the number of these names before which those of former cookies begin.
    fn own_names(&self) -> usize;

    /// Returns `true` if this other member is kept when a choice is written.
    fn keeps(&self, member: &[u8]) -> bool;

    /// Reads one value for each of [`preferences_names`](Self::preferences_names).
    ///
    /// # Errors
    ///
    /// The reason why the codec can't read them.
    fn decode(&self, values: &[Option<&[u8]>], now: u64) -> Result<Decoded, DecodeError>;

    /// Writes the choice over the previous value.
    ///
    /// # Errors
    ///
    /// The reason why the codec can't write it.
    fn encode(&self, choice: &Choice, previous: Option<&[u8]>) -> Result<String, EncodeError>;

    /// Returns the value, encoded for a cookie, with the signature that the policy asks for.
    fn sign(&self, value: String) -> String;

    /// Returns the number of bytes that a value without its signature has at most.
    fn room(&self) -> usize;
}

/// The meaning of a choice under the terms.
impl Choice {
    /// Creates a choice whose value is as long as the longest under this policy.
    pub(crate) fn longest(policy: &impl Terms) -> Self {
        Self {
            granted: policy.necessary(),
            denied: policy.optional(),
            decided_at: 9_999_999_999,
            revision: policy.revision(),
            gpc: true,
            regime: policy.longest_regime(),
            whole: false,
        }
    }

    /// Returns the choice as far as it counts under the terms: consent under laxer rules does not.
    #[inline]
    pub(crate) fn counted(self, policy: &impl Terms) -> Self {
        if self.regime == policy.own_regime() {
            return self;
        }
        Self {
            granted: self.granted - policy.laxer(self.regime),
            ..self
        }
    }

    /// Returns `true` if it denies something and grants no consent category.
    pub(crate) fn is_refusal(&self, policy: &impl Terms) -> bool {
        let granted = self.granted & policy.consenting();
        !(self.denied - policy.necessary()).is_empty() && granted.is_empty()
    }

    /// Returns `true` if it grants something that is not necessary.
    pub(crate) fn grants(&self, policy: &impl Terms) -> bool {
        !(self.granted & policy.optional()).is_empty()
    }
}
