//! Addresses in the values of attributes, and in styles.

/// The addresses of plain `url(…)`. What has strings, escapes, comments or blocks that do not match is for
/// the tests of the gate: parsers differ, or it takes one to tell.
pub(super) fn of_css(text: &str) -> Vec<String> {
    let lower = text.to_ascii_lowercase();
    // A namespace is a name, and nothing loads it.
    let is_plain = !lower.contains("@namespace")
        && !text.contains(['"', '\'', '\\', '\0', '[', ']'])
        && !text.contains("/*");
    if !is_plain || text.contains("<!") || text.contains("-->") {
        return Vec::new();
    }
    let mut addresses = Vec::new();
    let mut from = 0;
    while let Some(at) = lower[from..].find("url(").map(|at| from + at) {
        let starts = lower[..at].chars().next_back();
        from = at + "url(".len();
        if starts.is_some_and(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || "-_".contains(c)) {
            continue;
        }
        let Some(end) = lower[from..].find(')').map(|end| from + end) else {
            break;
        };
        let address = text[from..end].trim_ascii();
        // A part of the document itself, whatever the base is.
        let is_local = address.starts_with('#');
        if !is_local && !address.contains(|c: char| c <= ' ' || c == '(' || c == '\u{7f}') {
            addresses.push(address.to_owned());
        }
        from = end + 1;
    }
    addresses
}

/// The HTML standard, "parsing a srcset attribute", without its descriptors.
pub(super) fn of_srcset(text: &str) -> Vec<String> {
    let mut addresses = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        if rest.is_empty() {
            return addresses;
        }
        let end = rest
            .find(|c: char| c.is_ascii_whitespace())
            .unwrap_or(rest.len());
        let (address, after) = rest.split_at(end);
        addresses.push(address.trim_end_matches(',').to_owned());
        rest = after;
        if !address.ends_with(',') {
            let mut depth = 0;
            let end = rest.find(|c: char| match c {
                '(' => {
                    depth = 1;
                    false
                }
                ')' => {
                    depth = 0;
                    false
                }
                c => c == ',' && depth == 0,
            });
            rest = &rest[end.unwrap_or(rest.len())..];
        }
    }
}

/// The address of a refresh in its usual form: digits, `;`, `url=`.
pub(super) fn of_refresh(content: &str) -> Option<String> {
    let (time, rest) = content.split_once(';')?;
    let is_time = !time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit());
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace());
    let is_url = rest
        .get(..4)
        .is_some_and(|it| it.eq_ignore_ascii_case("url="));
    let address = rest.get(4..)?;
    let is_quoted = address.starts_with(|c: char| c.is_ascii_whitespace() || "'\"".contains(c));
    (is_time && is_url && !is_quoted).then(|| address.to_owned())
}

pub(super) fn is_data(kind: &str) -> bool {
    let kind = kind.trim().to_ascii_lowercase();
    !kind.is_empty() && !kind.contains("script") && kind != "module"
}
