//! What can be wrong with pages, told when they are built.

/// Pages that cannot be. Each variant holds the offending value. See [the example](super).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PagesError {
    /// The path is not one that pages can stand at.
    #[error(
        "the path {path:?} can't be: begin it with `/`, give each segment letters, digits, `-`, \
         `.`, `_` or `~`, and end it without `/`, as in \"/cookies\""
    )]
    Path {
        /// The path that was given.
        path: String,
    },
    /// A consent category without a title or a description: a visitor who does not know what for
    /// can't consent.
    #[error(
        "the consent category {category:?} has no {missing}: add one to the policy, as the banner \
         asks with its title and description"
    )]
    MissingText {
        /// The category's id.
        category: String,
        /// `title`, `description`, or `title and description`.
        missing: &'static str,
    },
    /// The words of a language are no JSON object of known keys to texts, or some are missing.
    #[error("the words of the language {language:?} can't be: {problem}")]
    Words {
        /// The language's tag.
        language: String,
        /// What is wrong, with the place.
        problem: String,
    },
    /// A template that does not exist, can't be read or can't be rendered.
    #[error("the template {name:?} can't be: {problem}")]
    Template {
        /// The template's name.
        name: String,
        /// What is wrong, with the line.
        problem: String,
    },
    /// A setting that would break a header field or an attribute.
    #[error("{setting} can't be {value:?}: {help}")]
    Setting {
        /// The method that was called.
        setting: &'static str,
        /// What it was given.
        value: String,
        /// What it takes.
        help: &'static str,
    },
}
