//! The URL of a `<meta http-equiv=refresh>` and of a `Refresh` header: the HTML standard, "shared
//! declarative refresh steps".

/// Returns the URL that the value names; `None` if it only reloads the page, or does nothing.
pub(crate) fn url(value: &str) -> Option<&str> {
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
    let rest = after_url_equals(rest).unwrap_or(rest);
    let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        return Some(rest);
    };
    let quoted = &rest[1..];
    Some(quoted.split(quote).next().unwrap_or(quoted))
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
    use super::url;

    #[test]
    fn refresh_is_read_as_the_standard_says() {
        for (value, expected) in [
            ("", None),
            ("5", None),
            ("5;", None),
            ("x; url=//h", None),
            ("0; url=//h/a", Some("//h/a")),
            ("0;URL = '//h/a' rest", Some("//h/a")),
            ("0,\"//h/a", Some("//h/a")),
            (" 0.5 //h/a", Some("//h/a")),
            (".5;//h", Some("//h")),
            ("0; ur", Some("ur")),
            ("0; url//h", Some("url//h")),
            ("0x; url=//h", None),
        ] {
            assert_eq!(url(value), expected, "{value:?}");
        }
    }
}
