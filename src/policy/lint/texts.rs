//! Warnings about texts that say nothing: empty ones, ids, and what somebody wanted to replace.

use super::{About, Lint, LintWarningKind};
use crate::policy::Text;

/// What authors write where a text is still missing, whatever else is around it.
const MARKS: [&str; 12] = [
    "TODO",
    "TBD",
    "TBC",
    "FIXME",
    "XXX",
    "Lorem ipsum",
    "lorem ipsum",
    "dolor sit amet",
    "PLACEHOLDER",
    "CHANGEME",
    "CHANGE ME",
    "{{",
];

/// The same as a whole text, in lower case.
const WHOLE: [&str; 26] = [
    "todo",
    "tbd",
    "tbc",
    "n/a",
    "na",
    "none",
    "null",
    "undefined",
    "test",
    "xxx",
    "foo",
    "bar",
    "baz",
    "text",
    "title",
    "name",
    "description",
    "purpose",
    "provider",
    "placeholder",
    "lorem",
    "asdf",
    "à compléter",
    "a completar",
    "da completare",
    "folgt",
];

impl Lint<'_> {
    /// Finds texts without a content; `id` is that of what they are about.
    pub(super) fn empty_texts(
        &mut self,
        about: About<'_>,
        key: &'static str,
        text: &Text,
        id: &str,
    ) {
        for (language, text) in text.written() {
            let of = language.map_or_else(String::new, |language| format!(" in {language}"));
            let (kind, message) = if is_blank(text) {
                let message = format!(
                    "the {key}{of} is empty, so pages show nothing there: write it, or leave it out"
                );
                (LintWarningKind::EmptyText, message)
            } else if text.trim() == id && matches!(key, "title" | "purpose") {
                let message = format!(
                    "the {key}{of} is only the id, which says nothing to visitors (GDPR, art. 12(1)): write it in \
                     their words"
                );
                (LintWarningKind::IdAsText, message)
            } else if is_placeholder(text) {
                let message = format!(
                    "the {key}{of} looks like a placeholder, and consent to it is not informed (GDPR, art. 4(11)): \
                     write the text"
                );
                (LintWarningKind::PlaceholderText, message)
            } else {
                continue;
            };
            self.warn(about, kind, message);
        }
    }
}

/// Returns `true` for a text that shows nothing.
pub(super) fn is_blank(text: &str) -> bool {
    let is_unseen = |c: char| {
        let is_format = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        c.is_whitespace() || c.is_control() || is_format
    };
    text.chars().all(is_unseen)
}

fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    // In Spanish and Portuguese, `todo` means all.
    let has = |mark: &&str| match text.find(*mark) {
        Some(at) => {
            let after = text
                .get(at + mark.len()..)
                .and_then(|rest| rest.chars().next());
            let before = text.get(..at).and_then(|start| start.chars().next_back());
            let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            !is_word(after) && !is_word(before)
        }
        None => false,
    };
    let is_shout = text.chars().any(char::is_lowercase);
    let whole = text
        .trim_matches(|c: char| c.is_ascii_punctuation() && c != '/')
        .to_lowercase();
    let is_rest = !text.chars().any(char::is_alphanumeric);
    is_rest
        || WHOLE.contains(&&*whole)
        || MARKS
            .iter()
            .any(|mark| (is_shout || *mark != "TODO") && has(mark))
        || text.starts_with("TODO:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_not_texts() {
        for text in [
            "TODO",
            "todo",
            "TODO: describe",
            "Advertising (TBD)",
            "Lorem ipsum dolor",
            "...",
            "…",
            "-",
            "N/A",
            "xxx",
            "{{ title }}",
            "FIXME later",
            "test",
            "[placeholder]",
            "???",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in [
            "Aceptar todo",
            "ACEPTAR TODO",
            "Todos los vídeos",
            "Advertising",
            "Testing of variants",
            "Nombre",
            "Fun & games",
            "Names the visitor",
            "Textilien",
            "Ω",
            "统计",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
        for text in ["", " ", "\u{a0}\u{200b}", "\n\t", "\u{feff}"] {
            assert!(is_blank(text), "{text:?}");
        }
        assert!(!is_blank("."));
    }
}
