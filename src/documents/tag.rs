//! A start tag as the parser found it, with the places of its attributes.

use std::{borrow::Cow, collections::HashSet, hash::Hash};

use lol_html::send::Element;

use super::{
    attribute,
    charset::Charset,
    namespaces::{self, Namespace},
};

#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    /// In lower case.
    pub(crate) name: String,
    /// Where the name begins, from the tag's `<` on.
    pub(crate) at: usize,
    /// Where the value begins and ends, without quotes.
    value_at: Option<(usize, usize)>,
    /// The value as the parser read it.
    raw: String,
}

impl Attribute {
    pub(crate) fn value_at(&self) -> (usize, usize) {
        self.value_at.unwrap_or_default()
    }

    /// Returns the value that a browser reads.
    pub(crate) fn value(&self, charset: Charset) -> Cow<'_, str> {
        match charset.of_parser(&self.raw) {
            Cow::Borrowed(raw) => attribute::decode(raw),
            Cow::Owned(raw) => attribute::decode(&raw).into_owned().into(),
        }
    }
}

/// Up to so many are compared with each other.
const FEW: usize = 16;

/// Leaves out what has the name of an earlier one. The time for many names grows with their number.
fn firsts<'a, T, N: Eq + Hash>(
    items: &'a [T],
    name: impl Fn(&'a T) -> N,
) -> impl Iterator<Item = &'a T> {
    let mut seen = (items.len() > FEW).then(|| HashSet::with_capacity(items.len()));
    let is_first = move |(at, item): &(usize, &'a T)| match &mut seen {
        Some(seen) => seen.insert(name(item)),
        None => !items[..*at]
            .iter()
            .any(|earlier| name(earlier) == name(item)),
    };
    items
        .iter()
        .enumerate()
        .filter(is_first)
        .map(|(_, item)| item)
}

#[derive(Clone, Debug)]
pub(crate) struct Tag {
    /// In lower case.
    pub(crate) name: String,
    /// As the parser believes.
    pub(crate) namespace: Namespace,
    pub(crate) self_closing: bool,
    pub(crate) attributes: Vec<Attribute>,
}

impl Tag {
    pub(crate) fn read(element: &Element<'_, '_>) -> Self {
        let start = element.source_location().bytes().start;
        let attributes = element.attributes().iter().filter_map(|attribute| {
            let at = attribute
                .name_source_location()?
                .bytes()
                .start
                .checked_sub(start)?;
            let value_at = attribute.value_source_location().map(|value| value.bytes());
            Some(Attribute {
                name: attribute.name(),
                at,
                value_at: value_at.map(|bytes| (bytes.start - start, bytes.end - start)),
                raw: attribute.value(),
            })
        });
        Self {
            name: element.tag_name(),
            namespace: match element.namespace_uri() {
                "http://www.w3.org/2000/svg" => Namespace::Svg,
                "http://www.w3.org/1998/Math/MathML" => Namespace::MathMl,
                _ => Namespace::Html,
            },
            self_closing: element.is_self_closing(),
            attributes: attributes.collect(),
        }
    }

    /// Returns the attribute with this name that counts: the first.
    pub(crate) fn get(&self, name: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
    }

    pub(crate) fn value(&self, name: &str, charset: Charset) -> Option<Cow<'_, str>> {
        Some(self.get(name)?.value(charset))
    }

    /// Returns the attributes that count, without repetitions.
    pub(crate) fn effective(&self) -> impl Iterator<Item = &Attribute> {
        firsts(&self.attributes, |attribute| &*attribute.name)
    }

    /// Returns where an attribute can be added: after the name. For the parser each byte is a character, whatever
    /// the document's charset.
    pub(crate) fn name_end(&self) -> usize {
        1 + self.name.chars().count()
    }

    /// Returns what the namespaces have to know.
    pub(crate) fn outline(&self, charset: Charset) -> namespaces::StartTag<'_> {
        let is_html = |encoding: &str| {
            encoding.eq_ignore_ascii_case("text/html")
                || encoding.eq_ignore_ascii_case("application/xhtml+xml")
        };
        namespaces::StartTag {
            name: &self.name,
            self_closing: self.self_closing,
            font_breaks: self.name == "font"
                && ["color", "face", "size"]
                    .iter()
                    .any(|name| self.get(name).is_some()),
            html_annotation: self.name == "annotation-xml"
                && self
                    .value("encoding", charset)
                    .is_some_and(|encoding| is_html(&encoding)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        hash::{Hash, Hasher},
    };

    use super::firsts;

    /// Counts how often it is compared.
    struct Name<'a>(usize, &'a Cell<usize>);

    impl PartialEq for Name<'_> {
        fn eq(&self, other: &Self) -> bool {
            self.1.set(self.1.get() + 1);
            self.0 == other.0
        }
    }

    impl Eq for Name<'_> {}

    impl Hash for Name<'_> {
        fn hash<H: Hasher>(&self, state: &mut H) {
            self.0.hash(state);
        }
    }

    #[test]
    fn many_attributes_are_compared_a_few_times_each() {
        for (count, most) in [(8, 128), (16_000, 64_000)] {
            let compared = Cell::new(0);
            let names: Vec<usize> = (0..count).chain(0..count).collect();
            let found = firsts(&names, |name| Name(*name, &compared)).count();
            assert_eq!(found, count);
            assert!(compared.get() < most, "{} of {count}", compared.get());
        }
    }
}
