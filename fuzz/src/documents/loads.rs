//! What a document loads.

use markup5ever_rcdom::{Handle, NodeData};
use url::Url;

use super::{
    addresses::{is_data, of_css, of_refresh, of_srcset},
    parse,
};

/// Attributes that load, by a plain reading of the HTML standard.
const LOADS: [(&str, &str); 16] = [
    ("audio", "src"),
    ("body", "background"),
    ("embed", "src"),
    ("frame", "src"),
    ("iframe", "src"),
    ("img", "src"),
    ("object", "data"),
    ("script", "src"),
    ("source", "src"),
    ("table", "background"),
    ("td", "background"),
    ("th", "background"),
    ("track", "src"),
    ("tr", "background"),
    ("video", "poster"),
    ("video", "src"),
];

/// Elements of SVG whose `href` or `xlink:href` loads.
const SVG_LOADS: [&str; 4] = ["feImage", "image", "script", "use"];

/// Relations of a `<link>` that load.
const RELATIONS: [&str; 8] = [
    "dns-prefetch",
    "icon",
    "manifest",
    "modulepreload",
    "preconnect",
    "prefetch",
    "preload",
    "stylesheet",
];

/// Checks a document, whose addresses are relative to its URL, or to its first `<base>` from there on.
/// What was added is left out: its writer here does not know of bases.
pub fn loads_nothing(document: &Handle, url: &Url, out: &str, has_additions: bool) {
    Page::new(url, url, out, has_additions).node(document, true);
}

struct Page<'a> {
    /// Of the outermost document.
    url: &'a Url,
    /// What the document's addresses are relative to, without a base of its own.
    fallback: Url,
    /// The first base.
    base: Option<Url>,
    out: &'a str,
    has_additions: bool,
}

impl<'a> Page<'a> {
    fn new(url: &'a Url, fallback: &Url, out: &'a str, has_additions: bool) -> Self {
        Self {
            url,
            fallback: fallback.clone(),
            base: None,
            out,
            has_additions,
        }
    }

    fn base(&self) -> &Url {
        self.base.as_ref().unwrap_or(&self.fallback)
    }

    fn is_own(&self, address: &str) -> bool {
        self.base().join(address).map_or(true, |other| {
            !matches!(other.scheme(), "http" | "https") || other.origin() == self.url.origin()
        })
    }

    fn all_own(&self, place: &str, addresses: &[String]) {
        for address in addresses {
            let out = self.out;
            assert!(self.is_own(address), "{address:?} of <{place}> in {out:?}");
        }
    }

    /// `counts` outside of templates, where a `<base>` has a meaning.
    fn node(&mut self, node: &Handle, counts: bool) {
        let mut inner = None;
        if let NodeData::Element {
            name,
            attrs,
            template_contents,
            ..
        } = &node.data
        {
            let element = &*name.local;
            let attributes: Vec<(String, String)> = attrs
                .borrow()
                .iter()
                .map(|it| (it.name.local.to_string(), it.value.to_string()))
                .collect();
            let is_added =
                self.has_additions && attributes.iter().any(|(name, _)| name == "data-added");
            match &*name.ns {
                _ if is_added => {}
                ns if ns.ends_with("svg") => self.svg(element, &attributes),
                ns if ns.ends_with("MathML") => {}
                _ => self.html(element, &attributes),
            }
            let value = |wanted: &str| attributes.iter().find(|(name, _)| name == wanted);
            if let Some((_, style)) = value("style") {
                self.all_own("style", &of_css(style));
            }
            if element == "style" && !name.ns.ends_with("MathML") {
                self.all_own("style", &of_css(&text_of(node)));
            }
            let href = value("href").filter(|_| element == "base" && name.ns.ends_with("xhtml"));
            if let Some((_, href)) = href.filter(|_| counts && self.base.is_none()) {
                // The first one counts, also if it is none that can be used.
                let base = self.fallback.join(href).ok();
                let base = base.filter(|it| !matches!(it.scheme(), "data" | "javascript"));
                self.base = Some(base.unwrap_or_else(|| self.fallback.clone()));
            }
            inner.clone_from(&template_contents.borrow());
        }
        if let Some(content) = inner {
            self.node(&content, false);
        }
        for child in node.children.borrow().iter() {
            self.node(child, counts);
        }
    }

    fn html(&self, element: &str, attributes: &[(String, String)]) {
        let value = |wanted: &str| {
            let found = attributes.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| &**value)
        };
        let is = |name: &str, wanted: &str| {
            value(name).is_some_and(|value| value.eq_ignore_ascii_case(wanted))
        };
        // A script with another type is data.
        let inert = element == "script" && value("type").is_some_and(is_data);
        for (loading, attribute) in LOADS {
            if loading == element && !inert {
                let address = value(attribute).map(str::to_owned);
                self.all_own(element, address.as_slice());
            }
        }
        let list = |name: &str| -> Vec<String> {
            let all = value(name).unwrap_or_default();
            all.split_ascii_whitespace().map(str::to_owned).collect()
        };
        let addresses = match element {
            "img" | "source" => value("srcset").map(of_srcset).unwrap_or_default(),
            "input" if is("type", "image") => value("src").map(str::to_owned).into_iter().collect(),
            "a" | "area" => list("ping"),
            "link"
                if list("rel").iter().any(|rel| {
                    RELATIONS
                        .iter()
                        .any(|known| rel.eq_ignore_ascii_case(known))
                }) =>
            {
                let href = value("href").map(str::to_owned).into_iter();
                let images = value("imagesrcset").map(of_srcset).unwrap_or_default();
                href.chain(images).collect()
            }
            "meta" if is("http-equiv", "refresh") => {
                value("content").and_then(of_refresh).into_iter().collect()
            }
            _ => Vec::new(),
        };
        self.all_own(element, &addresses);
        if let Some(document) = value("srcdoc").filter(|_| element == "iframe") {
            let mut page = Page::new(self.url, self.base(), self.out, self.has_additions);
            page.node(&parse(document, true), true);
        }
    }

    fn svg(&self, element: &str, attributes: &[(String, String)]) {
        let kind = attributes.iter().find(|(name, _)| name == "type");
        let inert = element == "script" && kind.is_some_and(|(_, kind)| is_data(kind));
        for (name, value) in attributes {
            match &**name {
                // A part of the document itself, whatever the base is.
                "href" if value.starts_with('#') => {}
                "href" if SVG_LOADS.contains(&element) && !inert => {
                    self.all_own(element, std::slice::from_ref(value));
                }
                "clip-path" | "cursor" | "fill" | "filter" | "mask" | "stroke" => {
                    self.all_own(element, &of_css(value));
                }
                _ => {}
            }
        }
    }
}

fn text_of(node: &Handle) -> String {
    let mut text = String::new();
    for child in node.children.borrow().iter() {
        if let NodeData::Text { contents } = &child.data {
            text.push_str(&contents.borrow());
        }
    }
    text
}
