//! `Report-To`, `NEL` and `report-uri`: where browsers send reports, and that they do so for each failed request of the
//! site.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Group {
    #[serde(default = "default_group")]
    group: String,
    #[serde(default)]
    endpoints: Vec<Endpoint>,
}

#[derive(Deserialize)]
struct Endpoint {
    #[serde(default)]
    url: String,
}

fn default_group() -> String {
    "default".to_owned()
}

/// Filters `Report-To`: JSON objects with commas between them. What is not that, browsers ignore.
pub(super) fn report_to(
    value: &[u8],
    groups: &mut Vec<String>,
    is_held: &mut dyn FnMut(&str) -> bool,
) -> Option<Vec<u8>> {
    let list = [b"[", value, b"]"].concat();
    let members: Vec<&RawValue> = serde_json::from_slice(&list).ok()?;
    let mut kept = Vec::new();
    for member in &members {
        let Ok(group) = serde_json::from_str::<Group>(member.get()) else {
            continue;
        };
        let mut urls = group.endpoints.iter();
        if !urls.any(|endpoint| is_held(&endpoint.url)) {
            groups.push(group.group);
            kept.push(member.get());
        }
    }
    if kept.len() == members.len() {
        return Some(value.to_vec());
    }
    (!kept.is_empty()).then(|| kept.join(", ").into_bytes())
}

/// Does `NEL` name a group whose endpoints the same response has, or end itself?
pub(super) fn keeps_nel(value: &[u8], groups: &[String]) -> bool {
    let Ok(policy) = serde_json::from_slice::<serde_json::Value>(value) else {
        return false;
    };
    let group = policy.get("report_to").and_then(|group| group.as_str());
    policy.get("max_age").and_then(serde_json::Value::as_u64) == Some(0)
        || group.is_some_and(|group| groups.iter().any(|other| other == group))
}

/// Filters the `report-uri` of policies, with commas between them. A policy without one allows no more.
pub(super) fn report_uri(value: &[u8], is_held: &mut dyn FnMut(&str) -> bool) -> Option<Vec<u8>> {
    let mut hyphens = memchr::memchr_iter(b'-', value);
    let is_name = |at: usize| {
        let name = value.get(at.saturating_sub(6)..at + 4);
        name.is_some_and(|name| name.eq_ignore_ascii_case(b"report-uri"))
    };
    if !hyphens.any(is_name) {
        return Some(value.to_vec());
    }
    let mut changed = false;
    let mut policies = Vec::new();
    for policy in value.split(|byte| *byte == b',') {
        let mut kept = Vec::new();
        for directive in policy.split(|byte| *byte == b';') {
            let left = reports(directive, is_held);
            changed |= left.as_deref() != Some(directive);
            kept.extend(left);
        }
        policies.push(kept.join(&b';'));
    }
    let joined = policies.join(&b',');
    let left = match changed {
        true => joined.trim_ascii(),
        false => value,
    };
    (!left.is_empty()).then(|| left.to_vec())
}

/// Returns a directive without the addresses of reports that are held back; `None` if none is left.
fn reports<'a>(
    directive: &'a [u8],
    is_held: &mut dyn FnMut(&str) -> bool,
) -> Option<Cow<'a, [u8]>> {
    let text = String::from_utf8_lossy(directive);
    let mut words = text.split_ascii_whitespace();
    let is_name = |name: &&str| name.eq_ignore_ascii_case("report-uri");
    let Some(name) = words.next().filter(is_name) else {
        return Some(directive.into());
    };
    let (held, kept): (Vec<_>, Vec<_>) = words.partition(|url| is_held(url));
    match (held.is_empty(), kept.is_empty()) {
        (true, _) => Some(directive.into()),
        (false, true) => None,
        (false, false) => Some(format!(" {name} {}", kept.join(" ")).into_bytes().into()),
    }
}
