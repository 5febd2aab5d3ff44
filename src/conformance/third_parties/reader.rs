//! What one element loads.

use url::Url;

use super::{
    css,
    dom::{Element, Kind},
    loads::{InlineScript, Loads, Place},
    scripts::runs,
    security::Means,
    values::{link_means, refresh, speculated, srcset},
};

/// An element that is read.
pub(super) struct Reader<'a> {
    pub(super) element: &'a Element,
    pub(super) base: &'a Url,
    pub(super) under: usize,
    pub(super) loads: &'a mut Loads,
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
            under: self.under,
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

    pub(super) fn attributes(&mut self) {
        let element = self.element;
        for (attribute, value) in element.attributes() {
            let name = &*element.name;
            match (attribute, name) {
                ("style", _) => self.css(attribute, value),
                ("ping", "a" | "area") | ("attributionsrc", "a" | "area" | "img" | "script") => {
                    let list = value.split_ascii_whitespace();
                    self.each(attribute, Means::Connection, list);
                }
                ("href", "?xml-stylesheet") => self.add(attribute, Means::Style, value),
                _ if element.kind == Kind::Svg => self.svg(attribute, value),
                _ if element.kind == Kind::Html => self.html(attribute, value),
                _ => {}
            }
        }
    }

    fn html(&mut self, attribute: &str, value: &'a str) {
        let element = self.element;
        match (&*element.name, attribute) {
            ("script", "src") if runs(element.get("type")) => {
                self.add(attribute, Means::Script, value);
            }
            // Its document is in the other attribute.
            ("iframe", "src") if element.get("srcdoc").is_some() => {}
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
            ("a", "href" | "xlink:href") => {}
            ("script", "href" | "xlink:href") if runs(element.get("type")) => {
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

    pub(super) fn text(&mut self) {
        let element = self.element;
        match (&*element.name, element.kind) {
            ("style", Kind::Html | Kind::Svg) if is_css(element) => self.css("", &element.text),
            ("script", Kind::Html | Kind::Svg) if is(element, "type", "speculationrules") => {
                let rules = serde_json::from_str(&element.text).unwrap_or_default();
                for address in speculated(&rules) {
                    self.add("", Means::Unstoppable, address);
                }
            }
            ("script", Kind::Html | Kind::Svg)
                if runs(element.get("type")) && !element.text.trim().is_empty() =>
            {
                let script = InlineScript {
                    text: element.text.clone(),
                    under: self.under,
                };
                self.loads.scripts.insert(script);
            }
            _ => {}
        }
    }
}

pub(super) fn is(element: &Element, attribute: &str, value: &str) -> bool {
    let given = element.get(attribute);
    given.is_some_and(|given| given.trim().eq_ignore_ascii_case(value))
}

/// Returns `true` for a `<style>` that browsers apply.
fn is_css(style: &Element) -> bool {
    let kind = style.get("type").unwrap_or_default();
    kind.is_empty() || kind.eq_ignore_ascii_case("text/css")
}
