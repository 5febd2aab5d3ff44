//! The choice of the account, as a cookie holds it: signed, with the time when the store was asked last.

use super::answers::Answers;
use crate::{
    consent::Choice,
    policy::CookiePolicy,
    records::{AccountKeys, archive::hex},
};

/// Keeps these signatures apart from others under the same keys.
const COOKIE: &[u8] = b"tower-cookie-consent account cookie 2\0";
const OWNER: &[u8] = b"tower-cookie-consent account owner 1\0";

/// The value of the cookie, of which the signature is right.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Held {
    /// The value of the preferences cookie. Empty without a choice.
    pub(super) value: String,
    /// The [times](Answers::times_text) of its answers.
    pub(super) times: String,
    /// The second at which the store was asked.
    pub(super) asked_at: u64,
    owner: String,
}

impl Held {
    /// Creates one for an account. It has nothing by which two of the same account could be recognised.
    pub(super) fn new(keys: &AccountKeys, name: &str, value: &str, asked_at: u64) -> Self {
        let owner = keys.sign(OWNER, &owner(name, value, asked_at));
        Self {
            value: value.to_owned(),
            times: String::new(),
            asked_at,
            owner: hex::write(&owner[..8]),
        }
    }

    /// Adds the times of the answers.
    pub(super) fn with_times(self, times: String) -> Self {
        Self { times, ..self }
    }

    /// Returns the account's answers, of which the consent layer has read the choice. `None` without one.
    pub(super) fn answers(
        &self,
        policy: &CookiePolicy,
        choice: Option<&Choice>,
        now: u64,
    ) -> Option<Answers> {
        let choice = *choice.filter(|_| !self.value.is_empty())?;
        let timed = Answers::of_times(policy, choice, &self.times);
        Some(timed.unwrap_or_else(|| Answers::undated(policy, choice, now)))
    }

    /// Returns `true` if it was made for the account of this name.
    pub(super) fn is_of(&self, keys: &AccountKeys, name: &str) -> bool {
        let message = owner(name, &self.value, self.asked_at);
        let owners = keys.signatures(OWNER, &message);
        // Behind the signature, so that nobody can try one.
        let mut owners = owners.map(|owner| hex::write(&owner[..8]));
        owners.any(|owner| owner == self.owner)
    }

    /// Returns the value of a cookie of this name.
    pub(super) fn signed(&self, keys: &AccountKeys, cookie: &str) -> String {
        let Self { value, times, .. } = self;
        let text = format!("{value}.{times}.{}.{}", self.asked_at, self.owner);
        let signature = keys.sign(COOKIE, format!("{cookie}={text}").as_bytes());
        format!("{text}.{}", hex::write(&signature))
    }

    /// Reads the value of a cookie of this name, if one of the keys has signed it.
    pub(super) fn read(keys: &AccountKeys, cookie: &str, value: &[u8]) -> Option<Self> {
        let (text, signature) = str::from_utf8(value).ok()?.rsplit_once('.')?;
        let signature = hex::read::<32>(signature)?;
        if !keys.verify(COOKIE, format!("{cookie}={text}").as_bytes(), &signature) {
            return None;
        }
        let (text, owner) = text.rsplit_once('.')?;
        let (text, asked_at) = text.rsplit_once('.')?;
        let (value, times) = text.rsplit_once('.')?;
        Some(Self {
            value: value.to_owned(),
            times: times.to_owned(),
            asked_at: asked_at.parse().ok()?,
            owner: owner.to_owned(),
        })
    }
}

/// A value of a cookie has no NUL, so that nothing else has the same bytes.
fn owner(name: &str, value: &str, asked_at: u64) -> Vec<u8> {
    format!("{asked_at}.{value}\0{name}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::AccountKey;

    const NAME: &str = "account_choice";

    #[test]
    fn a_choice_is_read_as_it_was_signed() {
        let [old, new] = [(); 2].map(|()| AccountKey::generate().unwrap());
        let before = AccountKeys::from(old.clone());
        let held = Held::new(&before, "ada", "%7B%22ads%22%3Atrue%7D.x", 1_790_000_000)
            .with_times("0~0~1!2~a%2Eb".to_owned());
        let text = held.signed(&before, NAME);
        for keys in [&before, &AccountKeys::new(new.clone()).and(old)] {
            let read = Held::read(keys, NAME, text.as_bytes()).unwrap();
            assert!(read == held && read.is_of(keys, "ada") && !read.is_of(keys, "bob"));
        }
        assert!(Held::read(&AccountKeys::from(new), NAME, text.as_bytes()).is_none());
        assert!(Held::read(&before, "other", text.as_bytes()).is_none());
        // The same choice of the same account, at another time.
        let later = Held::new(&before, "ada", &held.value, 1_790_000_001);
        assert_ne!(later.owner, held.owner);
    }

    #[test]
    fn a_changed_bit_makes_it_unreadable() {
        let keys = AccountKeys::from(AccountKey::generate().unwrap());
        let text = Held::new(&keys, "ada", "%7B%7D", 1_790_000_000).signed(&keys, NAME);
        for at in 0..text.len() * 8 {
            let mut changed = text.clone().into_bytes();
            changed[at / 8] ^= 1 << (at % 8);
            assert!(Held::read(&keys, NAME, &changed).is_none(), "{at}");
        }
        for other in ["", ".", "...", "a.1.b", "%7B%7D"] {
            assert!(Held::read(&keys, NAME, other.as_bytes()).is_none());
        }
    }
}
