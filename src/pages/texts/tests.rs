//! Every language has all texts, in its own words.

use std::collections::BTreeSet;

use super::*;

/// Words that are legitimately the same in English.
const SHARED: [(&str, &str); 14] = [
    ("contact", "*"),
    ("controller", "*"),
    ("service", "*"),
    ("kind_pixel", "*"),
    ("days", "*"),
    ("months", "*"),
    ("weeks", "*"),
    ("years", "*"),
    ("session", "*"),
    ("languages", "*"),
    ("date", "*"),
    ("labelled", "*"),
    ("purpose", "*"),
    ("provider", "*"),
];

/// The words of each language, and of each regime with a wording of its own.
fn in_each_regime() -> Vec<(String, Words)> {
    let mut all = Vec::new();
    for (language, words) in built_in().unwrap() {
        for (preset, texts) in in_regimes(&language).unwrap() {
            let words = merged(&language, &words, &texts).unwrap();
            all.push((format!("{language} in {preset}"), words));
        }
        all.push((language, words));
    }
    all
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('}')?.0))
        .collect()
}

#[test]
fn each_of_the_24_languages_has_every_key_and_no_other() {
    let all = built_in().unwrap();
    assert_eq!(all.len(), 24);
    for (language, words) in &all {
        for (key, text) in words.iter() {
            assert!(
                !text.trim().is_empty() && text.trim() == text,
                "{language}: {key}"
            );
        }
        assert_eq!(words.iter().count(), Words::KEYS.len());
    }
    let names: BTreeSet<_> = all.values().map(|words| &words.name).collect();
    assert_eq!(names.len(), 24);
}

#[test]
fn each_text_fills_in_what_the_english_one_fills_in() {
    let all = built_in().unwrap();
    let english = all.get("en").unwrap();
    for (language, words) in &in_each_regime() {
        for ((key, text), (_, model)) in words.iter().zip(english.iter()) {
            for form in text.split('|') {
                assert_eq!(placeholders(form), placeholders(model), "{language}: {key}");
            }
            let filled = fill(
                text,
                &[
                    "day",
                    "month",
                    "year",
                    "date",
                    "end",
                    "names",
                    "count",
                    "label",
                    "service",
                    "controller",
                    "origin",
                    "duration",
                    "after",
                    "refused",
                    "law",
                ]
                .map(|key| (key, "x")),
            );
            assert!(!filled.contains(['{', '}']), "{language}: {key}");
        }
    }
}

#[test]
fn each_count_has_as_many_forms_as_the_language() {
    for (language, words) in built_in().unwrap() {
        for forms in [&words.days, &words.weeks, &words.months, &words.years] {
            let count = forms.split('|').count();
            assert_eq!(count, plural::forms_of(&language), "{language}: {forms}");
        }
        for (key, text) in words.iter() {
            let counts = matches!(key, "days" | "weeks" | "months" | "years");
            assert!(counts || !text.contains('|'), "{language}: {key}");
        }
    }
}

/// Nobody but the site can know if it is, and of whom it is certified.
#[test]
fn no_text_claims_what_a_site_has_to_show() {
    let claims = [
        "anonym",
        "anonim",
        "anónim",
        "anoniem",
        "anonīm",
        "anonüüm",
        "анонимн",
        "ανώνυμ",
        "nimettöm",
        "névtelen",
        "compliant",
        "conforme",
        "konform",
        "certified",
        "certifié",
        "zertifi",
    ];
    for (language, words) in in_each_regime() {
        for (key, text) in words.iter() {
            let text = text.to_lowercase();
            let found = claims.iter().find(|claim| text.contains(**claim));
            assert_eq!(found, None, "{language}: {key}: {text}");
        }
    }
}

#[test]
fn no_sentence_was_left_in_english() {
    let all = built_in().unwrap();
    let english = all.get("en").unwrap();
    let telling = ["the", "and", "your", "you", "with", "this", "that", "which"];
    let foreign = in_each_regime();
    for (language, words) in foreign.iter().filter(|(name, _)| !name.starts_with("en")) {
        for ((key, text), (_, model)) in words.iter().zip(english.iter()) {
            let shared = SHARED.contains(&(key, "*"));
            assert!(shared || text != model, "{language}: {key}: {text}");
            let found = text
                .split(|c: char| !c.is_alphabetic())
                .find(|word| telling.contains(word));
            assert_eq!(found, None, "{language}: {key}: {text}");
        }
    }
}

/// Checks the rules of the Imprimerie nationale: a no-break space before the colon and inside
/// quotation marks, a narrow one before the other three. An ordinary space could put them at the
/// start of a line.
#[test]
fn french_punctuation_has_its_spaces() {
    let all = in_each_regime();
    let french = all.iter().filter(|(name, _)| name.starts_with("fr"));
    for (key, text) in french.flat_map(|(_, words)| words.iter()) {
        let letters: Vec<_> = text.chars().collect();
        for (at, letter) in letters.iter().enumerate() {
            let before = at.checked_sub(1).map(|before| letters[before]);
            let after = letters.get(at + 1).copied();
            let (neighbour, space) = match letter {
                ':' | '»' => (before, '\u{a0}'),
                '«' => (after, '\u{a0}'),
                ';' | '?' | '!' => (before, '\u{202f}'),
                _ => continue,
            };
            assert_eq!(neighbour, Some(space), "{key}: {text}");
        }
    }
}

#[test]
fn no_two_languages_share_their_sentences() {
    let all: Vec<_> = built_in().unwrap().into_iter().collect();
    for (at, (one, words)) in all.iter().enumerate() {
        for (other, others) in &all[at + 1..] {
            for ((key, text), (_, same)) in words.iter().zip(others.iter()) {
                assert!(text.len() < 40 || text != same, "{one} and {other}: {key}");
            }
        }
    }
}

#[test]
fn what_is_filled_in_is_not_filled_again() {
    assert_eq!(fill("{a} {b} {", &[("a", "{b}"), ("b", "x")]), "{b} x {");
    assert_eq!(fill("{unknown}", &[]), "{unknown}");
}

#[test]
fn words_of_ones_own_replace_some_and_a_new_language_needs_all() {
    let all = built_in().unwrap();
    let french = all.get("fr").unwrap();
    let over = |file| merged("fr", french, &parse("fr", file)?);
    let changed = over(r#"{"save": "Garder"}"#).unwrap();
    assert_eq!(changed.save, "Garder");
    assert_eq!(changed.refuse_all, french.refuse_all);
    for wrong in [
        parse("br", r#"{"save": "Mirout"}"#),
        over(r#"{"sauve": "Garder"}"#),
        over(r#"{"save": 1}"#),
        over("save"),
    ] {
        assert!(matches!(wrong, Err(PagesError::Words { .. })), "{wrong:?}");
    }
}
