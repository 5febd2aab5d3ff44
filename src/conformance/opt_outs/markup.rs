//! What a page shows of the right to opt out: the elements with `data-opt-out`, its links and its forms.

use std::collections::BTreeSet;

use url::Url;

use super::{
    form::{Button, Field, Form, form_buttons},
    node::{MARK, attribute, is, words},
};
use crate::conformance::third_parties::{Node, nodes};

/// The number of elements around a text that are looked at.
const MOST_ANCESTORS: usize = 512;

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
        Tree::new(nodes(text, true), page).markup()
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

/// The nodes of a page, and which of them are shown.
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    shown: Vec<bool>,
    texts: Vec<String>,
    pub(super) base: Url,
}

impl Tree {
    fn new(nodes: Vec<Node>, page: &Url) -> Self {
        let base = nodes.iter().find(|node| is(node, "base"));
        let base = base.and_then(|base| page.join(attribute(base, "href")?).ok());
        let shown = shown(&nodes);
        let texts = texts(&nodes, &shown);
        Self {
            shown,
            texts,
            base: base.unwrap_or_else(|| page.clone()),
            nodes,
        }
    }

    fn markup(&self) -> Markup {
        let mut markup = Markup {
            forms: self.forms(),
            ..Markup::default()
        };
        for (number, node) in self.elements() {
            let words = words(node);
            if !words.is_empty() {
                let text = self.name_of(number);
                let words = words.clone();
                markup.marks.push(Mark { words, text });
            }
            if (is(node, "a") || is(node, "area"))
                && !self.name_of(number).is_empty()
                && let Some(url) = attribute(node, "href").and_then(|to| self.base.join(to).ok())
            {
                markup.links.push(Link { words, url });
            }
        }
        markup
    }

    /// Returns the elements that are shown.
    fn elements(&self) -> impl Iterator<Item = (usize, &Node)> {
        let all = self.nodes.iter().enumerate();
        all.filter(|(number, node)| node.name.is_some() && self.is_shown(*number))
    }

    pub(super) fn is_shown(&self, number: usize) -> bool {
        self.shown.get(number).copied().unwrap_or_default()
    }

    /// Returns what an element is called: its label, or the text inside of it.
    pub(super) fn name_of(&self, number: usize) -> String {
        let node = self.nodes.get(number);
        let label = node.and_then(|node| attribute(node, "aria-label"));
        let text = self.texts.get(number).map(|text| text.trim());
        let label = label.map(str::trim).filter(|label| !label.is_empty());
        label.or(text).unwrap_or_default().to_owned()
    }

    /// Returns the forms with their fields and buttons.
    fn forms(&self) -> Vec<Form> {
        let mut forms: Vec<(usize, Form)> = Vec::new();
        for (number, node) in self.elements() {
            if is(node, "form") {
                forms.push((number, Form::of(node, &self.base)));
            }
        }
        for (number, node) in self.nodes.iter().enumerate() {
            let controls = ["button", "input", "select", "textarea"];
            if !controls.iter().any(|name| is(node, name)) {
                continue;
            }
            let owner = self.form_of(number);
            let Some((_, form)) = forms.iter_mut().find(|(form, _)| Some(*form) == owner) else {
                continue;
            };
            let is_shown = self.is_shown(number);
            if let Some(button) = Button::of(node, &self.base).filter(|_| is_shown) {
                form.buttons.push(button);
            } else if let Some(field) = Field::of(node, is_shown) {
                form.fields.push(field);
            }
        }
        forms
            .into_iter()
            .map(|(_, form)| form_buttons(form))
            .collect()
    }

    /// Returns the form that an element belongs to: the one it names, or the one around it.
    fn form_of(&self, number: usize) -> Option<usize> {
        let named = attribute(self.nodes.get(number)?, "form");
        if let Some(id) = named {
            let has_id = |node: &Node| is(node, "form") && attribute(node, "id") == Some(id);
            return self.nodes.iter().position(has_id);
        }
        let mut around = ancestors(&self.nodes, number);
        around.find(|around| self.nodes.get(*around).is_some_and(|node| is(node, "form")))
    }
}

/// Returns the numbers of the nodes around this one, and of the templates that it is inside of.
fn ancestors(nodes: &[Node], number: usize) -> impl Iterator<Item = usize> {
    let above = |number: usize| {
        nodes
            .get(number)
            .and_then(|node| node.parent.or(node.template))
    };
    std::iter::successors(above(number), move |number| above(*number)).take(MOST_ANCESTORS)
}

/// Returns for each node whether browsers show it, as far as its markup says.
fn shown(nodes: &[Node]) -> Vec<bool> {
    let mut hidden: Vec<Option<bool>> = vec![None; nodes.len()];
    for number in 0..nodes.len() {
        let mut path = vec![number];
        path.extend(ancestors(nodes, number).take_while(|at| hidden.get(*at) == Some(&None)));
        let last = path.last().copied().unwrap_or(number);
        let mut is_hidden = ancestors(nodes, last)
            .next()
            .is_some_and(|above| hidden.get(above).copied().flatten().unwrap_or_default());
        for at in path.into_iter().rev() {
            is_hidden |= nodes.get(at).is_some_and(hides);
            if let Some(slot) = hidden.get_mut(at) {
                *slot = Some(is_hidden);
            }
        }
    }
    hidden
        .into_iter()
        .map(|hidden| hidden == Some(false))
        .collect()
}

/// Returns `true` for an element that hides itself and what is inside of it.
fn hides(node: &Node) -> bool {
    let style = attribute(node, "style").unwrap_or_default();
    let style: String = style.split_ascii_whitespace().collect();
    let style = style.to_ascii_lowercase();
    let unseen = ["template", "script", "style", "noscript", "head", "title"];
    unseen.iter().any(|name| is(node, name))
        || attribute(node, "hidden").is_some()
        || attribute(node, "aria-hidden") == Some("true")
        || style.contains("display:none")
        || style.contains("visibility:hidden")
}

/// Returns for each element the text inside of it that is shown.
fn texts(nodes: &[Node], shown: &[bool]) -> Vec<String> {
    let mut texts = vec![String::new(); nodes.len()];
    let wanted: Vec<bool> = nodes
        .iter()
        .map(|node| {
            let named = ["a", "area", "button"].iter().any(|name| is(node, name));
            named || attribute(node, MARK).is_some()
        })
        .collect();
    for (number, node) in nodes.iter().enumerate() {
        let alternative = attribute(node, "alt").filter(|_| is(node, "img"));
        let text = alternative.unwrap_or(&node.text).trim();
        if text.is_empty() || shown.get(number) != Some(&true) {
            continue;
        }
        for at in [number].into_iter().chain(ancestors(nodes, number)) {
            if wanted.get(at) == Some(&true)
                && let Some(all) = texts.get_mut(at)
            {
                all.push_str(text);
                all.push(' ');
            }
        }
    }
    texts
}
