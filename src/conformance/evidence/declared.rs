//! The policy itself: its canonical form, its hash, what looks wrong in it, and what changed since.

use super::{
    EvidenceError,
    input::Input,
    item::{Items, Section},
};
use crate::{
    CookiePolicy,
    policy::{Category, CookieDeclaration, Service},
    records::Document,
};

pub(super) fn add(input: &Input, items: &mut Items) -> Result<(), EvidenceError> {
    let policy = &input.policy;
    let document = Document::of_policy(policy);
    items.add(
        Section::Policy,
        "policy/policy.json",
        "The policy as a machine reads it, in a form of which there is one writing only (RFC 8785).",
        document.content(),
    )?;
    items.add(
        Section::Policy,
        "policy/sha256.txt",
        "Its fingerprint (SHA-256). Records of consent name the policy by it.",
        format!("{}\n", document.digest()),
    )?;
    items.add(
        Section::Policy,
        "policy/lint.txt",
        "What a program finds doubtful in the policy, such as missing texts or very long retentions.",
        lint(policy),
    )?;
    let Some(before) = &input.before else {
        return Ok(());
    };
    items.add(
        Section::Policy,
        "policy/before.json",
        "The earlier edition of the policy.",
        Document::of_policy(before).content(),
    )?;
    let diff = before.diff(policy);
    items.add(
        Section::Policy,
        "policy/changes.txt",
        "What changed since the earlier edition, who is asked again and why, and what does not fit.",
        format!("{}\n", diff.to_string().trim_end()),
    )?;
    items.add_json(
        Section::Policy,
        "policy/changes.json",
        "The same for programs.",
        &diff,
    )
}

fn lint(policy: &CookiePolicy) -> String {
    let warnings = policy.lint();
    if warnings.is_empty() {
        return "Nothing was found.\n".to_owned();
    }
    warnings
        .iter()
        .map(|warning| format!("{warning}\n"))
        .collect()
}

/// Returns the policy as it is for visitors without a regime, and in each that it declares, and under the
/// strictest rules: each with the name of its folder.
pub(super) fn editions(policy: &CookiePolicy) -> Vec<(String, CookiePolicy)> {
    let declared = serde_json::to_value(policy).unwrap_or_default();
    let declared = declared.get("regimes").and_then(|it| it.as_object());
    let is_declared = |id: &str| declared.is_some_and(|all| all.contains_key(id));
    let ids = policy
        .regimes()
        .filter(|id| is_declared(id) || *id == "strictest");
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    let in_regimes = ids.into_iter().filter_map(|id| {
        Some((
            format!("regime-{}", super::item::named(id)),
            policy.in_regime(id)?,
        ))
    });
    [("policy".to_owned(), policy.clone())]
        .into_iter()
        .chain(in_regimes)
        .collect()
}

/// Returns the languages that the policy has texts in, the default one first.
pub(super) fn languages(policy: &CookiePolicy) -> Vec<String> {
    let default = policy.default_language();
    let others = crate::policy::languages(policy);
    let others = others
        .into_iter()
        .filter(|language| !language.eq_ignore_ascii_case(default));
    [default.to_owned()].into_iter().chain(others).collect()
}

/// Returns the cookies of a category and of its services.
pub(super) fn cookies(category: &Category) -> impl Iterator<Item = &CookieDeclaration> {
    let of_services = category
        .get_services()
        .iter()
        .flat_map(Service::get_cookies);
    category.get_cookies().iter().chain(of_services)
}
