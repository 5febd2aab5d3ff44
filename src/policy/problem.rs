//! What can be wrong with a policy.

use std::fmt;

use super::{Basis, Retention};

/// One problem of a policy: the offending value, and where it stands.
/// See [the example](super::PolicyError).
///
/// `category` is always a category's id, and `cookie` or `name` the name of a declaration. `Display`
/// writes one line, with the mend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // the fields: see above
pub enum PolicyProblem {
    /// A key of the JSON that means nothing.
    #[error(
        "{place}: unknown key {key:?}; {}",
        mend(*.suggestion, "remove it, or begin a key of your own with `x-`")
    )]
    UnknownKey {
        place: String,
        key: String,
        /// The known key that was probably meant.
        suggestion: Option<&'static str>,
    },

    /// There is no category.
    #[error(
        "the policy has no category; declare at least one, such as Category::necessary(\"necessary\")"
    )]
    NoCategory,

    /// There are more categories than a choice can hold.
    #[error("{count} categories are too many; join some, 64 is the most")]
    TooManyCategories { count: usize },

    /// The default language is no language tag.
    #[error(
        "default_language: {language:?} is no language tag; write one of BCP 47, such as \"fr\" or \"en-GB\""
    )]
    DefaultLanguage { language: String },

    /// A choice is kept for no time, for the session, or for longer than browsers keep a cookie.
    #[error(
        "choice_lifetime: {lifetime} cannot be; write 1 to 400 days, browsers keep no cookie longer (default: 6 months)"
    )]
    ChoiceLifetime { lifetime: Retention },

    /// `since` is above the policy's revision; `category` is `None` for the policy's own `since`.
    #[error("{}: since {since} is above the policy's revision {revision}; raise the revision or lower since", category_or_policy(.category.as_deref()))]
    SinceAboveRevision {
        category: Option<String>,
        since: u32,
        revision: u32,
    },

    /// The name of the preferences cookie is no token of HTTP; `character` is `None` for an empty
    /// one.
    #[error("preferences cookie {name:?}: {}; write a token of letters, digits, `-`, `_` or `.`", cannot_stand(*.character))]
    PreferencesName {
        name: String,
        character: Option<char>,
    },

    /// The prefix of the preferences cookie's name has a condition that is not met.
    #[error(
        "preferences cookie {name:?}: browsers refuse a name that begins with {prefix} {fault}"
    )]
    PreferencesPrefix {
        name: String,
        prefix: &'static str,
        fault: &'static str,
    },

    /// A choice that answers every category is too long for one cookie; `size` is that of name and
    /// value.
    #[error(
        "preferences cookie {name:?}: a full choice takes {size} bytes, and browsers keep 4096; declare fewer categories or shorter ids"
    )]
    ChoiceSize { name: String, size: usize },

    /// The codec does not read the cookie that it writes, or reads more than 16.
    #[error(
        "preferences cookie {name:?}: its codec reads {names:?}; it must read that one, and 16 at most"
    )]
    CodecNames { name: String, names: Vec<String> },

    /// The codec reads a cookie of a name that no cookie can have.
    #[error("preferences cookie {name:?}: its codec reads {read:?}: {}; write the name as it stands in Set-Cookie", cannot_stand(*.character))]
    CodecName {
        name: String,
        read: String,
        character: Option<char>,
    },

    /// The preferences cookie has `SameSite=None` without `Secure`.
    #[error(
        "preferences cookie {name:?}: browsers refuse SameSite=None without Secure; set secure to true, or same_site to lax"
    )]
    PreferencesSameSite { name: String },

    /// The preferences cookie's domain cannot be one.
    #[error("preferences cookie {name:?}: domain {domain:?} cannot be: {fault}")]
    PreferencesDomain {
        name: String,
        domain: String,
        fault: &'static str,
    },

    /// The preferences cookie is declared in a category that is not necessary.
    #[error("category {category:?}: the preferences cookie {name:?} is declared under the basis \"{}\"; it is always necessary, move it to a necessary category", .basis.word())]
    PreferencesBasis {
        category: String,
        name: String,
        basis: Basis,
    },

    /// A category's id is absent or empty; `position` counts the categories from 1.
    #[error("category {position} has no id; give it one of 1 to 32 characters")]
    EmptyId { position: usize },

    /// A category of the JSON has no basis.
    #[error("category {category:?} has no basis; write \"necessary\", \"exempt\" or \"consent\"")]
    NoBasis { category: String },

    /// A category's id is over 32 bytes.
    #[error("category {category:?}: the id is {} bytes long; 32 is the most", .category.len())]
    LongId { category: String },

    /// A category's id has a character that is not URL-safe.
    #[error("category {category:?}: the id has {}; use letters, digits, `-`, `.`, `_` and `~` only", Shown(*.character))]
    IdCharacter { category: String, character: char },

    /// A category's id is a key that the preferences cookie needs itself.
    #[error(
        "category {category:?}: this id is reserved; take another one than timestamp, revision, id, gpc, or what begins with `_`"
    )]
    ReservedId { category: String },

    /// Two categories have the same id.
    #[error("category {category:?} is there twice; join the two or rename one")]
    DuplicateId { category: String },

    /// A signal that is none of Google Consent Mode v2.
    #[error("category {category:?}: consent_mode {signal:?} is no signal of Consent Mode v2; {}", mend(*.suggestion, "remove it"))]
    ConsentMode {
        category: String,
        signal: String,
        /// The signal that was probably meant.
        suggestion: Option<&'static str>,
    },

    /// `gpc` is set in a category that is not exempt.
    #[error("category {category:?}: gpc is for exempt categories, and this one is \"{}\"; remove it", .basis.word())]
    GpcBasis { category: String, basis: Basis },

    /// The key of a text per language is no language tag.
    #[error(
        "{place}: {language:?} is no language tag; write one of BCP 47, such as \"fr\" or \"en-GB\""
    )]
    Language { place: String, language: String },

    /// A text has the same language twice.
    #[error("{place}: the language {language:?} is there twice; remove one of the texts")]
    DuplicateLanguage { place: String, language: String },

    /// A declaration's name is absent or empty.
    #[error(
        "category {category:?}: a cookie has no name; write its name, or what it begins with and `*`"
    )]
    EmptyName { category: String },

    /// A declared name has a character that no cookie name can have.
    #[error("cookie {name:?} of category {category:?}: {}; write the name as it stands in Set-Cookie", cannot_stand(Some(*.character)))]
    NameCharacter {
        category: String,
        name: String,
        character: char,
    },

    /// A pattern that is nothing but `*`.
    #[error(
        "category {category:?}: the name \"*\" would declare every cookie; write what the names begin with, such as \"_pk_*\""
    )]
    BarePattern { category: String },

    /// A `*` elsewhere than at the end of a name.
    #[error(
        "cookie {name:?} of category {category:?}: `*` can only stand at the end, once; write what the names begin with and one `*`"
    )]
    PatternStar { category: String, name: String },

    /// A name that is too long for any browser.
    #[error("cookie {name:?} of category {category:?}: the name is {} bytes long; browsers keep 4,096 at most", .name.len())]
    LongName { category: String, name: String },

    /// The same name or pattern is declared twice.
    #[error(
        "cookie {name:?} of category {category:?} is already declared in category {first:?}; remove one of the two"
    )]
    DuplicateName {
        category: String,
        name: String,
        /// The category in which it stands first.
        first: String,
    },

    /// A declared domain cannot be one.
    #[error("cookie {cookie:?} of category {category:?}: domain {domain:?} cannot be: {fault}")]
    Domain {
        category: String,
        cookie: String,
        domain: String,
        fault: &'static str,
    },

    /// A declared path cannot be one.
    #[error("cookie {cookie:?} of category {category:?}: path {path:?} cannot be: {fault}")]
    Path {
        category: String,
        cookie: String,
        path: String,
        fault: &'static str,
    },

    /// A retention of over 13 months in an exempt category.
    #[error(
        "cookie {cookie:?} of category {category:?}: a retention of {retention} is over the 13 months (395 days) of an exempt category; shorten it, or ask for consent"
    )]
    RetentionTooLong {
        category: String,
        cookie: String,
        retention: Retention,
    },
}

fn category_or_policy(category: Option<&str>) -> String {
    category.map_or_else(|| "the policy".to_owned(), |id| format!("category {id:?}"))
}

fn mend(suggestion: Option<&str>, otherwise: &str) -> String {
    suggestion.map_or_else(
        || otherwise.to_owned(),
        |known| format!("did you mean `{known}`?"),
    )
}

fn cannot_stand(character: Option<char>) -> String {
    match character {
        Some(character) => format!("{} cannot stand in a cookie name", Shown(character)),
        None => "a cookie name cannot be empty".to_owned(),
    }
}

/// A character as itself where it can be seen, and as its number.
struct Shown(char);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} (U+{:04X})", self.0, u32::from(self.0))
    }
}
