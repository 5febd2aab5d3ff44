//! Formats an event as one line of text.

use std::fmt;

use super::{Direction, Event, EventKind, ShownName};
use crate::{
    consent::Withheld,
    policy::{Category, TrackerKind},
};

/// Writes the sentence for the log. It is only formatted if somebody listens, and depends on nothing but
/// the event, whichever features are enabled.
impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let EventKind::Mistake(mistake) = self.kind() {
            let name = self.name().map(|name| name.to_string());
            return f.write_str(&mistake.sentence(&name.unwrap_or_default()));
        }
        let Some(cookie) = self.name() else {
            return self.without_name(f);
        };
        if self.tracker_kind() == TrackerKind::Header {
            return self.of_header_in_words(f);
        }
        let field = self.direction().field();
        match self.kind() {
            EventKind::Withheld(why) | EventKind::Hidden(why) => {
                self.withheld_in_words(f, &cookie, why)
            }
            EventKind::Expired => write!(
                f,
                "expired \"{cookie}\" in the browser: its category was denied, or its consent lapsed"
            ),
            EventKind::NotExpired => write!(
                f,
                "did not expire the refused \"{cookie}\" in the browser: shared caches may store the \
                 response and would expire it for everybody. Make the response private"
            ),
            EventKind::Replaced => write!(
                f,
                "replaced the {field} of \"{cookie}\" with a removal that every browser recognises"
            ),
            EventKind::Clamped => self.clamped_in_words(f, &cookie),
            EventKind::Undeclared => write!(
                f,
                "let \"{cookie}\" pass in {field}, although the policy does not declare it"
            ),
            EventKind::Survived => write!(
                f,
                "the browser still sends \"{cookie}\" an hour after it was refused: declare the path and \
                 domain that it is set with, or stop the script that writes it again"
            ),
            EventKind::PubliclyCacheable => write!(
                f,
                "let \"{cookie}\" pass, which is not necessary, on a response that shared caches may \
                 store: make the response private, or do not set the cookie there"
            ),
            EventKind::Unclassifiable
            | EventKind::Unreadable(_)
            | EventKind::Rejected(_)
            | EventKind::ClearsCookies
            | EventKind::SparesChoice
            | EventKind::ChoiceMade
            | EventKind::Mistake(_)
            | EventKind::Passed => {
                write!(f, "let \"{cookie}\" pass in {field}")
            }
        }
    }
}

impl Event<'_> {
    fn withheld_in_words(
        &self,
        f: &mut fmt::Formatter<'_>,
        cookie: &ShownName<'_>,
        why: Withheld,
    ) -> fmt::Result {
        let field = self.direction().field();
        let is_set = matches!(self.kind(), EventKind::Withheld(_));
        match why {
            Withheld::Undeclared if is_set => write!(
                f,
                "withheld the {field} of \"{cookie}\": the policy does not declare it. Add \
                 CookieDeclaration::new(\"{cookie}\") to one of its categories (a login \
                 session's cookie to a Category::necessary), or see \
                 CookieConsentLayer::undeclared"
            ),
            Withheld::UnknownMembers if is_set => write!(
                f,
                "withheld the {field} of \"{cookie}\": it contains members other than the choice. Stop the \
                 service from writing them, or list those that other tools read in \
                 PreferencesCookie::keep"
            ),
            Withheld::Unreadable if is_set && self.is_of_preferences() => write!(
                f,
                "withheld the {field} of \"{cookie}\": the codec of the preferences cookie can't read \
                 it. Set it with Consent::set_cookie, or read its format in a PreferencesCodec"
            ),
            _ => {
                write!(f, "withheld \"{cookie}\" from {field}")?;
                if let Some(category) = self.category().map(Category::id) {
                    write!(f, " (category \"{category}\")")?;
                }
                write!(f, ": {why}")?;
                self.signal_in_words(f)
            }
        }
    }

    fn of_header_in_words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = self.name();
        let header = header
            .as_ref()
            .map_or(&"" as &dyn fmt::Display, |name| name);
        match self.kind() {
            EventKind::Withheld(Withheld::Undeclared) => write!(
                f,
                "withheld the header \"{header}\": browsers store state from it, and the policy does \
                 not declare it. Add CookieDeclaration::new(\"{header}\").kind(TrackerKind::Header) to one \
                 of its categories, or see CookieConsentLayer::state_headers"
            ),
            EventKind::Undeclared => write!(
                f,
                "let the header \"{header}\" pass: browsers store state from it, and the policy does \
                 not declare it. Add CookieDeclaration::new(\"{header}\").kind(TrackerKind::Header) to one \
                 of its categories, or see CookieConsentLayer::state_headers"
            ),
            EventKind::Withheld(why) | EventKind::Hidden(why) => {
                let way = match self.direction() {
                    Direction::Request => "hid the request header",
                    Direction::Response => "withheld the header",
                };
                write!(f, "{way} \"{header}\"")?;
                if let Some(category) = self.category().map(Category::id) {
                    write!(f, " (category \"{category}\")")?;
                }
                write!(f, ": {why}")?;
                self.signal_in_words(f)
            }
            _ => write!(f, "let the header \"{header}\" pass"),
        }
    }

    fn signal_in_words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.signal() {
            Some(signal) => write!(f, " (signal \"{signal}\")"),
            None => Ok(()),
        }
    }

    fn clamped_in_words(&self, f: &mut fmt::Formatter<'_>, cookie: &ShownName<'_>) -> fmt::Result {
        let limit = match self.is_of_preferences() {
            true => "400 days, the most that browsers allow",
            false => "13 months, the limit for exempt cookies",
        };
        write!(f, "cut the lifetime of \"{cookie}\" to {limit}")
    }

    fn without_name(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind(), self.how()) {
            (EventKind::Unreadable(why), _) => write!(f, "the preferences cookie can't be read: {why}"),
            (EventKind::Rejected(why), _) => write!(f, "rejected the submitted choice: {why}"),
            (EventKind::ClearsCookies, _) => f.write_str(
                "let Clear-Site-Data delete all cookies, including the visitor's choice: expire individual \
                 cookies instead, or see CookieConsentLayer::spare_choice",
            ),
            (EventKind::SparesChoice, _) => f.write_str(
                "replaced Clear-Site-Data for cookies with removals that spare the visitor's choice",
            ),
            (EventKind::ChoiceMade, _) => f.write_str("the response carries a new choice"),
            (_, Some(how)) => {
                let field = self.direction().field();
                write!(
                    f,
                    "withheld a {field} without a name that all browsers agree on: {how}"
                )
            }
            (what, None) => f.write_str(what.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{policy::CookiePolicy, wire::Unclassifiable};

    fn policy() -> CookiePolicy {
        let ads = Category::consent("ads").cookie(crate::CookieDeclaration::new("_ga"));
        CookiePolicy::new([ads]).unwrap()
    }

    #[test]
    fn withheld_cookies_are_logged_with_category_and_reason() {
        let policy = policy();
        let sentence = |what, name: &[u8]| {
            let event = Event::new(what, Direction::Request, &policy);
            event.of(name, policy.find(name)).to_string()
        };
        assert_eq!(
            sentence(EventKind::Hidden(Withheld::Undecided), b"_ga"),
            "withheld \"_ga\" from Cookie (category \"ads\"): the visitor has not chosen yet"
        );
        assert_eq!(
            sentence(EventKind::Hidden(Withheld::Undeclared), b"id"),
            "withheld \"id\" from Cookie: the policy does not declare it"
        );
    }

    #[test]
    fn an_undeclared_set_cookie_comes_with_what_to_declare() {
        let policy = policy();
        let event = Event::new(
            EventKind::Withheld(Withheld::Undeclared),
            Direction::Response,
            &policy,
        );
        let text = event.of(b"id", None).to_string();
        assert!(text.contains("CookieDeclaration::new(\"id\")"), "{text}");
        // The name as it would have to be declared: with a pattern in place of a number.
        let text = event.of(b"visit_12345678", None).to_string();
        assert!(text.contains("new(\"visit_*\")"), "{text}");
    }

    #[test]
    fn sentences_say_what_the_site_can_fix() {
        let policy = policy();
        for (what, part) in [
            (EventKind::Survived, "declare the path and domain"),
            (EventKind::PubliclyCacheable, "make the response private"),
            (EventKind::Undeclared, "the policy does not declare it"),
            (EventKind::Expired, "its category was denied"),
            (EventKind::NotExpired, "Make the response private"),
        ] {
            let event = Event::new(what, Direction::Response, &policy);
            let text = event.of(b"_ga", policy.find(b"_ga")).to_string();
            assert!(text.contains("\"_ga\"") && text.contains(part), "{text}");
        }
    }

    #[test]
    fn headers_are_described_with_what_to_declare() {
        let policy = policy();
        let sentence = |what, way, name| {
            let event = Event::new(what, way, &policy);
            event.of_header(name, None).to_string()
        };
        let undeclared = EventKind::Withheld(Withheld::Undeclared);
        for (what, name, part) in [
            (undeclared, "accept-ch", "withheld the header \"Accept-CH\""),
            (EventKind::Undeclared, "nel", "let the header \"NEL\" pass"),
            (
                EventKind::Undeclared,
                "attribution-reporting-info",
                "CookieDeclaration::new(\"attribution-reporting-info\").kind(TrackerKind::Header)",
            ),
        ] {
            let text = sentence(what, Direction::Response, name);
            assert!(
                text.contains(part) && text.contains(".kind(TrackerKind::Header)"),
                "{text}"
            );
        }
        let text = sentence(
            EventKind::Hidden(Withheld::Denied),
            Direction::Request,
            "if-none-match",
        );
        assert_eq!(
            text,
            "hid the request header \"if-none-match\": the visitor denied its category"
        );
    }

    #[test]
    fn clearing_all_cookies_is_described_without_a_name() {
        let policy = policy();
        let sentence = |what| Event::new(what, Direction::Response, &policy).to_string();
        assert!(sentence(EventKind::ClearsCookies).contains("CookieConsentLayer::spare_choice"));
        assert!(sentence(EventKind::SparesChoice).contains("spare the visitor's choice"));
    }

    #[test]
    fn an_unclassifiable_field_is_described_without_its_bytes() {
        let policy = policy();
        let event = Event::unclassifiable(Direction::Response, Unclassifiable::NoEquals, &policy);
        let text = event.to_string();
        assert!(text.starts_with("withheld a Set-Cookie without"), "{text}");
        assert!(text.ends_with(Unclassifiable::NoEquals.as_str()), "{text}");
        assert_eq!(event.reason(), "no_equals");
    }
}
