//! Values that contain addresses, or say what an address is for.

use serde_json::Value;

use super::security::Means;

/// Returns the addresses of a `srcset` (the HTML standard, "parse a srcset attribute").
pub(super) fn srcset(value: &str) -> Vec<&str> {
    let is_gap = |c: char| c.is_ascii_whitespace() || c == ',';
    let mut urls = Vec::new();
    let mut rest = value.trim_start_matches(is_gap);
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| c.is_ascii_whitespace())
            .unwrap_or(rest.len());
        let (url, after) = rest.split_at(end);
        let alone = url.trim_end_matches(',');
        urls.push(alone);
        // Without a comma, descriptors follow.
        rest = if alone.len() == url.len() {
            behind_descriptors(after)
        } else {
            after
        };
        rest = rest.trim_start_matches(is_gap);
    }
    urls
}

fn behind_descriptors(text: &str) -> &str {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth = 1,
            ')' => depth = 0,
            ',' if depth == 0 => return text.get(at..).unwrap_or_default(),
            _ => {}
        }
    }
    ""
}

/// Returns the address of a `Refresh` header or `<meta http-equiv=refresh>` (the HTML standard, "shared
/// declarative refresh steps"); `None` if it only loads the page again.
pub(in crate::conformance) fn refresh(value: &str) -> Option<&str> {
    let is_space = |c: char| c.is_ascii_whitespace();
    let rest = value.trim_start_matches(is_space);
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let began = rest.len();
    let rest = rest.trim_start_matches(is_space);
    let separated = rest.strip_prefix([';', ',']);
    if separated.is_none() && rest.len() == began {
        return None;
    }
    let rest = separated.unwrap_or(rest).trim_start_matches(is_space);
    if rest.is_empty() {
        return None;
    }
    let labelled = || {
        let (label, rest) = rest.split_at_checked(3)?;
        let rest = rest.trim_start_matches(is_space).strip_prefix('=')?;
        label
            .eq_ignore_ascii_case("url")
            .then(|| rest.trim_start_matches(is_space))
    };
    let rest = labelled().unwrap_or(rest);
    Some(match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let rest = rest.get(1..).unwrap_or_default();
            rest.split(quote).next().unwrap_or_default()
        }
        _ => rest,
    })
}

/// Returns what a link with this `rel` and `as` loads, or prepares to.
pub(super) fn link_means(rel: &str, target: &str) -> Vec<Means> {
    let of_target = match &*target.to_ascii_lowercase() {
        "script" | "worker" => Means::Script,
        "style" => Means::Style,
        "image" => Means::Image,
        "font" => Means::Font,
        "audio" | "video" => Means::Media,
        "track" => Means::Track,
        "document" => Means::Frame,
        _ => Means::Connection,
    };
    let words = rel.split_ascii_whitespace();
    let means = words.filter_map(|word| match &*word.to_ascii_lowercase() {
        "stylesheet" => Some(Means::Style),
        "icon" | "apple-touch-icon" | "apple-touch-icon-precomposed" | "mask-icon" => {
            Some(Means::Image)
        }
        "manifest" => Some(Means::Manifest),
        "modulepreload" => Some(Means::Script),
        "preload" => Some(of_target),
        "compression-dictionary" => Some(Means::Connection),
        "prefetch" => Some(Means::Prefetch),
        "preconnect" | "dns-prefetch" | "prerender" | "next" => Some(Means::Unstoppable),
        _ => None,
    });
    means.collect()
}

/// Returns the addresses in rules for loading ahead, and the patterns of links with a host.
pub(super) fn speculated(rules: &Value) -> Vec<&str> {
    match rules {
        Value::Object(members) => members
            .iter()
            .flat_map(|(key, value)| match value {
                Value::Array(urls) if key == "urls" => {
                    urls.iter().filter_map(Value::as_str).collect()
                }
                Value::String(pattern) if key == "href_matches" && pattern.contains("://") => {
                    vec![pattern.as_str()]
                }
                Value::Array(patterns) if key == "href_matches" => {
                    let patterns = patterns.iter().filter_map(Value::as_str);
                    patterns.filter(|it| it.contains("://")).collect()
                }
                // Links that do not match.
                _ if key == "not" => Vec::new(),
                value => speculated(value),
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(speculated).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_candidate_of_a_srcset_is_found() {
        for (value, urls) in [
            ("a 1x, b 2x", &["a", "b"][..]),
            ("a, b", &["a", "b"]),
            (" ,a,b 2x,,c", &["a,b", "c"]),
            ("a (1,2) , b", &["a", "b"]),
            ("", &[]),
        ] {
            assert_eq!(srcset(value), urls, "{value}");
        }
    }

    #[test]
    fn rules_name_addresses_and_patterns() {
        let rules = serde_json::json!({"prefetch": [
            {"urls": ["/a"]},
            {"where": {"and": [
                {"href_matches": "http://b/*"},
                {"href_matches": ["/c", "http://d/*"]},
                {"not": {"href_matches": "http://e/*"}},
            ]}},
        ]});
        assert_eq!(speculated(&rules), ["/a", "http://b/*", "http://d/*"]);
    }

    #[test]
    fn a_refresh_may_lead_elsewhere() {
        for (value, url) in [
            ("0;url=a", Some("a")),
            (" 5 , URL = 'a b' c", Some("a b")),
            ("0 a", Some("a")),
            ("0.5; \"a\"", Some("a")),
            ("5", None),
            ("5;", None),
            ("url=a", None),
        ] {
            assert_eq!(refresh(value), url, "{value}");
        }
    }
}
