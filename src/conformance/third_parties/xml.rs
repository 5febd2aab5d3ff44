//! The elements of XML documents: XHTML and SVG.

use std::borrow::Cow;

use quick_xml::{
    NsReader,
    escape::{resolve_predefined_entity, unescape_with},
    events::{BytesPI, BytesRef, BytesStart, Event},
    name::{Namespace as XmlNamespace, ResolveResult},
};

use super::dom::{Element, Kind};

/// The instruction that links a style sheet.
const SHEET: &str = "xml-stylesheet";

/// Returns the elements of an XML document, up to the first fault, where browsers stop too.
pub(super) fn of_xml(text: &str) -> Vec<Element> {
    let mut reader = NsReader::from_str(text);
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut has_root = false;
    while let Ok(event) = reader.read_event() {
        has_root |= matches!(event, Event::Start(_) | Event::Empty(_));
        match event {
            Event::Start(tag) => {
                let element = xml_element(&reader, &tag, is_head(&elements, &open));
                open.push(elements.len());
                elements.push(element);
            }
            Event::Empty(tag) => {
                let element = xml_element(&reader, &tag, is_head(&elements, &open));
                elements.push(element);
            }
            Event::End(_) => drop(open.pop()),
            Event::Text(text) => {
                add_text(&mut elements, &open, &text);
            }
            Event::CData(text) => {
                add_text(&mut elements, &open, &text);
            }
            Event::GeneralRef(reference) => {
                if let Some(text) = resolved(&reference) {
                    add_text(&mut elements, &open, &text);
                }
            }
            // After the root element, it links none.
            Event::PI(instruction) if !has_root && instruction.target() == SHEET => {
                elements.push(linked_sheet(&instruction));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    elements
}

/// Returns `true` directly inside of a `<head>`.
fn is_head(elements: &[Element], open: &[usize]) -> bool {
    let parent = open.last().and_then(|at| elements.get(*at));
    parent.is_some_and(|parent| parent.name == "head")
}

fn add_text(elements: &mut [Element], open: &[usize], text: &str) {
    if let Some(element) = open.last().and_then(|at| elements.get_mut(*at)) {
        element.text.push_str(text);
    }
}

fn xml_element(reader: &NsReader<&[u8]>, tag: &BytesStart<'_>, in_head: bool) -> Element {
    let is_in = |namespace: &ResolveResult<'_>, of: &str| {
        *namespace == ResolveResult::Bound(XmlNamespace(of))
    };
    let name = tag.name();
    let resolver = reader.resolver();
    let (namespace, local) = resolver.resolve_element(name);
    let mut unchecked = tag.attributes();
    let attributes = unchecked.with_checks(false).flatten();
    let attributes = attributes.map(|attribute| {
        let (space, local) = resolver.resolve_attribute(attribute.key);
        let prefix = match is_in(&space, "http://www.w3.org/1999/xlink") {
            true => "xlink:",
            false => "",
        };
        let name = local.as_ref().to_ascii_lowercase();
        (format!("{prefix}{name}"), unescaped(&attribute.value))
    });
    Element {
        kind: if is_in(&namespace, "http://www.w3.org/1999/xhtml") {
            Kind::Html
        } else if is_in(&namespace, "http://www.w3.org/2000/svg") {
            Kind::Svg
        } else {
            Kind::Other
        },
        name: local.as_ref().to_ascii_lowercase(),
        attributes: attributes.collect(),
        text: String::new(),
        in_head,
    }
}

/// Returns the link to a style sheet as an element without a language.
fn linked_sheet(instruction: &BytesPI<'_>) -> Element {
    let mut unchecked = instruction.attributes();
    let attributes = unchecked.with_checks(false).flatten();
    let attributes = attributes.map(|attribute| {
        let name = attribute.key.as_ref().to_owned();
        (name, unescaped(&attribute.value))
    });
    Element {
        kind: Kind::Other,
        name: format!("?{SHEET}"),
        attributes: attributes.collect(),
        text: String::new(),
        in_head: false,
    }
}

/// Resolves the references of a value. What a document type declares is not read.
fn unescaped(value: &str) -> String {
    let known = |name: &str| resolve_predefined_entity(name).or(Some(""));
    unescape_with(value, known).map_or_else(|_| value.to_owned(), Cow::into_owned)
}

fn resolved(reference: &BytesRef<'_>) -> Option<String> {
    match reference.resolve_char_ref() {
        Ok(Some(c)) => Some(c.to_string()),
        Ok(None) => resolve_predefined_entity(reference).map(str::to_owned),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_in_text() {
        let text = "<style>u&#x72;l(&quot;a&amp;b&#34;) &none; c</style>";
        assert_eq!(of_xml(text)[0].text, "url(\"a&b\")  c");
    }

    #[test]
    fn style_sheets_before_the_root_are_read() {
        let text = "<?xml version='1.0'?><?xml-stylesheet href='a&amp;b' type='text/css'?>\
                    <?other href='c'?><x/><?xml-stylesheet href='d'?>";
        let read = of_xml(text);
        let found: Vec<_> = read.iter().map(|it| (&*it.name, it.get("href"))).collect();
        assert_eq!(found, [("?xml-stylesheet", Some("a&b")), ("x", None)]);
    }

    #[test]
    fn xml_is_read_with_its_namespaces() {
        let text = "<h:html xmlns:h='http://www.w3.org/1999/xhtml' xmlns:x='http://www.w3.org/1999/xlink'>\
                    <h:style>a<![CDATA[b]]></h:style><h:script src='c&amp;d'/>\
                    <svg xmlns='http://www.w3.org/2000/svg'><use x:href='e'/></svg></h:html>";
        let read = of_xml(text);
        let names: Vec<_> = read.iter().map(|it| &*it.name).collect();
        assert_eq!(names, ["html", "style", "script", "svg", "use"]);
        assert_eq!((read[1].kind, &*read[1].text), (Kind::Html, "ab"));
        assert_eq!(read[2].get("src"), Some("c&d"));
        assert_eq!(
            (read[4].kind, read[4].get("xlink:href")),
            (Kind::Svg, Some("e"))
        );
    }
}
