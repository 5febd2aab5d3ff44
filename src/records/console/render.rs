//! Templates with automatic escaping, the English texts, and the stylesheet.

use std::sync::Arc;

use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde::Serialize;

use crate::{digest::Digest, records::ArchiveError};

const STYLE: &str = include_str!("console.css");

const TEMPLATES: [(&str, &str); 4] = [
    ("layout.html", include_str!("templates/layout.html")),
    ("overview.html", include_str!("templates/overview.html")),
    ("history.html", include_str!("templates/history.html")),
    ("error.html", include_str!("templates/error.html")),
];

/// Everything that pages are made of.
#[derive(Clone)]
pub(super) struct Templates {
    environment: Arc<Environment<'static>>,
    texts: Value,
    style: Arc<str>,
}

pub(super) fn templates() -> Result<Templates, ArchiveError> {
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, source) in TEMPLATES {
        let added = environment.add_template(name, source);
        added.map_err(|error| ArchiveError::new(format!("{name}: {error}")))?;
    }
    let texts: serde_json::Value = serde_json::from_str(include_str!("texts.json"))
        .map_err(|error| ArchiveError::new(format!("texts.json: {error}")))?;
    let digest = Digest::of(STYLE.as_bytes()).to_string();
    let digits = digest.trim_start_matches("sha256:").get(..16);
    Ok(Templates {
        environment: Arc::new(environment),
        texts: Value::from_serialize(texts),
        style: format!("style-{}.css", digits.unwrap_or_default()).into(),
    })
}

impl Templates {
    /// Renders a page. An error is a mistake of this crate.
    pub(super) fn render(&self, name: &str, view: &impl Serialize) -> Result<String, String> {
        let template = self.environment.get_template(name);
        let view = context! {
            t => &self.texts,
            style => &*self.style,
            v => Value::from_serialize(view),
        };
        template
            .and_then(|template| template.render(view))
            .map_err(|error| format!("{name}: {error:#}"))
    }

    /// Returns the name of the stylesheet, which changes with its content.
    pub(super) fn style_name(&self) -> &str {
        &self.style
    }

    #[allow(clippy::unused_self, reason = "as the name")]
    pub(super) const fn style(&self) -> &'static str {
        STYLE
    }
}
