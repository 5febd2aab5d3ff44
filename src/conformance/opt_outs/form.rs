//! The forms of a page, and what browsers send with them.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{
    HeaderValue, Method,
    header::{CONTENT_TYPE, HeaderName, ORIGIN},
    request::Parts,
};
use url::{Url, form_urlencoded::Serializer};

use super::node::{attribute, is, words};
use crate::conformance::{planned::get, third_parties::Node};

#[derive(Clone, Debug)]
pub(super) struct Form {
    words: BTreeSet<String>,
    posts: bool,
    action: Url,
    pub(super) fields: Vec<Field>,
    pub(super) buttons: Vec<Button>,
}

/// A field that is sent with the form, or that the visitor has to fill in.
#[derive(Clone, Debug)]
pub(super) struct Field {
    name: String,
    value: Option<String>,
    /// The visitor can't leave it empty, or it asks for a password.
    is_asked: bool,
}

/// A button that sends its form.
#[derive(Clone, Debug)]
pub(super) struct Button {
    words: BTreeSet<String>,
    pair: Option<(String, String)>,
    action: Option<Url>,
}

/// A request that a button makes.
#[derive(Debug)]
pub(in crate::conformance) struct Submission {
    pub(in crate::conformance) parts: Parts,
    pub(in crate::conformance) body: Bytes,
    pub(in crate::conformance) url: Url,
}

/// Gives a form without a button the one that browsers take for granted.
pub(super) fn form_buttons(mut form: Form) -> Form {
    if form.buttons.is_empty() {
        form.buttons.push(Button {
            words: BTreeSet::new(),
            pair: None,
            action: None,
        });
    }
    form
}

impl Form {
    pub(super) fn of(node: &Node, base: &Url) -> Self {
        let action = attribute(node, "action").filter(|action| !action.trim().is_empty());
        let method = attribute(node, "method").unwrap_or_default();
        Self {
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
    pub(super) fn opt_out_button(&self) -> Option<&Button> {
        let marked = |button: &&Button| button.words.contains("form");
        let own = |button: &&Button| button.is_pair("decision", "opt_out");
        let buttons = || self.buttons.iter();
        let first = self.buttons.first().filter(|_| self.words.contains("form"));
        buttons().find(marked).or(buttons().find(own)).or(first)
    }

    /// Returns the button that accepts everything: the one with `data-opt-out="accept"`, or the one of the
    /// crate's own pages.
    pub(super) fn accept_button(&self) -> Option<&Button> {
        let mut buttons = self.buttons.iter();
        buttons.find(|it| it.words.contains("accept") || it.is_pair("decision", "accept"))
    }

    /// Returns the first field that the visitor has to fill in.
    pub(super) fn asks_for(&self) -> Option<&str> {
        let asked = self.fields.iter().find(|field| field.is_asked);
        asked.map(|field| field.name.as_str())
    }

    /// Returns what browsers send when this button is pressed on a page of the site.
    pub(super) fn submission(&self, button: &Button, page: &Url) -> Option<Submission> {
        let mut url = button.action.clone().unwrap_or_else(|| self.action.clone());
        if url.host() != page.host() {
            return None;
        }
        let own = self.fields.iter();
        let own = own.filter_map(|field| Some((field.name.as_str(), field.value.as_deref()?)));
        let pressed = button
            .pair
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let mut pairs = Serializer::new(String::new());
        pairs.extend_pairs(own.filter(|(name, _)| !name.is_empty()).chain(pressed));
        let pairs = pairs.finish();
        if !self.posts {
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
        if !self.posts {
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
    pub(super) fn of(node: &Node, base: &Url) -> Option<Self> {
        let kind = attribute(node, "type")
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let sends = match (is(node, "button"), is(node, "input")) {
            (true, _) => !matches!(&*kind, "button" | "reset"),
            (_, true) => matches!(&*kind, "submit" | "image"),
            _ => false,
        };
        let value = || attribute(node, "value").unwrap_or_default().to_owned();
        let action = attribute(node, "formaction");
        (sends && attribute(node, "disabled").is_none()).then(|| Self {
            words: words(node),
            pair: attribute(node, "name").map(|name| (name.to_owned(), value())),
            action: action.and_then(|action| base.join(action).ok()),
        })
    }

    fn is_pair(&self, name: &str, value: &str) -> bool {
        let pair = self
            .pair
            .as_ref()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        pair == Some((name, value))
    }
}

impl Field {
    pub(super) fn of(node: &Node, is_shown: bool) -> Option<Self> {
        let is_input = is(node, "input");
        if !(is_input || is(node, "select") || is(node, "textarea"))
            || attribute(node, "disabled").is_some()
        {
            return None;
        }
        let kind = attribute(node, "type")
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        if is_input && matches!(&*kind, "submit" | "image" | "button" | "reset" | "file") {
            return None;
        }
        let is_choice = is_input && matches!(&*kind, "checkbox" | "radio");
        let value = match (is_choice, attribute(node, "checked").is_some()) {
            (true, false) => None,
            (true, true) => Some(attribute(node, "value").unwrap_or("on").to_owned()),
            (false, _) => Some(attribute(node, "value").unwrap_or_default().to_owned()),
        };
        let is_filled = value.as_ref().is_some_and(|value| !value.is_empty());
        let is_required = attribute(node, "required").is_some() && !is_filled;
        let is_hidden = kind == "hidden";
        Some(Self {
            name: attribute(node, "name").unwrap_or_default().to_owned(),
            value,
            is_asked: is_shown && !is_hidden && (is_required || kind == "password"),
        })
    }
}
