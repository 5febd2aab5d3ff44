//! The parts of an HTML page, as a browser's tokenizer reads it.

use std::collections::{BTreeMap, BTreeSet};

use html5gum::{Token, Tokenizer};

/// One attribute of one element.
#[derive(Clone, Copy)]
pub struct Attribute<'a> {
    pub element: &'a [u8],
    /// Empty for the element itself.
    pub name: &'a [u8],
    pub value: &'a [u8],
}

/// Calls `look` for each element and each of its attributes, in order.
pub fn look_at(html: &str, mut look: impl FnMut(Attribute<'_>)) {
    for token in Tokenizer::new(html) {
        let Ok(Token::StartTag(tag)) = token else {
            continue;
        };
        let element = &**tag.name;
        let itself = Attribute {
            element,
            name: b"",
            value: b"",
        };
        look(itself);
        for (name, value) in &tag.attributes {
            look(Attribute {
                name,
                value,
                ..itself
            });
        }
    }
}

/// The known elements, and the attributes that each may have. Injected markup would add to these.
#[derive(Debug, Default)]
pub struct Parts(BTreeMap<Vec<u8>, BTreeSet<Vec<u8>>>);

impl Parts {
    pub fn learn(&mut self, html: &str) {
        look_at(html, |attribute| {
            let names = self.0.entry(attribute.element.to_vec()).or_default();
            names.insert(attribute.name.to_vec());
        });
    }

    pub fn know(&self, attribute: Attribute<'_>) -> bool {
        let names = self.0.get(attribute.element);
        names.is_some_and(|names| names.contains(attribute.name))
    }
}
