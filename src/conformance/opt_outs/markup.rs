//! What a page shows of the right to opt out: the elements with `data-opt-out`, its links and its forms.

use std::collections::BTreeSet;

use url::Url;

use crate::conformance::markup::{Form, Tree, attribute, forms, has_mark, is, words};

/// The parts of one page that visitors see, as browsers with scripts read it.
#[derive(Debug, Default)]
pub(in crate::conformance) struct Markup {
    /// The elements with `data-opt-out` that are shown.
    pub(super) marks: Vec<Mark>,
    /// The links that are shown and have a text.
    pub(super) links: Vec<Link>,
    pub(super) forms: Vec<Form>,
}

/// An element with `data-opt-out`.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) words: BTreeSet<String>,
    pub(super) text: String,
}

/// A link that leads somewhere.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) words: BTreeSet<String>,
    pub(super) url: Url,
}

impl Markup {
    pub(in crate::conformance) fn read(text: &str, page: &Url) -> Self {
        let tree = Tree::read(text, page, true);
        let mut markup = Self {
            forms: forms(&tree, |number| tree.is_shown(number)),
            ..Self::default()
        };
        for (number, node) in tree.elements() {
            let words = words(node);
            if has_mark(node) {
                let text = tree.name_of(number);
                let words = words.clone();
                markup.marks.push(Mark { words, text });
            }
            if (is(node, "a") || is(node, "area"))
                && !tree.name_of(number).is_empty()
                && let Some(url) = attribute(node, "href").and_then(|to| tree.base().join(to).ok())
            {
                markup.links.push(Link { words, url });
            }
        }
        markup
    }

    /// Returns the shown elements that have this word and a text.
    pub(super) fn marked<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a Mark> {
        let marks = self.marks.iter();
        marks.filter(move |mark| mark.words.contains(word) && !mark.text.is_empty())
    }

    /// Returns the first link that has this word.
    pub(super) fn link(&self, word: &str) -> Option<&Url> {
        let link = self.links.iter().find(|link| link.words.contains(word));
        link.map(|link| &link.url)
    }

    /// Returns `true` if a link leads to this path of the site.
    pub(super) fn leads_to(&self, page: &Url) -> bool {
        let same = |url: &Url| url.host() == page.host() && url.path() == page.path();
        self.links.iter().any(|link| same(&link.url))
    }
}
