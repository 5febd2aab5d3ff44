use std::fmt;

use crate::records::{Account, StoreFuture};

/// A place that keeps the choice of each account. The crate's own stores of records are such places: an
/// account's choice is stored under the same random id as the [subject](crate::records::SubjectId) of its records,
/// and [`Archive::erase_account`](crate::records::Archive::erase_account) erases it, too.
///
/// ```
/// use std::{collections::HashMap, sync::Mutex};
/// use tower_cookie_consent::records::{Account, AccountChoices, StoreFuture};
///
/// /// Forgets everything with the process: for tests alone.
/// #[derive(Debug, Default)]
/// struct Forgetful(Mutex<HashMap<Vec<u8>, String>>);
///
/// impl AccountChoices for Forgetful {
///     fn load<'a>(&'a self, account: &'a Account) -> StoreFuture<'a, Option<String>> {
///         let kept = self.0.lock().ok();
///         let choice = kept.and_then(|kept| {
///             account.tags().iter().find_map(|tag| kept.get(&tag[..]).cloned())
///         });
///         Box::pin(async { Ok(choice) })
///     }
///
///     fn save<'a>(&'a self, account: &'a Account, choice: &'a str) -> StoreFuture<'a, ()> {
///         if let (Ok(mut kept), Some(tag)) = (self.0.lock(), account.tags().first()) {
///             kept.insert(tag.to_vec(), choice.to_owned());
///         }
///         Box::pin(async { Ok(()) })
///     }
/// }
/// ```
pub trait AccountChoices: fmt::Debug + Send + Sync + 'static {
    /// Returns the choice of this account, as it was saved, under whichever of its hashes it is stored.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::records::StoreError) if nobody knows. The device's own choice counts until the next
    /// try.
    fn load<'a>(&'a self, account: &'a Account) -> StoreFuture<'a, Option<String>>;

    /// Saves the choice of this account, in the place of the one before. It is a text of at most 4,096 bytes,
    /// without anything of the account: the choice, and when each answer was given.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::records::StoreError) if it is not durable. It is saved again when the device asks
    /// for the account's choice the next time.
    fn save<'a>(&'a self, account: &'a Account, choice: &'a str) -> StoreFuture<'a, ()>;

    /// Saves the choice of this account, if the one before is still the same: `None` if there was none. Returns
    /// `false` if it is not, since another device has saved one in between; then it is loaded and merged again.
    ///
    /// By default it loads, compares and saves. Two devices that do so at the same moment may both find the same
    /// choice: one of them is overwritten then, and brings its answers with its next page. Implement it in one
    /// transaction, as the crate's own stores do.
    ///
    /// ```
    /// # use tower_cookie_consent::records::{Account, AccountChoices, StoreError};
    /// async fn copy(
    ///     account: &Account,
    ///     from: &dyn AccountChoices,
    ///     to: &dyn AccountChoices,
    /// ) -> Result<bool, StoreError> {
    ///     match from.load(account).await? {
    ///         Some(choice) => to.replace(account, None, &choice).await,
    ///         None => Ok(false),
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::records::StoreError) as for [`save`](Self::save).
    fn replace<'a>(
        &'a self,
        account: &'a Account,
        before: Option<&'a str>,
        choice: &'a str,
    ) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            if self.load(account).await?.as_deref() != before {
                return Ok(false);
            }
            self.save(account, choice).await?;
            Ok(true)
        })
    }
}
