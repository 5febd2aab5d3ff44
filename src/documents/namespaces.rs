//! HTML, SVG or `MathML`? Whether `<style>` and its kin contain text or markup depends on it, and the
//! parser has no tree. This follows the HTML standard's rules for foreign content as far as they can
//! be followed without one, and says where they can't.

/// Deeper trees are not followed (browsers do not build them either).
const MAX_DEPTH: usize = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Namespace {
    Html,
    Svg,
    MathMl,
}

#[derive(Debug)]
struct Node {
    name: Box<str>,
    namespace: Namespace,
    /// Is this a foreign element whose content is HTML?
    integrates: bool,
}

/// The open elements from the outermost `<svg>` or `<math>` on.
#[derive(Debug, Default)]
pub(crate) struct Namespaces {
    open: Vec<Node>,
    /// The markup was such that only a parser with a tree knows.
    uncertain: bool,
    /// There was something that parsers without a tree may have read differently from this one.
    odd: bool,
}

impl Namespaces {
    /// Is this outside of SVG and `MathML`?
    pub(crate) fn is_outside(&self) -> bool {
        self.open.is_empty()
    }

    pub(crate) fn is_uncertain(&self) -> bool {
        self.uncertain
    }

    pub(crate) fn is_odd(&self) -> bool {
        self.odd || self.uncertain
    }

    /// Takes note of a new parser, which begins outside.
    pub(crate) fn restart(&mut self) {
        if self.open.is_empty() {
            self.odd = false;
        } else {
            self.give_up();
        }
    }

    /// Must what looks like CDATA be looked at?
    pub(crate) fn may_have_cdata(&self) -> bool {
        self.is_odd() || !self.open.is_empty()
    }

    pub(crate) fn give_up(&mut self) {
        self.uncertain = true;
        self.open.clear();
    }

    /// Takes note of a start tag and returns the namespace of its element. `font_breaks` is for
    /// `<font>` with `color`, `face` or `size`, `html_annotation` for an `<annotation-xml>` that
    /// contains HTML.
    pub(crate) fn start(&mut self, tag: &StartTag<'_>) -> Namespace {
        if self.uncertain {
            return Namespace::Html;
        }
        if self.is_foreign(tag.name) && (is_breakout(tag.name) || tag.font_breaks) {
            self.odd = true;
            while self.is_foreign(tag.name) {
                self.open.pop();
            }
        }
        let foreign = self.is_foreign(tag.name);
        let namespace = match (tag.name, self.open.last()) {
            (name, Some(node)) if foreign => {
                if name == "svg"
                    && node.namespace == Namespace::MathMl
                    && &*node.name == "annotation-xml"
                {
                    Namespace::Svg
                } else {
                    node.namespace
                }
            }
            ("svg", _) => Namespace::Svg,
            ("math", _) => Namespace::MathMl,
            (_, None) => return Namespace::Html,
            _ => Namespace::Html,
        };
        if namespace == Namespace::Html {
            if matches!(
                tag.name,
                "html" | "head" | "body" | "frameset" | "frame" | "form"
            ) || is_table_part(tag.name)
            {
                // Ignored, or moved elsewhere.
                self.give_up();
            } else if !is_void(tag.name) {
                self.push(tag, namespace);
            }
        } else if tag.self_closing {
            // The parser takes `<svg/>` for an open element.
            self.odd |= matches!(tag.name, "svg" | "math");
        } else {
            self.push(tag, namespace);
        }
        namespace
    }

    fn push(&mut self, tag: &StartTag<'_>, namespace: Namespace) {
        if self.open.len() >= MAX_DEPTH {
            return self.give_up();
        }
        let integrates = match namespace {
            Namespace::Html => false,
            Namespace::Svg => matches!(tag.name, "foreignobject" | "desc" | "title"),
            Namespace::MathMl => {
                matches!(tag.name, "mi" | "mo" | "mn" | "ms" | "mtext") || tag.html_annotation
            }
        };
        self.open.push(Node {
            name: tag.name.into(),
            namespace,
            integrates,
        });
    }

    /// Do the rules for foreign content apply to this start tag?
    fn is_foreign(&self, name: &str) -> bool {
        self.open.last().is_some_and(|node| {
            node.namespace != Namespace::Html
                && (!node.integrates
                    || node.namespace == Namespace::MathMl
                        && &*node.name != "annotation-xml"
                        && matches!(name, "mglyph" | "malignmark"))
        })
    }

    /// Takes note of an end tag inside foreign content.
    pub(crate) fn end(&mut self, name: &str) {
        let Some(top) = self.open.last() else { return };
        if top.namespace == Namespace::Html {
            if &*top.name == name {
                self.open.pop();
            } else {
                self.give_up();
            }
            return;
        }
        let foreign = self
            .open
            .iter()
            .rposition(|node| node.namespace == Namespace::Html);
        let lowest = foreign.map_or(0, |at| at + 1);
        let found = self.open[lowest..]
            .iter()
            .rposition(|node| &*node.name == name);
        match found {
            Some(at) if !matches!(name, "p" | "br") => {
                let at = lowest + at;
                // The parser counts only these.
                self.odd |= self.open[at + 1..]
                    .iter()
                    .any(|node| node.integrates || matches!(&*node.name, "svg" | "math"));
                self.open.truncate(at);
            }
            _ => self.give_up(),
        }
    }
}

/// A start tag; the name is in lower case.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StartTag<'a> {
    pub(crate) name: &'a str,
    pub(crate) self_closing: bool,
    pub(crate) font_breaks: bool,
    pub(crate) html_annotation: bool,
}

/// Elements whose start tag closes all foreign elements.
fn is_breakout(name: &str) -> bool {
    matches!(
        name,
        "b" | "big"
            | "blockquote"
            | "body"
            | "br"
            | "center"
            | "code"
            | "dd"
            | "div"
            | "dl"
            | "dt"
            | "em"
            | "embed"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "head"
            | "hr"
            | "i"
            | "img"
            | "li"
            | "listing"
            | "menu"
            | "meta"
            | "nobr"
            | "ol"
            | "p"
            | "pre"
            | "ruby"
            | "s"
            | "small"
            | "span"
            | "strong"
            | "strike"
            | "sub"
            | "sup"
            | "table"
            | "tt"
            | "u"
            | "ul"
            | "var"
    )
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "basefont"
            | "bgsound"
            | "br"
            | "col"
            | "embed"
            | "frame"
            | "hr"
            | "image"
            | "img"
            | "input"
            | "keygen"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

fn is_table_part(name: &str) -> bool {
    matches!(
        name,
        "caption" | "col" | "colgroup" | "table" | "tbody" | "td" | "tfoot" | "th" | "thead" | "tr"
    )
}

#[cfg(test)]
mod tests {
    use super::{Namespace, Namespaces, StartTag};

    /// Runs tags: `a`, `a/` and `/a`; returns the last element's namespace, and what is odd.
    fn run(tags: &str) -> (Option<Namespace>, bool, bool, bool) {
        let mut namespaces = Namespaces::default();
        let mut last = None;
        for tag in tags.split(' ') {
            if let Some(name) = tag.strip_prefix('/') {
                namespaces.end(name);
                continue;
            }
            last = Some(namespaces.start(&StartTag {
                name: tag.trim_end_matches('/'),
                self_closing: tag.ends_with('/'),
                ..StartTag::default()
            }));
        }
        (
            last,
            namespaces.is_outside(),
            namespaces.odd,
            namespaces.uncertain,
        )
    }

    #[test]
    fn foreign_content_follows_the_standard() {
        use Namespace::{Html, MathMl, Svg};
        for (tags, namespace, outside, odd, uncertain) in [
            ("div style", Html, true, false, false),
            ("svg style", Svg, false, false, false),
            ("svg g /g /svg style", Html, true, false, false),
            ("svg path /svg style", Html, true, false, false),
            ("svg title /title /svg title", Html, true, false, false),
            ("svg foreignobject div style", Html, false, false, false),
            ("svg foreignobject div svg style", Svg, false, false, false),
            (
                "svg foreignobject div /div /foreignobject style",
                Svg,
                false,
                false,
                false,
            ),
            ("svg/ style", Html, true, true, false),
            ("svg svg p", Html, true, true, false),
            ("svg svg /div style", Html, true, false, true),
            ("svg title svg /title style", Svg, false, true, false),
            ("math mi mglyph style", MathMl, false, false, false),
            ("math mi style", Html, false, false, false),
            ("math annotation-xml svg style", Svg, false, false, false),
            ("math annotation-xml mi svg style", Svg, false, false, false),
            (
                "math annotation /annotation /math style",
                Html,
                true,
                false,
                false,
            ),
            ("svg foreignobject p div /p", Html, true, false, true),
            ("svg foreignobject tr style", Html, true, false, true),
            ("svg foreignobject form style", Html, true, false, true),
        ] {
            assert_eq!(
                run(tags),
                (Some(namespace), outside, odd, uncertain),
                "{tags}"
            );
        }
    }
}
