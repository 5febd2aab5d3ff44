//! The fields of a page that are about what needs consent.

use url::Url;

use super::{
    closely::{is_field_about, is_of_person},
    control::{Controls, is_in_template},
    subject::{Named, Subject, asked, names_consent},
    surface::is_about,
    words::{is_on_cookies, is_on_cookies_alone},
};
use crate::{
    CookiePolicy,
    conformance::{
        intent::Intent,
        markup::{Form, Tree, chosen_options},
    },
};

/// A field about something that needs consent.
pub(super) struct Field {
    pub(super) number: usize,
    /// The form that it belongs to.
    pub(super) form: Option<usize>,
    /// The element, such as `<input type=checkbox>`.
    pub(super) element: String,
    pub(super) is_on: bool,
    pub(super) subject: Subject,
}

/// The fields of a page that are about consent, and their faults.
#[derive(Default)]
pub(super) struct Ticked {
    /// Some field is about what needs consent.
    pub(super) asks: bool,
    /// What is wrong with fields that are on.
    pub(super) faults: Vec<String>,
}

/// A page whose fields are read.
pub(super) struct Fields<'a> {
    pub(super) tree: &'a Tree,
    pub(super) controls: &'a Controls,
    pub(super) policy: &'a CookiePolicy,
    pub(super) page: &'a Url,
}

/// What an element sets: the element's name, whether it is on, and its names.
type Setting<'a> = (String, bool, Named<'a>);

impl Fields<'_> {
    /// Returns the fields that are about what needs consent.
    pub(super) fn read(&self) -> Vec<Field> {
        let mut all = Vec::new();
        let tree = self.tree;
        for (number, _) in tree
            .all()
            .filter(|(number, _)| !is_in_template(tree, *number))
        {
            for (element, is_on, named) in settings(tree, number) {
                let subject = named.subject(self.policy);
                let subject = subject.filter(|subject| self.asks(number, &named, subject));
                if let Some(subject) = subject {
                    all.push(Field {
                        number,
                        form: tree.form_of(number),
                        element,
                        is_on,
                        subject,
                    });
                }
            }
        }
        all
    }

    /// Returns `true` for a field of a form for consent, and not of a search or a login, unless its label is about
    /// cookies: forms for something else may not have consent along with it (Planet49).
    fn asks(&self, number: usize, named: &Named<'_>, subject: &Subject) -> bool {
        if names_consent(named.name) {
            return true;
        }
        let of_form = self.tree.form_of(number);
        let mut forms = self.controls.forms.iter();
        let form = forms.find(|form| Some(form.number) == of_form);
        let is_labelled = || match subject {
            Subject::Everything => is_on_cookies_alone(&named.label),
            Subject::One(_) | Subject::Purpose(_) => is_on_cookies(&named.label),
        };
        if form.is_some_and(|form| is_of_person(self.tree, form)) {
            return is_labelled();
        }
        let is_of_form = form.is_some_and(|form| {
            self.decides(form)
                || (self.has_ids_alone(form) && is_about(self.tree, number, self.page))
        });
        is_of_form
            || (of_form.is_none() && is_labelled())
            || is_field_about(self.tree, number, self.page, form)
    }

    /// Returns `true` for a form that is sent with ids of the policy, and nothing else that visitors set.
    fn has_ids_alone(&self, form: &Form) -> bool {
        let get = |number: usize, name| self.tree.attribute(number, name).unwrap_or_default();
        let mut shown = form
            .fields
            .iter()
            .filter(|field| !get(field.number, "type").eq_ignore_ascii_case("hidden"));
        form.is_post()
            && shown.all(|field| self.is_id(&field.name) || self.is_id(get(field.number, "value")))
    }

    fn is_id(&self, text: &str) -> bool {
        let number = self.policy.index_of(text.as_bytes());
        number.is_some_and(|number| self.policy.consenting().contains(number))
    }

    /// Returns `true` for a form whose buttons or fields are about consent.
    fn decides(&self, form: &Form) -> bool {
        let mut pairs = form.buttons.iter().filter_map(|button| button.pair());
        let ids = form.fields.iter().filter(|field| {
            let value = self
                .tree
                .attribute(field.number, "value")
                .unwrap_or_default();
            self.is_id(&field.name) || self.is_id(value)
        });
        let ids = ids.count();
        let visible = form.fields.iter().filter(|field| {
            let kind = self.tree.attribute(field.number, "type");
            !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("hidden"))
        });
        // A form of the only thing that needs consent, and of nothing else.
        let asked = asked(self.policy).iter().count();
        let is_whole = asked == 1 && ids == 1 && visible.count() == 1;
        pairs.any(|(name, value)| Intent::of_pair(name, value).is_some())
            || (form.is_post() && (ids > 1 || is_whole))
    }
}

/// Returns what an element sets.
fn settings(tree: &Tree, number: usize) -> Vec<Setting<'_>> {
    let get = |name: &str| tree.attribute(number, name);
    let kind = get("type").unwrap_or_default().trim().to_ascii_lowercase();
    let local = tree.node(number).map_or("", |node| &node.name);
    let role = get("role").unwrap_or_default();
    let is_switch = matches!(role, "switch" | "checkbox" | "menuitemcheckbox" | "radio");
    let value = get("value").unwrap_or("on");
    match (local, &*kind) {
        ("input", "checkbox" | "radio") => {
            let named = named(tree, number, value, label(tree, number), kind == "radio");
            vec![(
                format!("<input type={kind}>"),
                get("checked").is_some(),
                named,
            )]
        }
        ("input", _) => Vec::new(),
        ("select", _) => options(tree, number),
        _ if is_switch || get("aria-pressed").is_some() => {
            let state = get("aria-checked").or(get("aria-pressed"));
            let named = named(tree, number, value, label(tree, number), role == "radio");
            let role = if is_switch { role } else { "button" };
            vec![(
                format!("<{local} role={role}>"),
                state == Some("true"),
                named,
            )]
        }
        _ if local.contains('-') => {
            let is_on = get("checked").is_some_and(|it| it != "false")
                || get("aria-checked") == Some("true");
            let named = named(tree, number, value, label(tree, number), false);
            vec![(format!("<{local} checked>"), is_on, named)]
        }
        _ => Vec::new(),
    }
}

/// Returns what a list sends.
fn options(tree: &Tree, select: usize) -> Vec<Setting<'_>> {
    let options = chosen_options(tree, select).into_iter();
    let options = options.map(|option| {
        let text = tree.text(option, |_| true);
        let value = tree
            .attribute(option, "value")
            .filter(|value| !value.is_empty());
        let value = value.or_else(|| tree.node(option).map(|node| node.text.trim()));
        let named = named(tree, select, value.unwrap_or_default(), text, true);
        ("<select>".to_owned(), true, named)
    });
    options.collect()
}

fn named<'a>(
    tree: &'a Tree,
    number: usize,
    value: &'a str,
    label: String,
    is_answer: bool,
) -> Named<'a> {
    let attributes = tree.node(number).map_or(&[][..], |node| &node.attributes);
    let data = attributes
        .iter()
        .filter(|(name, _)| name.starts_with("data-"));
    let data = data.map(|(_, value)| value.trim());
    Named {
        name: tree.attribute(number, "name").unwrap_or_default(),
        value,
        others: data.chain(tree.attribute(number, "id")).collect(),
        label,
        is_answer,
    }
}

/// Returns the label of a field.
fn label(tree: &Tree, number: usize) -> String {
    let text = |number: usize| {
        tree.text(number, |inside| {
            !tree.is(inside, "script") && !tree.is(inside, "option")
        })
    };
    if let Some(label) = tree.attribute(number, "aria-label") {
        return label.to_owned();
    }
    let by_id = |id: &str| {
        let mut all = tree.all();
        all.find(|(other, _)| tree.attribute(*other, "id") == Some(id))
            .map(|(other, _)| text(other))
    };
    if let Some(ids) = tree.attribute(number, "aria-labelledby") {
        let texts: Vec<_> = ids.split_ascii_whitespace().filter_map(by_id).collect();
        return texts.join(" ");
    }
    if let Some(around) = tree.around(number).find(|at| tree.is(*at, "label")) {
        return text(around);
    }
    let id = tree.attribute(number, "id").filter(|id| !id.is_empty());
    let labelled = id.and_then(|id| {
        let mut all = tree.all();
        all.find(|(other, _)| tree.is(*other, "label") && tree.attribute(*other, "for") == Some(id))
    });
    match labelled {
        Some((label, _)) => text(label),
        None => text(number),
    }
}
