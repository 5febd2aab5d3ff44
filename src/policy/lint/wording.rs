//! Warnings about what titles and descriptions claim: several purposes under one title, optional things that are
//! called necessary, and pressure to agree.

use super::{
    About, Lint, LintWarningKind,
    words::{NECESSARY, NEGATIONS, PRESSING, PURPOSES, Purpose, RECOMMENDED, SEPARATORS},
};
use crate::policy::{Basis, Text};

impl Lint<'_> {
    /// Judges the title of a category or a service.
    pub(super) fn title(&mut self, about: About<'_>, title: &Text) {
        let is_optional = about.category.basis() != Basis::Necessary;
        for (language, text) in title.written() {
            let of = language.map_or_else(String::new, |language| format!(" in {language}"));
            if let Some((one, other)) = two_purposes(text) {
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

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Returns two purposes that a title joins.
fn two_purposes(title: &str) -> Option<(Purpose, Purpose)> {
    let mut found: Vec<Purpose> = Vec::new();
    for part in parts(title) {
        let purpose = PURPOSES.iter().find(|(_, stems)| {
            part.iter()
                .any(|word| stems.iter().any(|stem| begins(word, stem)))
        });
        found.extend(purpose.map(|(purpose, _)| *purpose));
    }
    // What is necessary is often called functional too.
    if found.contains(&Purpose::Necessary) {
        found.retain(|purpose| *purpose != Purpose::Settings);
    }
    let first = *found.first()?;
    let other = found.into_iter().find(|purpose| *purpose != first)?;
    Some((first, other))
}

/// Splits a title where it joins things.
fn parts(title: &str) -> Vec<Vec<String>> {
    let mut parts = Vec::new();
    for part in title.split(['&', '/', ',', ';', '+', '|', '·', '•']) {
        let words = words(part);
        let split = words.split(|word| SEPARATORS.contains(&&**word));
        parts.extend(split.map(<[String]>::to_vec));
    }
    parts
}

/// Compares a word with a stem; one that ends in a blank is a whole word.
fn begins(word: &str, stem: &str) -> bool {
    match stem.strip_suffix(' ') {
        Some(whole) => word == whole,
        None => word.starts_with(stem),
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
    fn titles_with_several_purposes_are_found() {
        for title in [
            "Statistics and advertising",
            "Analytics & Marketing",
            "Statistiques et publicité",
            "Statistik und Werbung",
            "Marketing/Analyse",
            "Publicidad y analítica",
            "Statistiche e pubblicità",
            "Statistieken en reclame",
            "Estatísticas e publicidade",
            "Functional, statistics",
            "Necessary and statistics",
            "Statistik och marknadsföring",
            "Reklama i statystyka",
            "Social media + ads",
        ] {
            assert!(two_purposes(title).is_some(), "{title}");
        }
        for title in [
            "Statistics",
            "Advertising",
            "Personalised advertising",
            "Statistics and measurement",
            "Videos and maps",
            "Maps, films and social networks",
            "Publicité et marketing",
            "Necessary",
            "Security and login",
            "Measurement of advertising",
            "Language and preferences",
            "Cookies nécessaires au bon fonctionnement de la plateforme / cookies fonctionnels",
        ] {
            assert_eq!(two_purposes(title), None, "{title}");
        }
    }

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
