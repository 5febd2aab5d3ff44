//! The elements of a document, as html5ever reads them: the parser of a browser (Servo), and not the
//! gate's.

use std::{borrow::Cow, cell::RefCell};

use html5ever::{
    Attribute, LocalName, Namespace, ParseOpts, QualName,
    interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink},
    ns, parse_document,
    tendril::{StrTendril, TendrilSink},
    tree_builder::TreeBuilderOpts,
};

/// What an element may be part of.
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
    let options = ParseOpts {
        tree_builder: TreeBuilderOpts {
            scripting_enabled: scripting,
            ..TreeBuilderOpts::default()
        },
        ..ParseOpts::default()
    };
    let sink = Sink::default();
    sink.new_node(None);
    parse_document(sink, options).one(StrTendril::from(text))
}

#[derive(Default)]
struct Node {
    name: Option<QualName>,
    attributes: Vec<Attribute>,
    text: String,
    parent: Option<usize>,
    /// Of a template: the node with its contents.
    contents: Option<usize>,
    /// Of such a node: the template.
    template: Option<usize>,
}

/// The nodes of a document that is being read; the first one is the document itself.
#[derive(Default)]
struct Sink {
    nodes: RefCell<Vec<Node>>,
}

#[derive(Debug)]
struct Name(QualName);

impl ElemName for Name {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

impl Sink {
    fn new_node(&self, name: Option<QualName>) -> usize {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node {
            name,
            ..Node::default()
        });
        nodes.len() - 1
    }

    fn with<T: Default>(&self, node: usize, act: impl FnOnce(&mut Node) -> T) -> T {
        let mut nodes = self.nodes.borrow_mut();
        nodes.get_mut(node).map_or_else(T::default, act)
    }

    fn parent(&self, node: usize) -> Option<usize> {
        self.with(node, |node| node.parent)
    }
}

impl TreeSink for Sink {
    type Handle = usize;
    type Output = Vec<Element>;
    type ElemName<'a> = Name;

    fn finish(self) -> Vec<Element> {
        let nodes = self.nodes.into_inner();
        let is_shadow_root = |template: usize| {
            let attributes = nodes.get(template).map(|node| &*node.attributes);
            let mut attributes = attributes.unwrap_or_default().iter();
            attributes.any(|attribute| &*attribute.name.local == "shadowrootmode")
        };
        // Each node comes after the template that it is inside of, but not always after its parent.
        let is_part = |number: usize| {
            let mut at = Some(number);
            for _ in 0..nodes.len() {
                let Some(node) = at.and_then(|at| nodes.get(at)) else {
                    return true;
                };
                if node
                    .template
                    .is_some_and(|template| !is_shadow_root(template))
                {
                    return false;
                }
                at = node.parent.or(node.template);
            }
            true
        };
        let is_head = |node: usize| {
            let name = nodes.get(node).and_then(|node| node.name.as_ref());
            name.is_some_and(|name| &*name.local == "head")
        };
        let in_head = |node: &Node| node.parent.is_some_and(is_head);
        let parts: Vec<_> = (0..nodes.len()).map(is_part).collect();
        let heads: Vec<_> = nodes.iter().map(in_head).collect();
        let elements = nodes.into_iter().zip(heads).zip(parts);
        let elements = elements.filter(|(_, is_part)| *is_part);
        elements
            .filter_map(|((node, in_head), _)| element(node, in_head))
            .collect()
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> usize {
        0
    }

    fn elem_name<'a>(&'a self, target: &'a usize) -> Name {
        let name = self.with(*target, |node| node.name.clone());
        Name(name.unwrap_or_else(|| QualName::new(None, ns!(html), LocalName::from(""))))
    }

    fn create_element(
        &self,
        name: QualName,
        attributes: Vec<Attribute>,
        flags: ElementFlags,
    ) -> usize {
        let element = self.new_node(Some(name));
        let contents = flags.template.then(|| self.new_node(None));
        self.with(element, |node| {
            node.attributes = attributes;
            node.contents = contents;
        });
        if let Some(contents) = contents {
            self.with(contents, |node| node.template = Some(element));
        }
        element
    }

    fn create_comment(&self, _: StrTendril) -> usize {
        self.new_node(None)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> usize {
        self.new_node(None)
    }

    fn append(&self, parent: &usize, child: NodeOrText<usize>) {
        match child {
            NodeOrText::AppendNode(child) => self.with(child, |node| node.parent = Some(*parent)),
            NodeOrText::AppendText(text) => self.with(*parent, |node| node.text.push_str(&text)),
        }
    }

    fn append_based_on_parent_node(
        &self,
        element: &usize,
        previous: &usize,
        child: NodeOrText<usize>,
    ) {
        let parent = self.parent(*element).unwrap_or(*previous);
        self.append(&parent, child);
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &usize) -> usize {
        self.with(*target, |node| node.contents).unwrap_or(*target)
    }

    fn same_node(&self, one: &usize, other: &usize) -> bool {
        one == other
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &usize, child: NodeOrText<usize>) {
        let parent = self.parent(*sibling).unwrap_or_default();
        self.append(&parent, child);
    }

    fn add_attrs_if_missing(&self, target: &usize, attributes: Vec<Attribute>) {
        self.with(*target, |node| {
            for attribute in attributes {
                if !node.attributes.iter().any(|had| had.name == attribute.name) {
                    node.attributes.push(attribute);
                }
            }
        });
    }

    fn remove_from_parent(&self, target: &usize) {
        self.with(*target, |node| node.parent = None);
    }

    fn reparent_children(&self, from: &usize, to: &usize) {
        for node in self.nodes.borrow_mut().iter_mut() {
            if node.parent == Some(*from) {
                node.parent = Some(*to);
            }
        }
    }
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
