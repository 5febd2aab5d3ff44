//! What is surely about cookies: most buttons, links and boxes of a page are about something else, and a footer that
//! mentions cookies is around them too.

use url::Url;

use super::{
    subject::{names_consent, tokens},
    surface::{is_page_about, joined},
    words::{List, Meaning, has_part, is_about_cookies},
};
use crate::conformance::{
    intent::Intent,
    markup::{Form, Tree},
};

/// The attributes that name what a part of the page is for.
const NAMES: [&str; 5] = ["id", "class", "name", "data-nosnippet", "action"];

/// The attributes that say what a control does.
const DOES: [&str; 3] = ["href", "formaction", "onclick"];

/// Words beside those for consent in the names of fields that are for cookies.
const OF_CONSENT: [&str; 20] = [
    "accept",
    "action",
    "all",
    "banner",
    "choice",
    "choices",
    "data",
    "decision",
    "form",
    "given",
    "level",
    "mode",
    "my",
    "preference",
    "preferences",
    "privacy",
    "site",
    "state",
    "status",
    "user",
];

/// Words of what is in the place of a film or map.
const IN_PLACE: [&str; 6] = [
    "placeholder",
    "embed",
    "block",
    "video",
    "player",
    "preview",
];

/// Parts of paths that lead to settings, whatever they are of.
const OF_SETTINGS: [&str; 5] = ["prefer", "setting", "choices", "einstellung", "paramet"];

/// Returns `true` for a text about cookies or consent, and not about a parcel alone.
fn says_consent(text: &str) -> bool {
    let lower = text.to_lowercase();
    let is_technical = lower.contains("tracking technolog") || lower.contains("trackers");
    is_technical || is_about_cookies(&lower.replace("tracking", "").replace("tracker", ""))
}

/// Returns `true` for a link of the site to a page of choices, whatever the link is called.
pub(super) fn leads_to_choices(link: &Url, page: &Url, told: Option<Meaning>) -> bool {
    let path = link.path().to_lowercase();
    let is_of_settings = || OF_SETTINGS.iter().any(|part| path.contains(part));
    link.host() == page.host()
        && (names_consent(&path)
            || has_part(List::Privacy, &path)
            || (told == Some(Meaning::Settings) && is_of_settings()))
}

/// Returns `true` for a form that asks who the visitor is, or what is searched for.
pub(super) fn is_of_person(tree: &Tree, form: &Form) -> bool {
    form.fields.iter().any(|field| {
        let kind = tree.attribute(field.number, "type").unwrap_or_default();
        matches!(kind, "email" | "password" | "search" | "tel")
    })
}

/// Returns `true` for a name that is about cookies, and about nothing else: `informed_consent` may be a patient's.
fn is_plain_name(name: &str) -> bool {
    let is_known = |word: &String| is_about_cookies(word) || OF_CONSENT.contains(&&**word);
    names_consent(name) && tokens(name).iter().all(is_known)
}

/// Returns `true` for a form whose request is surely about consent.
pub(super) fn sends_consent(form: &Form, pair: Option<(&str, &str)>, target: &Url) -> bool {
    let mut pairs = form.pairs().chain(pair);
    let accepts = |(name, value): (&str, &str)| {
        is_plain_name(name) && Intent::of_pair(name, value) == Some(Intent::Accept)
    };
    names_consent(target.path()) || pairs.any(accepts)
}

/// Returns `true` for an element in a part of the page that is about cookies, and has nothing else in it.
pub(super) fn is_closely_about(tree: &Tree, number: usize, page: &Url) -> bool {
    let is_on_page = || names_consent(page.path()) && !is_at_the_edge(tree, number);
    parts(tree, number).any(|at| is_named(tree, at, number) || says(tree, at, number))
        || is_on_page()
}

/// Returns `true` for a field that is about cookies by what is around it.
pub(super) fn is_field_about(tree: &Tree, number: usize, page: &Url, form: Option<&Form>) -> bool {
    let may_store = form.is_none_or(Form::is_post);
    let is_on_page = || may_store && is_page_about(tree, page) && !is_at_the_edge(tree, number);
    is_closely_about(tree, number, page) || is_on_page()
}

/// Returns `true` for a control in a part that is called by cookies, and not by what it is in the place of.
pub(super) fn is_in_named(tree: &Tree, number: usize) -> bool {
    let around = parts(tree, number).filter(|at| !tree.is(*at, "form") && *at != number);
    let mut named = around.filter(|at| is_named(tree, *at, number));
    named.any(|at| {
        let names = ["id", "class"]
            .iter()
            .filter_map(|name| tree.attribute(at, name));
        let names = names.collect::<Vec<_>>().join(" ").to_lowercase();
        !IN_PLACE.iter().any(|part| names.contains(part))
    })
}

/// Returns the element and those around it that are not the page itself, or most of it.
fn parts(tree: &Tree, number: usize) -> impl Iterator<Item = usize> {
    let around = [number].into_iter().chain(tree.around(number));
    let inner = around.take_while(|at| !tree.is(*at, "body") && !tree.is(*at, "main"));
    inner.filter(|at| !is_of_page(tree, *at))
}

/// Returns `true` for an element that holds the content of the page, or its navigation.
fn is_of_page(tree: &Tree, number: usize) -> bool {
    tree.within(number).iter().any(|inside| {
        let is_title = tree.is(*inside, "h1") && !says_consent(&tree.text(*inside, |_| true));
        is_title || tree.is(*inside, "main") || tree.is(*inside, "nav")
    })
}

/// Returns `true` for an element that is named for cookies. What a control sends is read elsewhere.
fn is_named(tree: &Tree, number: usize, control: usize) -> bool {
    let names = NAMES.iter().chain(&DOES);
    let mut names = names.filter(|name| number != control || **name != "name");
    let label = tree.attribute(number, "aria-label").unwrap_or_default();
    let data = tree.node(number).is_some_and(|node| {
        let mut attributes = node.attributes.iter();
        attributes.any(|(name, _)| name.starts_with("data-") && names_consent(name))
    });
    let is_name = |name: &&str| {
        let text = tree.attribute(number, name).unwrap_or_default();
        text.split_ascii_whitespace().any(names_consent)
    };
    data || names.any(is_name) || says_consent(label)
}

/// Returns `true` for a part whose text is about cookies, without that of the control and of links: "Cookie settings" is beside
/// much. The own form and dialog of a control may have whatever they want, and others no form but that.
fn says(tree: &Tree, at: usize, control: usize) -> bool {
    let is = |names: &[&str]| names.iter().any(|name| tree.is(at, name));
    let is_own = is(&["form", "fieldset", "dialog"]);
    let is_part = is(&["aside", "section", "div", "footer", "p"]);
    let is_other = |number: usize| tree.is(number, "form") && !tree.contains(number, control);
    if !is_own && (!is_part || tree.within(at).iter().any(|it| is_other(*it))) {
        return false;
    }
    let is_out = |number: usize| {
        ["script", "style", "a"]
            .iter()
            .any(|name| tree.is(number, name))
    };
    let texts = tree.texts(at, |inside| {
        let mut around = tree.around(inside).take_while(|around| *around != at);
        !tree.contains(control, inside) && !is_out(inside) && !around.any(is_out)
    });
    joined(texts).is_some_and(|said| says_consent(&said))
}

fn is_at_the_edge(tree: &Tree, number: usize) -> bool {
    let names = ["header", "footer", "nav", "aside"];
    tree.around(number)
        .any(|at| names.iter().any(|name| tree.is(at, name)))
}
