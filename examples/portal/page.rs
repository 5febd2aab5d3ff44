//! A page in the making: a handler says what is on it, and [`show`](crate::show) renders it once it
//! is known what happened to the cookies.

use std::{error::Error, sync::Arc};

use axum::response::{IntoResponse, Response};
use minijinja::{Environment, State, Value, context};

use crate::language::Language;

#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) template: &'static str,
    pub(crate) language: Language,
    pub(crate) content: Value,
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        response.extensions_mut().insert(self);
        response
    }
}

pub(crate) type Templates = Arc<Environment<'static>>;

/// Their names end in `.html`, so minijinja escapes everything that they print.
pub(crate) fn templates() -> Result<Environment<'static>, Box<dyn Error>> {
    let mut templates = Environment::new();
    templates.add_template("base.html", include_str!("templates/base.html"))?;
    templates.add_template("home.html", include_str!("templates/home.html"))?;
    templates.add_template("login.html", include_str!("templates/login.html"))?;
    templates.add_template("macros.html", include_str!("templates/macros.html"))?;
    templates.add_template("not_found.html", include_str!("templates/not_found.html"))?;
    templates.add_template("response.html", include_str!("templates/response.html"))?;
    templates.add_template("territory.html", include_str!("templates/territory.html"))?;
    templates.add_function("t", text);
    Ok(templates)
}

/// Implements `{{ t("en français", "in English") }}`.
fn text(state: &State<'_, '_>, french: &str, english: &str) -> String {
    let english_wanted = state
        .lookup("lang")
        .is_some_and(|lang| lang.as_str() == Some("en"));
    (if english_wanted { english } else { french }).to_owned()
}

impl Page {
    pub(crate) fn render(
        self,
        templates: &Environment<'_>,
        response: &Value,
    ) -> Result<String, minijinja::Error> {
        let lang = self.language.tag();
        templates
            .get_template(self.template)?
            .render(context! { lang, response, ..self.content })
    }
}
