//! What keeps visitors from a control, as far as its markup says.

use super::sheet::Sheet;
use crate::conformance::markup::Tree;

/// An element that hides or disables what is inside of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hiding {
    pub(super) number: usize,
    pub(super) why: &'static str,
    /// Something else on the page can open it.
    pub(super) opens: bool,
}

/// Returns what keeps visitors from a control.
pub(super) fn hidings(tree: &Tree, number: usize, sheet: &Sheet) -> Vec<Hiding> {
    let mut inside = None;
    let mut found = Vec::new();
    for at in [number].into_iter().chain(tree.around(number)) {
        let (why, opens) = hiding(tree, at, number, inside);
        let by_sheet = || sheet.hides(tree, at).then_some("not displayed (<style>)");
        if let Some(why) = why.or_else(by_sheet) {
            found.push(Hiding {
                number: at,
                why,
                opens,
            });
        }
        inside = Some(at);
    }
    found
}

fn hiding(
    tree: &Tree,
    at: usize,
    control: usize,
    inside: Option<usize>,
) -> (Option<&'static str>, bool) {
    let has = |name: &str| tree.attribute(at, name).is_some();
    let style = style(tree, at);
    let value = |property: &str| last(&style, property);
    let tabs: Option<i32> = tree
        .attribute(at, "tabindex")
        .and_then(|it| it.trim().parse().ok());
    let is_summary = inside.is_some_and(|inside| tree.is(inside, "summary"));
    let can_be_disabled = ["button", "input", "fieldset"]
        .iter()
        .any(|name| tree.is(at, name));
    let is_closed = tree.is(at, "details") && !has("open") && inside.is_some() && !is_summary;
    // Browsers with scripts show nothing of it. What they show in its place is not read, so it may be for withdrawing.
    if tree.is(at, "noscript") {
        return (Some("shown by browsers without scripts alone"), true);
    }
    let why = if has("hidden") {
        "hidden"
    } else if has("inert") {
        "inert"
    } else if can_be_disabled && has("disabled")
        || at == control && tree.attribute(at, "aria-disabled") == Some("true")
    {
        "disabled"
    } else if tree.attribute(at, "aria-hidden") == Some("true") {
        "hidden from screen readers (aria-hidden)"
    } else if at == control && tabs.is_some_and(|at| at < 0) {
        "out of reach of the keyboard (tabindex)"
    } else if value("display") == Some("none") {
        "not displayed (display: none)"
    } else if matches!(value("visibility"), Some("hidden" | "collapse")) {
        "not visible (visibility)"
    } else if value("pointer-events") == Some("none") {
        "out of reach (pointer-events: none)"
    } else if matches!(value("opacity"), Some(it) if it.trim_end_matches('%').parse().is_ok_and(|it: f64| it <= 0.05))
    {
        "transparent (opacity)"
    } else if is_zero(value("font-size"))
        || is_zero(value("width"))
        || is_zero(value("height"))
        || is_zero(value("max-height"))
    {
        "of no size"
    } else if is_outside(&style) {
        "outside of the screen"
    } else if is_closed || (tree.is(at, "dialog") && !has("open")) || has("popover") {
        return (
            Some("inside of something that has to be opened first"),
            true,
        );
    } else {
        return (None, false);
    };
    (Some(why), false)
}

/// Returns the declarations of an inline style, in lower case.
pub(super) fn style(tree: &Tree, number: usize) -> Vec<(String, String)> {
    let style = tree.attribute(number, "style").unwrap_or_default();
    let declarations = style.split(';').filter_map(|declaration| {
        let (name, value) = declaration.split_once(':')?;
        let value = value.trim().to_lowercase();
        let value = value.trim_end_matches("!important").trim().to_owned();
        Some((name.trim().to_lowercase(), value))
    });
    declarations.collect()
}

/// Returns the value of a property; the last declaration counts.
pub(super) fn last<'a>(style: &'a [(String, String)], property: &str) -> Option<&'a str> {
    let mut of_property = style.iter().rev().filter(|(name, _)| name == property);
    of_property.next().map(|(_, value)| value.as_str())
}

fn is_zero(value: Option<&str>) -> bool {
    let number =
        value.map(|value| value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%'));
    number
        .and_then(|number| number.trim().parse::<f64>().ok())
        .is_some_and(|number| number < 2.0 && value.is_some_and(is_small_unit))
}

/// Returns `true` for lengths of which less than two is nothing.
fn is_small_unit(value: &str) -> bool {
    let unit =
        value.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'));
    matches!(unit.trim(), "" | "px" | "pt") || value.starts_with('0') && !value.contains('.')
}

fn is_outside(style: &[(String, String)]) -> bool {
    let far = |property: &str| is_far(last(style, property).unwrap_or_default());
    let clipped = ["clip", "clip-path"].iter().any(|property| {
        let value = last(style, property).unwrap_or_default().replace(' ', "");
        value.starts_with("rect(0")
            || value.starts_with("rect(1px")
            || value.starts_with("inset(50%")
            || value.starts_with("inset(100%")
    });
    let scaled =
        last(style, "transform").is_some_and(|it| it.replace(' ', "").contains("scale(0)"));
    let moved = last(style, "transform").is_some_and(|it| {
        let mut moves = it
            .split(')')
            .filter_map(|it| it.trim().strip_prefix("translate"));
        moves.any(|it| {
            let lengths = it.split_once('(').unwrap_or_default().1;
            lengths.split(',').any(is_far)
        })
    });
    clipped
        || scaled
        || moved
        || [
            "left",
            "top",
            "right",
            "bottom",
            "text-indent",
            "margin-left",
            "margin-top",
        ]
        .iter()
        .any(|it| far(it))
}

/// Returns `true` for a length that leads out of the screen.
fn is_far(value: &str) -> bool {
    let Some(length) = value.trim().strip_prefix('-') else {
        return false;
    };
    let end = length.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (number, unit) = length.split_at(end.unwrap_or(length.len()));
    let least = if unit.ends_with("vw") || unit.ends_with("vh") {
        100.0
    } else {
        900.0
    };
    number.parse::<f64>().is_ok_and(|it| it >= least)
}
