//! The elements of a document, as html5ever reads them: the parser of a browser (Servo), and not the
//! gate's.

use html5ever::{
    ParseOpts, ns, parse_document,
    tendril::{StrTendril, TendrilSink},
    tree_builder::TreeBuilderOpts,
};

use super::sink::{Node, Sink};
use crate::work;

/// The language of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Html,
    Svg,
    Other,
}

/// An element that is part of a document.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) kind: Kind,
    /// In lower case.
    pub(super) name: String,
    /// Names in lower case, with `xlink:` where a namespace says so.
    pub(super) attributes: Vec<(String, String)>,
    /// The text directly inside of it.
    pub(super) text: String,
    /// It is directly inside of a `<head>`, where alone a `<meta>` can be a policy.
    pub(super) in_head: bool,
}

impl Element {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes();
        attributes.find_map(|(other, value)| (other == name).then_some(value))
    }

    pub(super) fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Returns the elements of an HTML document, as browsers with scripts or those without read it. What is
/// inside of a `<template>` is left out: no browser loads it, unless it is a shadow root.
pub(super) fn of_html(text: &str, scripting: bool) -> Vec<Element> {
    elements(nodes(text, scripting))
}

/// Returns the nodes of an HTML document, as browsers with scripts or those without read it.
pub(in crate::conformance) fn nodes(text: &str, scripting: bool) -> Vec<Node> {
    let options = ParseOpts {
        tree_builder: TreeBuilderOpts {
            scripting_enabled: scripting,
            ..TreeBuilderOpts::default()
        },
        ..ParseOpts::default()
    };
    parse_document(Sink::new(), options).one(StrTendril::from(text))
}

/// Returns the elements that are part of the document.
fn elements(nodes: Vec<Node>) -> Vec<Element> {
    let is_head = |node: usize| {
        let name = nodes.get(node).and_then(|node| node.name.as_ref());
        name.is_some_and(|name| &*name.local == "head")
    };
    let in_head = |node: &Node| node.parent.is_some_and(is_head);
    let parts = parts(&nodes);
    let heads: Vec<_> = nodes.iter().map(in_head).collect();
    let elements = nodes.into_iter().zip(heads).zip(parts);
    let elements = elements.filter(|(_, is_part)| *is_part);
    elements
        .filter_map(|((node, in_head), _)| element(node, in_head))
        .collect()
}

/// Returns for each node whether it is part of the document.
fn parts(nodes: &[Node]) -> Vec<bool> {
    let mut known = vec![None; nodes.len()];
    let mut path = Vec::new();
    // Each node comes after the template that it is inside of, but not always after its parent.
    for first in 0..nodes.len() {
        let mut at = Some(first);
        let mut is_part = true;
        while let Some((number, node)) = at.and_then(|at| Some((at, nodes.get(at)?))) {
            if let Some(found) = known[number] {
                is_part = found;
                break;
            }
            work::did(1);
            path.push(number);
            // For now, so that no node is visited twice.
            known[number] = Some(true);
            let is_shadow_root = |template| nodes.get(template).is_some_and(is_shadow_root);
            if node.template.is_some_and(|at| !is_shadow_root(at)) {
                is_part = false;
                break;
            }
            at = node.parent.or(node.template);
        }
        for number in path.drain(..) {
            known[number] = Some(is_part);
        }
    }
    let parts = known.into_iter();
    parts.map(|is_part| is_part.unwrap_or(true)).collect()
}

/// Returns `true` for a template whose content is shown.
fn is_shadow_root(template: &Node) -> bool {
    template.attributes.iter().any(|attribute| {
        let (name, mode) = (&*attribute.name.local, &*attribute.value);
        name == "shadowrootmode"
            && ["open", "closed"]
                .iter()
                .any(|known| mode.eq_ignore_ascii_case(known))
    })
}

fn element(node: Node, in_head: bool) -> Option<Element> {
    let name = node.name?;
    let attributes = node.attributes.into_iter().map(|attribute| {
        let prefix = match attribute.name.ns == ns!(xlink) {
            true => "xlink:",
            false => "",
        };
        let local = attribute.name.local.to_ascii_lowercase();
        (format!("{prefix}{local}"), attribute.value.to_string())
    });
    Some(Element {
        kind: match &name.ns {
            html if *html == ns!(html) => Kind::Html,
            svg if *svg == ns!(svg) => Kind::Svg,
            _ => Kind::Other,
        },
        name: name.local.to_ascii_lowercase().to_string(),
        attributes: attributes.collect(),
        text: node.text,
        in_head,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(elements: &[Element]) -> Vec<&str> {
        elements.iter().map(|it| &*it.name).collect()
    }

    #[test]
    fn html_is_read_as_browsers_read_it() {
        let text = "<p>a<table><IMG SRC='x&amp;y'><svg><image XLINK:href=z></svg></table>";
        let read = of_html(text, true);
        let image = read.iter().find(|it| it.name == "img").unwrap();
        assert_eq!(image.get("src"), Some("x&y"));
        let svg = read.iter().find(|it| it.name == "image").unwrap();
        assert_eq!((svg.kind, svg.get("xlink:href")), (Kind::Svg, Some("z")));
    }

    #[test]
    fn noscript_is_read_by_browsers_without_scripts() {
        let text = "<body><noscript><img src=a></noscript>";
        assert!(!names(&of_html(text, true)).contains(&"img"));
        assert!(names(&of_html(text, false)).contains(&"img"));
    }

    #[test]
    fn each_node_of_a_deep_document_is_visited_once() {
        for tag in ["<div>", "<b>", "<template>"] {
            let nodes = nodes(&tag.repeat(1_000), true);
            let steps = work::steps(|| assert_eq!(parts(&nodes).len(), nodes.len()));
            assert!(steps <= nodes.len(), "{tag}: {steps} of {}", nodes.len());
        }
    }

    #[test]
    fn templates_load_nothing_but_as_shadow_roots() {
        for (text, loads) in [
            ("<template><p><img src=a></p></template>", false),
            (
                "<template shadowrootmode=open><p><img src=a></template>",
                true,
            ),
            (
                "<template><template shadowrootmode=open><img></template></template>",
                false,
            ),
        ] {
            let read = of_html(text, true);
            assert_eq!(names(&read).contains(&"img"), loads, "{text}");
        }
    }
}
