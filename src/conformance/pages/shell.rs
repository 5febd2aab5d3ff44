//! Pages that scripts write.

use super::PageRead;
use crate::conformance::markup::{Form, Tree};

/// Shells have at most so many words, such as "Loading, please wait".
const MOST_WORDS: usize = 3;

/// Elements that show nothing without a script.
const UNSEEN: [&str; 5] = ["script", "style", "template", "noscript", "head"];

/// Elements around the content of a page, and its titles.
const AROUND: [&str; 6] = ["nav", "header", "footer", "h1", "h2", "h3"];

impl PageRead {
    /// Returns `true` for a page about cookies with an empty place, which a script may fill with the choices.
    pub(in crate::conformance) fn has_empty_place(&self) -> bool {
        let tree = &self.tree;
        let is_place = |number: usize| {
            let names = ["div", "main", "section"];
            names.iter().any(|name| tree.is(number, name))
                && tree.attribute(number, "id").is_some()
                && tree.within(number).len() <= 1
                && tree.text(number, |_| true).trim().is_empty()
        };
        let sends = self.controls.forms.iter().any(Form::is_post);
        self.has_script()
            && !sends
            && self.is_on_cookies()
            && tree.all().any(|(number, _)| is_place(number))
            && has_few_words(tree, |name| {
                UNSEEN.contains(&name) || AROUND.contains(&name)
            })
    }

    /// Returns `true` for a page that has nothing until its scripts run.
    pub(in crate::conformance) fn is_shell(&self) -> bool {
        let tree = &self.tree;
        let is_out = |number: usize| UNSEEN.iter().any(|name| tree.is(number, name));
        let is_seen = |number: usize| !is_out(number) && !tree.around(number).any(is_out);
        let mut controls = self.controls.all.iter();
        self.has_script()
            && has_few_words(tree, |name| UNSEEN.contains(&name))
            && !controls.any(|control| is_seen(control.number))
    }
}

/// Returns `true` for a page with next to no text outside of these elements.
fn has_few_words(tree: &Tree, is_out: impl Fn(&str) -> bool) -> bool {
    let is_out = |number: usize| tree.node(number).is_some_and(|node| is_out(&node.name));
    let is_seen = |number: usize| !is_out(number) && !tree.around(number).any(is_out);
    let words = tree.texts(0, is_seen).flat_map(str::split_whitespace);
    words.take(MOST_WORDS + 1).count() <= MOST_WORDS
}
