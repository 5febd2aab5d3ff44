//! The purposes that a title names.

use super::{
    title_words::{
        MEASUREMENT, NARROW_SEPARATORS, OF, PREPOSITIONS, PURPOSES, Purpose, SEPARATORS,
        SEPARATORS_OF, WITHOUT,
    },
    words::{NEGATIONS, begins, words},
};

/// One of the things that a title joins.
struct Part {
    words: Vec<String>,
    /// It is in parentheses, or after a dash or a colon.
    explains: bool,
}

/// The most words of a part in parentheses, or after a dash, that names a purpose of its own.
const SHORT: usize = 3;

/// Returns two purposes that a title in this language joins. What explains the name of a service is part of it.
pub(super) fn two_purposes(
    title: &str,
    language: &str,
    is_service: bool,
) -> Option<(Purpose, Purpose)> {
    let mut found: Vec<Purpose> = Vec::new();
    let mut only_performance = true;
    for part in parts(title, language) {
        let Some(purpose) = purpose_of(&part.words) else {
            continue;
        };
        if part.explains && (is_service && !found.is_empty() || !adds(&part.words, purpose, &found))
        {
            continue;
        }
        only_performance &= purpose != Purpose::Statistics || is_performance(&part.words);
        found.push(purpose);
    }
    // What is necessary is often called functional too.
    if found.contains(&Purpose::Necessary) {
        found.retain(|purpose| *purpose != Purpose::Settings);
    }
    // What a site works with can be about anything but others' interests, and its performance is its speed.
    if found.contains(&Purpose::Operation) {
        let joins = |other: &Purpose| match other {
            Purpose::Advertising => true,
            Purpose::Statistics => !only_performance,
            _ => false,
        };
        if is_service || !found.iter().any(joins) {
            found.retain(|purpose| *purpose != Purpose::Operation);
            if only_performance {
                found.retain(|purpose| *purpose != Purpose::Statistics);
            }
        }
    }
    let first = *found.first()?;
    let other = found.into_iter().find(|purpose| *purpose != first)?;
    Some((first, other))
}

/// Returns the purpose of a short title that names no other.
pub(super) fn only_purpose(title: &str) -> Option<Purpose> {
    let words = words(title);
    let purpose = purpose_of(&words)?;
    let others = PURPOSES
        .iter()
        .filter(|(other, stems)| *other != purpose && has(&words, stems));
    let is_sure = words.len() <= 2 && others.count() == 0 && !is_performance(&words);
    is_sure.then_some(purpose)
}

/// Returns the first purpose of the words, unless they say that something is without it.
fn purpose_of(words: &[String]) -> Option<Purpose> {
    let is_denied = |word: &String| NEGATIONS.contains(&&**word) || WITHOUT.contains(&&**word);
    if words.iter().any(is_denied) {
        return None;
    }
    let mut purposes = PURPOSES.iter();
    let (purpose, _) = purposes.find(|(_, stems)| has(words, stems))?;
    Some(*purpose)
}

fn has(words: &[String], stems: &[&str]) -> bool {
    let is_one = |word: &String| stems.iter().any(|stem| begins(word, stem));
    words.iter().any(is_one)
}

/// Returns `true` if nothing but their performance is about statistics.
fn is_performance(words: &[String]) -> bool {
    let others = words.iter().filter(|word| !word.starts_with("performance"));
    let others: Vec<String> = others.cloned().collect();
    others.len() < words.len() && purpose_of(&others) != Some(Purpose::Statistics)
}

/// Returns `true` if what explains the parts before has a purpose of its own: in "Statistics (ads)", but not in
/// "Advertising (personalised)" and "Personalisation (of ads)".
fn adds(words: &[String], purpose: Purpose, found: &[Purpose]) -> bool {
    if found.is_empty() {
        return true;
    }
    let is_part = words.first().is_some_and(|word| OF.contains(&&**word));
    let counts = match purpose {
        Purpose::Advertising => !found.contains(&Purpose::Settings),
        // Advertising is measured too.
        Purpose::Statistics => !found.contains(&Purpose::Advertising) || !measures(words),
        _ => false,
    };
    counts && !is_part && words.len() <= SHORT
}

fn measures(words: &[String]) -> bool {
    has(words, MEASUREMENT)
}

/// Splits a title where it joins things.
fn parts(title: &str, language: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    for (segment, explains) in segments(title) {
        for piece in segment.split(['&', '/', ',', ';', '+', '|', '·', '•', '\n']) {
            let words = words(piece);
            let mut part = Vec::new();
            for (at, word) in words.iter().enumerate() {
                if separates(&words, at, language) {
                    let words = std::mem::take(&mut part);
                    parts.push(Part { words, explains });
                } else {
                    part.push(word.clone());
                }
            }
            parts.push(Part {
                words: part,
                explains,
            });
        }
    }
    parts
}

/// Splits a title at parentheses, dashes and colons, and tells which parts explain others.
fn segments(title: &str) -> Vec<(String, bool)> {
    let title = title.replace(" - ", " – ");
    let mut segments = vec![(String::new(), false)];
    for c in title.chars() {
        match c {
            '(' | '[' | '–' | '—' | ':' => segments.push((String::new(), true)),
            ')' | ']' => segments.push((String::new(), false)),
            _ => segments
                .iter_mut()
                .next_back()
                .into_iter()
                .for_each(|(text, _)| text.push(c)),
        }
    }
    segments
}

/// Returns `true` if the word at this place joins what is around it.
fn separates(words: &[String], at: usize, language: &str) -> bool {
    let Some(word) = words.get(at).map(String::as_str) else {
        return false;
    };
    let language = language.split('-').next().unwrap_or(language);
    let is_of = |list: &[(&str, &[&str])]| {
        list.iter().any(|(listed, languages)| {
            let mut languages = languages.iter();
            *listed == word && languages.any(|it| it.eq_ignore_ascii_case(language))
        })
    };
    let is_purpose = |word: Option<&String>| {
        word.is_some_and(|word| purpose_of(std::slice::from_ref(word)).is_some())
    };
    let before = at.checked_sub(1).and_then(|at| words.get(at));
    let is_between = || is_purpose(before) && is_purpose(words.get(at + 1));
    (SEPARATORS.contains(&word) && !is_of(PREPOSITIONS))
        || is_of(SEPARATORS_OF)
        || (NARROW_SEPARATORS.contains(&word) && is_between())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_category(title: &str) -> Option<(Purpose, Purpose)> {
        two_purposes(title, "und", false)
    }

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
            "Statistics – Advertising",
            "Statistics - advertising",
            "Statistics: advertising",
            "Statistics (ads)",
            "Statistics (Matomo) and advertising",
            "Marketing (analytics)",
            "Statistika a reklama",
            "Security and advertising",
            "Payment and analytics",
            "Login, statistics",
            "Cookies: functional, statistics",
            "Necessary: security, login, statistics",
            "Reklama ir statistika",
            "Реклама и статистика",
            "Statisztika és reklám",
            "Štatistika a reklama",
            "Statistics\nAdvertising",
        ] {
            assert!(of_category(title).is_some(), "{title}");
        }
    }

    #[test]
    fn titles_with_one_purpose_are_right() {
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
            "Performance and security",
            "Security measures and login",
            "Security, payment and maps",
            "Login, basket and your choice",
            "Advertising (personalised)",
            "Advertising (personalised ads, measurement)",
            "Strictly necessary (security, load balancing)",
            "Externe Medien",
            "Técnicas o necesarias",
            "Marketing – personalised content",
            "Publicité (personnalisée)",
            "Statistics – audience measurement",
            "Statistics (Matomo Analytics)",
            "Measurement (of advertising)",
            "Personalisation (advertising)",
            "Statistics, no ads",
            "Statistics (without advertising)",
            "Statistics – ad-free",
            "Measurement of a film",
            "Videos: maps, films",
            "Media – films that we show",
            "Opt-in advertising",
            "Mesures de sécurité et connexion",
            "Cookies nécessaires au bon fonctionnement de la plateforme / cookies fonctionnels",
        ] {
            assert_eq!(of_category(title), None, "{title}");
        }
    }

    #[test]
    fn some_words_join_in_one_language_only() {
        for (title, language) in [
            ("Statistika in oglaševanje", "sl"),
            ("Statistika un reklāma", "lv"),
            ("Statistieken en reclame", "nl"),
            ("Statistika webu a reklama", "cs-CZ"),
        ] {
            assert!(two_purposes(title, language, false).is_some(), "{title}");
        }
        for (title, language) in [
            ("Statistics in advertising", "en"),
            ("Publicité en vidéo", "fr"),
            ("Publicidad en redes sociales", "es"),
        ] {
            assert_eq!(two_purposes(title, language, false), None, "{title}");
        }
    }

    #[test]
    fn names_of_services_explain_themselves() {
        let of_service = |title| two_purposes(title, "en", true);
        assert!(of_service("Analytics & Marketing").is_some());
        assert_eq!(of_service("Analytics (Marketing Cloud)"), None);
        assert_eq!(of_service("Security & Analytics"), None);
    }

    #[test]
    fn a_short_title_has_one_purpose() {
        assert_eq!(only_purpose("Advertising"), Some(Purpose::Advertising));
        assert_eq!(
            only_purpose("Cookies statistiques"),
            Some(Purpose::Statistics)
        );
        for title in [
            "Necessary statistics",
            "No advertising",
            "Performance",
            "Statistics portal settings",
            "Base",
        ] {
            assert_eq!(only_purpose(title), None, "{title}");
        }
    }
}
