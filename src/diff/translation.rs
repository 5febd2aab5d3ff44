use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::{
    changes::Editions,
    parts::{Key, Part, words},
    place::Place,
};
use crate::policy::Text;

/// A text that is new or changed, and not in every language that the old policy had.
///
/// ```
/// use tower_cookie_consent::{Category, CookiePolicy};
///
/// let title = |title| CookiePolicy::new([Category::consent("ads").title(title)]);
/// let old = title([("en", "Ads"), ("fr", "Publicité")])?;
/// let diff = old.diff(&title([("en", "Advertising"), ("fr", "Publicité")])?);
/// let stale = &diff.translations()[0];
/// assert_eq!((stale.place().as_str(), stale.key()), (r#"category "ads""#, "title"));
/// assert_eq!(stale.languages(), ["fr"]);
/// assert!(!stale.is_missing() && diff.is_ok(), "a warning: the French text is as before");
///
/// let diff = old.diff(&CookiePolicy::new([Category::consent("ads").title("Advertising")])?);
/// assert!(diff.translations()[0].is_missing() && !diff.is_ok());
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Translation {
    #[serde(flatten)]
    pub(super) place: Place,
    pub(super) key: String,
    pub(super) languages: Vec<String>,
    pub(super) missing: bool,
}

impl Translation {
    /// Returns the part of the policy with the text, such as `category "ads"`.
    #[must_use]
    pub fn place(&self) -> String {
        self.place.to_string()
    }

    /// Returns the key of the text, as in the policy's JSON.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the languages that the text has to be written in, in lower case.
    #[must_use]
    pub fn languages(&self) -> &[String] {
        &self.languages
    }

    /// Returns `true` if the text lacks them, and `false` if it is as before in these languages while others
    /// changed.
    #[must_use]
    pub const fn is_missing(&self) -> bool {
        self.missing
    }
}

/// Returns what has to be translated.
pub(super) fn translations(editions: &Editions<'_>) -> Vec<Translation> {
    let wanted = languages(&editions.old, editions.languages.0);
    let mut all = Vec::new();
    for (old, new) in editions.pairs() {
        for key in new.values.keys() {
            let before = old.map(|old| old.texts(key)).unwrap_or_default();
            for (at, after) in new.texts(key).into_iter().enumerate() {
                let pair = (before.get(at).copied(), after);
                let found = Found::new(pair, editions.languages);
                let of = |languages: Vec<String>, missing| Translation {
                    place: new.place.clone(),
                    key: key.clone(),
                    languages,
                    missing,
                };
                let missing = found.missing(&wanted, is_name(new, key));
                all.extend((!missing.is_empty()).then(|| of(missing, true)));
                let stale = found.stale();
                all.extend((!stale.is_empty()).then(|| of(stale, false)));
            }
        }
    }
    all
}

/// Returns the languages of all texts, in lower case: none if every text is a single string.
fn languages(parts: &[Part], default_language: &str) -> BTreeSet<String> {
    let mut languages = BTreeSet::new();
    for part in parts {
        let texts = part.values.keys().flat_map(|key| part.texts(key));
        for text in texts.filter(|text| text.is_object()) {
            languages.extend(words(text, default_language).into_keys());
        }
    }
    if !languages.is_empty() {
        languages.insert(default_language.to_ascii_lowercase());
    }
    languages
}

/// Returns `true` for names and addresses, which are valid in every language as a single string.
fn is_name(part: &Part, key: &str) -> bool {
    match part.key {
        Key::Policy => key.starts_with("controller.") || key == "site",
        Key::Category(_) => key == "exemption.processor",
        Key::Service(_) | Key::Cookie(_) => matches!(key, "provider" | "controller"),
    }
}

/// A text before and after.
struct Found<'a> {
    before: Option<&'a Value>,
    after: &'a Value,
    languages: (&'a str, &'a str),
}

impl<'a> Found<'a> {
    fn new((before, after): (Option<&'a Value>, &'a Value), languages: (&'a str, &'a str)) -> Self {
        Self {
            before,
            after,
            languages,
        }
    }

    /// Returns the languages that the text lacks, if it changed.
    fn missing(&self, wanted: &BTreeSet<String>, is_name: bool) -> Vec<String> {
        let after = words(self.after, self.languages.1);
        let before = self.before.map(|before| words(before, self.languages.0));
        if before.is_some_and(|before| before == after) || (is_name && self.after.is_string()) {
            return Vec::new();
        }
        let Ok(text) = serde_json::from_value::<Text>(self.after.clone()) else {
            return Vec::new();
        };
        // A single string is in the default language.
        let own = |language: &str| match self.after.is_string() {
            true => after.contains_key(language),
            false => text.get(language, language).is_some(),
        };
        let lacking = wanted.iter().filter(|language| !own(language));
        lacking.cloned().collect()
    }

    /// Returns the languages in which it is as before, while others have other words.
    fn stale(&self) -> Vec<String> {
        let Some(before) = self.before else {
            return Vec::new();
        };
        let (before, after) = (
            words(before, self.languages.0),
            words(self.after, self.languages.1),
        );
        let (same, others): (Vec<_>, Vec<_>) = after
            .iter()
            .filter(|(language, _)| before.contains_key(*language))
            .partition(|(language, text)| before.get(*language) == Some(text));
        match others.is_empty() {
            true => Vec::new(),
            false => same
                .into_iter()
                .map(|(language, _)| language.clone())
                .collect(),
        }
    }
}
