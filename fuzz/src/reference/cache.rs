//! The responses that shared caches store, if they say so plainly.

use http::HeaderMap;

use crate::scene::values;

/// Returns `true` if a shared cache may give the response to everybody: it is public or fresh, and
/// nothing in it forbids or limits that. Headers with quotes or signs are not plain.
pub fn is_plainly_kept(response: &HeaderMap) -> bool {
    ["cache-control", "cdn-cache-control"]
        .iter()
        .any(|name| says_so(&values(response, name)))
}

fn says_so(fields: &[Vec<u8>]) -> bool {
    let Ok(text) = String::from_utf8(fields.join(&b","[..])) else {
        return false;
    };
    let directives: Vec<&str> = text.split(',').map(|it| it.trim_matches(' ')).collect();
    let time = |name: &str| -> Option<u32> {
        let values = directives.iter().filter_map(|it| it.strip_prefix(name));
        values.filter_map(|value| value.parse().ok()).max()
    };
    let is_plain = |it: &&str| {
        let time = it.strip_prefix("max-age=").or(it.strip_prefix("s-maxage="));
        let digits =
            |it: &str| (1..=9).contains(&it.len()) && it.bytes().all(|byte| byte.is_ascii_digit());
        matches!(*it, "public" | "must-revalidate") || time.is_some_and(digits)
    };
    directives.iter().all(is_plain)
        && match time("s-maxage=").or(time("max-age=")) {
            Some(time) => time > 0,
            None => directives.contains(&"public"),
        }
}
