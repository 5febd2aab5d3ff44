//! The names and attributes of elements.

use std::collections::BTreeSet;

use crate::conformance::third_parties::Node;

/// The attribute by which pages say what an element is.
pub(super) const MARK: &str = "data-opt-out";

pub(super) fn is(node: &Node, name: &str) -> bool {
    node.name.as_ref().is_some_and(|it| &*it.local == name)
}

pub(super) fn attribute<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    let mut attributes = node.attributes.iter();
    let found = attributes.find(|attribute| &*attribute.name.local == name);
    found.map(|attribute| &*attribute.value)
}

/// Returns the words of `data-opt-out`.
pub(super) fn words(node: &Node) -> BTreeSet<String> {
    let mark = attribute(node, MARK).unwrap_or_default();
    mark.split_ascii_whitespace().map(str::to_owned).collect()
}
