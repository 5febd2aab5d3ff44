use serde::{Deserialize, Serialize};

/// The shape of what is shown in place of a service's elements that are held back.
///
/// ```
/// use tower_cookie_consent::policy::Placeholder;
///
/// assert_eq!(Placeholder::default(), Placeholder::Frame);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Placeholder {
    /// For any embedded page. The default.
    #[default]
    Frame,
    /// For a film.
    Video,
    /// For a map.
    Map,
    /// Nothing is shown: the service has no visible content.
    None,
}
