use crate::policy::CategorySet;

/// The account of a visitor who is logged in, as far as pages mention it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AccountNote {
    /// The account and this device had different answers for these, at login, and the later one counts.
    pub(crate) by_latest: CategorySet,
    /// Likewise, and the answer of the account counts.
    pub(crate) by_account: CategorySet,
}
