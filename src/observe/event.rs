//! One thing that happened to a cookie, and how it is said.

use std::fmt;

use super::name::ShownName;
use crate::{
    consent::{Unreadable, Withheld},
    wire::Unclassifiable,
};

/// Which way a cookie went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Way {
    /// From the browser to the service.
    Request,
    /// From the service to the browser.
    Response,
}

impl Way {
    /// The header field in which a cookie goes this way.
    pub(super) const fn field(self) -> &'static str {
        match self {
            Self::Request => "Cookie",
            Self::Response => "Set-Cookie",
        }
    }
}

/// One cookie that did not simply pass, or preferences that could not be read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event<'a> {
    Withheld {
        way: Way,
        name: &'a [u8],
        category: Option<&'a str>,
        why: Withheld,
    },
    /// Without its name: what can't be read as one may be a value.
    Unclassifiable { way: Way, how: Unclassifiable },
    /// Unreadable preferences came in.
    Unreadable(Unreadable),
    /// A removal went out.
    Expired { name: &'a [u8] },
    /// What only some browsers take for a removal became one.
    Replaced { name: &'a [u8] },
    /// An exempt cookie's lifetime was cut to 13 months.
    Clamped { name: &'a [u8] },
}

/// The sentence for the log. It is only written where somebody listens, and reads the event alone,
/// whichever features are on.
impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Withheld {
                way: Way::Response,
                name,
                why: Withheld::Undeclared,
                ..
            } => {
                let cookie = ShownName(name);
                write!(
                    f,
                    "withheld the Set-Cookie of \"{cookie}\": the policy does not declare it. Add \
                     CookieDeclaration::new(\"{cookie}\") to one of its categories (a login \
                     session's cookie to a Category::necessary), or see \
                     CookieConsentLayer::undeclared"
                )
            }
            Self::Withheld {
                way,
                name,
                category,
                why,
            } => {
                write!(f, "withheld \"{}\" from {}", ShownName(name), way.field())?;
                if let Some(category) = category {
                    write!(f, " (category \"{category}\")")?;
                }
                write!(f, ": {why}")
            }
            Self::Unclassifiable { way, how } => {
                let (field, how) = (way.field(), how.as_str());
                write!(
                    f,
                    "withheld a {field} without a name that all browsers agree on: {how}"
                )
            }
            Self::Unreadable(why) => write!(f, "the preferences cookie can't be read: {why}"),
            Self::Expired { name } => write!(
                f,
                "expired \"{}\" in the browser: its category was denied, or a consent lapsed",
                ShownName(name)
            ),
            Self::Replaced { name } => write!(
                f,
                "replaced the Set-Cookie of \"{}\" by a removal that every browser takes for one",
                ShownName(name)
            ),
            Self::Clamped { name } => write!(
                f,
                "cut the lifetime of \"{}\" to the 13 months of an exempt cookie",
                ShownName(name)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn withheld(way: Way, category: Option<&str>, why: Withheld) -> String {
        let name = b"_ga";
        Event::Withheld {
            way,
            name,
            category,
            why,
        }
        .to_string()
    }

    #[test]
    fn a_withheld_cookie_is_named_with_its_field_category_and_reason() {
        assert_eq!(
            withheld(Way::Request, Some("ads"), Withheld::Undecided),
            "withheld \"_ga\" from Cookie (category \"ads\"): the visitor has made no choice yet"
        );
        assert_eq!(
            withheld(Way::Request, None, Withheld::Undeclared),
            "withheld \"_ga\" from Cookie: the policy does not declare it"
        );
    }

    #[test]
    fn an_undeclared_set_cookie_comes_with_what_to_declare() {
        let text = withheld(Way::Response, None, Withheld::Undeclared);
        assert!(text.contains("CookieDeclaration::new(\"_ga\")"), "{text}");
    }

    #[test]
    fn an_unclassifiable_field_is_told_without_its_bytes() {
        let event = Event::Unclassifiable {
            way: Way::Response,
            how: Unclassifiable::NoEquals,
        };
        let text = event.to_string();
        assert!(text.starts_with("withheld a Set-Cookie without"), "{text}");
        assert!(text.ends_with(Unclassifiable::NoEquals.as_str()), "{text}");
    }
}
