//! Texts of the policy in Markdown.

use crate::policy::{CookiePolicy, Text};

/// Returns a text as a cell of a table.
pub(super) fn cell(text: &str) -> String {
    let text: Vec<_> = text.split_whitespace().collect();
    text.join(" ").replace('|', "\\|")
}

/// Returns the language of the drafts: English if the policy has it, or else its own.
pub(super) fn language(policy: &CookiePolicy) -> String {
    let languages = super::declared::languages(policy);
    let english = languages.iter().find(|language| {
        let main = language.split('-').next().unwrap_or_default();
        main.eq_ignore_ascii_case("en")
    });
    english.map_or_else(|| policy.default_language().to_owned(), Clone::clone)
}

/// Returns a text of the policy in one line, or a place to fill in.
pub(super) fn text_or(
    policy: &CookiePolicy,
    text: Option<&Text>,
    language: &str,
    what: &str,
) -> String {
    match policy.text(text, language) {
        Some((_, text)) => cell(text),
        None => to_fill_in(what),
    }
}

/// Returns a place to fill in.
pub(super) fn to_fill_in(what: &str) -> String {
    format!("[to fill in: {what}]")
}
