//! Law, date and basis in each regime.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    EvidenceError, declared,
    input::Input,
    item::{Items, Section},
    markdown::{self, cell},
};
use crate::{CookiePolicy, policy::regimes::AppliedRegime, wire::DAY};

#[derive(Serialize)]
struct Rules<'a> {
    regime: Option<&'a str>,
    law: Option<String>,
    date: Option<&'a str>,
    source: Option<&'a str>,
    choice_lifetime_days: u64,
    reask_after_refusal_days: u64,
    signals: Value,
    asks: Value,
    close_refuses: bool,
    opt_out_link: bool,
    basis: Map<String, Value>,
}

impl<'a> Rules<'a> {
    fn of(policy: &'a CookiePolicy, language: &str) -> Self {
        let regime = policy.regime();
        let law = regime.and_then(|regime| policy.text(regime.law(), language));
        let basis = policy.categories().map(|category| {
            let basis = category.basis().word();
            (category.id().to_owned(), Value::from(basis))
        });
        Self {
            regime: regime.map(AppliedRegime::id),
            law: law.map(|(_, law)| law.to_owned()),
            date: regime.map(AppliedRegime::date).filter(|it| !it.is_empty()),
            source: regime
                .map(AppliedRegime::source)
                .filter(|it| !it.is_empty()),
            choice_lifetime_days: policy.choice_lifetime().as_secs() / DAY,
            reask_after_refusal_days: policy.reask_after_refusal().as_secs() / DAY,
            signals: regime.map_or(Value::Null, |it| word(&it.signals())),
            asks: regime.map_or(Value::Null, |it| word(&it.asks())),
            close_refuses: regime.is_some_and(AppliedRegime::close_refuses),
            opt_out_link: regime.is_some_and(AppliedRegime::opt_out_link),
            basis: basis.collect(),
        }
    }

    /// Writes a part of the text.
    fn text(&self) -> String {
        let mut text = match self.regime {
            Some("strictest") => "## Visitors whose place is not known (`strictest`)\n\n\
                                  Field by field the strictest of all rules.\n\n"
                .to_owned(),
            Some(id) => format!("## `{id}`\n\n"),
            None => "## The policy’s own rules\n\n\
                     They apply where the site does not tell places apart. The policy names no law for them.\n\n"
                .to_owned(),
        };
        let mut line = |name: &str, value: &str| {
            text += &format!("- {name}: {value}\n");
        };
        if let Some(law) = &self.law {
            line("Law", law);
        }
        if let Some(date) = self.date {
            line("In force in this form since", date);
        }
        if let Some(source) = self.source {
            line("Source", source);
        }
        line(
            "Consent counts for",
            &format!("{} days", self.choice_lifetime_days),
        );
        let days = self.reask_after_refusal_days;
        line(
            "Nobody is asked again after a refusal for",
            &format!("{days} days"),
        );
        text += "\n| Category | What allows it |\n|---|---|\n";
        for (id, basis) in &self.basis {
            let basis = basis.as_str().unwrap_or_default();
            text += &format!("| {} | {} |\n", cell(id), meaning(basis));
        }
        text
    }
}

/// Returns a basis in plain words.
pub(super) fn meaning(basis: &str) -> &str {
    match basis {
        "necessary" => "nothing is asked: it is strictly necessary",
        "exempt" => "nothing is asked until the visitor objects: it is exempt from consent",
        "opt_out" => "nothing is asked until the visitor opts out",
        "consent" => "the visitor’s consent",
        other => other,
    }
}

/// Returns the word for an enum.
fn word(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

pub(super) fn add(input: &Input, items: &mut Items) -> Result<(), EvidenceError> {
    let editions = declared::editions(&input.policy);
    let language = markdown::language(&input.policy);
    let rules: Vec<_> = editions
        .iter()
        .map(|(_, policy)| Rules::of(policy, &language))
        .collect();
    let parts: Vec<_> = rules.iter().map(Rules::text).collect();
    items.add(
        Section::Law,
        "law/law.md",
        "The law, its date and its source, and what allows each category, in plain words.",
        format!("# Law, date and basis\n\n{}", parts.join("\n")),
    )?;
    items.add_json(
        Section::Law,
        "law/law.json",
        "The same for programs.",
        &rules,
    )
}
