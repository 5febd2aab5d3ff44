//! Asking again: visitors who have answered everything are not asked on pages that are about something else. And what
//! forms have for objections to what is exempt.

use std::collections::BTreeSet;

use super::{
    Control, Kind, PageRead,
    subject::{asked, tokens},
    surface::is_page_about,
    words::{List, Meaning, has_part},
};
use crate::{conformance::third_parties::runs, preferences::Status};

impl PageRead {
    /// Returns `true` if the visitor has answered everything, nothing is new, and the page is as its markup says.
    pub(in crate::conformance) fn is_answered(&self) -> bool {
        let consent = &self.consent;
        consent.status() == Status::Decided
            && consent.choice().is_some()
            && !consent.needs_choice()
            && !consent.gpc()
            && !consent.has_several_preferences()
            && !asked(consent.policy()).is_empty()
            && !self.has_script()
    }

    /// Returns the control by which a page that is not about cookies asks for consent. Some that are called acceptances
    /// were seen to be about cookies.
    pub(in crate::conformance) fn asking(&self, seen: &BTreeSet<String>) -> Option<&Control> {
        if is_page_about(&self.tree, &self.url) {
            return None;
        }
        let unclear = self.unclear();
        let unclear = unclear.filter(|it| it.meaning.is_some() && seen.contains(&it.text));
        let mut all = self.accepting().chain(unclear);
        all.find(|accepts| self.is_question(accepts))
    }

    /// Returns `true` for the acceptance of a banner. Others are there for visitors who go to them: in a footer, in a form
    /// with the choices, beside a refusal on a plain page, or in the place of something that needs consent.
    fn is_question(&self, accepts: &Control) -> bool {
        let is_plain = accepts.kind != Kind::Script
            && accepts.hidings.is_empty()
            && !self.is_at_the_edge(accepts.number);
        let surface = accepts.surface;
        let has_choices = self.controls.all.iter().any(|it| {
            it.surface == surface && it.meaning == Some(Meaning::Save) && self.has_choices(it)
        });
        let around = [accepts.number]
            .into_iter()
            .chain(self.tree.around(accepts.number));
        let around: Vec<_> = around.collect();
        let is_called = || {
            let refuses = self.refusals_beside(accepts).next();
            refuses.is_some() && around.iter().any(|at| self.is_notice(*at))
        };
        let is_banner = around.iter().any(|at| self.is_banner(*at)) || is_called();
        is_plain && !has_choices && is_banner
    }

    /// Returns `true` if a script runs, which may hide what the markup shows.
    pub(super) fn has_script(&self) -> bool {
        let tree = &self.tree;
        tree.all()
            .any(|(number, _)| tree.is(number, "script") && runs(tree.attribute(number, "type")))
    }

    fn is_at_the_edge(&self, number: usize) -> bool {
        let tree = &self.tree;
        tree.around(number).any(|at| {
            tree.is(at, "footer")
                || tree.is(at, "nav")
                || matches!(
                    tree.attribute(at, "role"),
                    Some("contentinfo" | "navigation")
                )
        })
    }

    /// Returns `true` for a dialog, or something that is called a banner.
    fn is_banner(&self, number: usize) -> bool {
        let tree = &self.tree;
        let role = tree.attribute(number, "role").unwrap_or_default();
        let names = ["id", "class"]
            .iter()
            .filter_map(|name| tree.attribute(number, name));
        tree.is(number, "dialog")
            || matches!(role, "dialog" | "alertdialog" | "banner")
            || names
                .map(str::to_ascii_lowercase)
                .any(|name| name.contains("banner"))
    }

    /// Returns `true` for something that is called what comes up by itself, for cookies. Where a refusal is beside the
    /// acceptance, it is not in the place of something else.
    fn is_notice(&self, number: usize) -> bool {
        let names = ["id", "class", "aria-label"].iter();
        let names = names.filter_map(|name| self.tree.attribute(number, name));
        let names = names.collect::<Vec<_>>().join(" ").to_ascii_lowercase();
        let mut words = names.split(|c: char| !c.is_ascii_alphanumeric());
        let is_on_cookies = names.contains("cookie");
        let is_on_consent = is_on_cookies
            || names.contains("consent")
            || words.clone().any(|word| matches!(word, "cc" | "gdpr"));
        words.any(|word| {
            let part = ["cookies", "cookie", "consent"].iter();
            let part = part.filter_map(|before| word.strip_prefix(before)).next();
            match part.unwrap_or(word) {
                "notice" | "overlay" | "prompt" => is_on_cookies,
                "popup" | "modal" | "toast" | "bar" => is_on_consent,
                _ => false,
            }
        })
    }

    /// Returns the paths, with their queries, that links for choosing lead to.
    pub(in crate::conformance) fn settings(&self) -> impl Iterator<Item = String> {
        let links = self.controls.all.iter().filter(|it| {
            let meaning = it.meaning;
            it.kind == Kind::Link
                && matches!(
                    meaning,
                    Some(Meaning::Settings | Meaning::Withdraw | Meaning::Refuse)
                )
        });
        let own = links.filter_map(|control| control.link.as_ref());
        let own = own.filter(|url| url.host() == self.url.host());
        own.map(|url| match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        })
    }

    /// Returns `true` for a page with a form of the choices, to a visitor for whom something exempt runs.
    pub(in crate::conformance) fn has_form_beside_exempt(&self) -> bool {
        let policy = self.consent.policy();
        let exempt = policy.exempt() - policy.services();
        let runs = exempt
            .iter()
            .filter_map(|number| policy.id_at(number))
            .any(|id| self.consent.allows(id));
        runs && self.saving().any(|control| self.has_choices(control))
    }

    /// Returns `true` if something on the page may be an objection: whatever is called by what is exempt, by
    /// statistics, or by an objection.
    pub(in crate::conformance) fn may_object(&self) -> bool {
        let policy = self.consent.policy();
        let exempt = (policy.exempt() - policy.services()).iter();
        let mut names = Vec::new();
        for number in exempt {
            names.extend(policy.id_at(number).map(|id| tokens(id).concat()));
            let title = policy.category_at(number).and_then(|it| it.get_title());
            let titles = title.iter().flat_map(|title| {
                let languages = title.languages();
                languages.filter_map(|it| title.get(it, it))
            });
            names.extend(titles.map(|(_, text)| text.to_lowercase()));
        }
        let tree = &self.tree;
        let parts = [
            "a", "area", "button", "input", "select", "option", "label", "iframe", "embed",
            "object",
        ];
        tree.all().any(|(number, node)| {
            let is_part = parts.iter().any(|name| tree.is(number, name))
                || node.name.contains('-')
                || tree.attribute(number, "role").is_some();
            let said = || {
                let attributes = node.attributes.iter().map(|(_, value)| value.as_str());
                let text = tree.text(number, |_| true);
                let mut all: Vec<_> = attributes.map(str::to_owned).collect();
                all.push(text);
                all
            };
            is_part
                && said().iter().any(|text| {
                    let lower = text.to_lowercase();
                    let plain = tokens(text).concat();
                    has_part(List::Objection, &lower)
                        || names.iter().any(|name| {
                            !name.is_empty() && (plain.contains(name) || lower.contains(name))
                        })
                })
        })
    }
}
