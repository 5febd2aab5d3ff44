//! The links of an HTML page that lead to the same site.

use html5gum::{Token, Tokenizer};
use url::Url;

/// The targets of `a` and `area`, in order, without fragments; as path and query.
pub(super) fn links(html: &str, page: &Url) -> Vec<String> {
    let mut found = Vec::new();
    for token in Tokenizer::new(html) {
        let Ok(Token::StartTag(tag)) = token else {
            continue;
        };
        if !matches!(&**tag.name, b"a" | b"area") {
            continue;
        }
        let href = tag.attributes.get(&b"href"[..]);
        let href = href.map(|href| String::from_utf8_lossy(href).into_owned());
        if let Some(path) = href.and_then(|href| same_site(page, href.trim()))
            && !found.contains(&path)
        {
            found.push(path);
        }
    }
    found
}

/// Path and query of what a reference on this page leads to, where that is the same host.
pub(super) fn same_site(page: &Url, reference: &str) -> Option<String> {
    let url = page.join(reference).ok()?;
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
}
