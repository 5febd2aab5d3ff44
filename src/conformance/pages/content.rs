//! What a page is about, apart from what asks for consent: it may not depend on it.

use std::collections::BTreeMap;

use super::{
    PageRead,
    hidden::{last, style},
    words::{List, asks_for_consent, is_on_cookies, is_word},
};

/// Pages with fewer words are not compared.
const FEWEST_WORDS: usize = 4;
/// So many words are content, whatever they are.
const MANY_WORDS: usize = 25;
/// So many words of prose are content, also of a small page.
const FEWEST_OF_PROSE: usize = 6;
/// Much of the content is missing below this share.
const MOST_MISSING: f64 = 0.4;
/// Another text is much shorter below this share.
const MUCH_SHORTER: f64 = 0.6;
/// A text with as many words is more than a note.
const LONGEST_NOTE: usize = 25;
/// Another document has less in common.
const ANOTHER: f64 = 0.2;

/// The words of a page.
pub(in crate::conformance) struct Content {
    words: BTreeMap<String, usize>,
    /// Those that are the same for everybody.
    prose: BTreeMap<String, usize>,
    count: usize,
    /// It is about cookies, or asks for something.
    asks: bool,
    /// It names cookies, and not what some of them are for.
    names_cookies: bool,
}

impl PageRead {
    pub(in crate::conformance) fn content(&self) -> Content {
        let tree = &self.tree;
        let main = tree.all().find(|(number, _)| {
            tree.is(*number, "main") || tree.attribute(*number, "role") == Some("main")
        });
        let body = || tree.all().find(|(number, _)| tree.is(*number, "body"));
        let root = main.or_else(body).map_or(0, |(number, _)| number);
        let asking: Vec<usize> = self
            .controls
            .all
            .iter()
            .map(|control| control.surface)
            .collect();
        let left_out = [
            "script", "style", "template", "noscript", "nav", "header", "footer", "head", "dialog",
            "form",
        ];
        let is_left_out = |number: usize| {
            let is_asking = asking.contains(&number) && !tree.contains(number, root);
            let style = style(tree, number);
            let value = |property| last(&style, property).unwrap_or_default();
            let is_hidden = tree.attribute(number, "hidden").is_some()
                || value("display") == "none"
                || value("visibility") == "hidden"
                || value("filter").contains("blur(")
                || self.controls.sheet.hides(tree, number);
            is_asking || is_hidden || left_out.iter().any(|name| tree.is(number, name))
        };
        let (mut text, mut prose) = (String::new(), String::new());
        let mut skip_to = 0;
        for (at, number) in tree.within(root).iter().enumerate() {
            if at < skip_to {
                continue;
            }
            if at > 0 && is_left_out(*number)
                || at == 0 && is_left_out(root) && !tree.is(root, "body")
            {
                skip_to = at + tree.within(*number).len();
                continue;
            }
            if let Some(node) = tree.node(*number) {
                text.push_str(&node.text);
                text.push(' ');
                if !node.text.trim().is_empty() && self.is_prose(*number, root) {
                    prose.push_str(&node.text);
                    prose.push(' ');
                }
            }
        }
        Content {
            prose: counted(&prose),
            ..Content::of(&text)
        }
    }
}

impl Content {
    /// Returns the words of a text.
    pub(in crate::conformance) fn of(text: &str) -> Self {
        let words = counted(text);
        Self {
            prose: words.clone(),
            count: words.values().sum(),
            asks: asks_for_consent(text),
            names_cookies: is_on_cookies(text) && !words.keys().any(|word| is_purpose(word)),
            words,
        }
    }

    /// Returns `true` for a text on cookies, and not on what some of them are for.
    pub(in crate::conformance) const fn names_cookies(&self) -> bool {
        self.names_cookies
    }

    pub(in crate::conformance) fn has_word(&self, word: &str) -> bool {
        self.words.contains_key(word)
    }

    /// Returns `true` for a few words on what the visitor allows, which others need not get.
    pub(in crate::conformance) const fn is_note(&self) -> bool {
        self.asks && self.count < LONGEST_NOTE
    }

    /// Returns `true` for a text of more than one word.
    pub(in crate::conformance) const fn has_words(&self) -> bool {
        self.count > 1
    }

    /// Returns `true` if a visitor without consent gets another text, which asks for it.
    pub(in crate::conformance) fn is_replaced_by(&self, other: &Self) -> bool {
        let is_other = self.share_in(other) < ANOTHER;
        self.count >= FEWEST_WORDS && is_other && other.asks && !self.asks
    }

    /// Returns the share of the words that another text has too.
    fn share_in(&self, other: &Self) -> f64 {
        let kept = self.words.iter().map(|(word, count)| {
            let there = other.words.get(word).copied().unwrap_or_default();
            there.min(*count)
        });
        share_of(kept.sum(), self.count)
    }

    /// Returns `true` if the other page, of a visitor without consent, withholds this content.
    pub(in crate::conformance) fn is_withheld_by(&self, other: &Self) -> bool {
        let is_much = missing(&self.words, &other.words) >= MANY_WORDS
            || missing(&self.prose, &other.words) >= FEWEST_OF_PROSE;
        if self.count < FEWEST_WORDS || !is_much {
            return false;
        }
        let share = self.share_in(other);
        let is_shorter = share_of(other.count, self.count) < MUCH_SHORTER;
        (share < MOST_MISSING && is_shorter) || self.is_replaced_by(other)
    }
}

fn is_purpose(word: &str) -> bool {
    is_word(List::Purpose, word) || is_word(List::Statistics, word)
}

fn counted(text: &str) -> BTreeMap<String, usize> {
    let mut words = BTreeMap::new();
    let all = text
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| word.chars().count() > 1);
    for word in all {
        *words.entry(word.to_lowercase()).or_insert(0) += 1;
    }
    words
}

/// Returns the number of words that the other text does not have.
fn missing(words: &BTreeMap<String, usize>, other: &BTreeMap<String, usize>) -> usize {
    let missing = words.iter().map(|(word, count)| {
        let there = other.get(word).copied().unwrap_or_default();
        count.saturating_sub(there)
    });
    missing.sum()
}

fn share_of(part: usize, whole: usize) -> f64 {
    let part = u32::try_from(part).unwrap_or(u32::MAX);
    let whole = u32::try_from(whole.max(1)).unwrap_or(u32::MAX);
    f64::from(part) / f64::from(whole)
}
