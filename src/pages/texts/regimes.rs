//! The wordings of regimes: texts of a language that a law wants said otherwise.

use std::collections::BTreeMap;

use super::{super::error::PagesError, Texts, parse};

/// One file for each preset and language, with some of the keys. The file `sources.json` beside it has the
/// law, or the guidance of its authority, that each text follows.
const FILES: [(&str, &str, &str); 15] = [
    ("brazil", "en", include_str!("regimes/brazil/en.json")),
    ("brazil", "es", include_str!("regimes/brazil/es.json")),
    ("brazil", "pt", include_str!("regimes/brazil/pt.json")),
    ("ch", "de", include_str!("regimes/ch/de.json")),
    ("ch", "fr", include_str!("regimes/ch/fr.json")),
    ("ch", "it", include_str!("regimes/ch/it.json")),
    ("quebec", "en", include_str!("regimes/quebec/en.json")),
    ("quebec", "es", include_str!("regimes/quebec/es.json")),
    ("quebec", "fr", include_str!("regimes/quebec/fr.json")),
    ("uk", "en", include_str!("regimes/uk/en.json")),
    ("uk", "es", include_str!("regimes/uk/es.json")),
    ("uk", "fr", include_str!("regimes/uk/fr.json")),
    (
        "us-opt-out",
        "en",
        include_str!("regimes/us-opt-out/en.json"),
    ),
    (
        "us-opt-out",
        "es",
        include_str!("regimes/us-opt-out/es.json"),
    ),
    (
        "us-opt-out",
        "fr",
        include_str!("regimes/us-opt-out/fr.json"),
    ),
];

/// Returns the wordings of a language, by preset.
pub(in crate::pages) fn in_regimes(
    language: &str,
) -> Result<BTreeMap<&'static str, Texts>, PagesError> {
    FILES
        .iter()
        .filter(|(_, tag, _)| *tag == language)
        .map(|(preset, _, file)| Ok((*preset, parse(language, file)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{
        pages::texts::{Words, built_in, merged},
        policy::regimes,
    };

    /// The law of each text, by preset and key.
    fn sources() -> BTreeMap<&'static str, BTreeMap<String, String>> {
        let files = [
            ("brazil", include_str!("regimes/brazil/sources.json")),
            ("ch", include_str!("regimes/ch/sources.json")),
            ("quebec", include_str!("regimes/quebec/sources.json")),
            ("uk", include_str!("regimes/uk/sources.json")),
            (
                "us-opt-out",
                include_str!("regimes/us-opt-out/sources.json"),
            ),
        ];
        let read = |file| serde_json::from_str(file).unwrap();
        files.map(|(preset, file)| (preset, read(file))).into()
    }

    /// Each wording with the words of its language, and those words with it.
    fn all() -> impl Iterator<Item = (String, Texts, Words, Words)> {
        let words = built_in().unwrap();
        FILES.iter().map(move |(preset, language, file)| {
            let texts: Texts = parse(language, file).unwrap();
            let base = words[*language].clone();
            let merged = merged(language, &base, &texts).unwrap();
            (format!("{preset} {language}"), texts, base, merged)
        })
    }

    #[test]
    fn each_wording_is_that_of_a_preset_and_has_its_law() {
        let sources = sources();
        for (preset, _, _) in FILES {
            assert!(regimes::is_known(preset), "{preset}");
        }
        for (preset, sources) in sources {
            let files = FILES.iter().filter(|(of, ..)| *of == preset);
            let keys: BTreeSet<String> = files
                .flat_map(|(_, tag, file)| parse::<Texts>(tag, file).unwrap())
                .map(|(key, _)| key)
                .collect();
            assert!(keys.iter().eq(sources.keys()), "{preset}");
            for (key, source) in &sources {
                let other = source.strip_prefix("See ");
                let other = other.and_then(|rest| sources.get(rest.trim_end_matches('.')));
                let source = other.unwrap_or(source);
                assert!(source.contains("https://"), "{preset}: {key}: {source}");
            }
        }
    }

    #[test]
    fn a_wording_differs_where_it_says_something() {
        let mut count = 0;
        for (name, texts, base, merged) in all() {
            for (key, text) in &texts {
                let text = text.as_str().unwrap();
                assert_ne!(base.get(key), Some(text), "{name}: {key}");
                assert_eq!(merged.get(key), Some(text), "{name}: {key}");
                assert!(!text.is_empty() && text.trim() == text, "{name}: {key}");
                count += 1;
            }
            let differ = base.iter().zip(merged.iter()).filter(|(a, b)| a != b);
            assert_eq!(differ.count(), texts.len(), "{name}");
        }
        assert!(count > 100, "{count}");
    }

    /// Texts that one language needs and the others do not: American spelling and the words of a
    /// regulation; and in French, Quebec's own word for cookies.
    fn is_of_one_language(preset: &str, key: &str, language: &str) -> bool {
        match (preset, language) {
            ("us-opt-out", "en") => matches!(key, "refuse_all" | "opted_out"),
            ("quebec", "fr") => {
                let french = &built_in().unwrap()["fr"];
                let text = french.get(key).unwrap().to_lowercase();
                text.contains("cookie") || text.contains("données")
            }
            _ => false,
        }
    }

    #[test]
    fn each_language_of_a_regime_says_the_same() {
        let files: Vec<(_, _, Texts)> = FILES
            .iter()
            .map(|(preset, tag, file)| (*preset, *tag, parse(tag, file).unwrap()))
            .collect();
        for (preset, tag, texts) in &files {
            for (_, other, others) in files.iter().filter(|(of, ..)| of == preset) {
                for key in texts.keys() {
                    let is_there = others.contains_key(key);
                    let is_own = is_of_one_language(preset, key, tag);
                    assert!(is_there || is_own, "{preset}: {key}: {tag}, not {other}");
                }
            }
        }
        for preset in ["us-opt-out", "quebec", "uk"] {
            let tags = files.iter().filter(|(of, ..)| *of == preset);
            assert!(
                tags.map(|(_, tag, _)| *tag).eq(["en", "es", "fr"]),
                "{preset}"
            );
        }
    }

    #[test]
    fn cookies_are_called_temoins_in_quebec() {
        let name = "quebec fr";
        let (_, _, _, words) = all().find(|(it, ..)| it == name).unwrap();
        for (key, text) in words.iter() {
            let is_cookie = text.to_lowercase().contains("cookie");
            // Once, to say that they are the same.
            assert_eq!(is_cookie, key == "what_title", "{key}: {text}");
        }
    }

    #[test]
    fn no_other_law_names_the_general_data_protection_regulation() {
        for (name, _, _, words) in all() {
            let is_british = name.starts_with("uk");
            for (key, text) in words.iter() {
                let named = ["GDPR", "RGPD", "DSGVO"]
                    .iter()
                    .any(|name| text.contains(name));
                let is_basis = is_british && key == "records_basis";
                assert_eq!(named, is_basis, "{name}: {key}: {text}");
            }
        }
    }
}
