//! Templates: files that a designer can read, rendered with automatic escaping.

use minijinja::{
    AutoEscape, Environment, Output, State, UndefinedBehavior, Value, value::ValueKind,
};

use super::{error::PagesError, texts::fill};

/// The templates by name. Each receives a [`View`](super::View), those of placeholders a
/// [`PlaceholderView`](super::PlaceholderView).
pub(super) const TEMPLATES: [(&str, &str); 19] = [
    ("macros.html", include_str!("templates/macros.html")),
    ("shown.html", include_str!("templates/shown.html")),
    ("layout.html", include_str!("templates/layout.html")),
    ("charter.html", include_str!("templates/charter.html")),
    ("charter.md", include_str!("templates/charter.md")),
    (
        "preferences.html",
        include_str!("templates/preferences.html"),
    ),
    ("error.html", include_str!("templates/error.html")),
    ("head.html", include_str!("templates/head.html")),
    ("banner.html", include_str!("templates/banner.html")),
    ("inform.html", include_str!("templates/inform.html")),
    ("opt_out.html", include_str!("templates/opt_out.html")),
    ("notice.html", include_str!("templates/notice.html")),
    ("footer.html", include_str!("templates/footer.html")),
    (
        "document_footer.html",
        include_str!("templates/document_footer.html"),
    ),
    (
        "placeholder.html",
        include_str!("templates/placeholder.html"),
    ),
    (
        "placeholder_frame.html",
        include_str!("templates/placeholder_frame.html"),
    ),
    (
        "placeholder_inline.html",
        include_str!("templates/placeholder_inline.html"),
    ),
    (
        "placeholder_form.html",
        include_str!("templates/placeholder_form.html"),
    ),
    (
        "placeholder_stop.html",
        include_str!("templates/placeholder_stop.html"),
    ),
];

/// Returns `true` for a template that receives a [`PlaceholderView`](super::PlaceholderView) instead.
pub(super) fn is_placeholder(name: &str) -> bool {
    name.starts_with("placeholder")
}

const MARKDOWN: AutoEscape = AutoEscape::Custom("markdown");

pub(super) fn environment() -> Result<Environment<'static>, PagesError> {
    let mut templates = Environment::empty();
    templates.set_trim_blocks(true);
    templates.set_lstrip_blocks(true);
    templates.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    templates.set_auto_escape_callback(|name| match name.rsplit('.').next() {
        Some("md") => MARKDOWN,
        _ => AutoEscape::Html,
    });
    templates.set_formatter(|out, state, value| match state.auto_escape() {
        MARKDOWN => write_markdown(out, state, value),
        _ => minijinja::escape_formatter(out, state, value),
    });
    templates.add_filter("fill", filled);
    templates.add_filter("escape", minijinja::filters::escape);
    templates.add_filter("length", minijinja::filters::length);
    templates.add_filter("map", minijinja::filters::map);
    templates.add_filter("join", minijinja::filters::join);
    templates.add_filter("safe", minijinja::filters::safe);
    for (name, source) in TEMPLATES {
        set(&mut templates, name, source.to_owned())?;
    }
    // For developers and archives alone, and not to be replaced.
    let inventory = include_str!("templates/inventory.html");
    set(&mut templates, "inventory.html", inventory.to_owned())?;
    #[cfg(feature = "evidence")]
    set(
        &mut templates,
        "archived.html",
        include_str!("templates/archived.html").to_owned(),
    )?;
    Ok(templates)
}

pub(super) fn set(
    templates: &mut Environment<'static>,
    name: &'static str,
    source: String,
) -> Result<(), PagesError> {
    templates
        .add_template_owned(name, source)
        .map_err(|error| wrong(name, &error))
}

pub(super) fn render<V: serde::Serialize>(
    templates: &Environment<'_>,
    name: &str,
    view: &V,
) -> Result<String, PagesError> {
    templates
        .get_template(name)
        .and_then(|template| template.render(view))
        .map_err(|error| wrong(name, &error))
}

fn wrong(name: &str, error: &minijinja::Error) -> PagesError {
    PagesError::Template {
        name: name.to_owned(),
        problem: error.to_string(),
    }
}

/// Implements `{{ t.recipients | fill(names="…") }}`.
#[allow(clippy::needless_pass_by_value)] // as minijinja calls it
fn filled(text: &str, values: minijinja::value::Kwargs) -> Result<String, minijinja::Error> {
    let mut pairs = Vec::new();
    for key in values.args() {
        pairs.push((key, values.get::<String>(key)?));
    }
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    Ok(fill(text, &pairs))
}

/// Escapes `CommonMark` markup, and line breaks, which would end a row of a table.
fn write_markdown(
    out: &mut Output<'_>,
    state: &State<'_, '_>,
    value: &Value,
) -> Result<(), minijinja::Error> {
    if value.is_safe() || value.kind() != ValueKind::String {
        return minijinja::escape_formatter(
            out,
            state,
            &Value::from_safe_string(value.to_string()),
        );
    }
    let mut escaped = String::new();
    for character in value.to_string().chars() {
        match character {
            '\n' | '\r' => escaped.push(' '),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '&' | '~' => {
                escaped.extend(['\\', character]);
            }
            _ => escaped.push(character),
        }
    }
    out.write_str(&escaped).map_err(minijinja::Error::from)
}
