//! Errors in the configuration of pages, reported when they are built.

/// The configuration of [`Pages`](super::Pages) is invalid. Each variant holds the offending value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PagesError {
    /// The path is not valid for pages.
    #[error(
        "invalid path {path:?}: begin with `/`, use letters, digits, `-`, `.`, `_` or `~` in each \
         segment, and do not end with `/`, as in \"/cookies\""
    )]
    Path {
        /// The invalid path.
        path: String,
    },
    /// A consent category without a title or a description: visitors can't consent without knowing
    /// what for.
    #[error(
        "consent category {category:?} has no {missing}: add it to the policy, since the banner shows \
         both the title and the description"
    )]
    MissingText {
        /// The category's id.
        category: String,
        /// `title`, `description`, or `title and description`.
        missing: &'static str,
    },
    /// The texts of the language are not a JSON object of known keys and strings, or some are
    /// missing.
    #[error("invalid texts for language {language:?}: {problem}")]
    Words {
        /// The language's tag.
        language: String,
        /// A description of the fault, with its position.
        problem: String,
    },
    /// A template that does not exist, can't be parsed or can't be rendered.
    #[error("invalid template {name:?}: {problem}")]
    Template {
        /// The template's name.
        name: String,
        /// A description of the fault, with its line.
        problem: String,
    },
    /// A setting that would break a header or an attribute.
    #[error("invalid {setting} {value:?}: {help}")]
    Setting {
        /// The method that was called.
        setting: &'static str,
        /// The value it was given.
        value: String,
        /// The values it accepts.
        help: &'static str,
    },
}

/// Answers with status 500 and the message, so that handlers can use `?`:
///
/// ```
/// use axum::{Router, response::Html, routing::get};
/// use tower_cookie_consent::{Category, Consent, CookiePolicy, pages::{Pages, PagesError}};
///
/// let pages = Pages::at("/cookies", CookiePolicy::new([Category::exempt("stats")])?)?;
/// let home = async move |consent: Consent| -> Result<Html<String>, PagesError> {
///     let footer = pages.footer(&consent, "en")?;
///     Ok(Html(format!("<!doctype html><main>Hello</main>{footer}")))
/// };
/// let app: Router = Router::new().route("/", get(home));
/// # let _ = app;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "axum")]
impl axum_core::response::IntoResponse for PagesError {
    fn into_response(self) -> axum_core::response::Response {
        let status = http::StatusCode::INTERNAL_SERVER_ERROR;
        (status, self.to_string()).into_response()
    }
}
