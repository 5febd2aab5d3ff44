//! What browsers load for the elements of a document.

use std::collections::BTreeSet;

use url::Url;

use super::{
    css,
    dom::{Element, Kind, of_html},
    security::{Means, Security},
    values::{link_means, refresh, speculated, srcset},
    xml::of_xml,
};

/// Documents inside of `srcdoc` that are followed.
const MOST_DEPTH: u8 = 4;

/// Something that a document loads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Load {
    /// The element and its attribute, such as `<iframe src>`, or a header.
    pub(super) place: String,
    /// The attribute; empty for text and headers.
    pub(super) attribute: String,
    pub(super) url: Url,
    pub(super) means: Means,
    pub(super) nonce: String,
}

/// An inline script that runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct InlineScript(pub(super) String);

/// Everything that a document loads and runs, whoever reads it: with scripts, or without.
#[derive(Debug, Default)]
pub(super) struct Loads {
    pub(super) all: BTreeSet<Load>,
    pub(super) scripts: BTreeSet<InlineScript>,
}

impl Loads {
    /// Reads a document, and the policies that it contains.
    pub(super) fn of(text: &str, is_xml: bool, page: &Url, security: &mut Security) -> Self {
        let mut loads = Self::default();
        if is_xml {
            loads.document(&of_xml(text), page, security, 0);
            return loads;
        }
        for scripting in [true, false] {
            let elements = of_html(text, scripting);
            loads.document(&elements, page, security, 0);
        }
        loads
    }

    fn document(&mut self, elements: &[Element], page: &Url, security: &mut Security, depth: u8) {
        for element in elements.iter().filter(|it| it.name == "meta") {
            let is_policy = |it: &str| it.trim().eq_ignore_ascii_case("content-security-policy");
            if let (Some(true), Some(content)) = (
                element.get("http-equiv").map(is_policy),
                element.get("content"),
            ) {
                security.add_meta(content);
            }
        }
        let base = base(elements, page, security);
        for element in elements {
            let mut reader = Reader {
                element,
                base: &base,
                loads: self,
            };
            reader.attributes();
            reader.text();
            if let Some(document) = element.get("srcdoc").filter(|_| element.name == "iframe")
                && depth < MOST_DEPTH
            {
                for scripting in [true, false] {
                    self.document(&of_html(document, scripting), &base, security, depth + 1);
                }
            }
        }
    }

    /// Adds an address of this place, relative to `base`.
    pub(super) fn add(&mut self, place: Place<'_>, base: &Url, address: &str) {
        let Ok(url) = base.join(address) else {
            return;
        };
        if !matches!(url.scheme(), "http" | "https" | "ws" | "wss" | "ftp") {
            return;
        }
        self.all.insert(Load {
            place: place.name.to_owned(),
            attribute: place.attribute.to_owned(),
            url,
            means: place.means,
            nonce: place.nonce.to_owned(),
        });
    }
}

/// Where an address is, and what it is for.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) name: &'a str,
    pub(super) attribute: &'a str,
    pub(super) means: Means,
    pub(super) nonce: &'a str,
}

/// Returns what relative addresses are relative to: the first `<base>` with an address.
fn base(elements: &[Element], page: &Url, security: &Security) -> Url {
    let mut bases = elements
        .iter()
        .filter(|element| element.kind == Kind::Html && element.name == "base");
    let href = bases.find_map(|element| element.get("href"));
    let base = href.and_then(|href| page.join(href).ok());
    match base {
        Some(base) if !security.blocks_base(&base) => base,
        _ => page.clone(),
    }
}

struct Reader<'a> {
    element: &'a Element,
    base: &'a Url,
    loads: &'a mut Loads,
}

impl<'a> Reader<'a> {
    fn add(&mut self, attribute: &str, means: Means, address: &str) {
        let name = &self.element.name;
        let place = match attribute {
            "" => format!("<{name}>"),
            attribute => format!("<{name} {attribute}>"),
        };
        let place = Place {
            name: &place,
            attribute,
            means,
            nonce: self.element.get("nonce").unwrap_or_default(),
        };
        self.loads.add(place, self.base, address);
    }

    fn each(&mut self, attribute: &str, means: Means, addresses: impl Iterator<Item = &'a str>) {
        for address in addresses {
            self.add(attribute, means, address);
        }
    }

    fn css(&mut self, attribute: &str, text: &str) {
        for (address, means) in css::urls(text) {
            self.add(attribute, means, &address);
        }
    }

    fn attributes(&mut self) {
        let element = self.element;
        for (attribute, value) in element.attributes() {
            let name = &*element.name;
            match (attribute, name) {
                ("style", _) => self.css(attribute, value),
                ("ping", "a" | "area") | ("attributionsrc", "a" | "area" | "img" | "script") => {
                    let list = value.split_ascii_whitespace();
                    self.each(attribute, Means::Connection, list);
                }
                _ if element.kind == Kind::Svg => self.svg(attribute, value),
                _ if element.kind == Kind::Html => self.html(attribute, value),
                _ => {}
            }
        }
    }

    fn html(&mut self, attribute: &str, value: &'a str) {
        let element = self.element;
        match (&*element.name, attribute) {
            ("script", "src") if runs(element) => self.add(attribute, Means::Script, value),
            ("iframe" | "frame" | "portal" | "fencedframe", "src") => {
                self.add(attribute, Means::Frame, value);
            }
            ("embed", "src") | ("object", "data") => self.add(attribute, Means::Object, value),
            ("img" | "image" | "model", "src")
            | ("video", "poster")
            | ("body" | "table" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th", "background") =>
            {
                self.add(attribute, Means::Image, value);
            }
            ("input", "src") if is(element, "type", "image") => {
                self.add(attribute, Means::Image, value);
            }
            ("video" | "audio" | "source", "src") => self.add(attribute, Means::Media, value),
            ("track", "src") => self.add(attribute, Means::Track, value),
            ("img" | "source", "srcset") => {
                self.each(attribute, Means::Image, srcset(value).into_iter());
            }
            ("link", "href" | "imagesrcset") => self.link(attribute, value),
            ("meta", "content") if is(element, "http-equiv", "refresh") => {
                self.each(attribute, Means::Unstoppable, refresh(value).into_iter());
            }
            _ => {}
        }
    }

    fn link(&mut self, attribute: &str, value: &'a str) {
        let element = self.element;
        let rel = element.get("rel").unwrap_or_default();
        let target = element.get("as").unwrap_or_default();
        for means in link_means(rel, target) {
            match attribute {
                "imagesrcset" => self.each(attribute, means, srcset(value).into_iter()),
                _ => self.add(attribute, means, value),
            }
        }
    }

    fn svg(&mut self, attribute: &str, value: &'a str) {
        let element = self.element;
        match (&*element.name, attribute) {
            ("a", _) => {}
            ("script", "href" | "xlink:href") if runs(element) => {
                self.add(attribute, Means::Script, value);
            }
            (name, "href" | "xlink:href") if name != "script" && !value.trim().starts_with('#') => {
                self.add(attribute, Means::Image, value);
            }
            ("set" | "animate", "to" | "from" | "by" | "values")
                if ["href", "xlink:href"]
                    .iter()
                    .any(|href| is(element, "attributename", href)) =>
            {
                let list = value.split(';').map(str::trim);
                let list = list.filter(|address| !address.starts_with('#'));
                self.each(attribute, Means::Image, list);
            }
            (
                _,
                "clip-path" | "cursor" | "fill" | "filter" | "marker" | "marker-end" | "marker-mid"
                | "marker-start" | "mask" | "mask-image" | "stroke",
            ) => self.css(attribute, value),
            _ => {}
        }
    }

    fn text(&mut self) {
        let element = self.element;
        match (&*element.name, element.kind) {
            ("style", Kind::Html | Kind::Svg) => self.css("", &element.text),
            ("script", Kind::Html | Kind::Svg) if is(element, "type", "speculationrules") => {
                let rules = serde_json::from_str(&element.text).unwrap_or_default();
                for address in speculated(&rules) {
                    self.add("", Means::Unstoppable, address);
                }
            }
            ("script", Kind::Html | Kind::Svg)
                if runs(element) && !element.text.trim().is_empty() =>
            {
                let script = InlineScript(element.text.clone());
                self.loads.scripts.insert(script);
            }
            _ => {}
        }
    }
}

fn is(element: &Element, attribute: &str, value: &str) -> bool {
    let given = element.get(attribute);
    given.is_some_and(|given| given.trim().eq_ignore_ascii_case(value))
}

/// Returns `true` for a script that browsers run: one without a type, a module, or one with a type of
/// JavaScript.
fn runs(script: &Element) -> bool {
    let kind = script.get("type").unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    kind.is_empty() || kind == "module" || kind == "importmap" || kind.contains("script")
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn loads(html: &str) -> Vec<String> {
        let page = Url::parse("https://own.example/a/b").unwrap();
        let mut security = Security::of(&HeaderMap::new(), &page);
        let loads = Loads::of(html, false, &page, &mut security);
        let all = loads.all.iter();
        all.map(|it| format!("{} {}", it.place, it.url)).collect()
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
}
