//! Warnings about texts that repeat others.

use std::collections::HashMap;

use super::{About, Lint, LintWarningKind, texts::is_blank};
use crate::policy::{Category, Text};

impl Lint<'_> {
    /// Finds categories with the same texts, and descriptions that only repeat the title.
    pub(super) fn repeated_texts(&mut self) {
        let policy = self.policy;
        let mut seen = HashMap::new();
        for category in policy.categories() {
            let about = About::category(category);
            for (key, text) in category.texts() {
                let first = self.said(text).into_iter().find_map(|said| {
                    let id = *seen.entry((key, said)).or_insert(category.id());
                    (id != category.id()).then_some(id)
                });
                if let Some(first) = first {
                    let message = format!(
                        "the {key} is also that of {first:?}, so visitors don't know which of them they decide about: say \
                         what is different, or make one category"
                    );
                    self.warn(about, LintWarningKind::RepeatedText, message);
                }
            }
            if self.repeats_title(category) {
                let message =
                    "the description only repeats the title: say what it does, or leave it out";
                self.warn(about, LintWarningKind::RepeatedText, message);
            }
        }
    }

    fn repeats_title(&self, category: &Category) -> bool {
        let said = |text: Option<&Text>| text.map(|text| self.said(text)).unwrap_or_default();
        let titles = said(category.get_title());
        let descriptions = said(category.get_description());
        descriptions.iter().any(|text| titles.contains(text))
    }

    /// Returns what is written in each language, as it is compared.
    fn said(&self, text: &Text) -> Vec<(String, String)> {
        let default = self.policy.default_language();
        let written = text.written().filter(|(_, text)| !is_blank(text));
        written
            .map(|(language, text)| {
                let language = language.unwrap_or(default).to_ascii_lowercase();
                let text = text.trim().trim_end_matches(['.', '!', ':']);
                (language, text.to_lowercase())
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{CookiePolicy, LintWarning};

    fn places(categories: [Category; 2]) -> Vec<String> {
        let policy = CookiePolicy::new(categories).unwrap();
        let warnings = policy.lint();
        let repeated = warnings
            .iter()
            .filter(|it| it.kind() == LintWarningKind::RepeatedText);
        repeated.map(LintWarning::place).collect()
    }

    #[test]
    fn texts_that_two_categories_have_are_reported_at_the_second() {
        let a = || Category::consent("a").title("Statistics");
        let b = || Category::consent("b").title("Films");
        assert_eq!(places([a(), b()]), [""; 0]);
        assert_eq!(places([a(), b().title("statistics ")]), ["category \"b\""]);
        let same = "Helps us.";
        let found = places([a().description(same), b().description(same)]);
        assert_eq!(found, ["category \"b\""]);
        let titles = [("en", "Films"), ("fr", "Statistics")];
        assert_eq!(places([a(), b().title(titles)]), [""; 0]);
    }

    #[test]
    fn a_description_that_is_the_title_says_nothing() {
        let a = || Category::consent("a").title("Statistics");
        let b = || Category::consent("b").title("Films");
        assert_eq!(
            places([a().description("Statistics."), b()]),
            ["category \"a\""]
        );
        let more = a().description("Statistics about what is read");
        assert_eq!(places([more, b().description(" ")]), [""; 0]);
    }
}
