//! The reasons why a cookie can be necessary.

use serde::{Deserialize, Serialize};

use super::Text;

/// The reason why a [declared](super::CookieDeclaration) cookie is necessary: the cases that the
/// CNIL lists as exempt from consent.
///
/// In JSON, a word in snake case (`"load_balancing"`), or `{"other": "…"}` with a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// Stores the visitor's choice about cookies.
    Preferences,
    /// Keeps the visitor logged in.
    Authentication,
    /// Protects the service or the visitor, for example against forged requests.
    Security,
    /// Keeps a shopping cart, or bills it.
    Cart,
    /// Adapts the interface, for example its language, if that is part of the service.
    Language,
    /// Distributes the load.
    LoadBalancing,
    /// Counts free articles of a paid site.
    Paywall,
    /// Another reason, with an explanation.
    Other(Text),
}

impl Reason {
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Preferences => "preferences",
            Self::Authentication => "authentication",
            Self::Security => "security",
            Self::Cart => "cart",
            Self::Language => "language",
            Self::LoadBalancing => "load_balancing",
            Self::Paywall => "paywall",
            Self::Other(_) => "other",
        }
    }

    pub(crate) const fn text(&self) -> Option<&Text> {
        match self {
            Self::Other(text) => Some(text),
            Self::Preferences
            | Self::Authentication
            | Self::Security
            | Self::Cart
            | Self::Language
            | Self::LoadBalancing
            | Self::Paywall => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_word_or_a_text() {
        for reason in [
            Reason::Preferences,
            Reason::Authentication,
            Reason::Security,
            Reason::Cart,
            Reason::Language,
            Reason::LoadBalancing,
            Reason::Paywall,
        ] {
            let json = serde_json::to_value(&reason).unwrap();
            assert_eq!(json, reason.word());
            assert_eq!(serde_json::from_value::<Reason>(json).unwrap(), reason);
        }
        let other = Reason::Other("Counts votes".into());
        let json = serde_json::to_string(&other).unwrap();
        assert_eq!(json, r#"{"other":"Counts votes"}"#);
        assert_eq!(serde_json::from_str::<Reason>(&json).unwrap(), other);
        assert!(serde_json::from_str::<Reason>("\"other\"").is_err());
    }
}
