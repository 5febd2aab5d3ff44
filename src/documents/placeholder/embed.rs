//! What a start tag says about how its element looks.

use super::super::{charset::Charset, tag::Tag};

/// Smaller elements have no room for more than a link (in CSS pixels).
const LEAST_WIDTH: u32 = 200;
const LEAST_HEIGHT: u32 = 120;

/// The size of replaced elements that have none of their own (CSS 2, section 10.3.2).
const USUAL: (u32, u32) = (300, 150);

/// Elements in which there can be no other link or button, so that a placeholder has none. (For the
/// parser, `<a>` in `<a>` and `<button>` in `<button>` would end the outer one.)
pub(crate) const SELECTORS_OF_PLAIN: &str = "a iframe, a video, a audio, a source, a embed, a object, \
    a [data-consent], button iframe, button video, button audio, button source, button embed, \
    button object, button [data-consent]";

/// Returns the attribute with the address of what an element shows.
pub(crate) fn source_of(element: &str) -> Option<&'static str> {
    match element {
        "iframe" | "embed" | "video" | "audio" | "source" => Some("src"),
        "object" => Some("data"),
        _ => None,
    }
}

/// May an element with this name get a placeholder by its `data-consent` alone?
pub(super) fn is_container(element: &str) -> bool {
    matches!(
        element,
        "div" | "section" | "article" | "aside" | "figure" | "main" | "p" | "span"
    )
}

/// The looks of an element, as far as its tag says them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Looks {
    /// Nobody sees it.
    pub(super) is_hidden: bool,
    /// There is no room for a form.
    pub(super) is_small: bool,
    /// Its size in CSS pixels; 0 if it is not known.
    pub(super) size: (u32, u32),
}

impl Looks {
    pub(super) fn of(tag: &Tag, charset: Charset) -> Self {
        let value = |name| tag.value(name, charset);
        let style = value("style").unwrap_or_default().to_ascii_lowercase();
        let width = declared(&style, "width").or_else(|| pixels(&value("width")?));
        let height = declared(&style, "height").or_else(|| pixels(&value("height")?));
        let is_dot = |size: Option<u32>| size.is_some_and(|size| size <= 2);
        let is_audio = tag.name == "audio";
        Self {
            is_hidden: value("hidden").is_some()
                || value("aria-hidden").is_some_and(|it| it.eq_ignore_ascii_case("true"))
                || is_audio && value("controls").is_none()
                || is_dot(width)
                || is_dot(height)
                || hides(&style),
            is_small: is_audio
                || width.is_some_and(|width| width < LEAST_WIDTH)
                || height.is_some_and(|height| height < LEAST_HEIGHT),
            size: match (width, height) {
                (None, None) if has(&style, "width") || value("width").is_some() => (0, 0),
                (Some(width), None) => (width, width / 2),
                (width, height) => (width.unwrap_or(USUAL.0), height.unwrap_or(USUAL.1)),
            },
        }
    }
}

/// Reads a dimension (the HTML standard, "rules for parsing dimension values"); `None` for percentages.
fn pixels(value: &str) -> Option<u32> {
    let value = value.trim_ascii_start();
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = value.split_at(digits);
    if unit.trim_ascii_start().starts_with('%') {
        return None;
    }
    number.parse().ok()
}

/// Returns the value of a property in a style attribute, in lower case.
fn property<'a>(style: &'a str, name: &str) -> Option<&'a str> {
    let declarations = style.split(';').filter_map(|part| part.split_once(':'));
    let mut values = declarations.filter(|(property, _)| property.trim() == name);
    values.next_back().map(|(_, value)| value.trim())
}

fn has(style: &str, name: &str) -> bool {
    property(style, name).is_some()
}

fn declared(style: &str, name: &str) -> Option<u32> {
    let value = property(style, name)?;
    let number = value.trim_end_matches("!important").trim_end();
    if number == "0" {
        return Some(0);
    }
    pixels(number.strip_suffix("px")?)
}

fn hides(style: &str) -> bool {
    property(style, "display").is_some_and(|value| value.starts_with("none"))
        || property(style, "visibility").is_some_and(|value| value.starts_with("hidden"))
}
