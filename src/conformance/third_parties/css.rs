//! The addresses in a style sheet.

use cssparser::{ParseError, Parser, ParserInput, Token};

use super::security::Means;

/// Blocks inside of others that are followed.
const MOST_DEPTH: u8 = 64;

/// Returns the addresses that the style sheet, or the value of a `style` attribute, loads.
pub(super) fn urls(text: &str) -> Vec<(String, Means)> {
    let mut input = ParserInput::new(text);
    let mut found = Vec::new();
    let place = Place {
        strings: false,
        means: Means::Image,
        depth: 0,
    };
    read(&mut Parser::new(&mut input), place, &mut found);
    found
}

#[derive(Clone, Copy)]
struct Place {
    /// Strings are addresses, as in `image-set("a" 1x)`.
    strings: bool,
    means: Means,
    depth: u8,
}

fn read(parser: &mut Parser<'_, '_>, place: Place, found: &mut Vec<(String, Means)>) {
    // Since `@import`, `@namespace` or `@font-face`.
    let mut rule = String::new();
    while let Ok(token) = parser.next() {
        let token = token.clone();
        let means = match &*rule {
            "import" => Means::Style,
            "font-face" => Means::Font,
            _ => place.means,
        };
        let inside = Place {
            means,
            depth: place.depth + 1,
            ..place
        };
        match token {
            Token::AtKeyword(name) => rule = name.to_ascii_lowercase(),
            Token::Semicolon => rule.clear(),
            Token::UnquotedUrl(url) if rule != "namespace" => found.push((url.to_string(), means)),
            Token::QuotedString(url) if rule == "import" || place.strings => {
                found.push((url.to_string(), means));
                // What follows are conditions.
                if rule == "import" {
                    rule.clear();
                }
            }
            Token::Function(name) => {
                let name = name.to_ascii_lowercase();
                let strings = matches!(
                    &*name,
                    "url" | "src" | "image" | "image-set" | "-webkit-image-set"
                ) && rule != "namespace";
                // `type("image/avif")` is inside of `image-set(…)`.
                let strings = strings || (place.strings && name != "type");
                nested(parser, Place { strings, ..inside }, found);
            }
            Token::ParenthesisBlock | Token::SquareBracketBlock => nested(parser, inside, found),
            Token::CurlyBracketBlock => {
                let block = Place {
                    strings: false,
                    ..inside
                };
                nested(parser, block, found);
                rule.clear();
            }
            _ => {}
        }
    }
}

fn nested(parser: &mut Parser<'_, '_>, place: Place, found: &mut Vec<(String, Means)>) {
    if place.depth >= MOST_DEPTH {
        return;
    }
    // The parser of the block never fails, since `read` passes over everything.
    let read: Result<(), ParseError<'_, ()>> = parser.parse_nested_block(|parser| {
        read(parser, place, found);
        Ok(())
    });
    drop(read);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_is_found_with_what_it_is_for() {
        for (text, expected) in [
            (
                "a { background: URL( b.png ) }",
                &[("b.png", Means::Image)][..],
            ),
            (
                "background: url('b.png'), u\\72l(\"c.png\")",
                &[("b.png", Means::Image), ("c.png", Means::Image)],
            ),
            (
                "@import 'a.css' screen; @import url(b.css);",
                &[("a.css", Means::Style), ("b.css", Means::Style)],
            ),
            (
                "@font-face { src: local('x'), url(f.woff2) format('woff2') } p { color: red }",
                &[("f.woff2", Means::Font)],
            ),
            (
                "@media print { a { b: image-set('c' 1x type('image/avif'), url(d) 2x) } }",
                &[("c", Means::Image), ("d", Means::Image)],
            ),
            (
                "@namespace url(http://www.w3.org/1999/xhtml); a { content: 'x' }",
                &[],
            ),
            (
                "@namespace svg url('http://www.w3.org/2000/svg'); a { b: url(c) }",
                &[("c", Means::Image)],
            ),
            ("/* url(a) */ b { c: \"url(d)\" }", &[]),
            ("a { b: url(c", &[("c", Means::Image)]),
            ("a { b: src('c') }", &[("c", Means::Image)]),
        ] {
            let found = urls(text);
            let found: Vec<_> = found.iter().map(|(url, means)| (&**url, *means)).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn nesting_costs_no_stack() {
        let deep = "(".repeat(100_000) + "url(a)";
        assert_eq!(urls(&deep), []);
    }
}
