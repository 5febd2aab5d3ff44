//! The format that a client wants: `Accept` (RFC 9110, section 12.5.1) and `?format=`.

use http::{HeaderMap, header::ACCEPT};

/// A representation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Html,
    Json,
    Markdown,
}

const OFFERED: [(Format, &str, &str); 3] = [
    (Format::Html, "text", "html"),
    (Format::Json, "application", "json"),
    (Format::Markdown, "text", "markdown"),
];

impl Format {
    /// Parses `html`, `json`, `markdown` or `md`.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "html" => Some(Self::Html),
            "json" => Some(Self::Json),
            "markdown" | "md" => Some(Self::Markdown),
            _ => None,
        }
    }

    /// Returns the best accepted format, and HTML by default: another type is better than a visitor
    /// who can't be informed.
    pub(super) fn accepted(headers: &HeaderMap) -> Self {
        let mut best = (Self::Html, 0);
        for (format, kind, subtype) in OFFERED {
            let quality = quality(headers, kind, subtype);
            if quality > best.1 {
                best = (format, quality);
            }
        }
        best.0
    }
}

/// Returns the weight of the most specific matching range, in thousandths.
fn quality(headers: &HeaderMap, kind: &str, subtype: &str) -> u16 {
    let mut found = (0, 0);
    let fields = headers.get_all(ACCEPT).iter();
    for range in fields
        .filter_map(|field| field.to_str().ok())
        .flat_map(|field| field.split(','))
    {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let Some((range_kind, range_subtype)) = media.split_once('/') else {
            continue;
        };
        let specific = match (range_kind, range_subtype) {
            ("*", "*") => 1,
            (a, "*") if a.eq_ignore_ascii_case(kind) => 2,
            (a, b) if a.eq_ignore_ascii_case(kind) && b.eq_ignore_ascii_case(subtype) => 3,
            _ => continue,
        };
        if specific > found.0 {
            let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
            found = (specific, weight.map_or(1_000, thousandths));
        }
    }
    found.1
}

/// Parses a weight of `Accept` or `Accept-Language` (RFC 9110, section 12.4.2); 0 if it is invalid.
pub(super) fn thousandths(weight: &str) -> u16 {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let digits = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let parts = format!("{fraction:0<3}").parse::<u16>();
    match (whole, parts) {
        ("1", Ok(0)) if digits => 1_000,
        ("0", Ok(parts)) if digits => parts,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn accepted(field: &'static str) -> Format {
        Format::accepted(
            &[(ACCEPT, HeaderValue::from_static(field))]
                .into_iter()
                .collect(),
        )
    }

    #[test]
    fn the_most_specific_range_decides_and_then_the_weight() {
        assert_eq!(Format::accepted(&HeaderMap::new()), Format::Html);
        for (field, format) in [
            ("*/*", Format::Html),
            ("text/*", Format::Html),
            ("application/json", Format::Json),
            ("text/markdown", Format::Markdown),
            ("text/html;q=0.5, application/json", Format::Json),
            ("text/html, application/json", Format::Html),
            ("*/*, text/html;q=0.1", Format::Json),
            ("image/png", Format::Html),
            ("application/json;q=0, */*;q=0.1", Format::Html),
            ("application/json;q=nan", Format::Html),
        ] {
            assert_eq!(accepted(field), format, "{field}");
        }
    }
}
