//! Checks regimes and exemptions when a policy is built.

use super::{
    declarations::fault_of_exempt,
    problem::{PolicyProblem, PolicyProblemKind as Kind},
    shared::{Problems, check_id, check_languages, check_unknown, place_of},
};
use crate::{
    policy::{
        Basis, Category, Retention, Service,
        declared::Declared,
        regimes::{ExemptWhere, Exemption, Preset, Regime, STRICTEST},
    },
    wire::MAX_COOKIE_DAYS,
};

/// The most days for which data of exempt statistics are kept: 25 months (CNIL, audience measurement).
const MAX_DATA_DAYS: u32 = 760;

pub(super) fn check(policy: &Declared, problems: &mut Problems) {
    for category in &policy.categories {
        if let Some(exemption) = category.get_exemption() {
            check_exemption(category, exemption, problems);
        }
    }
    if let Some(period) = policy.reask_after_refusal {
        check_period("the policy", "reask_after_refusal", period, problems);
    }
    if policy.regime.is_some() && !policy.is_document {
        let message = "`regime` is only in the documents that records refer to: remove it, and declare \
                       `regimes`";
        problems.push(PolicyProblem::new(Kind::Conflict, "the policy", message));
    }
    for (id, regime) in &policy.regimes {
        check_regime(policy, id, regime, problems);
    }
}

fn check_regime(policy: &Declared, id: &str, regime: &Regime, problems: &mut Problems) {
    let place = || format!("regime {id:?}");
    check_id(place, id, problems);
    check_unknown(place, &regime.unknown, Regime::KEYS, problems);
    let law = regime.law.iter().map(|law| ("law", law));
    check_languages(place, law, problems);
    if id == STRICTEST {
        let message = "this id is that of visitors whose regime is not known: choose another one";
        problems.push(PolicyProblem::new(Kind::InvalidId, place(), message));
    }
    for (key, period) in [
        ("choice_lifetime", regime.choice_lifetime),
        ("reask_after_refusal", regime.reask_after_refusal),
    ] {
        if let Some(period) = period {
            check_period(&place(), key, period, problems);
        }
    }
    let name = regime.preset.as_deref().unwrap_or(id);
    let Some(preset) = Preset::of(name) else {
        let all: Vec<_> = Preset::all().iter().map(|it| it.id.as_str()).collect();
        let message = format!("unknown preset {name:?}: use one of {}", all.join(", "));
        problems.push(PolicyProblem::new(Kind::InvalidValue, place(), message));
        return;
    };
    for (category, basis) in regime.categories.iter() {
        let found = policy.categories.iter().find(|it| it.id() == category);
        let messages = match found {
            None => vec![format!(
                "the policy has no category {category:?}: use the id of one that it declares"
            )],
            Some(category) => conflicts(category, basis, preset),
        };
        let messages = messages.into_iter();
        problems
            .extend(messages.map(|message| PolicyProblem::new(Kind::Conflict, place(), message)));
    }
}

/// Returns what is wrong with this basis of a category in a regime: as much as where the category itself
/// has the basis, since the regime's policy is a document of records, and is checked when it is read.
fn conflicts(category: &Category, basis: Basis, preset: &Preset) -> Vec<String> {
    let is_made_exempt = basis == Basis::Exempt && category.basis() != Basis::Exempt;
    let of_services = category.services.iter().flat_map(Service::get_cookies);
    let cookies = category.cookies.iter().chain(of_services);
    let kept = cookies.filter(|_| is_made_exempt).filter_map(|cookie| {
        let fault = fault_of_exempt(cookie)?;
        Some(format!(
            "cookie {:?} of category {:?}, which is exempt here: {fault}",
            cookie.name(),
            category.id()
        ))
    });
    conflict(category, basis, preset)
        .into_iter()
        .chain(kept)
        .collect()
}

/// Returns why a category can't have this basis in a regime with this preset.
fn conflict(category: &Category, basis: Basis, preset: &Preset) -> Option<String> {
    let id = category.id();
    let word = basis.word();
    if (category.basis() == Basis::Necessary) != (basis == Basis::Necessary) {
        return Some(format!(
            "category {id:?} can't be {word:?} here and something else elsewhere: what is necessary is so \
             everywhere, so remove the line"
        ));
    }
    let laxer = matches!(basis, Basis::Exempt | Basis::OptOut);
    if laxer && category.is_sensitive() {
        return Some(format!(
            "category {id:?} is sensitive, so it can't be {word:?}: use \"consent\" (GDPR, art. 9)"
        ));
    }
    if basis != Basis::Exempt {
        return None;
    }
    match preset.exempt {
        ExemptWhere::Never => Some(format!(
            "category {id:?} is exempt here, but the law of the preset {:?} exempts nothing beyond what is \
             necessary: use \"consent\"",
            preset.id
        )),
        ExemptWhere::Named if !preset.is_named_by(category) => Some(format!(
            "category {id:?} is exempt here, and nothing says under which conditions: declare its \
             `exemption` with {:?} among its laws",
            preset.id
        )),
        ExemptWhere::Declared if category.get_exemption().is_none() => Some(format!(
            "category {id:?} is exempt here, and nothing says under which conditions: declare its \
             `exemption`"
        )),
        ExemptWhere::Named | ExemptWhere::Declared | ExemptWhere::Always => None,
    }
}

fn check_exemption(category: &Category, exemption: &Exemption, problems: &mut Problems) {
    let place = || format!("the exemption of {}", place_of(category.id()));
    check_unknown(place, &exemption.unknown, Exemption::KEYS, problems);
    check_languages(place, exemption.texts(), problems);
    let mut push = |kind, message: String| {
        problems.push(PolicyProblem::new(kind, place(), message));
    };
    let mut laws = exemption.laws().peekable();
    if laws.peek().is_none() {
        push(
            Kind::Missing,
            "no law: name those under which it is exempt, such as \"fr\"".to_owned(),
        );
    }
    for law in laws {
        let knows = |preset: &Preset| {
            let exempts = matches!(preset.exempt, ExemptWhere::Named | ExemptWhere::Declared);
            preset.id == law && exempts
        };
        if !Preset::all().iter().any(knows) {
            push(
                Kind::InvalidValue,
                format!(
                    "{law:?} is not a law that exempts: use \"fr\", \"it\", \"es\", \"nl\", \"uk\", \"ch\", \
                     \"quebec\" or \"brazil\""
                ),
            );
        }
    }
    for (key, is_there) in [
        ("purpose", exemption.purpose.is_some()),
        ("processor", exemption.processor.is_some()),
        ("data_retention", exemption.data_retention.is_some()),
    ] {
        if !is_there {
            push(Kind::Missing, format!("no {key}: add it"));
        }
    }
    for (key, declared) in exemption.limits() {
        match declared {
            Some(false) => {}
            None => push(
                Kind::Missing,
                format!("no {key}: add `\"{key}\": false` if it is so"),
            ),
            Some(true) => push(
                Kind::Conflict,
                format!(
                    "{key} is true, which no law exempts: give the category the basis \"consent\""
                ),
            ),
        }
    }
    if let Some(kept) = exemption.data_retention
        && kept.as_days().is_none_or(|days| days > MAX_DATA_DAYS)
    {
        push(
            Kind::InvalidValue,
            format!("data_retention `{kept}`: exempt data are kept for 25 months at most"),
        );
    }
}

fn check_period(place: &str, key: &str, period: Retention, problems: &mut Problems) {
    let days = period.as_days();
    if !days.is_some_and(|days| (1..=MAX_COOKIE_DAYS).contains(&days)) {
        let message = format!(
            "invalid {key} `{period}`: use 1 to {MAX_COOKIE_DAYS} days, browsers keep no cookie longer"
        );
        problems.push(PolicyProblem::new(Kind::InvalidValue, place, message));
    }
}
