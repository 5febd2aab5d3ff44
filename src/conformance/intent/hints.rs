//! What paths and fields may have in them that are about a choice.

/// Parts of the names of fields, and of paths, that are about a choice.
pub(super) const SUBJECTS: [&str; 9] = [
    "cookie", "consent", "choice", "decision", "prefer", "privacy", "charte", "rgpd", "gdpr",
];

/// Parts of a request that are about a choice as well.
pub(super) const SIGNS: [&str; 3] = ["choose", "decide", "dsgvo"];

/// Parts of a request that may be about a choice, or about anything.
pub(super) const HINTS: [&str; 14] = [
    "accept",
    "agree",
    "allow",
    "banner",
    "categor",
    "grant",
    "marketing",
    "opt",
    "refuse",
    "reject",
    "save",
    "service",
    "setting",
    "tracking",
];

pub(super) fn is_about(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    SUBJECTS.iter().any(|subject| text.contains(subject))
}

/// Returns `true` if a text has one of the ids between its signs.
pub(super) fn has_id(text: &str, ids: &[String]) -> bool {
    let is_end = |c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_');
    text.split(is_end)
        .any(|word| ids.iter().any(|id| id == word))
}
