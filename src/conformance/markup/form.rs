//! The forms of a page, and what browsers send with them.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{
    HeaderValue, Method,
    header::{CONTENT_TYPE, HeaderName, ORIGIN},
    request::Parts,
};
use url::{Url, form_urlencoded::Serializer};

use super::{
    node::{Node, attribute, is, words},
    tree::Tree,
};
use crate::conformance::planned::get;

#[derive(Clone, Debug)]
pub(in crate::conformance) struct Form {
    pub(in crate::conformance) number: usize,
    pub(in crate::conformance) words: BTreeSet<String>,
    posts: bool,
    pub(in crate::conformance) action: Url,
    pub(in crate::conformance) fields: Vec<Field>,
    pub(in crate::conformance) buttons: Vec<Button>,
}

/// A field that is sent with the form, or that the visitor has to fill in.
#[derive(Clone, Debug)]
pub(in crate::conformance) struct Field {
    pub(in crate::conformance) number: usize,
    pub(in crate::conformance) name: String,
    pub(in crate::conformance) value: Option<String>,
    /// The visitor can't leave it empty, or it asks for a password.
    pub(in crate::conformance) is_asked: bool,
}

/// A button that sends its form.
#[derive(Clone, Debug, Default)]
pub(in crate::conformance) struct Button {
    /// `None` for the one that browsers take for granted.
    pub(in crate::conformance) number: Option<usize>,
    pub(in crate::conformance) words: BTreeSet<String>,
    pair: Option<(String, String)>,
    action: Option<Url>,
    posts: Option<bool>,
}

/// A request that a button makes.
#[derive(Debug)]
pub(in crate::conformance) struct Submission {
    pub(in crate::conformance) parts: Parts,
    pub(in crate::conformance) body: Bytes,
    pub(in crate::conformance) url: Url,
}

/// Returns the forms of a page that `counts` takes, with their fields and buttons.
pub(in crate::conformance) fn forms(tree: &Tree, counts: impl Fn(usize) -> bool) -> Vec<Form> {
    let all = tree.all().filter(|(number, _)| counts(*number));
    let of_form = |(number, node)| is(node, "form").then(|| Form::of(number, node, tree.base()));
    let mut forms: Vec<Form> = all.filter_map(of_form).collect();
    for (number, node) in tree.all() {
        let controls = ["button", "input", "select", "textarea"];
        if forms.is_empty() || !controls.iter().any(|name| is(node, name)) {
            continue;
        }
        let owner = tree.form_of(number);
        let Some(form) = forms.iter_mut().find(|form| Some(form.number) == owner) else {
            continue;
        };
        if let Some(button) = Button::of(number, node, tree.base()).filter(|_| counts(number)) {
            form.buttons.push(button);
        } else {
            form.fields.extend(Field::of(tree, number, node));
        }
    }
    for form in forms.iter_mut().filter(|form| form.buttons.is_empty()) {
        form.buttons.push(Button::default());
    }
    forms
}

impl Form {
    fn of(number: usize, node: &Node, base: &Url) -> Self {
        let action = attribute(node, "action").filter(|action| !action.trim().is_empty());
        let method = attribute(node, "method").unwrap_or_default();
        Self {
            number,
            words: words(node),
            posts: method.trim().eq_ignore_ascii_case("post"),
            action: action
                .and_then(|action| base.join(action).ok())
                .unwrap_or_else(|| base.clone()),
            fields: Vec::new(),
            buttons: Vec::new(),
        }
    }

    /// Returns the button that opts out: the one with `data-opt-out="form"`, or the first one of a form with
    /// it, or the one of the crate's own pages.
    pub(in crate::conformance) fn opt_out_button(&self) -> Option<&Button> {
        let marked = |button: &&Button| button.words.contains("form");
        let own = |button: &&Button| button.is_pair("decision", "opt_out");
        let buttons = || self.buttons.iter();
        let first = self.buttons.first().filter(|_| self.words.contains("form"));
        buttons().find(marked).or(buttons().find(own)).or(first)
    }

    /// Returns the button that accepts everything: the one with `data-opt-out="accept"`, or the one of the
    /// crate's own pages.
    pub(in crate::conformance) fn accept_button(&self) -> Option<&Button> {
        let mut buttons = self.buttons.iter();
        buttons.find(|it| it.words.contains("accept") || it.is_pair("decision", "accept"))
    }

    /// Returns the first field that the visitor has to fill in.
    pub(in crate::conformance) fn asks_for(&self) -> Option<&str> {
        let asked = self.fields.iter().find(|field| field.is_asked);
        asked.map(|field| field.name.as_str())
    }

    /// Returns the names and values of its fields as they are.
    pub(in crate::conformance) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        let fields = self.fields.iter();
        fields.filter_map(|field| Some((&*field.name, field.value.as_deref()?)))
    }

    pub(in crate::conformance) const fn is_post(&self) -> bool {
        self.posts
    }

    /// Returns the address that a button sends the form to.
    pub(in crate::conformance) fn target<'a>(&'a self, button: &'a Button) -> &'a Url {
        button.action.as_ref().unwrap_or(&self.action)
    }

    /// Returns what browsers send when this button is pressed on a page of the site.
    pub(in crate::conformance) fn submission(
        &self,
        button: &Button,
        page: &Url,
    ) -> Option<Submission> {
        let mut url = self.target(button).clone();
        if url.host() != page.host() {
            return None;
        }
        let own = self.fields.iter();
        let own = own.filter_map(|field| Some((field.name.as_str(), field.value.as_deref()?)));
        let pressed = button.pair();
        let mut pairs = Serializer::new(String::new());
        pairs.extend_pairs(own.filter(|(name, _)| !name.is_empty()).chain(pressed));
        let pairs = pairs.finish();
        let posts = button.posts.unwrap_or(self.posts);
        if !posts {
            url.set_query(Some(&pairs));
        }
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let mut parts = get(&path)?;
        let headers = &mut parts.headers;
        let same = HeaderValue::from_static("same-origin");
        headers.insert(HeaderName::from_static("sec-fetch-site"), same);
        if !posts {
            let body = Bytes::new();
            return Some(Submission { parts, body, url });
        }
        parts.method = Method::POST;
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(CONTENT_TYPE, form);
        let origin = HeaderValue::try_from(page.origin().ascii_serialization()).ok()?;
        headers.insert(ORIGIN, origin);
        let body = Bytes::from(pairs);
        Some(Submission { parts, body, url })
    }
}

impl Button {
    fn of(number: usize, node: &Node, base: &Url) -> Option<Self> {
        let kind = kind(node);
        let sends = match (is(node, "button"), is(node, "input")) {
            (true, _) => !matches!(&*kind, "button" | "reset"),
            (_, true) => matches!(&*kind, "submit" | "image"),
            _ => false,
        };
        let value = || attribute(node, "value").unwrap_or_default().to_owned();
        let action = attribute(node, "formaction");
        let method = attribute(node, "formmethod");
        (sends && attribute(node, "disabled").is_none()).then(|| Self {
            number: Some(number),
            words: words(node),
            pair: attribute(node, "name").map(|name| (name.to_owned(), value())),
            action: action.and_then(|action| base.join(action).ok()),
            posts: method.map(|method| method.trim().eq_ignore_ascii_case("post")),
        })
    }

    /// Returns the name and value that it sends.
    pub(in crate::conformance) fn pair(&self) -> Option<(&str, &str)> {
        let pair = self.pair.as_ref();
        pair.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn is_pair(&self, name: &str, value: &str) -> bool {
        self.pair() == Some((name, value))
    }
}

impl Field {
    fn of(tree: &Tree, number: usize, node: &Node) -> Vec<Self> {
        let is_input = is(node, "input");
        let is_control = is_input || is(node, "select") || is(node, "textarea");
        if !is_control || attribute(node, "disabled").is_some() {
            return Vec::new();
        }
        let kind = kind(node);
        if is_input && matches!(&*kind, "submit" | "image" | "button" | "reset" | "file") {
            return Vec::new();
        }
        let is_choice = is_input && matches!(&*kind, "checkbox" | "radio");
        let given = || attribute(node, "value").map(str::to_owned);
        let values = match (is_choice, attribute(node, "checked").is_some()) {
            (true, false) => vec![None],
            (true, true) => vec![Some(given().unwrap_or("on".to_owned()))],
            (false, _) if is(node, "select") => chosen(tree, number),
            (false, _) if is(node, "textarea") => vec![Some(node.text.clone())],
            (false, _) => vec![Some(given().unwrap_or_default())],
        };
        let is_hidden = kind == "hidden" || !tree.is_shown(number);
        let field = |value: Option<String>| {
            let is_filled = value.as_ref().is_some_and(|value| !value.is_empty());
            let is_required = attribute(node, "required").is_some() && !is_filled;
            Self {
                number,
                name: attribute(node, "name").unwrap_or_default().to_owned(),
                value,
                is_asked: !is_hidden && (is_required || kind == "password"),
            }
        };
        values.into_iter().map(field).collect()
    }
}

/// Returns the type of a button or field in lower case.
fn kind(node: &Node) -> String {
    let kind = attribute(node, "type").unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}

/// Returns the values of the options that are sent with a list; `None` if there are none.
fn chosen(tree: &Tree, select: usize) -> Vec<Option<String>> {
    let options = chosen_options(tree, select).into_iter();
    let values = options.map(|option| {
        let value = tree.attribute(option, "value").map(str::to_owned);
        Some(value.unwrap_or_else(|| tree.text(option, |_| true)))
    });
    let values: Vec<_> = values.collect();
    match values.is_empty() {
        true => vec![None],
        false => values,
    }
}

/// Returns the options of a list that are chosen when nobody touches it.
pub(in crate::conformance) fn chosen_options(tree: &Tree, select: usize) -> Vec<usize> {
    let options = tree.within(select).iter().copied();
    let options = options.filter(|number| tree.is(*number, "option"));
    let options: Vec<_> = options
        .filter(|number| tree.attribute(*number, "disabled").is_none())
        .collect();
    let is_selected = |number: &usize| tree.attribute(*number, "selected").is_some();
    let selected: Vec<_> = options.iter().copied().filter(is_selected).collect();
    let lists = tree.attribute(select, "multiple").is_some();
    match (lists, selected.last()) {
        (true, _) => selected,
        (false, Some(last)) => vec![*last],
        (false, None) => options.first().copied().into_iter().collect(),
    }
}
