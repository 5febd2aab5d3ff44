//! The controls of a page that are about consent: buttons and links.

use std::collections::BTreeSet;

use url::Url;

use super::{
    beside::{may_choose, offers_parts},
    closely::leads_to_choices,
    elements::{is_control, text_of},
    hidden::{Hiding, hidings},
    onward::accepts_onward,
    sheet::Sheet,
    surface::{is_about, looks_like_button, surface},
    words::{
        Meaning, is_about_cookies, is_about_privacy, is_closing, is_limited, is_unclear, meaning,
    },
};
use crate::{
    CookiePolicy,
    conformance::markup::{Form, Submission, Tree, forms, words},
};

/// The words of the crate's own marks.
const OF_MARK: [(&str, Meaning); 6] = [
    ("accept", Meaning::Accept),
    ("refuse", Meaning::Refuse),
    ("withdraw", Meaning::Withdraw),
    ("settings", Meaning::Settings),
    ("choices", Meaning::Settings),
    ("save", Meaning::Save),
];

/// The means by which a control works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::conformance) enum Kind {
    /// It sends a form.
    Form,
    /// It leads to another page.
    Link,
    /// It does nothing without scripts.
    Script,
}

impl Kind {
    const fn of(has_form: bool, is_link: bool) -> Self {
        match (has_form, is_link) {
            (true, _) => Self::Form,
            (false, true) => Self::Link,
            _ => Self::Script,
        }
    }
}

/// A control on consent.
#[derive(Debug)]
pub(in crate::conformance) struct Control {
    pub(super) number: usize,
    /// `None` for one that may do anything, such as "OK".
    pub(in crate::conformance) meaning: Option<Meaning>,
    pub(in crate::conformance) kind: Kind,
    pub(in crate::conformance) text: String,
    /// Its text refuses, or only closes, and its request accepts.
    pub(super) contradicts: bool,
    /// Its text accepts, and its request refuses.
    pub(super) is_misnamed: bool,
    /// The button of a form, by their numbers in the list of the page.
    form: Option<(usize, usize)>,
    pub(in crate::conformance) link: Option<Url>,
    /// The part of the page that it is on.
    pub(in crate::conformance) surface: usize,
    pub(super) hidings: Vec<Hiding>,
    pub(super) is_button: bool,
    /// Only a text elsewhere on the page is about cookies.
    pub(in crate::conformance) is_beside: bool,
    /// More than its words says that it is about cookies.
    pub(super) is_sure: bool,
    /// It allows the only category, by its id: maybe in the place of what needs it.
    pub(super) is_in_place: bool,
}

/// The controls of a page, and its forms.
pub(in crate::conformance) struct Controls {
    pub(in crate::conformance) all: Vec<Control>,
    pub(super) forms: Vec<Form>,
    pub(super) sheet: Sheet,
    pub(super) page: Url,
}

impl Controls {
    pub(in crate::conformance) fn of(tree: &Tree, policy: &CookiePolicy, page: &Url) -> Self {
        let forms = forms(tree, |number| !is_in_template(tree, number));
        let mut controls = Self {
            all: Vec::new(),
            forms,
            sheet: Sheet::of(tree),
            page: page.clone(),
        };
        let numbers: Vec<_> = tree.all().map(|(number, _)| number).collect();
        for number in numbers {
            if is_control(tree, number) && !is_in_template(tree, number) {
                let control = controls.read(tree, number, policy);
                controls.all.extend(control);
            }
        }
        controls
    }

    fn read(&self, tree: &Tree, number: usize, policy: &CookiePolicy) -> Option<Control> {
        let place = self.place(number);
        let text = text_of(tree, number);
        let marks = tree.node(number).map(words).unwrap_or_default();
        let marked = OF_MARK.iter().find(|(word, _)| marks.contains(*word));
        let marked = marked.map(|(_, meaning)| *meaning);
        let link = link_of(tree, number);
        let told = meaning(&text);
        let of_request = self.sent_as(tree, number, (place, told), policy);
        let sent = of_request.meaning;
        let is_link = link.is_some();
        let is_unclear = !is_link && is_unclear(&text);
        let of_privacy =
            |link: &Url| is_about_privacy(&text) || leads_to_choices(link, &self.page, told);
        let is_of_privacy = link.as_ref().is_some_and(of_privacy);
        let is_named = is_of_privacy || is_about_cookies(&text);
        let is_known = sent.is_some() || marked.is_some() || is_named;
        // Most links and buttons are about something else.
        let may_be = is_known || told.is_some() || is_unclear;
        // Opting out has rules of its own.
        if !may_be || names_part(tree, number, policy) || marks.contains("link") {
            return None;
        }
        let is_near = is_known || is_about(tree, number, &self.page);
        let is_beside = !is_near
            && told == Some(Meaning::Accept)
            && place.is_some_and(|place| may_choose(tree, self.submission_at(place), policy));
        if !is_near && !is_beside {
            return None;
        }
        let is_whole = || accepts_onward(&text) && !offers_parts(tree, number);
        let by_text = match (told, is_link) {
            (Some(Meaning::Save | Meaning::Settings), _) if is_whole() => Some(Meaning::Accept),
            // Texts about cookies have links to many places.
            (Some(Meaning::Save), true) => None,
            (None, true) if is_of_privacy => Some(Meaning::Settings),
            (told, _) => told.filter(|_| !is_beside),
        };
        let found = marked.or(sent).or(by_text);
        if found.is_none() && !is_unclear && !is_beside {
            return None;
        }
        let is_sure = self.is_sure(tree, number, place, &text);
        let opposite = |one, other| sent == Some(one) && told == Some(other);
        Some(Control {
            number,
            meaning: found,
            kind: Kind::of(place.is_some(), is_link),
            contradicts: marked.is_none()
                && (opposite(Meaning::Accept, Meaning::Refuse)
                    || sent == Some(Meaning::Accept) && is_closing(&text)),
            is_misnamed: marked.is_none()
                && opposite(Meaning::Refuse, Meaning::Accept)
                && !is_limited(&text),
            text,
            form: place,
            link,
            surface: surface(tree, number),
            hidings: hidings(tree, number, &self.sheet),
            is_button: looks_like_button(tree, number),
            is_beside,
            is_sure: marked.is_some() || of_request.is_by_id || is_sure,
            is_in_place: of_request.is_in_place && marked.is_none(),
        })
    }

    /// Returns the form and button that an element is.
    fn place(&self, number: usize) -> Option<(usize, usize)> {
        let mut forms = self.forms.iter().enumerate();
        forms.find_map(|(at, form)| {
            let mut buttons = form.buttons.iter();
            let button = buttons.position(|button| button.number == Some(number))?;
            Some((at, button))
        })
    }

    /// Returns what browsers send when the control is used.
    pub(in crate::conformance) fn submission(&self, control: &Control) -> Option<Submission> {
        self.submission_at(control.form?)
    }

    fn submission_at(&self, (form, button): (usize, usize)) -> Option<Submission> {
        let form = self.forms.get(form)?;
        form.submission(form.buttons.get(button)?, &self.page)
    }

    /// Returns what browsers send when the control is used while these boxes are not ticked.
    pub(super) fn submission_without(
        &self,
        control: &Control,
        boxes: &BTreeSet<usize>,
    ) -> Option<Submission> {
        let (form, button) = control.form?;
        let mut form = self.forms.get(form)?.clone();
        form.fields.retain(|field| !boxes.contains(&field.number));
        form.submission(form.buttons.get(button)?, &self.page)
    }

    pub(super) fn form(&self, control: &Control) -> Option<&Form> {
        self.forms.get(control.form?.0)
    }

    /// Returns the address of another site that the control sends its form to.
    pub(super) fn leads_away(&self, control: &Control) -> Option<&Url> {
        let (form, button) = control.form?;
        let form = self.forms.get(form)?;
        let url = form.target(form.buttons.get(button)?);
        (url.host() != self.page.host()).then_some(url)
    }
}

fn link_of(tree: &Tree, number: usize) -> Option<Url> {
    let is_link = tree.is(number, "a") || tree.is(number, "area");
    let href = tree.attribute(number, "href").filter(|_| is_link)?.trim();
    let url = tree.base().join(href).ok()?;
    (!href.starts_with('#') && url.scheme() != "javascript").then_some(url)
}

pub(super) fn is_in_template(tree: &Tree, number: usize) -> bool {
    tree.around(number)
        .any(|around| tree.is(around, "template"))
}

/// Returns `true` for a control of one category or service: a placeholder of a film allows just that.
fn names_part(tree: &Tree, number: usize, policy: &CookiePolicy) -> bool {
    let Some(node) = tree.node(number) else {
        return false;
    };
    let asked = policy.consenting() | policy.services();
    let ids: Vec<_> = asked.iter().filter_map(|it| policy.id_at(it)).collect();
    let mut attributes = node.attributes.iter();
    attributes.any(|(name, value)| name.starts_with("data-") && ids.contains(&value.trim()))
}
