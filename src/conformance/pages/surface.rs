//! The parts of a page that ask for consent, and what is about cookies.

use url::Url;

use super::{
    elements::is_control,
    words::{is_about_cookies, is_about_privacy},
};
use crate::conformance::markup::Tree;

/// The attributes that name what an element is for.
const NAMES: [&str; 6] = [
    "id",
    "class",
    "name",
    "action",
    "aria-label",
    "data-nosnippet",
];

/// The longest text that is taken for that of a banner.
const MOST_WORDS: usize = 400;

/// Returns the part of the page that asks, around a control: the outermost element that is named for cookies, or
/// else a dialog or section, or else the page.
pub(super) fn surface(tree: &Tree, number: usize) -> usize {
    let around: Vec<_> = tree.around(number).collect();
    let outermost = |is_it: &dyn Fn(usize) -> bool| {
        let mut found = around.iter().rev().copied();
        found.find(|at| !is_page(tree, *at) && is_it(*at))
    };
    let is_named = |at: usize| !tree.is(at, "form") && is_named(tree, at);
    let is_section = |at: usize| {
        let role = tree.attribute(at, "role").unwrap_or_default();
        let names = ["dialog", "aside", "section"];
        names.iter().any(|name| tree.is(at, name))
            || matches!(role, "dialog" | "alertdialog" | "region" | "banner")
    };
    let body = || around.iter().copied().find(|at| tree.is(*at, "body"));
    let named = outermost(&is_named);
    if let Some(shared) = named.and_then(|named| shared(tree, named)) {
        return outermost(&is_section).unwrap_or(shared);
    }
    named
        .or_else(|| outermost(&is_section))
        .or_else(body)
        .unwrap_or_default()
}

/// Returns the part with several elements like this one, if each of them is just for one control.
fn shared(tree: &Tree, named: usize) -> Option<usize> {
    let controls = |at: usize| {
        let inside = tree.within(at).iter();
        inside.filter(|it| is_control(tree, **it)).count()
    };
    let parent = tree.around(named).next().filter(|at| !is_page(tree, *at));
    let siblings = tree.within(parent?).iter().copied().filter(|at| {
        let is_child = *at != named && tree.around(*at).next() == parent;
        is_child && is_named(tree, *at) && controls(*at) == 1
    });
    let has_others = controls(named) == 1 && siblings.count() > 0;
    parent.filter(|_| has_others)
}

fn is_page(tree: &Tree, number: usize) -> bool {
    ["html", "body", "main"]
        .iter()
        .any(|name| tree.is(number, name))
}

/// Returns `true` for an element that its attributes name for cookies.
fn is_named(tree: &Tree, number: usize) -> bool {
    let mut names = NAMES.iter().filter_map(|name| tree.attribute(number, name));
    let data = tree.node(number).is_some_and(|node| {
        let mut attributes = node.attributes.iter();
        attributes.any(|(name, _)| name.starts_with("data-") && is_about_cookies(name))
    });
    data || names.any(is_about_cookies)
}

/// Returns `true` for an element in a part of the page about cookies.
pub(super) fn is_about(tree: &Tree, number: usize, page: &Url) -> bool {
    let inner = [number].into_iter().chain(tree.around(number));
    let inner: Vec<_> = inner.take_while(|at| !tree.is(*at, "body")).collect();
    if inner.iter().any(|at| is_named(tree, *at)) {
        return true;
    }
    let is_part = |at: &&usize| {
        let names = [
            "form", "fieldset", "dialog", "aside", "section", "div", "footer", "p",
        ];
        names.iter().any(|name| tree.is(**at, name))
    };
    let says = |at: &usize| {
        let texts = tree.texts(*at, |inside| {
            !tree.is(inside, "script") && !tree.is(inside, "style")
        });
        joined(texts).is_some_and(|said| is_about_cookies(&said))
    };
    inner.iter().filter(is_part).any(says) || is_page_about(tree, page)
}

/// Joins texts, or returns `None` for more than a banner has: a whole page around each of its controls is not read to the
/// end.
#[allow(
    single_use_lifetimes,
    reason = "it can't be anonymous in an item of an iterator"
)]
pub(super) fn joined<'a>(texts: impl Iterator<Item = &'a str>) -> Option<String> {
    let (mut all, mut words) = (Vec::new(), 0);
    for text in texts {
        words += text.split_whitespace().count();
        if words > MOST_WORDS {
            return None;
        }
        all.push(text);
    }
    Some(all.join(" "))
}

/// Returns `true` for a page about cookies.
pub(super) fn is_page_about(tree: &Tree, page: &Url) -> bool {
    let titled = |(number, _): (usize, _)| {
        let is_title = tree.is(number, "h1") || tree.is(number, "title");
        is_title && is_about_cookies(&tree.text(number, |_| true))
    };
    is_about_privacy(page.path()) || tree.all().any(|(number, node)| titled((number, node)))
}

/// Returns `true` for what browsers show as a button, or its class calls one.
pub(super) fn looks_like_button(tree: &Tree, number: usize) -> bool {
    let class = tree
        .attribute(number, "class")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let is_link =
        ["link", "text"].iter().any(|word| class.contains(word)) && !class.contains("btn-");
    let is_called = ["btn", "button", "cta"]
        .iter()
        .any(|word| class.contains(word));
    let is_role = tree.attribute(number, "role") == Some("button");
    let is_element = tree.is(number, "button") || tree.is(number, "input");
    is_element || is_role || (is_called && !is_link)
}
