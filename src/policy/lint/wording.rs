//! Warnings about what titles and descriptions claim: several purposes under one title, optional things that are
//! called necessary, and pressure to agree.

use super::{
    About, Lint, LintWarningKind,
    title_words::Purpose,
    titles::{only_purpose, two_purposes},
    words::{NECESSARY, NEGATIONS, PRESSING, RECOMMENDED, begins, words},
};
use crate::policy::{Basis, Text};

impl Lint<'_> {
    /// Judges the title of a category or a service.
    pub(super) fn title(&mut self, about: About<'_>, title: &Text) {
        let is_optional = about.category.basis() != Basis::Necessary;
        let default = self.policy.default_language();
        for (language, text) in title.written() {
            let of = language.map_or_else(String::new, |language| format!(" in {language}"));
            let written_in = language.unwrap_or(default);
            if let Some((one, other)) = two_purposes(text, written_in, about.service.is_some()) {
                let message = format!(
                    "the title{of} is about {one} and {other}, and each purpose needs a consent of its own (GDPR, \
                     recital 32): make two categories"
                );
                self.warn(about, LintWarningKind::SeveralPurposes, message);
            }
            if let Some(word) = necessary_in(text).filter(|_| is_optional) {
                let message = format!(
                    "the title{of} says {word:?}, and visitors may do without it: name its purpose, or declare what is \
                     necessary in a necessary category (EDPB taskforce)"
                );
                self.warn(about, LintWarningKind::NecessaryLabel, message);
            }
            if is_optional && (recommends(text) || presses(text)) {
                self.warn_of_pressure(about, "title", &of);
            }
        }
    }

    /// Finds a category whose title names a purpose that is not that of its basis.
    pub(super) fn misplaced_title(&mut self, about: About<'_>, title: &Text) {
        let basis = about.category.basis();
        for (language, text) in title.written() {
            let of = language.map_or_else(String::new, |language| format!(" in {language}"));
            let purpose = only_purpose(text).filter(|purpose| match purpose {
                Purpose::Advertising => matches!(basis, Basis::Necessary | Basis::Exempt),
                Purpose::Statistics => basis == Basis::Necessary,
                _ => false,
            });
            if let Some(purpose) = purpose {
                let word = basis.word();
                let message = format!(
                    "the title{of} is about {purpose}, and the basis is {word:?}, although visitors did not ask for \
                     that (ePrivacy directive, art. 5(3)): change the basis, or move it to another category"
                );
                self.warn(about, LintWarningKind::NecessaryLabel, message);
            }
        }
    }

    /// Judges another text of something that visitors decide about.
    pub(super) fn pressure(&mut self, about: About<'_>, key: &'static str, text: &Text) {
        if about.category.basis() == Basis::Necessary {
            return;
        }
        for (language, text) in text.written() {
            if presses(text) {
                let of = language.map_or_else(String::new, |language| format!(" in {language}"));
                self.warn_of_pressure(about, key, &of);
            }
        }
    }

    fn warn_of_pressure(&mut self, about: About<'_>, key: &str, of: &str) {
        let message = format!(
            "the {key}{of} presses visitors to agree, and consent has to be free (GDPR, art. 4(11); EDPB guidelines \
             03/2022): say what it does, and nothing else"
        );
        self.warn(about, LintWarningKind::Pressure, message);
    }
}

/// Returns the word of a text that calls something necessary, unless the text denies it.
fn necessary_in(text: &str) -> Option<String> {
    let words = words(text);
    let at = words
        .iter()
        .position(|word| NECESSARY.iter().any(|stem| begins(word, stem)))?;
    let before = words.get(..at)?.iter().rev().take(3);
    let after = words.get(at + 1..)?.iter().take(1);
    let is_denied = before.chain(after).any(|word| NEGATIONS.contains(&&**word));
    (!is_denied).then(|| words.get(at).cloned()).flatten()
}

/// Returns `true` if a title ends in a recommendation, or has one in parentheses: `Recommended films` has none.
fn recommends(title: &str) -> bool {
    let lower = title.to_lowercase();
    let last = words(&lower).pop().unwrap_or_default();
    let is_alone =
        |stem: &&str| begins(&last, stem) || lower.contains(&format!("({}", stem.trim_end()));
    words(&lower).len() > 1 && RECOMMENDED.iter().any(is_alone)
}

fn presses(text: &str) -> bool {
    let lower = text.to_lowercase();
    PRESSING.iter().any(|phrase| lower.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn necessity_is_found_unless_it_is_denied() {
        for title in [
            "Essential analytics",
            "Strictly necessary statistics",
            "Statistiques indispensables",
            "Notwendige Statistik",
            "Required marketing",
            "Estadísticas necesarias",
            "Technisch erforderliche Werbung",
        ] {
            assert!(necessary_in(title).is_some(), "{title}");
        }
        for title in [
            "Statistics",
            "Not necessary",
            "Non-essential",
            "Nicht notwendige Cookies",
            "Consentement non nécessaire",
            "Niet-noodzakelijk",
            "Optional (not strictly necessary)",
            "Unnecessary",
            "No consent required",
        ] {
            assert_eq!(necessary_in(title), None, "{title}");
        }
    }

    #[test]
    fn pressure_is_not_a_fact() {
        for title in [
            "Statistics (recommended)",
            "Advertising – recommended",
            "Statistiques (recommandé)",
            "Statistik (empfohlen)",
        ] {
            assert!(recommends(title), "{title}");
        }
        for title in [
            "Recommended films",
            "Empfohlene Artikel",
            "Statistics",
            "Recommendations",
            "Recommended",
        ] {
            assert!(!recommends(title), "{title}");
        }
        for text in [
            "We recommend that you agree",
            "Required for the best experience",
            "Pour une meilleure expérience",
            "Für das beste Erlebnis",
            "Please accept these",
        ] {
            assert!(presses(text), "{text}");
        }
        for text in [
            "Counts visits",
            "Shows films that we recommend to others",
            "Measures how long pages take",
            "Without it, no films are shown",
        ] {
            assert!(!presses(text), "{text}");
        }
    }
}
