//! What the style sheets inside of a page hide, by the plainest rules alone: a class or an id that is not displayed.

use crate::conformance::{markup::Tree, third_parties::runs};

/// The rules that hide something.
#[derive(Default)]
pub(super) struct Sheet {
    rules: Vec<Rule>,
}

/// A selector such as `p.off` or `#later`.
struct Rule {
    element: String,
    /// The names with their `.` or `#`.
    names: Vec<String>,
}

impl Sheet {
    /// Reads the style sheets of a page without scripts: others may show what is hidden at first.
    pub(super) fn of(tree: &Tree) -> Self {
        let mut text = String::new();
        for (number, node) in tree.all() {
            if tree.is(number, "script") && runs(tree.attribute(number, "type")) {
                return Self::default();
            }
            let media = tree.attribute(number, "media").unwrap_or("all").trim();
            if tree.is(number, "style") && matches!(media, "" | "all" | "screen") {
                text.push_str(&node.text);
            }
        }
        Self::read(&without_comments(&text))
    }

    fn read(text: &str) -> Self {
        let (rules, others) = rules(text);
        let mut hiding = Vec::new();
        // Whatever else sets how something is shown may show it.
        let mut showing = others;
        for (selectors, declarations) in rules {
            let style: String = declarations.split_ascii_whitespace().collect();
            let style = style.to_ascii_lowercase();
            if style.contains("display:none") || style.contains("visibility:hidden") {
                hiding.extend(selectors.split(',').filter_map(Rule::read));
            } else if style.contains("display:") || style.contains("visibility:") {
                showing.push(selectors);
            }
        }
        let is_shown = |name: &String| showing.iter().any(|text| text.contains(name.as_str()));
        hiding.retain(|rule| !rule.names.iter().any(is_shown));
        Self { rules: hiding }
    }

    /// Returns `true` for an element that a rule hides.
    pub(super) fn hides(&self, tree: &Tree, number: usize) -> bool {
        let has = |name: &String| {
            let (attribute, own) = match name.strip_prefix('#') {
                Some(id) => ("id", id),
                None => ("class", name.trim_start_matches('.')),
            };
            let mut words = tree
                .attribute(number, attribute)
                .unwrap_or_default()
                .split_ascii_whitespace();
            words.any(|word| word == own)
        };
        self.rules.iter().any(|rule| {
            let is_element = rule.element.is_empty() || tree.is(number, &rule.element);
            is_element && rule.names.iter().all(has)
        })
    }
}

impl Rule {
    /// Reads a selector; `None` for one with more than an element and names.
    fn read(selector: &str) -> Option<Self> {
        let selector = selector.trim();
        let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '#');
        let first = selector
            .find(['.', '#'])
            .filter(|_| selector.chars().all(is_plain))?;
        let (element, mut rest) = selector.split_at(first);
        let mut names = Vec::new();
        while !rest.is_empty() {
            let after = rest.get(1..)?;
            let end = after.find(['.', '#']).map_or(rest.len(), |end| end + 1);
            let (name, others) = rest.split_at(end);
            names.push(name.to_owned());
            rest = others;
        }
        Some(Self {
            element: element.to_ascii_lowercase(),
            names,
        })
    }
}

fn without_comments(text: &str) -> String {
    let mut parts = text.split("/*");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once("*/").unwrap_or_default().1
    })
}

/// Returns the rules of a style sheet, and the text of those that depend on something, such as a width.
fn rules(text: &str) -> (Vec<(String, String)>, Vec<String>) {
    let (mut rules, mut others) = (Vec::new(), Vec::new());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let mut depth = 1_usize;
        let end = after.find(|c: char| {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let (inside, behind) = after.split_at(end.unwrap_or(after.len()));
        let selectors = before.rsplit([';', '}']).next().unwrap_or_default().trim();
        match selectors.starts_with('@') {
            true => others.push(inside.to_owned()),
            false => rules.push((selectors.to_owned(), inside.to_owned())),
        }
        rest = behind.strip_prefix('}').unwrap_or_default();
    }
    (rules, others)
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn only_plain_rules_hide() {
        for (style, is_hidden) in [
            (".off{display:none}", true),
            (
                "/* .x{} */ p { color: red } .off , .x { display : none !important }",
                true,
            ),
            ("div.off{visibility:hidden}", true),
            ("#it{display:none}", true),
            ("p.off{display:none}", false),
            (".off.more{display:none}", false),
            (".page .off{display:none}", false),
            (".off:empty{display:none}", false),
            ("@media print{.off{display:none}}", false),
            (".off{display:none} #a:target .off{display:block}", false),
            (
                ".off{display:none} @media (width > 9em){.off{display:block}}",
                false,
            ),
            (".off{display:block}", false),
            (".off{display:none", true),
            ("}{.off", false),
        ] {
            let page = format!("<style>{style}</style><div id=it class='a off'>x</div>");
            let url = Url::parse("https://localhost/").unwrap();
            let tree = Tree::read(&page, &url, false);
            let sheet = Sheet::of(&tree);
            let (number, _) = tree.all().find(|(it, _)| tree.is(*it, "div")).unwrap();
            assert_eq!(sheet.hides(&tree, number), is_hidden, "{style}");
            let scripted = Tree::read(&format!("{page}<script>show()</script>"), &url, false);
            assert!(!Sheet::of(&scripted).hides(&scripted, number), "{style}");
        }
    }
}
