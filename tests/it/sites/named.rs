//! Whom a document names, read in the simplest way.

use std::collections::BTreeSet;

/// Returns the hosts after `//` outside of scripts and comments: in the fields of the response, in
/// attributes, and in style sheets.
pub(super) fn hosts(response: &str) -> BTreeSet<String> {
    let text = response.to_ascii_lowercase();
    let text = without(&without(&text, "<!--", "-->"), "<script", "</script");
    hosts_in(&text)
}

/// Returns those to which it has the browser connect ahead of requests.
pub(super) fn ahead(response: &str) -> BTreeSet<String> {
    let text = response.to_ascii_lowercase();
    let is_ahead = |part: &&str| part.contains("preconnect") || part.contains("dns-prefetch");
    let tags = text.split(['>', '\n']).filter(is_ahead);
    // In a `Link`, the address has brackets of its own.
    let links = text.lines().filter(|line| line.starts_with("link:"));
    let links = links.filter(is_ahead);
    tags.chain(links).flat_map(hosts_in).collect()
}

/// Takes out what is between the end of such a start and the end. The tag of a script stays.
fn without(text: &str, start: &str, end: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(start) {
        let after = &rest[at..];
        let close = match start.starts_with("<!") {
            true => 0,
            false => after.find('>').map_or(after.len(), |it| it + 1),
        };
        kept.push_str(&rest[..at + close]);
        rest = match after[close..].find(end) {
            Some(at) => &after[close + at + end.len()..],
            None => "",
        };
    }
    kept.push_str(rest);
    kept
}

fn hosts_in(text: &str) -> BTreeSet<String> {
    let parts = text.split("//").skip(1);
    let hosts = parts.map(|part| {
        let end = part.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-'));
        part[..end.unwrap_or(part.len())].to_owned()
    });
    hosts.filter(|host| host.contains('.')).collect()
}

#[test]
fn hosts_of_scripts_are_not_named() {
    let text = "link: <https://a.test/x>; rel=preconnect\n\n<img src=//b.test/x><!-- //c.test -->\
        <script src=http://d.test/x>f('//e.test')</script><link rel=preconnect href=//f.test><p>";
    let list = |hosts: BTreeSet<String>| hosts.into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(list(hosts(text)), "a.test b.test d.test f.test");
    assert_eq!(list(ahead(text)), "a.test f.test");
}
