use crate::policy::CategorySet;

/// The account of a visitor who is logged in, as far as pages mention it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AccountNote {
    /// The account and this device had different answers for these, at login.
    pub(crate) contradicted: CategorySet,
    /// The answer of the account counts, and not the later one.
    pub(crate) by_account: bool,
}
