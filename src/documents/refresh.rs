//! The URL of a `<meta http-equiv=refresh>` and of a `Refresh` header: the HTML standard, "shared
//! declarative refresh steps".

/// Returns the URLs that browsers may read in the value; none if it only reloads the page, or does nothing. In
/// quotes, a URL ends at the first one by the standard, and at the last one in Chromium.
pub(crate) fn urls(value: &str) -> impl Iterator<Item = &str> {
    let rest = rest(value);
    let quote = rest.and_then(|rest| rest.chars().next().filter(|c| matches!(c, '"' | '\'')));
    let (first, last) = match rest.zip(quote) {
        None => (rest, None),
        Some((rest, quote)) => {
            let quoted = &rest[1..];
            let first = quoted.split(quote).next().unwrap_or(quoted);
            let last = quoted.rfind(quote).map_or(quoted, |at| &quoted[..at]);
            (Some(first), Some(last).filter(|last| *last != first))
        }
    };
    first.into_iter().chain(last)
}

/// Returns what comes after the time and `url=`.
fn rest(value: &str) -> Option<&str> {
    let rest = value.trim_start_matches(is_space);
    let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    if digits.len() == rest.len() && !rest.starts_with('.') {
        return None;
    }
    let rest = digits.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    if !rest.starts_with(|c| is_space(c) || c == ';' || c == ',') {
        return None;
    }
    let rest = rest.trim_start_matches(is_space);
    let rest = rest.strip_prefix([';', ',']).unwrap_or(rest);
    let rest = rest.trim_start_matches(is_space);
    if rest.is_empty() {
        return None;
    }
    Some(after_url_equals(rest).unwrap_or(rest))
}

/// Strips `url=`. Anything less is a part of the URL itself.
fn after_url_equals(text: &str) -> Option<&str> {
    let rest = text
        .get(..3)
        .filter(|word| word.eq_ignore_ascii_case("url"))
        .map(|_| &text[3..])?;
    let rest = rest.trim_start_matches(is_space).strip_prefix('=')?;
    Some(rest.trim_start_matches(is_space))
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c')
}

#[cfg(test)]
mod tests {
    use super::urls;

    #[test]
    fn refresh_is_read_as_browsers_do() {
        for (value, expected) in [
            ("", &[][..]),
            ("5", &[]),
            ("5;", &[]),
            ("x; url=//h", &[]),
            ("0; url=//h/a", &["//h/a"]),
            ("0;URL = '//h/a' rest", &["//h/a"]),
            ("0,\"//h/a", &["//h/a"]),
            (" 0.5 //h/a", &["//h/a"]),
            (".5;//h", &["//h"]),
            ("0; ur", &["ur"]),
            ("0; url//h", &["url//h"]),
            ("0x; url=//h", &[]),
            ("0;url='//own'@t/'", &["//own", "//own'@t/"]),
            ("0;url=\"", &[""]),
        ] {
            assert_eq!(urls(value).collect::<Vec<_>>(), expected, "{value:?}");
        }
    }
}
