//! The links of an HTML page that lead to the same site.

use std::collections::HashSet;

use html5gum::{Token, Tokenizer};
use url::Url;

/// The longest `<base>` that counts, in bytes. With a longer one, each short link would take as much memory.
pub(super) const MOST_BASE: usize = 16 * 1024;

/// Returns the targets of `a` and `area` in order, as path and query without fragments.
pub(super) fn links(html: &str, page: &Url) -> Vec<String> {
    let mut base = None;
    let mut references = Vec::new();
    for token in Tokenizer::new(html) {
        let Ok(Token::StartTag(tag)) = token else {
            continue;
        };
        let Some(href) = tag.attributes.get(&b"href"[..]) else {
            continue;
        };
        let href = String::from_utf8_lossy(href).trim().to_owned();
        match &**tag.name {
            b"a" | b"area" => references.push(href),
            // The first one applies, also to links before it.
            b"base" if base.is_none() => base = Some(href),
            _ => {}
        }
    }
    let base = base.and_then(|base| page.join(&base).ok());
    let base = base.filter(|base| base.as_str().len() <= MOST_BASE);
    let base = base.as_ref().unwrap_or(page);
    let mut found = HashSet::new();
    references
        .iter()
        .filter_map(|reference| path_on(page, &base.join(reference).ok()?))
        .filter(|path| found.insert(path.clone()))
        .collect()
}

/// Returns the path and query that a reference on this page leads to, if it is on the same host.
pub(super) fn same_site(page: &Url, reference: &str) -> Option<String> {
    path_on(page, &page.join(reference).ok()?)
}

fn path_on(page: &Url, url: &Url) -> Option<String> {
    let same = matches!(url.scheme(), "http" | "https") && url.host() == page.host();
    same.then(|| match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_those_that_stay_on_the_site() {
        let page = Url::parse("https://localhost/a/b").unwrap();
        let html = r#"<a href="c?x=1&amp;y=2#f">1</a><A HREF='/d'><area href=" //localhost/e ">
            <a href="https://example.org/f"><a href="mailto:x@y"><a name=z><!-- <a href="/g"> -->
            <link href="/h"><a href="/d">"#;
        assert_eq!(links(html, &page), ["/a/c?x=1&y=2", "/d", "/e"]);
    }

    #[test]
    fn a_base_counts_for_the_whole_page_and_leads_off_the_site_too() {
        let page = Url::parse("https://localhost/a/b").unwrap();
        let on = "<a href='x'><base target=_top><base href='/c/'><base href='/d/'><a href='/y'>";
        assert_eq!(links(on, &page), ["/c/x", "/y"]);
        let off = "<base href='https://example.org/'><a href='x'><a href='//localhost/y'>";
        assert_eq!(links(off, &page), ["/y"]);
    }

    #[test]
    fn a_base_without_end_does_not_count() {
        let page = Url::parse("https://localhost/a/b").unwrap();
        let base = |letters: usize| format!("<base href='/{}/'><a href=x>", "A".repeat(letters));
        assert_eq!(links(&base(MOST_BASE), &page), ["/a/x"]);
        let long = links(&base(MOST_BASE / 2), &page);
        assert_eq!(
            long.iter().map(String::len).sum::<usize>(),
            MOST_BASE / 2 + 3
        );
    }

    #[test]
    fn a_page_full_of_links_is_read_in_time() {
        let page = Url::parse("https://localhost/").unwrap();
        let html: String = (0..60_000).map(|nth| format!("<a href={nth}>")).collect();
        assert_eq!(links(&html, &page).len(), 60_000);
    }
}
