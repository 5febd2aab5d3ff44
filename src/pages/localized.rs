use serde::Serialize;

use crate::policy::{CookiePolicy, Text};

/// A text of the policy with its language, as shown in a [`View`](super::View): `lang="…"` if that is not the
/// page's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LocalizedText {
    /// The language, a BCP 47 tag.
    pub lang: String,
    /// The text.
    pub text: String,
}

impl LocalizedText {
    pub(super) fn new(text: Option<&Text>, policy: &CookiePolicy, language: &str) -> Option<Self> {
        let (lang, text) = policy.text(text, language)?;
        Some(Self {
            lang: lang.to_owned(),
            text: text.to_owned(),
        })
    }
}
