//! Pages that lead elsewhere by themselves.

use url::Url;

use super::PageRead;
use crate::conformance::third_parties;

/// Pages that show something new after a longer time are not about leading away.
const MOST_SECONDS: u32 = 10;

/// Returns the other address that a `Refresh` header, or the same in markup, leads to within seconds.
pub(in crate::conformance) fn soon(value: &str, from: &Url) -> Option<Url> {
    let start = value.trim_start();
    let end = start.find(|c: char| !c.is_ascii_digit());
    let seconds = start.get(..end.unwrap_or(start.len()))?;
    let is_soon = seconds.is_empty() || seconds.parse().is_ok_and(|it: u32| it <= MOST_SECONDS);
    let to = from.join(third_parties::refresh(value)?).ok()?;
    let is_other = (to.host(), to.path()) != (from.host(), from.path());
    (is_soon && is_other).then_some(to)
}

impl PageRead {
    /// Returns the address that the page leads to by its markup.
    pub(in crate::conformance) fn refreshes_to(&self) -> Option<Url> {
        let tree = &self.tree;
        let refreshing = tree.all().filter(|(number, _)| {
            let equivalent = tree.attribute(*number, "http-equiv").unwrap_or_default();
            tree.is(*number, "meta") && equivalent.trim().eq_ignore_ascii_case("refresh")
        });
        let mut contents = refreshing.filter_map(|(number, _)| tree.attribute(number, "content"));
        contents.find_map(|content| soon(content, &self.url))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_other_pages_and_short_times_count() {
        let from = Url::parse("https://a.example/text?x=1").unwrap();
        for (value, to) in [
            ("0;url=/cookies", Some("https://a.example/cookies")),
            (" 5 ; URL='choices'", Some("https://a.example/choices")),
            ("1, url=https://b.example/", Some("https://b.example/")),
            ("60;url=/cookies", None),
            ("0;url=?x=2", None),
            ("0", None),
            ("", None),
        ] {
            let found = soon(value, &from);
            assert_eq!(found.as_ref().map(Url::as_str), to, "{value}");
        }
    }
}
