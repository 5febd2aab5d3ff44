//! Reads a document, and the documents inside of it.

use data_url::DataUrl;
use url::Url;

use super::{
    dom::{Element, Kind, of_html},
    loads::{Loads, MOST_DEPTH},
    reader::{Reader, is},
    security::Security,
    xml::of_xml,
};
use crate::conformance::links::MOST_BASE;

/// The most policies that documents add by a `<meta>`: each is kept with those before it.
const MOST_POLICIES: usize = 64;

impl Loads {
    /// Reads a document.
    pub(super) fn read(&mut self, text: &str, is_xml: bool, page: &Url) {
        if is_xml {
            self.document(&of_xml(text), page, 0, 0);
        } else {
            self.html(text, page, 0, 0);
        }
    }

    fn html(&mut self, text: &str, page: &Url, under: usize, depth: u8) {
        self.document(&of_html(text, true), page, under, depth);
        // Everything else is the same for browsers without scripts.
        if has_noscript(text) {
            self.document(&of_html(text, false), page, under, depth);
        }
    }

    fn document(&mut self, elements: &[Element], page: &Url, under: usize, depth: u8) {
        let mut under = under;
        let base = base(elements, page, self.policies.get(under));
        for element in elements {
            if self.policies.len() < MOST_POLICIES
                && let Some(policy) = policy_of(element)
                && let Some(mut policies) = self.policies.get(under).cloned()
            {
                policies.add_meta(policy);
                under = self.policies.len();
                self.policies.push(policies);
            }
            let mut reader = Reader {
                element,
                base: &base,
                under,
                loads: self,
            };
            reader.attributes();
            reader.text();
            if depth >= MOST_DEPTH {
                continue;
            }
            if let Some(document) = element.get("srcdoc").filter(|_| element.name == "iframe") {
                self.html(document, &base, under, depth + 1);
            } else if let Some((document, is_xml)) = data_document(element) {
                // Nothing is relative to such an address.
                match is_xml {
                    true => self.document(&of_xml(&document), page, under, depth + 1),
                    false => self.html(&document, page, under, depth + 1),
                }
            }
        }
    }
}

fn has_noscript(text: &str) -> bool {
    let name = b"noscript";
    let mut names = text.as_bytes().windows(name.len());
    names.any(|it| it.eq_ignore_ascii_case(name))
}

/// Returns the policy that a `<meta>` adds.
fn policy_of(element: &Element) -> Option<&str> {
    let is_policy = element.name == "meta"
        && element.in_head
        && is(element, "http-equiv", "content-security-policy");
    element.get("content").filter(|_| is_policy)
}

/// Returns the document in the address of a frame, and `true` if it is XML.
fn data_document(element: &Element) -> Option<(String, bool)> {
    let address = match &*element.name {
        "iframe" | "frame" | "embed" => element.get("src"),
        "object" => element.get("data"),
        _ => None,
    };
    let data = DataUrl::process(address?.trim()).ok()?;
    let (kind, subtype) = (&data.mime_type().type_, &data.mime_type().subtype);
    let is_xml = subtype.ends_with("xml");
    let (body, _) = data.decode_to_vec().ok()?;
    let is_document = is_xml || (kind == "text" && subtype == "html");
    is_document.then(|| (String::from_utf8_lossy(&body).into_owned(), is_xml))
}

/// Returns what relative addresses are relative to: the first `<base>` with an address, unless the
/// address can't be a base (the HTML standard, "set the frozen base URL").
fn base(elements: &[Element], page: &Url, security: Option<&Security>) -> Url {
    let mut bases = elements
        .iter()
        .filter(|element| element.kind == Kind::Html && element.name == "base");
    let href = bases.find_map(|element| element.get("href"));
    let base = href.and_then(|href| page.join(href).ok());
    let base = base.filter(|base| !matches!(base.scheme(), "data" | "javascript"));
    let base = base.filter(|base| base.as_str().len() <= MOST_BASE);
    match base {
        Some(base) if !security.is_some_and(|it| it.blocks_base(&base)) => base,
        _ => page.clone(),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn loads(html: &str) -> Vec<String> {
        let page = Url::parse("https://own.example/a/b").unwrap();
        let mut loads = Loads::new(Security::of(&HeaderMap::new(), &page));
        loads.read(html, false, &page);
        let all = loads.all.iter();
        all.map(|it| format!("{} {}", it.place, it.url)).collect()
    }

    #[test]
    fn what_bases_and_policies_take_is_bounded() {
        let policies = "<meta http-equiv=content-security-policy content=a>".repeat(10_000);
        let page = Url::parse("https://own.example/").unwrap();
        let mut all = Loads::new(Security::of(&HeaderMap::new(), &page));
        all.read(&policies, false, &page);
        assert_eq!(all.policies.len(), MOST_POLICIES);
        let base = format!(
            "<base href='//x.example/{}/'><img src=y>",
            "A".repeat(MOST_BASE)
        );
        assert_eq!(loads(&base), ["<img src> https://own.example/a/y"]);
    }

    /// Each of these loads its address; written as `X`.
    #[test]
    fn every_attribute_that_loads_is_read() {
        let cases = include_str!("../../../tests/data/documents/loads.txt");
        for case in cases.lines() {
            let (place, html) = case.split_once('\t').unwrap();
            for address in [
                "https://x.example/y",
                "//x.example/y",
                "HTTPS://X.EXAMPLE/y",
            ] {
                let html = html.replace('X', address);
                let expected = match place {
                    "-" => vec![],
                    place => vec![format!("{place} https://x.example/y")],
                };
                assert_eq!(loads(&html), expected, "{html}");
            }
        }
    }

    #[test]
    fn a_base_counts_for_all_addresses() {
        let html = "<img src=a><base target=x><base href=//x.example/><base href=/b>";
        assert_eq!(loads(html), ["<img src> https://x.example/a"]);
    }

    #[test]
    fn a_policy_counts_where_browsers_read_it() {
        let policy = "<meta http-equiv=content-security-policy content=\"default-src 'self'\">";
        for (html, is_blocked) in [
            (format!("<head>{policy}<body><img src=//x.example>"), true),
            (
                format!("<head><link rel=icon href=//x.example>{policy}"),
                false,
            ),
            (format!("<body>{policy}<img src=//x.example>"), false),
            (
                format!("<noscript>{policy}</noscript><img src=//x.example>"),
                false,
            ),
            (
                format!("<img src=//x.example><iframe srcdoc='{policy}'></iframe>"),
                false,
            ),
            (
                format!("<head>{policy}<body><iframe srcdoc='<img src=//x.example>'>"),
                true,
            ),
        ] {
            let page = Url::parse("https://own.example/").unwrap();
            let mut loads = Loads::new(Security::of(&HeaderMap::new(), &page));
            loads.read(&html, false, &page);
            let mut all = loads.all.iter();
            let blocked = all.all(|it| loads.blocks(it.under, &it.url, it.means, &it.nonce));
            assert!(!loads.all.is_empty());
            assert_eq!(blocked, is_blocked, "{html}");
        }
    }
}
