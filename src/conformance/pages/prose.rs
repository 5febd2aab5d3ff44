//! The text of a page that is its content for everybody: not lists and headings, which may be chosen for the visitor,
//! nor what is beside a film, nor a sentence on the choice itself.

use super::{
    PageRead,
    subject::{asked, tokens},
    words::{List, is_about_cookies, is_word},
};

/// Longer texts are content, whatever words they have.
const SHORT: usize = 25;

/// Elements whose text may be chosen for the visitor, or belongs to something else.
const NO_PROSE: [&str; 14] = [
    "li", "dl", "figure", "table", "aside", "h1", "h2", "h3", "h4", "h5", "h6", "button", "label",
    "select",
];

/// The elements in which third parties show something.
const EMBEDS: [&str; 5] = ["iframe", "embed", "object", "video", "figure"];

/// Phrases of sentences on what is chosen for the visitor.
const FOR_VISITOR: [&str; 8] = [
    "because you bought",
    "because you like",
    "because you read",
    "for you today",
    "picked for you",
    "recommended for you",
    "you have read",
    "you viewed",
];

/// Parts of the names of what is chosen for the visitor.
const PERSONAL: [&str; 6] = [
    "recommend",
    "personal",
    "for-you",
    "foryou",
    "sponsor",
    "promo",
];

impl PageRead {
    /// Returns `true` for an element whose own text is content for everybody.
    pub(super) fn is_prose(&self, number: usize, root: usize) -> bool {
        let tree = &self.tree;
        let around = [number].into_iter().chain(tree.around(number));
        let around: Vec<_> = around.take_while(|at| *at != root).collect();
        let is_no_prose = |at: usize| {
            let mut names = ["id", "class"]
                .iter()
                .filter_map(|name| tree.attribute(at, name));
            NO_PROSE.iter().any(|name| tree.is(at, name))
                || names.any(|name| is_personal(name) || self.names_purpose(name))
        };
        let block = around.iter().copied().find(|at| tree.is(*at, "p"));
        let block = block.unwrap_or(number);
        let is_short = || {
            let text = match tree.is(block, "p") {
                true => tree.text(block, |_| true),
                false => tree
                    .node(block)
                    .map(|node| node.text.clone())
                    .unwrap_or_default(),
            };
            text.split_whitespace().count() < SHORT
                && (self.is_after_embed(block) || self.is_on_choice(&text))
        };
        !around.iter().any(|at| is_no_prose(*at)) && !is_short()
    }

    /// Returns `true` for a page that is made for each visitor: there is nothing to show without consent.
    pub(in crate::conformance) fn is_personal(&self) -> bool {
        let tree = &self.tree;
        let titled = |(number, _): (usize, _)| {
            let title = tree.text(number, |_| true).replace(' ', "-");
            tree.is(number, "h1") && is_personal(&title)
        };
        is_personal(self.url.path()) || tree.all().any(|(number, node)| titled((number, node)))
    }

    /// Returns `true` for a page about cookies by its path or title.
    pub(in crate::conformance) fn is_on_cookies(&self) -> bool {
        let tree = &self.tree;
        let mut titles = tree.all().filter(|(number, _)| tree.is(*number, "h1"));
        is_about_cookies(self.url.path())
            || titles.any(|(number, _)| is_about_cookies(&tree.text(number, |_| true)))
    }

    fn is_after_embed(&self, number: usize) -> bool {
        let tree = &self.tree;
        let parent = tree.around(number).next();
        let siblings = parent.map(|parent| tree.within(parent)).unwrap_or_default();
        let siblings = siblings.iter().copied().take_while(|at| *at != number);
        let before = siblings
            .filter(|at| tree.around(*at).next() == parent)
            .filter(|at| tree.node(*at).is_some_and(|node| !node.name.is_empty()));
        let is_embed = |at: usize| EMBEDS.iter().any(|name| tree.is(at, name));
        let holds = |at: usize| {
            let mut inside = tree.within(at).iter().copied();
            inside.any(is_embed) && tree.text(at, |_| true).trim().is_empty()
        };
        before.last().is_some_and(|at| is_embed(at) || holds(at))
    }

    /// Returns `true` for a text on what the visitor has chosen, or on what it is about.
    fn is_on_choice(&self, text: &str) -> bool {
        let policy = self.consent.policy();
        let lower = text.to_lowercase();
        let titles = asked(policy)
            .iter()
            .filter_map(|it| policy.category_at(it)?.get_title());
        let mut titles = titles.flat_map(|title| {
            let languages = title.languages();
            languages.filter_map(|it| Some(title.get(it, it)?.1.to_lowercase()))
        });
        let is_for_visitor = FOR_VISITOR.iter().any(|phrase| lower.contains(phrase));
        is_for_visitor
            || is_about_cookies(text)
            || self.names_purpose(text)
            || titles.any(|it| lower.contains(&it))
    }

    fn names_purpose(&self, text: &str) -> bool {
        let policy = self.consent.policy();
        let ids = policy.consenting().iter().filter_map(|it| policy.id_at(it));
        let ids: Vec<_> = ids.map(|id| tokens(id).concat()).collect();
        let words = tokens(text);
        words
            .iter()
            .any(|word| ids.contains(word) || is_word(List::Purpose, word))
    }
}

fn is_personal(name: &str) -> bool {
    let lower = name.to_lowercase();
    PERSONAL.iter().any(|part| lower.contains(part))
}
