//! Withdrawing is as easy as consenting: what a page has for it.

use std::collections::BTreeSet;

use url::Url;

use super::{
    Control, Kind, PageRead,
    elements::{is_control, text_of},
    words::{Meaning, is_about_privacy, meaning},
};
use crate::conformance::third_parties::runs;

/// A way by which a page lets visitors withdraw.
pub(in crate::conformance) enum Way<'a> {
    /// It is on the page, and works with scripts, or on another one of its steps.
    Here,
    /// A form with the choices.
    Form(&'a Control),
    /// A button sends a form.
    Button(&'a Control),
    /// It is on another page of the site.
    Link(&'a Control, Url),
    /// It is on another site.
    Elsewhere,
    /// A mail or a call.
    Letter(&'a Control),
}

impl PageRead {
    /// Returns the ways by which the page lets visitors change or withdraw their choice, those on it first.
    pub(in crate::conformance) fn ways(&self) -> Vec<Way<'_>> {
        let all = self.controls.all.iter();
        let usable = all.filter(|control| control.hidings.iter().all(|hiding| hiding.opens));
        let mut ways: Vec<_> = usable.filter_map(|control| self.way(control)).collect();
        ways.sort_by_key(|way| match way {
            Way::Here => 0,
            Way::Form(_) => 1,
            Way::Button(_) => 2,
            Way::Link(..) => 3,
            Way::Elsewhere => 4,
            Way::Letter(_) => 5,
        });
        ways
    }

    fn way<'a>(&self, control: &'a Control) -> Option<Way<'a>> {
        let meaning = control.meaning?;
        match (control.kind, meaning) {
            (Kind::Form, Meaning::Withdraw | Meaning::Refuse) => Some(Way::Button(control)),
            (Kind::Form, Meaning::Save) => self.has_choices(control).then_some(Way::Form(control)),
            (Kind::Form, Meaning::Settings) => Some(Way::Here),
            // A script reads the fields.
            (Kind::Script, Meaning::Save) => {
                let mut fields = self.fields.iter();
                fields
                    .any(|field| field.form.is_none())
                    .then_some(Way::Here)
            }
            (Kind::Script, Meaning::Withdraw | Meaning::Refuse | Meaning::Settings) => {
                Some(Way::Here)
            }
            (Kind::Link, Meaning::Withdraw | Meaning::Refuse | Meaning::Settings) => {
                let url = control.link.clone()?;
                match url.scheme() {
                    "mailto" | "tel" | "sms" => Some(Way::Letter(control)),
                    "http" | "https" if url.host() == self.url.host() => {
                        Some(Way::Link(control, url))
                    }
                    "http" | "https" => Some(Way::Elsewhere),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Returns `true` if nothing on the page may be a way, whatever it is called.
    pub(in crate::conformance) fn has_no_way(&self) -> bool {
        let tree = &self.tree;
        !tree.all().any(|(number, _)| {
            let runs = tree.is(number, "script") && runs(tree.attribute(number, "type"));
            if runs || tree.is(number, "iframe") {
                return true;
            }
            let text = text_of(tree, number);
            let told = meaning(&text);
            match tree.attribute(number, "href") {
                Some(href) => told.is_some() || is_about_privacy(&text) || is_about_privacy(href),
                None => is_control(tree, number) && told != Some(Meaning::Accept),
            }
        })
    }

    /// Returns `true` if a link or a form of the page leads where the other page lets visitors withdraw, whatever it is
    /// called here; `None` if that is done by scripts there, which may work here too.
    pub(in crate::conformance) fn leads_where(&self, other: &Self) -> Option<bool> {
        let ways = other.ways();
        let mut targets = BTreeSet::new();
        for way in &ways {
            targets.insert(match way {
                Way::Link(_, url) => url.path().to_owned(),
                Way::Form(control) | Way::Button(control) => {
                    other.controls.submission(control)?.url.path().to_owned()
                }
                Way::Here | Way::Elsewhere | Way::Letter(_) => return None,
            });
        }
        if targets.is_empty() {
            return None;
        }
        let links = self.tree.all().filter_map(|(number, _)| {
            let is_link = self.tree.is(number, "a") || self.tree.is(number, "area");
            let href = self.tree.attribute(number, "href").filter(|_| is_link)?;
            self.tree.base().join(href.trim()).ok()
        });
        let forms = self.controls.forms.iter().flat_map(|form| {
            let buttons = form.buttons.iter().map(|button| form.target(button));
            buttons.chain([&form.action]).cloned()
        });
        let is_there = links.chain(forms).any(|url| targets.contains(url.path()));
        Some(is_there)
    }

    /// Returns the usable buttons that are about a part of what the visitor has allowed.
    pub(in crate::conformance) fn parts(&self) -> impl Iterator<Item = &Control> {
        let all = self.controls.all.iter();
        all.filter(|control| {
            control.meaning == Some(Meaning::Part)
                && control.kind == Kind::Form
                && control.hidings.iter().all(|hiding| hiding.opens)
        })
    }

    /// Returns `true` if the page itself withdraws, for the link that leads to it.
    pub(in crate::conformance) fn withdraws(&self) -> bool {
        let ways = self.ways();
        ways.iter()
            .any(|way| matches!(way, Way::Here | Way::Form(_) | Way::Button(_)))
    }

    /// Returns `true` if the page asks for a password, before anything else.
    pub(in crate::conformance) fn asks_for_account(&self) -> bool {
        self.tree.elements().any(|(number, _)| {
            let kind = self.tree.attribute(number, "type");
            self.tree.is(number, "input")
                && kind.is_some_and(|kind| kind.eq_ignore_ascii_case("password"))
        })
    }

    /// Returns the field that has to be filled in for a button to work.
    pub(in crate::conformance) fn asks_for(&self, control: &Control) -> Option<&str> {
        self.controls.form(control)?.asks_for()
    }
}
