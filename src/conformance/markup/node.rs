//! The names and attributes of elements.

use std::collections::BTreeSet;

use crate::conformance::third_parties;

/// The attributes by which pages say what an element is: of opt-outs, and of consent.
const MARKS: [&str; 2] = ["data-opt-out", "data-consent-control"];

/// A node of a page.
#[derive(Debug, Default)]
pub(in crate::conformance) struct Node {
    /// Empty for anything but an element.
    pub(in crate::conformance) name: String,
    pub(in crate::conformance) attributes: Vec<(String, String)>,
    /// The text directly inside of it.
    pub(in crate::conformance) text: String,
    /// The node around it, or the template that it is inside of.
    pub(super) above: Option<usize>,
}

impl Node {
    pub(super) fn of(node: third_parties::Node) -> Self {
        let attributes = node.attributes.into_iter();
        let attributes = attributes.map(|it| (it.name.local.to_string(), it.value.to_string()));
        Self {
            name: node
                .name
                .map(|name| name.local.to_string())
                .unwrap_or_default(),
            attributes: attributes.collect(),
            text: node.text,
            above: node.parent.or(node.template),
        }
    }
}

pub(in crate::conformance) fn is(node: &Node, name: &str) -> bool {
    node.name == name
}

pub(in crate::conformance) fn attribute<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    let mut attributes = node.attributes.iter();
    let found = attributes.find(|(other, _)| other == name);
    found.map(|(_, value)| value.as_str())
}

/// Returns the words of `data-opt-out` and `data-consent-control`.
pub(in crate::conformance) fn words(node: &Node) -> BTreeSet<String> {
    let marks = MARKS.iter().filter_map(|mark| attribute(node, mark));
    let words = marks.flat_map(str::split_ascii_whitespace);
    words.map(str::to_owned).collect()
}

/// Returns `true` if the page says what the element is.
pub(in crate::conformance) fn has_mark(node: &Node) -> bool {
    MARKS.iter().any(|mark| attribute(node, mark).is_some())
}
