//! The effect of a changed value on what consent means.

use serde_json::Value;

use super::{
    change::ChangeEffect,
    parts::{Key, Part},
};
use crate::policy::Retention;

/// Keys that are about asking, of a policy.
const ASKING: [&str; 4] = [
    "revision",
    "since",
    "choice_lifetime",
    "reask_after_refusal",
];

/// Returns the effect of another value of `key`. `is_reworded` if a text has other words, and not only more
/// languages.
pub(super) fn effect(old: &Part, new: &Part, key: &str, is_reworded: bool) -> ChangeEffect {
    let wording = match is_reworded {
        true => ChangeEffect::MayWiden,
        false => ChangeEffect::Neutral,
    };
    match (&new.key, key) {
        (Key::Policy, "controller.name") => wording,
        (Key::Policy, _) if is_about_asking(key) => ChangeEffect::Asking,
        (Key::Category(_), "basis") => by_basis(old, new),
        (Key::Category(_) | Key::Service(_), "since") => ChangeEffect::Asking,
        (Key::Category(_) | Key::Service(_), "sensitive") => match new.values.get(key) {
            Some(Value::Bool(true)) => ChangeEffect::Widens,
            _ => ChangeEffect::Narrows,
        },
        (Key::Category(_), "title" | "description") => wording,
        (Key::Category(_), "consent_mode") | (Key::Service(_), "countries") => {
            by_members(old, new, key, ChangeEffect::Widens)
        }
        (Key::Service(_), "origins" | "markers") => {
            by_members(old, new, key, ChangeEffect::MayWiden)
        }
        (Key::Service(_), "purposes") => by_count(old, new, key, wording),
        (Key::Service(_), "title" | "provider" | "controller") => wording,
        (Key::Cookie(_), "purpose" | "provider" | "service" | "controller") => wording,
        (Key::Cookie(_), "retention") => by_length(old, new, key),
        _ => ChangeEffect::Neutral,
    }
}

fn is_about_asking(key: &str) -> bool {
    let is_nested = |within| key.starts_with(within) && !key.ends_with(".law");
    ASKING.contains(&key) || is_nested("preferences_cookie.") || is_nested("regimes.")
}

fn by_basis(old: &Part, new: &Part) -> ChangeEffect {
    let is_consent = |part: &Part| part.values.get("basis") == Some(&"consent".into());
    match (is_consent(old), is_consent(new)) {
        (false, true) => ChangeEffect::Widens,
        _ => ChangeEffect::Asking,
    }
}

/// Returns `more` if the list has members that it did not have.
fn by_members(old: &Part, new: &Part, key: &str, more: ChangeEffect) -> ChangeEffect {
    let (old, new) = (old.list(key), new.list(key));
    match new.iter().all(|member| old.contains(member)) {
        false => more,
        true if new.len() < old.len() => ChangeEffect::Narrows,
        true => ChangeEffect::Neutral,
    }
}

fn by_count(old: &Part, new: &Part, key: &str, same: ChangeEffect) -> ChangeEffect {
    match new.list(key).len().cmp(&old.list(key).len()) {
        std::cmp::Ordering::Greater => ChangeEffect::Widens,
        std::cmp::Ordering::Equal => same,
        std::cmp::Ordering::Less => ChangeEffect::Narrows,
    }
}

/// A retention that was not declared is not known to be shorter.
fn by_length(old: &Part, new: &Part, key: &str) -> ChangeEffect {
    let days = |part: &Part| {
        let value = part.values.get(key)?.clone();
        let retention: Retention = serde_json::from_value(value).ok()?;
        Some(retention.as_days().unwrap_or(0))
    };
    match (days(old), days(new)) {
        (Some(old), Some(new)) if new > old => ChangeEffect::Widens,
        (Some(old), Some(new)) if new < old => ChangeEffect::Narrows,
        (Some(_) | None, Some(_)) => ChangeEffect::Neutral,
        (_, None) => ChangeEffect::MayWiden,
    }
}
