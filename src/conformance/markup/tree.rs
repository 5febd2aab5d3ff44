//! The nodes of a page in their order, and which of them browsers show.

use std::ops::Range;

use url::Url;

use super::node::{Node, attribute, is};
use crate::conformance::third_parties::nodes;

/// The number of elements around another that are looked at.
const MOST_ANCESTORS: usize = 512;

/// The nodes of a page.
pub(in crate::conformance) struct Tree {
    nodes: Vec<Node>,
    /// The numbers of the nodes in the order of the document.
    order: Vec<usize>,
    /// For each node, the part of `order` with itself and what is inside of it.
    spans: Vec<Range<usize>>,
    shown: Vec<bool>,
    base: Url,
}

impl Tree {
    /// Reads a page as browsers with scripts, or those without.
    pub(in crate::conformance) fn read(text: &str, page: &Url, scripting: bool) -> Self {
        let nodes = nodes(text, scripting).into_iter();
        let nodes: Vec<_> = nodes.map(Node::of).collect();
        let base = nodes.iter().find(|node| is(node, "base"));
        let base = base.and_then(|base| page.join(attribute(base, "href")?).ok());
        let (order, spans) = in_order(&nodes);
        Self {
            shown: shown(&nodes, &order, scripting),
            base: base.unwrap_or_else(|| page.clone()),
            nodes,
            order,
            spans,
        }
    }

    /// Returns what relative addresses are relative to.
    pub(in crate::conformance) const fn base(&self) -> &Url {
        &self.base
    }

    pub(in crate::conformance) fn node(&self, number: usize) -> Option<&Node> {
        self.nodes.get(number)
    }

    /// Returns `true` for an element with this name.
    pub(in crate::conformance) fn is(&self, number: usize, name: &str) -> bool {
        self.node(number).is_some_and(|node| is(node, name))
    }

    pub(in crate::conformance) fn attribute(&self, number: usize, name: &str) -> Option<&str> {
        attribute(self.node(number)?, name)
    }

    /// Returns all elements in order.
    pub(in crate::conformance) fn all(&self) -> impl Iterator<Item = (usize, &Node)> {
        let all = self.order.iter();
        all.filter_map(|number| Some((*number, self.nodes.get(*number)?)))
            .filter(|(_, node)| !node.name.is_empty())
    }

    /// Returns the elements that are shown.
    pub(in crate::conformance) fn elements(&self) -> impl Iterator<Item = (usize, &Node)> {
        self.all().filter(|(number, _)| self.is_shown(*number))
    }

    /// Returns the node itself and those inside of it, in order.
    pub(in crate::conformance) fn within(&self, number: usize) -> &[usize] {
        let span = self.spans.get(number).cloned().unwrap_or_default();
        self.order.get(span).unwrap_or_default()
    }

    /// Returns `true` for a node inside of another, or the other itself.
    pub(in crate::conformance) fn contains(&self, outer: usize, inner: usize) -> bool {
        let spans = self.spans.get(outer).zip(self.spans.get(inner));
        spans.is_some_and(|(outer, inner)| outer.contains(&inner.start) && !inner.is_empty())
    }

    /// Returns the nodes around this one, from the inside, and the templates that it is inside of.
    pub(in crate::conformance) fn around(&self, number: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(above(&self.nodes, number), |number| {
            above(&self.nodes, *number)
        })
        .take(MOST_ANCESTORS)
    }

    pub(in crate::conformance) fn is_shown(&self, number: usize) -> bool {
        self.shown.get(number).copied().unwrap_or_default()
    }

    /// Returns the text inside of an element that is shown.
    pub(in crate::conformance) fn shown_text(&self, number: usize) -> String {
        self.text(number, |inside| self.is_shown(inside))
    }

    /// Returns the text of those nodes inside of an element that `counts` takes.
    pub(in crate::conformance) fn text(
        &self,
        number: usize,
        counts: impl Fn(usize) -> bool,
    ) -> String {
        let texts: Vec<_> = self.texts(number, counts).collect();
        texts.join(" ")
    }

    /// Returns the pieces of that text.
    pub(in crate::conformance) fn texts(
        &self,
        number: usize,
        counts: impl Fn(usize) -> bool,
    ) -> impl Iterator<Item = &str> {
        let inside = self.within(number).iter().filter(move |it| counts(**it));
        let nodes = inside.filter_map(|inside| self.nodes.get(*inside));
        let texts = nodes.map(|node| {
            let alternative = attribute(node, "alt").filter(|_| is(node, "img"));
            alternative.unwrap_or(&node.text).trim()
        });
        texts.filter(|text| !text.is_empty())
    }

    /// Returns what an element is called: its label, or the text inside of it.
    pub(in crate::conformance) fn name_of(&self, number: usize) -> String {
        let label = self.attribute(number, "aria-label").map(str::trim);
        match label.filter(|label| !label.is_empty()) {
            Some(label) => label.to_owned(),
            None => self.shown_text(number),
        }
    }

    /// Returns the form that an element belongs to: the one it names, or the one around it.
    pub(in crate::conformance) fn form_of(&self, number: usize) -> Option<usize> {
        let named = attribute(self.nodes.get(number)?, "form");
        if let Some(id) = named {
            let has_id = |node: &Node| is(node, "form") && attribute(node, "id") == Some(id);
            return self.nodes.iter().position(has_id);
        }
        self.around(number).find(|around| self.is(*around, "form"))
    }
}

fn above(nodes: &[Node], number: usize) -> Option<usize> {
    nodes.get(number)?.above
}

/// Returns the nodes in order, and for each one the part of that with what is inside of it. What the parser
/// has taken out of the document is left out.
fn in_order(nodes: &[Node]) -> (Vec<usize>, Vec<Range<usize>>) {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for number in 0..nodes.len() {
        let above = above(nodes, number).and_then(|above| children.get_mut(above));
        if let Some(children) = above {
            children.push(number);
        }
    }
    let mut order = Vec::with_capacity(nodes.len());
    let mut spans = vec![0..0; nodes.len()];
    let mut open = vec![(0, false)];
    while let Some((number, is_done)) = open.pop() {
        let Some(span) = spans.get_mut(number) else {
            continue;
        };
        if is_done {
            span.end = order.len();
            continue;
        }
        *span = order.len()..order.len() + 1;
        order.push(number);
        open.push((number, true));
        let children = children.get(number).into_iter().flatten();
        open.extend(children.rev().map(|child| (*child, false)));
    }
    (order, spans)
}

/// Returns for each node whether browsers show it, as far as its markup says.
fn shown(nodes: &[Node], order: &[usize], scripting: bool) -> Vec<bool> {
    let mut shown = vec![false; nodes.len()];
    for number in order {
        let is_around = above(nodes, *number).is_none_or(|above| shown.get(above) == Some(&true));
        let node = nodes.get(*number);
        let is_shown = is_around && !node.is_some_and(|node| hides(node, scripting));
        if let Some(slot) = shown.get_mut(*number) {
            *slot = is_shown;
        }
    }
    shown
}

/// Returns `true` for an element that hides itself and what is inside of it.
fn hides(node: &Node, scripting: bool) -> bool {
    let style = attribute(node, "style").unwrap_or_default();
    let style: String = style.split_ascii_whitespace().collect();
    let style = style.to_ascii_lowercase();
    let unseen = ["template", "script", "style", "head", "title"];
    unseen.iter().any(|name| is(node, name))
        || (scripting && is(node, "noscript"))
        || attribute(node, "hidden").is_some()
        || attribute(node, "aria-hidden") == Some("true")
        || style.contains("display:none")
        || style.contains("visibility:hidden")
}
