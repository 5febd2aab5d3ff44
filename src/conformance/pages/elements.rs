//! The elements that may be controls, and what they are called.

use crate::conformance::markup::Tree;

/// Returns `true` for a box, or anything else that visitors set themselves.
pub(super) fn is_box(tree: &Tree, number: usize) -> bool {
    let kind = tree.attribute(number, "type").unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    tree.is(number, "select") || matches!(&*kind, "checkbox" | "radio")
}

/// Returns `true` for what visitors press or follow.
pub(super) fn is_control(tree: &Tree, number: usize) -> bool {
    let kind = || {
        tree.attribute(number, "type")
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let is_role = matches!(tree.attribute(number, "role"), Some("button" | "link"));
    let is_link = (tree.is(number, "a") || tree.is(number, "area"))
        && tree.attribute(number, "href").is_some();
    let is_input = tree.is(number, "input") && matches!(&*kind(), "submit" | "button" | "image");
    let has_mark =
        tree.attribute(number, "data-consent-control").is_some() && !tree.is(number, "form");
    tree.is(number, "button") || is_link || is_input || is_role || has_mark
}

/// Returns what a control is called, also if it is hidden.
pub(super) fn text_of(tree: &Tree, number: usize) -> String {
    let own = ["aria-label", "title", "alt"].iter().find_map(|name| {
        let text = tree.attribute(number, name)?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    });
    let value = tree
        .attribute(number, "value")
        .filter(|_| tree.is(number, "input"));
    let text = tree.text(number, |inside| {
        !["script", "style", "template"]
            .iter()
            .any(|name| tree.is(inside, name))
    });
    match (tree.attribute(number, "aria-label"), text.is_empty()) {
        (None, false) => text,
        _ => own.or(value.map(str::to_owned)).unwrap_or(text),
    }
}
