//! The words on controls that ask for consent, in the languages of the crate's own pages.

use std::{collections::BTreeMap, sync::LazyLock};

/// Texts with more letters are not labels.
pub(super) const LONGEST_LABEL: usize = 90;

/// What a control does, by its words, its request or its mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::conformance) enum Meaning {
    /// Allows everything.
    Accept,
    /// Refuses everything.
    Refuse,
    /// Takes back what was allowed.
    Withdraw,
    /// Leads to the choices.
    Settings,
    /// Stores what is ticked, or goes on.
    Save,
    /// Allows a part, such as one film.
    Part,
}

/// The lists of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum List {
    Withdraw,
    Refuse,
    Save,
    Settings,
    Accept,
    Cookies,
    Privacy,
    Purpose,
    Statistics,
    Inverse,
    Yes,
    No,
    Unclear,
    Closing,
    Limited,
    Only,
    Named,
    Terms,
    Objection,
    Onward,
    Optional,
}

/// The names of the lists in the file.
const NAMES: [(&str, List); 21] = [
    ("withdraw", List::Withdraw),
    ("refuse", List::Refuse),
    ("save", List::Save),
    ("settings", List::Settings),
    ("accept", List::Accept),
    ("cookies", List::Cookies),
    ("privacy", List::Privacy),
    ("purpose", List::Purpose),
    ("statistics", List::Statistics),
    ("inverse", List::Inverse),
    ("yes", List::Yes),
    ("no", List::No),
    ("unclear", List::Unclear),
    ("closing", List::Closing),
    ("limited", List::Limited),
    ("only", List::Only),
    ("named", List::Named),
    ("terms", List::Terms),
    ("objection", List::Objection),
    ("onward", List::Onward),
    ("optional", List::Optional),
];

static LISTS: LazyLock<BTreeMap<List, Vec<String>>> = LazyLock::new(|| {
    let mut lists: BTreeMap<List, Vec<String>> = BTreeMap::new();
    let lines = include_str!("words.txt").lines();
    for (name, words) in lines.filter_map(|line| line.split_once(": ")) {
        let list = NAMES.iter().find(|(known, _)| *known == name);
        if let Some((_, list)) = list {
            let words = words.split(", ").map(|word| word.replace('$', " "));
            lists.entry(*list).or_default().extend(words);
        }
    }
    lists
});

pub(super) fn list(list: List) -> &'static [String] {
    LISTS.get(&list).map_or(&[], Vec::as_slice)
}

/// Returns `true` for a word of a list, in lower case.
pub(super) fn is_word(of: List, word: &str) -> bool {
    list(of).iter().any(|known| known == word)
}

/// Returns the words without anything but letters, each with a space before and behind it.
pub(super) fn spaced(text: &str) -> String {
    let mut words = String::from(" ");
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            words.push(c);
        } else if !words.ends_with(' ') {
            words.push(' ');
        }
    }
    if !words.ends_with(' ') {
        words.push(' ');
    }
    words
}

/// Returns `true` if a word, or some in a row, begins like one of the list; the words are spaced.
pub(super) fn begins(words: &str, of: List) -> bool {
    let spaces = words.match_indices(' ');
    let mut rests = spaces.filter_map(|(at, _)| words.get(at + 1..));
    rests.any(|rest| list(of).iter().any(|it| rest.starts_with(it.as_str())))
}

/// Returns what a control with this text does, if it is one on cookies.
pub(super) fn meaning(text: &str) -> Option<Meaning> {
    let words = spaced(text);
    if words.len() > LONGEST_LABEL {
        return None;
    }
    if is_word(List::No, words.trim()) {
        return Some(Meaning::Refuse);
    }
    if is_word(List::Yes, words.trim()) {
        return Some(Meaning::Accept);
    }
    // "Continue with necessary cookies only" has a word for saving.
    let is_no = begins(&words, List::Refuse)
        || (begins(&words, List::Only) && begins(&words, List::Limited));
    if is_no && !begins(&words, List::Withdraw) {
        return Some(Meaning::Refuse);
    }
    let lists = [
        (List::Withdraw, Meaning::Withdraw),
        (List::Save, Meaning::Save),
        (List::Settings, Meaning::Settings),
        (List::Accept, Meaning::Accept),
    ];
    let found = lists.iter().find(|(list, _)| begins(&words, *list));
    found.map(|(_, meaning)| *meaning)
}

/// Returns `true` for a button that only closes what it is on, or takes note of it.
pub(super) fn is_unclear(text: &str) -> bool {
    let words = spaced(text);
    is_word(List::Unclear, words.trim()) || words.trim().is_empty()
}

/// Returns `true` for a button that only closes what it is on.
pub(super) fn is_closing(text: &str) -> bool {
    is_word(List::Closing, spaced(text).trim())
        || matches!(text.trim(), "×" | "✕" | "✖" | "✗" | "✘" | "⨯" | "╳")
}

/// Returns `true` for a label that names cookies.
pub(super) fn is_on_cookies(label: &str) -> bool {
    let lower = label.to_lowercase();
    list(List::Named)
        .iter()
        .any(|part| lower.contains(part.as_str()))
}

/// Returns `true` for a label that agrees to cookies themselves, and not to terms or a policy on them.
pub(super) fn is_on_cookies_alone(label: &str) -> bool {
    let lower = label.to_lowercase();
    let mut terms = list(List::Terms).iter();
    is_on_cookies(label) && !terms.any(|part| lower.contains(part.as_str()))
}

/// Returns `true` for a label that says that only a part is accepted.
pub(super) fn is_limited(text: &str) -> bool {
    let words = spaced(text);
    begins(&words, List::Limited) || begins(&words, List::Only)
}

/// Returns `true` for a text in lower case that has a part of the list somewhere.
pub(super) fn has_part(of: List, text: &str) -> bool {
    list(of).iter().any(|part| text.contains(part.as_str()))
}

/// Returns `true` for a text about cookies.
pub(in crate::conformance) fn is_about_cookies(text: &str) -> bool {
    let text = text.to_lowercase();
    list(List::Cookies)
        .iter()
        .any(|part| text.contains(part.as_str()))
}

/// Returns `true` for a text that is about cookies, or asks to allow something.
pub(super) fn asks_for_consent(text: &str) -> bool {
    is_about_cookies(text) || begins(&spaced(text), List::Accept)
}

/// Returns `true` for a text about cookies or privacy.
pub(super) fn is_about_privacy(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut privacy = list(List::Privacy).iter();
    is_about_cookies(text) || privacy.any(|part| lower.contains(part.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_mean_what_they_say() {
        for (text, expected) in [
            ("Accept all", Some(Meaning::Accept)),
            ("Yes, I agree", Some(Meaning::Accept)),
            ("Alle akzeptieren", Some(Meaning::Accept)),
            ("Continue without accepting", Some(Meaning::Refuse)),
            ("Continuer sans accepter", Some(Meaning::Refuse)),
            ("I do not accept", Some(Meaning::Refuse)),
            ("Accept only necessary cookies", Some(Meaning::Refuse)),
            ("Nur notwendige Cookies akzeptieren", Some(Meaning::Refuse)),
            ("No", Some(Meaning::Refuse)),
            ("Withdraw consent", Some(Meaning::Withdraw)),
            ("Cookie settings", Some(Meaning::Settings)),
            ("Manage consent", Some(Meaning::Settings)),
            ("Save and accept", Some(Meaning::Save)),
            ("Accept selection", Some(Meaning::Save)),
            ("Paramétrer", Some(Meaning::Settings)),
            ("Necessary cookies only", Some(Meaning::Refuse)),
            (
                "Continue with necessary cookies only",
                Some(Meaning::Refuse),
            ),
            ("Essentials only", Some(Meaning::Refuse)),
            ("Only what is necessary", Some(Meaning::Refuse)),
            ("No cookies", Some(Meaning::Refuse)),
            ("Notwendige Cookies, nur diese", Some(Meaning::Refuse)),
            ("Seulement ce qui est nécessaire", Some(Meaning::Refuse)),
            (
                "Accept necessary and optional cookies",
                Some(Meaning::Refuse),
            ),
            ("Allow only this time", Some(Meaning::Refuse)),
            ("Required fields", None),
            ("Add to basket", None),
            ("Unacceptable", None),
        ] {
            assert_eq!(meaning(text), expected, "{text}");
        }
    }

    #[test]
    #[cfg(feature = "pages")]
    fn the_labels_of_every_language_are_known() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/pages/texts");
        let files = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path());
        let files: Vec<_> = files
            .filter(|file| file.extension().is_some_and(|it| it == "json"))
            .collect();
        assert_eq!(files.len(), 24);
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            let texts: serde_json::Value = serde_json::from_str(&text).unwrap();
            for (key, expected) in [
                ("accept_all", Meaning::Accept),
                ("refuse_all", Meaning::Refuse),
                ("withdraw", Meaning::Withdraw),
                ("manage", Meaning::Settings),
                ("choose", Meaning::Settings),
                ("save", Meaning::Save),
            ] {
                let label = texts[key].as_str().unwrap();
                assert_eq!(meaning(label), Some(expected), "{} {label}", file.display());
            }
            for key in ["form_title", "charter_title", "banner_title"] {
                let title = texts[key].as_str().unwrap();
                assert!(is_about_cookies(title), "{} {title}", file.display());
            }
        }
    }
}
