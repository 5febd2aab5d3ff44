//! The URLs of a `srcset`: the HTML standard, "parsing a srcset attribute".

/// Returns the URLs of the candidates. Descriptors are skipped, valid or not: a browser that drops
/// a candidate for its descriptors loads less, never more.
pub(crate) fn urls(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c| is_space(c) || c == ',');
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(is_space).unwrap_or(rest.len());
        let (url, after) = rest.split_at(end);
        rest = after;
        // A URL that ends in commas has no descriptors.
        let bare = url.trim_end_matches(',');
        if bare.len() == url.len() {
            rest = &rest[descriptors(rest)..];
        }
        Some(bare)
    })
}

/// Returns the length of the descriptors: up to a comma outside parentheses.
fn descriptors(text: &str) -> usize {
    let mut inside = false;
    for (at, c) in text.char_indices() {
        match c {
            '(' => inside = true,
            ')' => inside = false,
            ',' if !inside => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c')
}

#[cfg(test)]
mod tests {
    use super::urls;

    #[test]
    fn candidates_are_split_as_the_standard_says() {
        for (text, expected) in [
            ("", &[][..]),
            (" , ,", &[]),
            ("a", &["a"]),
            ("a 1x, b 2x", &["a", "b"]),
            ("a,b", &["a,b"]),
            ("a, b", &["a", "b"]),
            ("a,, b", &["a", "b"]),
            ("a 1x,b", &["a", "b"]),
            ("a (1,2), b", &["a", "b"]),
            ("a (1, b", &["a"]),
            ("data:,x 1x, //h/y 2x", &["data:,x", "//h/y"]),
            ("\n\ta\x0c100w ,\rb 200w\n", &["a", "b"]),
        ] {
            assert_eq!(urls(text).collect::<Vec<_>>(), expected, "{text:?}");
        }
    }
}
