//! The nodes of an HTML document, as its parser adds and moves them.

use std::{borrow::Cow, cell::RefCell};

use html5ever::{
    Attribute, LocalName, Namespace, QualName,
    interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink},
    ns,
    tendril::StrTendril,
};

#[derive(Default)]
pub(in crate::conformance) struct Node {
    /// `None` for anything but an element.
    pub(in crate::conformance) name: Option<QualName>,
    pub(in crate::conformance) attributes: Vec<Attribute>,
    pub(in crate::conformance) text: String,
    pub(in crate::conformance) parent: Option<usize>,
    /// Of a template: the node with its contents.
    contents: Option<usize>,
    /// Of such a node: the template.
    pub(in crate::conformance) template: Option<usize>,
}

/// The nodes of a document that is being read; the first one is the document itself.
pub(super) struct Sink {
    nodes: RefCell<Vec<Node>>,
}

#[derive(Debug)]
pub(super) struct Name(QualName);

impl ElemName for Name {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

impl Sink {
    pub(super) fn new() -> Self {
        Self {
            nodes: RefCell::new(vec![Node::default()]),
        }
    }

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
    type Output = Vec<Node>;
    type ElemName<'a> = Name;

    fn finish(self) -> Vec<Node> {
        self.nodes.into_inner()
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
