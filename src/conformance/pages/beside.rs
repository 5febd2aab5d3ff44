//! Texts and boxes somewhere else on the page than a control.

use http::Method;

use super::{
    elements::{is_box, is_control, text_of},
    surface::{joined, surface},
    words::{Meaning, is_about_cookies, is_limited, meaning},
};
use crate::{
    CookiePolicy,
    conformance::{
        intent::is_of_choice,
        markup::{Submission, Tree},
    },
};

/// Returns `true` for a button whose request may be about a choice, on a page that says something of cookies.
pub(super) fn may_choose(
    tree: &Tree,
    submission: Option<Submission>,
    policy: &CookiePolicy,
) -> bool {
    submission.is_some_and(|it| is_choosing(&it, policy)) && says_something(tree)
}

/// Returns `true` for a request that may be about a choice.
pub(super) fn is_choosing(submission: &Submission, policy: &CookiePolicy) -> bool {
    let Submission { parts, body, .. } = submission;
    parts.method == Method::POST && is_of_choice(parts, body, policy)
}

/// Returns `true` for a page whose text is about cookies, apart from its navigation and footer.
fn says_something(tree: &Tree) -> bool {
    let body = tree.all().find(|(number, _)| tree.is(*number, "body"));
    let Some((body, _)) = body else {
        return false;
    };
    let is_out = |number: usize| {
        let names = ["script", "style", "template", "nav", "footer"];
        names.iter().any(|name| tree.is(number, name))
    };
    let texts = tree.texts(body, |inside| {
        !is_out(inside) && !tree.around(inside).any(is_out)
    });
    joined(texts).is_some_and(|said| is_about_cookies(&said))
}

/// Returns `true` if there is something to tick beside a control, or another one for a part: in its form, or in its part
/// of the page.
pub(super) fn offers_parts(tree: &Tree, number: usize) -> bool {
    let is_switch = |at: usize| {
        let role = tree.attribute(at, "role");
        matches!(role, Some("switch" | "checkbox" | "radio")) || is_box(tree, at)
    };
    let parts = tree
        .form_of(number)
        .into_iter()
        .chain([surface(tree, number)]);
    let mut inside = parts.flat_map(|part| tree.within(part));
    let is_of_part = |at: usize| {
        let text = || text_of(tree, at);
        at != number
            && is_control(tree, at)
            && is_limited(&text())
            && meaning(&text()) != Some(Meaning::Refuse)
    };
    inside.any(|at| is_switch(*at) || is_of_part(*at))
}
