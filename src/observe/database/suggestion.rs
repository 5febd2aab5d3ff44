/// The suggestion of a [`CookieDatabase`](super::CookieDatabase) for a cookie.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Suggestion {
    /// The company responsible for it.
    pub provider: Option<String>,
    /// Its purpose, in English.
    pub purpose: Option<String>,
    /// The suggested category, in lower case; never a necessary one.
    pub category: Option<String>,
}
