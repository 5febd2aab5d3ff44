use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::AccountKey;
use crate::records::archive::hex;

/// The keys of accounts: the first one hashes names, and the others are those that it replaces, or will be
/// replaced by.
///
/// To replace a key, first give every node `[old, new]`, and then `[new, old]`. An account whose hash under
/// another key is stored is found by it, and moved to the first one with its next choice. Once the old key is
/// dropped, the accounts that made no choice since are found no more: their records stay valid, and nothing
/// links them to new ones. So drop it once the records from before are purged.
///
/// ```
/// use tower_cookie_consent::records::{AccountKey, AccountKeys};
///
/// let (old, new) = (AccountKey::generate()?, AccountKey::generate()?);
/// let keys = AccountKeys::new(new).and(old.clone());
/// assert_eq!(keys.account("ada").tags()[1], AccountKeys::new(old).account("ada").tags()[0]);
/// assert_ne!(keys.account("ada"), keys.account("bob"));
/// # Ok::<(), tower_cookie_consent::records::KeyError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct AccountKeys {
    first: AccountKey,
    others: Vec<AccountKey>,
}

impl AccountKeys {
    /// Creates them from the key that hashes names.
    pub const fn new(first: AccountKey) -> Self {
        Self {
            first,
            others: Vec::new(),
        }
    }

    /// Adds another key, by which accounts are found, too. The example is at [`AccountKeys`].
    pub fn and(mut self, other: AccountKey) -> Self {
        self.others.push(other);
        self
    }

    fn all(&self) -> impl Iterator<Item = &AccountKey> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// Signs with the first key. Each use has a domain of its own.
    pub(in crate::records) fn sign(&self, domain: &[u8], message: &[u8]) -> [u8; 32] {
        self.first.sign(domain, message)
    }

    /// Returns the signatures under each key.
    pub(in crate::records) fn signatures(
        &self,
        domain: &[u8],
        message: &[u8],
    ) -> impl Iterator<Item = [u8; 32]> {
        self.all().map(move |key| key.sign(domain, message))
    }

    /// Returns `true` if one of the keys has signed this.
    pub(in crate::records) fn verify(
        &self,
        domain: &[u8],
        message: &[u8],
        signature: &[u8; 32],
    ) -> bool {
        self.all()
            .any(|key| key.verifies(domain, message, signature))
    }

    /// Hashes the name of an account, under each key. The name has to be one that never changes and is never
    /// given to somebody else, such as the key of a table.
    #[must_use]
    pub fn account(&self, name: &str) -> Account {
        Account {
            tags: self.all().map(|key| key.tag(name)).collect(),
        }
    }
}

impl From<AccountKey> for AccountKeys {
    fn from(key: AccountKey) -> Self {
        Self::new(key)
    }
}

/// An account, by the hashes of its name under the site's [keys](AccountKeys), whose example makes two. The
/// name is not in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The first one is that under the first key. Never empty.
    tags: Vec<[u8; 32]>,
}

impl Account {
    /// Returns the hashes (HMAC-SHA-256), the one to store first: an account that is stored under another of
    /// them is the same.
    ///
    /// ```
    /// # use tower_cookie_consent::records::{AccountKey, AccountKeys};
    /// let keys = AccountKeys::new(AccountKey::generate()?).and(AccountKey::generate()?);
    /// assert_eq!(keys.account("ada").tags().len(), 2);
    /// # Ok::<(), tower_cookie_consent::records::KeyError>(())
    /// ```
    #[must_use]
    pub fn tags(&self) -> &[[u8; 32]] {
        &self.tags
    }
}

/// Without the hashes, which are the same for the same account.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").finish_non_exhaustive()
    }
}

/// For the spool.
impl Serialize for Account {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.tags.iter().map(|tag| hex::write(tag)))
    }
}

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        let tags: Option<Vec<_>> = texts.iter().map(|text| hex::read(text)).collect();
        let tags = tags.filter(|tags| !tags.is_empty());
        tags.map(|tags| Self { tags })
            .ok_or_else(|| D::Error::custom("not the hashes of an account"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> AccountKey {
        AccountKey::from_secret(&format!("account-secret:{}", hex::write(&[byte; 32]))).unwrap()
    }

    #[test]
    fn the_name_is_hashed_under_each_key() {
        let account = AccountKeys::new(key(1)).and(key(2)).account("ada");
        // openssl dgst -sha256 -mac HMAC -macopt hexkey:0101…, over the domain and the name.
        assert_eq!(
            hex::write(&account.tags()[0]),
            "a043ce770ffcdc35753792066f2f11db52590b9c11416dcc24922c3d101406ca"
        );
        assert_eq!(
            account.tags()[1],
            AccountKeys::from(key(2)).account("ada").tags()[0]
        );
        assert_ne!(account.tags()[0], account.tags()[1]);
    }

    #[test]
    fn nothing_of_an_account_or_its_key_is_printed() {
        let keys = AccountKeys::new(key(0xab));
        let printed = format!("{keys:?} {:?}", keys.account("ada"));
        assert!(
            !printed.contains("ab") && !printed.contains("ada"),
            "{printed}"
        );
    }

    #[test]
    fn other_texts_are_refused_and_not_repeated() {
        for text in [
            "",
            "secret",
            "account-secret:",
            "account-secret:zz",
            "ed25519-secret:00",
        ] {
            let error = AccountKey::from_secret(text).unwrap_err().to_string();
            assert_eq!(
                error,
                "not a key of accounts: it is account-secret: and 64 hex digits"
            );
        }
    }

    #[test]
    fn an_account_is_read_as_it_was_written() {
        let account = AccountKeys::new(key(1)).and(key(2)).account("ada");
        let text = serde_json::to_string(&account).unwrap();
        assert_eq!(serde_json::from_str::<Account>(&text).unwrap(), account);
        for text in ["[]", r#"["00"]"#, r#"["ada"]"#] {
            assert!(serde_json::from_str::<Account>(text).is_err(), "{text}");
        }
    }
}
