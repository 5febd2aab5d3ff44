use std::fmt;

use uuid::{Builder, Uuid, Variant};

/// The random id of an account in a store: the account can't be found from it, and an erasure ends it.
///
/// ```
/// use tower_cookie_consent::records::SubjectId;
///
/// let id = SubjectId::from_bytes([7; 16]);
/// assert_eq!(id.as_bytes(), &[7; 16]);
/// assert_eq!(id.to_string(), "07070707-0707-0707-0707-070707070707");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectId(Uuid);

impl SubjectId {
    /// Creates a random one (a UUID of version 4). `None` without random numbers.
    #[cfg_attr(
        not(any(feature = "records-postgres", feature = "records-sqlite")),
        allow(dead_code, reason = "only the crate's own stores make these")
    )]
    pub(in crate::records) fn random() -> Option<Self> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).ok()?;
        Some(Self(Builder::from_random_bytes(random).into_uuid()))
    }

    /// Returns `true` if this is the text of one that a store has made: of a UUID of version 4, as [`Display`](fmt::Display)
    /// writes it.
    pub(in crate::records) fn is_made(text: &str) -> bool {
        let read = Uuid::try_parse(text);
        read.is_ok_and(|it| {
            let is_random = it.get_version_num() == 4 && it.get_variant() == Variant::RFC4122;
            is_random && Self(it).to_string() == text
        })
    }

    /// Creates one from its bytes. The example is at [`SubjectId`].
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// Returns its bytes. The example is at [`SubjectId`].
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
