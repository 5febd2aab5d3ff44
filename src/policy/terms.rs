use super::CookiePolicy;
use crate::preferences::{
    CategorySet, Choice, DecodeError, Decoded, EncodeError, RegimeNumber, Terms,
};

/// Used by the preferences, which only know a policy through this trait.
impl Terms for CookiePolicy {
    fn revision(&self) -> u32 {
        self.revision()
    }

    fn index_of(&self, id: &[u8]) -> Option<u8> {
        self.index_of(id)
    }

    fn id_at(&self, index: u8) -> Option<&str> {
        self.id_at(index)
    }

    fn encoded_keys(&self) -> impl Iterator<Item = (u8, &[u8])> {
        self.encoded_keys()
    }

    fn own_regime(&self) -> RegimeNumber {
        self.0.compiled.regimes.own()
    }

    fn regime_number(&self, id: &[u8]) -> RegimeNumber {
        self.0.compiled.regimes.number(id)
    }

    fn regime_id(&self, number: RegimeNumber) -> Option<&str> {
        self.0.compiled.regimes.id(number)
    }

    fn longest_regime(&self) -> RegimeNumber {
        self.0.compiled.regimes.longest()
    }

    #[inline]
    fn laxer(&self, regime: RegimeNumber) -> CategorySet {
        self.0.compiled.regimes.laxer(regime, self.consenting())
    }

    fn necessary(&self) -> CategorySet {
        self.necessary()
    }

    fn consenting(&self) -> CategorySet {
        self.consenting()
    }

    fn optional(&self) -> CategorySet {
        self.optional()
    }

    fn denied_by(&self, choice: &Choice) -> CategorySet {
        if self.services().is_empty() {
            return choice.denied;
        }
        let services = (self.services() - choice.granted).iter();
        let in_denied = services.filter(|service| {
            let category = self.category_number_of(*service);
            category.is_some_and(|category| choice.denied.contains(category))
        });
        choice.denied | in_denied.collect()
    }

    fn cookie_name(&self) -> &str {
        self.preferences_cookie().name()
    }

    fn preferences_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.preferences_names()
    }

    fn own_names(&self) -> usize {
        self.own_names()
    }

    fn keeps(&self, member: &[u8]) -> bool {
        self.preferences_cookie().keeps(member)
    }

    #[inline]
    fn decode(&self, values: &[Option<&[u8]>], now: u64) -> Result<Decoded, DecodeError> {
        self.decode_preferences(values, now)
    }

    fn encode(&self, choice: &Choice, previous: Option<&[u8]>) -> Result<String, EncodeError> {
        self.preferences_cookie().encode(self, choice, previous)
    }

    fn sign(&self, value: String) -> String {
        self.preferences_cookie().sign(value)
    }

    fn room(&self) -> usize {
        self.preferences_cookie().room()
    }
}
