use std::{fmt, sync::Arc};

use super::{Digest, canonical};
use crate::CookiePolicy;

/// A document that records refer to by its hash: the policy, or the texts that a visitor was shown in
/// one language, without what differs from visitor to visitor. Stores keep each once.
///
/// ```
/// use tower_cookie_consent::records::{Digest, Document};
///
/// let shown = Document::new("text/html; charset=utf-8", "<p>May we count visits?</p>");
/// assert_eq!(shown.digest(), Digest::of(shown.content().as_bytes()));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    digest: Digest,
    media_type: Arc<str>,
    content: Arc<str>,
}

impl Document {
    /// Creates a document with this media type.
    #[must_use]
    pub fn new(media_type: &str, content: impl Into<Arc<str>>) -> Self {
        let content = content.into();
        Self {
            digest: Digest::of(content.as_bytes()),
            media_type: media_type.into(),
            content,
        }
    }

    /// Creates the document of a policy: its canonical JSON (RFC 8785), as `application/json`.
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookiePolicy, records::Document};
    ///
    /// let document = Document::of_policy(&CookiePolicy::new([Category::consent("ads")])?);
    /// let again: CookiePolicy = serde_json::from_str(document.content())?;
    /// assert_eq!(Document::of_policy(&again), document);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of_policy(policy: &CookiePolicy) -> Self {
        Self::new("application/json", canonical(policy))
    }

    /// Returns the SHA-256 of the content.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// Returns the media type.
    ///
    /// ```
    /// # use tower_cookie_consent::records::Document;
    /// assert_eq!(Document::new("text/plain", "May we?").media_type(), "text/plain");
    /// ```
    #[must_use]
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Returns the content.
    #[must_use]
    pub fn content(&self) -> &str {
        &self.content
    }
}

/// Without the content, which is long.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("digest", &self.digest)
            .field("media_type", &self.media_type)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Document;

    #[test]
    fn debug_output_has_no_content() {
        let document = Document::new("text/plain", "May we?");
        let shown = format!("{document:?}");
        assert!(shown.contains(&document.digest().to_string()), "{shown}");
        assert!(
            shown.contains("text/plain") && !shown.contains("May we"),
            "{shown}"
        );
    }
}
