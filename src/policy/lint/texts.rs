//! Warnings about texts that say nothing: empty ones, ids, and what somebody wanted to replace.

use super::{About, Lint, LintWarningKind};
use crate::policy::Text;

/// What authors write where a text is still missing, whatever else is around it.
const MARKS: [&str; 16] = [
    "TODO",
    "TBD",
    "TBC",
    "TBA",
    "FIXME",
    "XXX",
    "???",
    "Lorem ipsum",
    "lorem ipsum",
    "dolor sit amet",
    "PLACEHOLDER",
    "CHANGEME",
    "CHANGE ME",
    "{{",
    "${",
    "<%",
];

/// The same as a whole text, in lower case.
const WHOLE: &[&str] = &[
    "todo",
    "to do",
    "tbd",
    "tbc",
    "tba",
    "n/a",
    "na",
    "nan",
    "none",
    "null",
    "nil",
    "undefined",
    "unknown",
    "untitled",
    "empty",
    "missing",
    "test",
    "dummy",
    "sample text",
    "example text",
    "some text",
    "text here",
    "your text here",
    "coming soon",
    "to be defined",
    "to be translated",
    "no description",
    "no title",
    "xxx",
    "foo",
    "bar",
    "baz",
    "foobar",
    "blah",
    "blabla",
    "text",
    "string",
    "title",
    "name",
    "description",
    "purpose",
    "provider",
    "placeholder",
    "lorem",
    "lipsum",
    "asdf",
    "qwerty",
    "nbsp",
    "à compléter",
    "à définir",
    "à traduire",
    "à venir",
    "a completar",
    "por definir",
    "da completare",
    "da definire",
    "folgt",
    "noch offen",
    "unbekannt",
    "inconnu",
    "desconocido",
];

/// The keys of texts in words; a provider may be called by a number.
const WORDS: [&str; 4] = ["title", "description", "purpose", "purposes"];

impl Lint<'_> {
    /// Finds texts without a content; `id` is that of what they are about.
    pub(super) fn empty_texts(
        &mut self,
        about: About<'_>,
        key: &'static str,
        text: &Text,
        id: &str,
    ) {
        for (kind, message) in faults_of(key, text, id) {
            self.warn(about, kind, message);
        }
    }

    /// Judges what the policy says of the site and of its controller.
    pub(super) fn texts_of_the_policy(&mut self) {
        if let Some(site) = self.policy.site() {
            for (kind, message) in faults_of("site", site, "") {
                self.warn_of_policy(kind, message);
            }
        }
        let Some(controller) = self.policy.controller() else {
            return;
        };
        for (key, text) in controller.texts() {
            for (kind, message) in faults_of(key, text, "") {
                self.warn_of_policy(kind, format!("controller: {message}"));
            }
            self.links_of_the_controller(key, text);
        }
    }
}

fn faults_of(key: &str, text: &Text, id: &str) -> Vec<(LintWarningKind, String)> {
    if text.written().next().is_none() {
        let message = format!(
            "the {key} has no language, so pages show nothing there: write it, or leave it out"
        );
        return vec![(LintWarningKind::EmptyText, message)];
    }
    let written = text.written();
    written
        .filter_map(|(language, text)| {
            let of = language.map_or_else(String::new, |language| format!(" in {language}"));
            let (kind, fault) = fault_of(key, text, id)?;
            Some((kind, format!("the {key}{of} {fault}")))
        })
        .collect()
}

fn fault_of(key: &str, text: &str, id: &str) -> Option<(LintWarningKind, &'static str)> {
    let is_id = text.trim() == id && matches!(key, "title" | "purpose" | "description");
    if is_blank(text) {
        Some((
            LintWarningKind::EmptyText,
            "is empty, so pages show nothing there: write it, or leave it out",
        ))
    } else if is_id {
        Some((
            LintWarningKind::IdAsText,
            "is only the id, which says nothing to visitors (GDPR, art. 12(1)): write it in their words",
        ))
    } else if is_placeholder(text) || (WORDS.contains(&key) && is_key_or_number(text)) {
        Some((
            LintWarningKind::PlaceholderText,
            "looks like a placeholder, so visitors are not informed (GDPR, art. 4(11) and 12(1)): write the text",
        ))
    } else {
        None
    }
}

/// Returns `true` for a text that shows nothing.
pub(super) fn is_blank(text: &str) -> bool {
    let is_unseen = |c: char| {
        let is_format = matches!(c, '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}');
        let is_blank_letter = matches!(
            c,
            '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}'
        );
        c.is_whitespace() || c.is_control() || is_format || is_blank_letter
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
            let is_name = mark.chars().all(|c| c.is_alphanumeric() || c == ' ');
            !is_name || (!is_word(after) && !is_word(before))
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
        || is_slot(text)
        || MARKS
            .iter()
            .any(|mark| (is_shout || *mark != "TODO") && has(mark))
        || text.starts_with("TODO:")
}

/// Returns `true` for one pair of brackets around all of it, such as `[insert text]`. An address may be in such.
fn is_slot(text: &str) -> bool {
    let pairs = [('[', ']'), ('<', '>'), ('{', '}')];
    let is_around = pairs.iter().any(|(start, end)| {
        let inner = text
            .strip_prefix(*start)
            .and_then(|rest| rest.strip_suffix(*end));
        inner.is_some_and(|inner| !inner.contains([*start, *end]))
    });
    is_around && !text.contains('@') && !text.contains("://")
}

/// Returns `true` for a key of translations, such as `cookies.ads.title` or `ads_title`, and for a mere number.
fn is_key_or_number(text: &str) -> bool {
    let text = text.trim();
    let is_number = !text.chars().any(char::is_alphabetic);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let ends_as_key = ["title", "label", "description", "purpose", "name", "text"]
        .iter()
        .any(|end| text.rsplit('.').next() == Some(end));
    let is_key = text.contains('_') || (text.matches('.').count() > 1 && ends_as_key);
    is_number || (is_key && text.chars().all(is_plain))
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
            "Statistics ???",
            "&nbsp;",
            "<br>",
            "[Insert the purpose here]",
            "<description>",
            "{title}",
            "Hello ${name}",
            "Coming soon",
            "à définir",
            "Unknown",
            "🍪",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn words_about_missing_things_are_texts() {
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
            "1&1",
            "<dpo@p.example>",
            "[Beta] Films",
            "Names what is unknown",
            "Tests of variants",
            "Shows what is missing",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn what_is_not_shown_is_blank() {
        for text in [
            "",
            " ",
            "\u{a0}\u{200b}",
            "\n\t",
            "\u{feff}",
            "\u{3164}",
            "\u{2800}",
        ] {
            assert!(is_blank(text), "{text:?}");
        }
        assert!(!is_blank("."));
    }

    #[test]
    fn keys_and_numbers_are_not_texts() {
        for text in ["cookies.ads.title", "ads_title", "1", "2026-12"] {
            assert!(is_key_or_number(text), "{text}");
        }
        for text in [
            "data.gouv.fr",
            "Films",
            "3 films",
            "Tag-Manager",
            "A_B tests",
            "vom Text",
        ] {
            assert!(!is_key_or_number(text), "{text}");
        }
    }

    #[test]
    fn texts_without_a_language_are_empty() {
        let faults = faults_of("title", &Text::from([]), "id");
        assert!(matches!(faults[..], [(LintWarningKind::EmptyText, _)]));
        let faults = faults_of("description", &Text::from("ads"), "ads");
        assert!(matches!(faults[..], [(LintWarningKind::IdAsText, _)]));
    }
}
