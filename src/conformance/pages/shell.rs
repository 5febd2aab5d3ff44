//! Pages that scripts write.

use super::PageRead;

/// Shells have at most so many words, such as "Loading, please wait".
const MOST_WORDS: usize = 3;

impl PageRead {
    /// Returns `true` for a page that has nothing until its scripts run.
    pub(in crate::conformance) fn is_shell(&self) -> bool {
        let tree = &self.tree;
        let is_out = |number: usize| {
            let names = ["script", "style", "template", "noscript", "head"];
            names.iter().any(|name| tree.is(number, name))
        };
        let is_seen = |number: usize| !is_out(number) && !tree.around(number).any(is_out);
        let words = tree.texts(0, is_seen).flat_map(str::split_whitespace);
        let mut controls = self.controls.all.iter();
        self.has_script()
            && words.take(MOST_WORDS + 1).count() <= MOST_WORDS
            && !controls.any(|control| is_seen(control.number))
    }
}
