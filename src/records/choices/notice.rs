use http::Request;

use super::MergeRule;
#[cfg(feature = "pages")]
use crate::consent::AccountNote;
use crate::{Consent, policy::CategorySet};

/// Tells the pages that the choice is one of the account, and the service what was contradicted.
pub(super) fn note<B>(request: &mut Request<B>, contradicted: CategorySet, rule: MergeRule) {
    let Some(consent) = request.extensions_mut().get_mut::<Consent>() else {
        return;
    };
    #[cfg(feature = "pages")]
    consent.note_account(AccountNote {
        contradicted,
        by_account: rule == MergeRule::Account,
    });
    let policy = consent.policy();
    let ids = contradicted.iter().filter_map(|index| policy.id_at(index));
    let contradicted: Vec<String> = ids.map(str::to_owned).collect();
    if !contradicted.is_empty() {
        let notice = AccountNotice { contradicted, rule };
        request.extensions_mut().insert(notice);
    }
}

/// Left in the extensions of the request after a login, if the account and the device had different answers:
/// show it to the visitor on this page. `Pages::notice` does so (feature `pages`).
///
/// ```
/// use http::Request;
/// use tower_cookie_consent::records::AccountNotice;
///
/// fn contradicted<B>(request: &Request<B>) -> &[String] {
///     let notice = request.extensions().get::<AccountNotice>();
///     notice.map_or(&[], |notice| &notice.contradicted)
/// }
/// # assert!(contradicted(&Request::new(())).is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccountNotice {
    /// The ids of the categories and services that one of them allowed and the other denied.
    pub contradicted: Vec<String>,
    /// The rule that solved it.
    pub rule: MergeRule,
}
