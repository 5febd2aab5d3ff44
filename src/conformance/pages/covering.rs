//! What covers a page and leaves no way to refuse.

use super::{
    Kind, PageRead,
    closely::is_of_person,
    hidden::{last, style},
    subject::asked,
    words::{Meaning, is_about_cookies},
};

impl PageRead {
    /// Returns what is wrong with what covers the page, for a visitor who has allowed nothing.
    pub(super) fn covering(&self) -> Vec<String> {
        if self.has_granted() || asked(self.consent.policy()).is_empty() {
            return Vec::new();
        }
        let covers = self
            .tree
            .elements()
            .filter(|(number, _)| self.covers(*number));
        let covers = covers.filter(|(number, _)| is_about_cookies(&self.tree.shown_text(*number)));
        let blocking = covers
            .filter(|(number, _)| !self.has_way_out(*number) && !self.asks_for_person(*number));
        let faults = blocking.take(1).map(|(number, node)| {
            let name = &node.name;
            let text = self.tree.name_of(number);
            let text: String = text.chars().take(40).collect();
            format!("<{name}> ({text:?}) covers the page, and nothing on it refuses")
        });
        faults.collect()
    }

    /// Returns `true` for an element over the whole page, as far as its markup says.
    fn covers(&self, number: usize) -> bool {
        let tree = &self.tree;
        if tree.is(number, "dialog") && tree.attribute(number, "open").is_some() {
            return true;
        }
        if tree.attribute(number, "aria-modal") == Some("true") {
            return !tree.is(number, "dialog");
        }
        let style = style(tree, number);
        let value = |property: &str| last(&style, property).unwrap_or_default();
        let is = |property: &str, values: &[&str]| values.contains(&value(property));
        let zero = ["0", "0px", "0%"];
        let whole = ["100%", "100vh", "100vw", "100dvh", "100dvw", "100svh"];
        let is_high = is("height", &whole)
            || is("min-height", &whole)
            || (is("top", &zero) && is("bottom", &zero));
        let is_wide = is("width", &whole) || (is("left", &zero) && is("right", &zero));
        let is_over = is("inset", &zero) || (is_high && is_wide);
        is("position", &["fixed", "absolute"]) && is_over
    }

    /// Returns `true` if all its forms ask who the visitor is, such as for a newsletter, and nothing about cookies.
    fn asks_for_person(&self, number: usize) -> bool {
        let inside = |other: usize| self.tree.contains(number, other);
        let forms = self.controls.forms.iter();
        let mut forms = forms
            .filter(|form| inside(form.number) && form.is_post())
            .peekable();
        let mut all = self.controls.all.iter();
        forms.peek().is_some()
            && forms.all(|form| is_of_person(&self.tree, form))
            && !all.any(|it| inside(it.number) && it.is_sure && it.meaning == Some(Meaning::Accept))
    }

    /// Returns `true` if something on it refuses, or closes it.
    fn has_way_out(&self, number: usize) -> bool {
        let inside = |control: usize| self.tree.contains(number, control);
        let mut all = self
            .controls
            .all
            .iter()
            .filter(|control| inside(control.number));
        all.any(|control| {
            let is_usable = control
                .hidings
                .iter()
                .all(|hiding| self.tree.contains(hiding.number, number));
            let refuses = match control.meaning {
                Some(Meaning::Refuse | Meaning::Withdraw) => true,
                Some(Meaning::Save) => self.has_choices(control),
                Some(Meaning::Settings) => control.kind != Kind::Link && control.link.is_none(),
                None => true,
                _ => false,
            };
            is_usable && refuses
        })
    }
}
