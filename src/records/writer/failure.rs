//! What goes wrong with the store.

/// The reason why an entry is not in the store, or not in the spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It failed a moment ago, or has no room: the entry is not there.
    NotAsked,
    /// It failed, or did not answer. The entry may be there all the same.
    Unknown,
    /// It takes others, and not this one.
    Refused,
}

/// What a store that refused all that it was given is to blame for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Doubt {
    #[default]
    None,
    /// The entries or the store: others will tell.
    Open,
    /// The store took others.
    Entries,
}
