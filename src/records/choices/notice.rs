use http::Request;

use super::{MergeRule, merge::Contradicted};
#[cfg(feature = "pages")]
use crate::consent::AccountNote;
use crate::{Consent, policy::CategorySet};

/// Tells the pages that the choice is one of the account, and the service what was contradicted.
pub(super) fn note<B>(request: &mut Request<B>, contradicted: Contradicted, rule: MergeRule) {
    let Some(consent) = request.extensions_mut().get_mut::<Consent>() else {
        return;
    };
    let (by_rule, by_account) = (contradicted.by_rule, contradicted.by_account);
    #[cfg(feature = "pages")]
    consent.note_account(match rule {
        MergeRule::Latest => AccountNote {
            by_latest: by_rule,
            by_account,
        },
        MergeRule::Account => AccountNote {
            by_latest: CategorySet::EMPTY,
            by_account: by_rule | by_account,
        },
    });
    let policy = consent.policy();
    let ids = |set: CategorySet| -> Vec<String> {
        let ids = set.iter().filter_map(|index| policy.id_at(index));
        ids.map(str::to_owned).collect()
    };
    let contradicted = ids(by_rule | by_account);
    if !contradicted.is_empty() {
        let notice = AccountNotice {
            contradicted,
            by_account: ids(by_account),
            rule,
        };
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
    /// Those of them for which the denial of the account counts, although the rule would decide otherwise: it is an
    /// objection, or another host of the domain can have set the device's cookie.
    pub by_account: Vec<String>,
    /// The rule that solved it.
    pub rule: MergeRule,
}
