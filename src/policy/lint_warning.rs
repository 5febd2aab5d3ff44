//! What a policy can be warned of.

use std::fmt;

use serde::Serialize;

use super::{Basis, Retention};

/// What is legal to build and dubious to run: one warning of [`CookiePolicy::lint`], with the
/// category and cookie that it is about.
///
/// `Display` writes one line: where, what, why, and the mend. A warning is engineering guidance,
/// not legal advice.
///
/// [`CookiePolicy::lint`]: super::CookiePolicy::lint
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "warning", rename_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)] // the fields: see above
pub enum LintWarning {
    /// A necessary cookie does not say why it is necessary.
    NoReason { category: String, cookie: String },

    /// A cookie that is known to track visitors across sites, or for others, under a basis that
    /// asks nobody.
    Tracker {
        category: String,
        cookie: String,
        /// Whose it is known to be.
        provider: &'static str,
        basis: Basis,
    },

    /// A category is named for where its cookies come from, and not for what they are for.
    OriginCategory {
        category: String,
        /// The word that names an origin.
        word: String,
    },

    /// A category has no title.
    NoTitle { category: String },

    /// A declaration does not say what it is for.
    NoPurpose { category: String, cookie: String },

    /// A declaration does not say who sets it.
    NoProvider { category: String, cookie: String },

    /// A declaration does not say how long it is kept.
    NoRetention { category: String, cookie: String },

    /// A cookie is shared by the hosts of a domain, while the choice counts for one host.
    HostOnlyChoice {
        category: String,
        cookie: String,
        domain: String,
    },

    /// A cookie is kept for longer than 13 months.
    LongRetention {
        category: String,
        cookie: String,
        retention: Retention,
    },

    /// A text lacks languages that other texts of the policy have.
    MissingTranslation {
        category: String,
        /// `None` for a text of the category itself.
        cookie: Option<String>,
        /// The key that the text stands under.
        key: &'static str,
        languages: Vec<String>,
    },
}

impl fmt::Display for LintWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoReason { category, cookie } => write!(
                f,
                "{}: declared necessary without a reason; \"essential\" labels that nothing backs \
                 are what authorities object to (EDPB taskforce); give it a reason, such as \
                 Reason::Authentication, or another category",
                Cookie(cookie, category)
            ),
            Self::Tracker {
                category,
                cookie,
                provider,
                basis,
            } => write!(
                f,
                "{}: a tracker of {provider} under the basis \"{}\"; it serves others than the \
                 site and needs consent (ePrivacy directive, art. 5(3)); move it to a consent \
                 category",
                Cookie(cookie, category),
                basis.word()
            ),
            Self::OriginCategory { category, word } => write!(
                f,
                "category {category:?}: {word:?} names an origin; consent is given for a purpose \
                 (GDPR, art. 6(1)(a)); name what its cookies are for, such as \"advertising\""
            ),
            Self::NoTitle { category } => write!(
                f,
                "category {category:?}: no title; pages show the id to visitors; add a title"
            ),
            Self::NoPurpose { category, cookie } => write!(
                f,
                "{}: no purpose; consent that does not know what for is not informed (GDPR, \
                 art. 4(11)); add a purpose",
                Cookie(cookie, category)
            ),
            Self::NoProvider { category, cookie } => write!(
                f,
                "{}: no provider; visitors must learn who gets the data (GDPR, art. 13(1)); add a \
                 provider",
                Cookie(cookie, category)
            ),
            Self::NoRetention { category, cookie } => write!(
                f,
                "{}: no retention; visitors must learn how long it is kept (CJEU Planet49); add a \
                 retention",
                Cookie(cookie, category)
            ),
            Self::HostOnlyChoice {
                category,
                cookie,
                domain,
            } => write!(
                f,
                "{}: shared by the hosts of {domain:?}, while the preferences cookie is for one \
                 host; the others do not know of a refusal, and set it again; give the \
                 preferences cookie a domain, or the cookie none",
                Cookie(cookie, category)
            ),
            Self::LongRetention {
                category,
                cookie,
                retention,
            } => write!(
                f,
                "{}: kept for {retention}; over 13 months (395 days) is hard to justify (CNIL), \
                 and browsers cut at 400 days; shorten it",
                Cookie(cookie, category)
            ),
            Self::MissingTranslation {
                category,
                cookie,
                key,
                languages,
            } => {
                match cookie {
                    Some(cookie) => write!(f, "{}", Cookie(cookie, category))?,
                    None => write!(f, "category {category:?}")?,
                }
                write!(
                    f,
                    ": the {key} has no text in {}, which other texts of the policy have; readers \
                     get it in another language; add {}",
                    languages.join(", "),
                    if languages.len() == 1 { "it" } else { "them" }
                )
            }
        }
    }
}

struct Cookie<'a>(&'a str, &'a str);

impl fmt::Display for Cookie<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cookie {:?} of category {:?}", self.0, self.1)
    }
}
