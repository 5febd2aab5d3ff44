//! The forms that a page has.

use std::collections::HashMap;

use url::Url;

use super::SiteForm;
use crate::conformance::third_parties::{Node, nodes};

/// The number of elements around a field that are looked at.
const MOST_ANCESTORS: usize = 512;

/// A form of a page.
#[derive(Debug, Default)]
pub(in crate::conformance) struct FoundForm {
    names: Vec<String>,
    pub(super) action: Option<String>,
    pub(super) method: String,
    pub(super) enctype: String,
    /// The fields that are sent without a change.
    pub(super) sent: Vec<(String, String)>,
    /// The fields that can be filled in, and those that are sent.
    fields: Vec<String>,
    pub(super) buttons: Vec<FoundButton>,
}

/// A button that sends its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FoundButton {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) action: Option<String>,
    pub(super) method: Option<String>,
    pub(super) enctype: Option<String>,
}

impl FoundForm {
    /// Returns the form of a page that the test means, or why it is not clear.
    pub(in crate::conformance) fn on_page(
        text: &str,
        page: &Url,
        wanted: &SiteForm,
    ) -> Result<(Self, Url), String> {
        let (base, forms) = all(text, page);
        let count = forms.len();
        let is_meant = |form: &Self| {
            let by_id = wanted.id.as_ref().is_none_or(|id| form.names.contains(id));
            let by_action = wanted.action.as_ref().is_none_or(|path| {
                let action = form.action.as_deref().unwrap_or_default();
                base.join(action).is_ok_and(|url| url.path() == path)
            });
            by_id && by_action
        };
        let mut meant: Vec<Self> = forms.into_iter().filter(is_meant).collect();
        if meant.len() > 1 {
            let has_all = |form: &Self| {
                wanted
                    .given
                    .iter()
                    .all(|(name, value)| form.takes(name, value))
            };
            if meant.iter().any(has_all) {
                meant.retain(has_all);
            }
        }
        match (meant.pop(), meant.len()) {
            (Some(form), 0) => Ok((form, base)),
            (None, _) => Err(format!("the page has {count} forms, and not this one")),
            (Some(_), others) => Err(format!(
                "{} forms of the page may be meant: give its id or its action",
                others + 1
            )),
        }
    }

    fn takes(&self, name: &str, value: &str) -> bool {
        let pressed = |button: &FoundButton| button.name == name && button.value == value;
        self.fields.iter().any(|field| field == name) || self.buttons.iter().any(pressed)
    }
}

fn is(node: &Node, name: &str) -> bool {
    node.name.as_ref().is_some_and(|it| &*it.local == name)
}

fn attribute<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    let mut attributes = node.attributes.iter();
    let found = attributes.find(|attribute| &*attribute.name.local == name);
    found.map(|attribute| &*attribute.value)
}

fn word(node: &Node, name: &str) -> String {
    let value = attribute(node, name).unwrap_or_default();
    value.trim().to_ascii_lowercase()
}

/// Returns the base of addresses, and the forms of a page in order.
fn all(text: &str, page: &Url) -> (Url, Vec<FoundForm>) {
    let nodes = nodes(text, true);
    let base = nodes.iter().find(|node| is(node, "base"));
    let base = base.and_then(|base| page.join(attribute(base, "href")?).ok());
    let mut forms = Vec::new();
    let mut places = HashMap::new();
    let mut ids = HashMap::new();
    for (number, node) in nodes.iter().enumerate() {
        if is(node, "form") && node.template.is_none() {
            places.insert(number, forms.len());
            if let Some(id) = attribute(node, "id") {
                ids.entry(id).or_insert(forms.len());
            }
            let names = ["id", "name"]
                .into_iter()
                .filter_map(|it| attribute(node, it));
            forms.push(FoundForm {
                names: names.map(str::to_owned).collect(),
                action: attribute(node, "action").map(|it| it.trim().to_owned()),
                method: word(node, "method"),
                enctype: word(node, "enctype"),
                ..FoundForm::default()
            });
        }
    }
    for (number, node) in nodes.iter().enumerate() {
        let form = match attribute(node, "form") {
            Some(id) => ids.get(id).copied(),
            None => ancestors(&nodes, number).find_map(|at| places.get(&at).copied()),
        };
        if let Some(form) = form.and_then(|form| forms.get_mut(form)) {
            form.add(&nodes, number, node);
        }
    }
    (base.unwrap_or_else(|| page.clone()), forms)
}

fn ancestors(nodes: &[Node], number: usize) -> impl Iterator<Item = usize> {
    let parent = |at: &usize| nodes.get(*at).and_then(|node| node.parent);
    std::iter::successors(parent(&number), parent).take(MOST_ANCESTORS)
}

impl FoundForm {
    fn add(&mut self, nodes: &[Node], number: usize, node: &Node) {
        let name = attribute(node, "name").unwrap_or_default().to_owned();
        if attribute(node, "disabled").is_some() {
            return;
        }
        let kind = word(node, "type");
        let (is_input, is_button) = (is(node, "input"), is(node, "button"));
        let presses = (is_button && !matches!(&*kind, "button" | "reset"))
            || (is_input && matches!(&*kind, "submit" | "image"));
        let own = |it: &str| attribute(node, it).map(str::to_owned);
        if presses {
            self.buttons.push(FoundButton {
                value: own("value").unwrap_or_default(),
                action: own("formaction"),
                method: own("formmethod").map(|it| it.to_ascii_lowercase()),
                enctype: own("formenctype").map(|it| it.to_ascii_lowercase()),
                name,
            });
            return;
        }
        let value = match (is_input, &*kind) {
            (true, "button" | "reset" | "file") => return,
            (true, "checkbox" | "radio") => {
                let checked = own("checked");
                checked.map(|_| own("value").unwrap_or_else(|| "on".to_owned()))
            }
            (true, _) => Some(own("value").unwrap_or_default()),
            (false, _) if is(node, "textarea") => Some(text_of(nodes, number)),
            (false, _) if is(node, "select") => selected(nodes, number),
            (false, _) => return,
        };
        if name.is_empty() {
            return;
        }
        self.sent.extend(value.map(|value| (name.clone(), value)));
        self.fields.push(name);
    }
}

/// Returns the text inside of an element.
fn text_of(nodes: &[Node], number: usize) -> String {
    let inside = nodes
        .iter()
        .enumerate()
        .filter(|(at, _)| *at == number || ancestors(nodes, *at).any(|it| it == number));
    inside.map(|(_, node)| node.text.as_str()).collect()
}

/// Returns the option that is selected, or else the first one.
fn selected(nodes: &[Node], number: usize) -> Option<String> {
    let options: Vec<(usize, &Node)> = nodes
        .iter()
        .enumerate()
        .filter(|(at, node)| is(node, "option") && ancestors(nodes, *at).any(|it| it == number))
        .collect();
    let chosen = options
        .iter()
        .find(|(_, node)| attribute(node, "selected").is_some());
    let (at, node) = chosen.or(options.first())?;
    let value = attribute(node, "value").map(str::to_owned);
    Some(value.unwrap_or_else(|| text_of(nodes, *at).trim().to_owned()))
}
