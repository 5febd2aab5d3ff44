//! Speculation rules: what a browser loads before it is asked for.

use serde_json::{Map, Value};

type Each<'a> = dyn FnMut(&str) + 'a;

/// Calls `each` with each address that rules load from, relative ones included. Returns `false` if there are
/// others: rules for links load whatever a link leads to, unless they only match those of some origins.
pub(crate) fn each(rules: &Value, each_url: &mut Each<'_>) -> bool {
    let mut is_clear = true;
    match rules {
        Value::Object(members) => {
            if is_for_links(members) {
                is_clear = members
                    .get("where")
                    .is_some_and(|condition| confines(condition, each_url));
            }
            for (name, value) in members.iter().filter(|(name, _)| *name != "where") {
                match value.as_array().filter(|_| name == "urls") {
                    Some(urls) => urls
                        .iter()
                        .filter_map(Value::as_str)
                        .for_each(&mut *each_url),
                    None => is_clear &= each(value, each_url),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                is_clear &= each(item, each_url);
            }
        }
        _ => {}
    }
    is_clear
}

fn is_for_links(rule: &Map<String, Value>) -> bool {
    rule.contains_key("where") || rule.get("source").and_then(Value::as_str) == Some("document")
}

/// Does a condition only match links to the origins of addresses that `each` is called with? `not` and
/// selectors say nothing about origins, so that they count only beside a condition that does.
fn confines(condition: &Value, each: &mut Each<'_>) -> bool {
    let Some(condition) = condition.as_object() else {
        return false;
    };
    let list = |name| condition.get(name).and_then(Value::as_array);
    if let Some(all) = list("and") {
        return all.iter().any(|one| confines(one, each));
    }
    if let Some(some) = list("or") {
        return some.iter().all(|one| confines(one, each));
    }
    match condition.get("href_matches") {
        Some(Value::Array(patterns)) => patterns.iter().all(|pattern| is_confined(pattern, each)),
        Some(pattern) => is_confined(pattern, each),
        None => false,
    }
}

/// Does a URL pattern match one origin alone?
fn is_confined(pattern: &Value, each: &mut Each<'_>) -> bool {
    let origin = match pattern {
        // Without a scheme, it is one of the origin of the document or its base.
        Value::String(pattern) if has_no_scheme(pattern) => Some("/".to_owned()),
        Value::String(pattern) => origin_of(pattern),
        Value::Object(parts) => {
            let is_path = |name: &String| matches!(&**name, "pathname" | "search" | "hash");
            parts.keys().all(is_path).then(|| "/".to_owned())
        }
        _ => None,
    };
    let is_confined = origin.is_some();
    origin.iter().for_each(|origin| each(origin));
    is_confined
}

/// Has a pattern no `:` but that of a named group, as in `/film/:id`?
fn has_no_scheme(pattern: &str) -> bool {
    pattern.match_indices(':').all(|(at, _)| {
        let is_name = |c: char| c.is_ascii_alphabetic() || c == '_';
        pattern[at + 1..].starts_with(is_name) && !pattern[..at].ends_with('\\')
    })
}

/// Returns the origin of a pattern that spells it out.
fn origin_of(pattern: &str) -> Option<String> {
    let (scheme, rest) = pattern.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = &rest[..end];
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    let is_host = !name.is_empty()
        && name.chars().all(is_plain)
        && !port.is_empty()
        && port.bytes().all(|byte| byte.is_ascii_digit());
    (matches!(scheme, "http" | "https") && is_host).then(|| format!("{scheme}://{host}/"))
}

#[cfg(test)]
mod tests {
    use super::each;

    #[test]
    fn only_rules_for_known_origins_are_clear() {
        for (rule, urls) in [
            (r#"{"urls":["/a","//b"]}"#, Some("/a //b")),
            (r#"{"where":{"href_matches":"/*"}}"#, Some("/")),
            (
                r#"{"source":"document","where":{"href_matches":["/a","/b/:id"]}}"#,
                Some("/ /"),
            ),
            (
                r#"{"where":{"href_matches":"https://c.example/*"}}"#,
                Some("https://c.example/"),
            ),
            (
                r#"{"where":{"and":[{"href_matches":"/*"},{"not":{"selector_matches":"a"}}]}}"#,
                Some("/"),
            ),
            (
                r#"{"where":{"or":[{"href_matches":"/*"},{"href_matches":"http://c:8/"}]}}"#,
                Some("/ http://c:8/"),
            ),
            (r#"{"where":{"href_matches":{"pathname":"/a"}}}"#, Some("/")),
            (r#"{"where":{"href_matches":{"hostname":"c"}}}"#, None),
            (
                r#"{"where":{"or":[{"href_matches":"/*"},{"selector_matches":"a"}]}}"#,
                None,
            ),
            (r#"{"where":{"not":{"href_matches":"/*"}}}"#, None),
            (r#"{"where":{"and":[]}}"#, None),
            (r#"{"where":{}}"#, None),
            (r#"{"where":1}"#, None),
            (r#"{"source":"document"}"#, None),
            (r#"{"where":{"href_matches":"http*://c.example/*"}}"#, None),
            (r#"{"where":{"href_matches":"https://*.example/*"}}"#, None),
            (r#"{"where":{"href_matches":"https://{c}/*"}}"#, None),
            (r#"{"where":{"href_matches":"https\\:c/*"}}"#, None),
            (r#"{"where":{"href_matches":"*:*"}}"#, None),
        ] {
            let rules = serde_json::from_str(&format!("{{\"prefetch\":[{rule}]}}")).unwrap();
            let mut found = Vec::new();
            let is_clear = each(&rules, &mut |url| found.push(url.to_owned()));
            let found = found.join(" ");
            assert_eq!(is_clear.then_some(&*found), urls, "{rule}");
        }
    }
}
