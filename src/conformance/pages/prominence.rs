//! Compares how visible two controls are, as far as their inline styles and the usual names of classes say.

use super::hidden::{last, style};
use crate::conformance::markup::Tree;

/// The size of texts without a style of their own.
const USUAL_SIZE: f64 = 16.0;

/// Differences up to this are not visible enough to count.
const CLEARLY_SMALLER: f64 = 0.8;
const CLEARLY_PALER: f64 = 0.65;

/// Classes of style sheets that many sites have, for buttons that look like a text.
const TEXTS: [&str; 9] = [
    "btn-link",
    "btn-text",
    "button-link",
    "button-text",
    "is-text",
    "link-button",
    "muted",
    "text-button",
    "text-muted",
];

/// Those of small ones.
const SMALL: [&str; 7] = [
    "btn-mini",
    "btn-sm",
    "btn-small",
    "btn-xs",
    "button-small",
    "is-small",
    "text-xs",
];

/// Returns what makes a control stand out less than another one of the same surface.
pub(super) fn fault(tree: &Tree, accepts: usize, refuses: usize) -> Option<&'static str> {
    let (one, other) = (Look::of(tree, accepts), Look::of(tree, refuses));
    if other.size < one.size * CLEARLY_SMALLER {
        return Some("smaller");
    }
    if other.opacity < one.opacity * CLEARLY_PALER {
        return Some("paler (opacity)");
    }
    if other.is_unseen && !one.is_unseen {
        return Some("of the colour of its background");
    }
    if other.is_plain && !one.is_plain && one.is_button {
        return Some("made to look like a text (background, border)");
    }
    let is_called = |number: usize, names: &[&str]| {
        let class = tree.attribute(number, "class").unwrap_or_default();
        let class = class.to_ascii_lowercase();
        let mut called = class.split_ascii_whitespace();
        called.any(|name| names.contains(&name))
    };
    let is_less = |names: &[&str]| is_called(refuses, names) && !is_called(accepts, names);
    match (is_less(&TEXTS), is_less(&SMALL)) {
        (true, _) => Some("made to look like a text (class)"),
        (false, true) => Some("smaller (class)"),
        (false, false) => None,
    }
}

struct Look {
    size: f64,
    opacity: f64,
    /// The text has the colour of what is behind it.
    is_unseen: bool,
    /// It has neither a background nor a border.
    is_plain: bool,
    is_button: bool,
}

impl Look {
    fn of(tree: &Tree, number: usize) -> Self {
        let own = style(tree, number);
        let mut look = Self {
            size: 1.0,
            opacity: 1.0,
            is_unseen: is_unseen(tree, number, &own),
            is_plain: is_plain(&own),
            is_button: tree.is(number, "button") || tree.is(number, "input"),
        };
        let mut absolute = None;
        for at in [number].into_iter().chain(tree.around(number)) {
            let style = style(tree, at);
            if let Some(opacity) = last(&style, "opacity").and_then(fraction) {
                look.opacity *= opacity;
            }
            let of_element = ["small", "sub", "sup"].iter().any(|name| tree.is(at, name));
            if absolute.is_some() {
                continue;
            }
            match last(&style, "font-size").and_then(size) {
                Some(Size::Absolute(pixels)) => absolute = Some(pixels),
                Some(Size::Relative(factor)) => look.size *= factor,
                None if of_element => look.size *= 0.75,
                None => {}
            }
            if let Some(scale) = last(&style, "transform").and_then(scale) {
                look.size *= scale;
            }
        }
        look.size *= absolute.unwrap_or(USUAL_SIZE);
        look
    }
}

enum Size {
    Absolute(f64),
    Relative(f64),
}

fn size(value: &str) -> Option<Size> {
    let keyword = match value {
        "xx-small" => Some(9.0),
        "x-small" => Some(10.0),
        "small" => Some(13.0),
        "medium" => Some(16.0),
        "large" => Some(18.0),
        "x-large" => Some(24.0),
        "xx-large" => Some(32.0),
        _ => None,
    };
    if let Some(pixels) = keyword {
        return Some(Size::Absolute(pixels));
    }
    let relative = match value {
        "smaller" => Some(0.83),
        "larger" => Some(1.2),
        _ => None,
    };
    if let Some(factor) = relative {
        return Some(Size::Relative(factor));
    }
    let unit = value.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number: f64 = value.get(..value.len() - unit.len())?.parse().ok()?;
    match unit.trim() {
        "px" => Some(Size::Absolute(number)),
        "pt" => Some(Size::Absolute(number * 4.0 / 3.0)),
        "rem" => Some(Size::Absolute(number * USUAL_SIZE)),
        "em" => Some(Size::Relative(number)),
        "%" => Some(Size::Relative(number / 100.0)),
        _ => None,
    }
}

fn fraction(value: &str) -> Option<f64> {
    match value.strip_suffix('%') {
        Some(percent) => percent.trim().parse().ok().map(|it: f64| it / 100.0),
        None => value.parse().ok(),
    }
}

fn scale(value: &str) -> Option<f64> {
    let (_, rest) = value.split_once("scale(")?;
    let end = rest.find([',', ')'])?;
    rest.get(..end)?.trim().parse().ok()
}

fn is_unseen(tree: &Tree, number: usize, own: &[(String, String)]) -> bool {
    let Some(colour) = last(own, "color").map(plain) else {
        return false;
    };
    if colour == "transparent" {
        return true;
    }
    let behind = [number]
        .into_iter()
        .chain(tree.around(number))
        .find_map(|at| {
            let style = style(tree, at);
            let behind = last(&style, "background-color").or(last(&style, "background"));
            behind
                .map(plain)
                .filter(|it| it != "transparent" && it != "none" && it != "inherit")
        });
    behind.is_some_and(|behind| behind == colour)
}

/// Returns a colour as it is compared.
fn plain(value: &str) -> String {
    let value = value.replace(' ', "");
    match value.as_str() {
        "white" | "#ffffff" | "rgb(255,255,255)" => "#fff".to_owned(),
        "black" | "#000000" | "rgb(0,0,0)" => "#000".to_owned(),
        _ => value,
    }
}

fn is_plain(own: &[(String, String)]) -> bool {
    let background = last(own, "background").or(last(own, "background-color"));
    let border = last(own, "border")
        .or(last(own, "border-width"))
        .or(last(own, "border-style"));
    let is_no_border = matches!(border, Some("none" | "0" | "0px"));
    matches!(background, Some("none" | "transparent" | "0" | "0 0")) && is_no_border
}
