//! `Report-To` and `NEL`: where browsers send reports, and that they do so for each failed request of the site.

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
