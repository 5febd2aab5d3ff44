//! The intent of a request: the choice of the visitor, as far as the request says so.

mod bare;
mod fault;
mod fields;
mod hints;
mod personal;
mod services;
mod subject;
mod words;

use std::collections::BTreeSet;

use bytes::Bytes;
use http::request::Parts;

use self::{
    fields::fields,
    subject::is_of_other,
    words::{ACCEPT, Named, REFUSE, SAVE, WITHDRAW, said_by_path, says, says_by_value},
};
pub(super) use self::{
    services::with_categories,
    subject::is_of_choice,
    words::{answer, answers_for_id},
};
use crate::CookiePolicy;

/// The choice that a request makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Intent {
    Accept,
    Refuse,
    Withdraw,
    /// These categories and services, by id.
    Save {
        yes: BTreeSet<String>,
        no: BTreeSet<String>,
        /// Others that it may be about as well, by names that are not ids.
        perhaps: BTreeSet<String>,
        /// Everything that is not named is refused.
        whole: bool,
    },
}

/// The way in which the kit knows of an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The site's test says so.
    Declared,
    /// The request says so.
    Read,
}

impl Intent {
    /// Reads the intent of a request that can make a choice; `None` if it does not clearly say one.
    pub(super) fn read(parts: &Parts, body: &Bytes, policy: &CookiePolicy) -> Option<Self> {
        if parts.method.is_safe() {
            return None;
        }
        let mut pairs = fields(parts, body);
        let path = parts.uri.path().trim_end_matches('/');
        pairs.extend(said_by_path(path, policy));
        let named = Named::of(&pairs, policy);
        // "agree=1" may be about the terms of a registration.
        let says = match is_of_other(parts, body) {
            true => says_by_value,
            false => says,
        };
        let about = |words: &[&str]| pairs.iter().any(|(name, value)| says(name, value, words));
        let all = [about(&ACCEPT), about(&REFUSE), about(&WITHDRAW)];
        match (all, named.is_empty()) {
            ([true, false, false], true) => Some(Self::Accept),
            ([false, true, false], true) => Some(Self::Refuse),
            ([false, _, true], true) => Some(Self::Withdraw),
            ([false, false, false], is_empty) if !is_empty || !named.objections.is_empty() => {
                Some(Self::Save {
                    yes: named.yes,
                    no: &named.no | &named.objections,
                    perhaps: named.perhaps,
                    whole: about(&SAVE) && !is_empty,
                })
            }
            _ => None,
        }
    }

    /// Returns `true` for a form with nothing ticked. A site may ask for a box, and store nothing.
    pub(super) fn is_empty_form(&self) -> bool {
        matches!(self, Self::Save { yes, no, perhaps, whole: true } if yes.is_empty() && no.is_empty() && perhaps.is_empty())
    }

    /// Reads the intent of one field, such as that of a button; `None` if it does not clearly say one.
    pub(super) fn of_pair(name: &str, value: &str) -> Option<Self> {
        let about = |words: &[&str]| says(name, value, words);
        match [
            about(&ACCEPT),
            about(&REFUSE),
            about(&WITHDRAW),
            about(&SAVE),
        ] {
            [true, false, false, false] => Some(Self::Accept),
            [false, true, false, false] => Some(Self::Refuse),
            [false, _, true, false] => Some(Self::Withdraw),
            [false, false, false, true] => Some(Self::Save {
                yes: BTreeSet::new(),
                no: BTreeSet::new(),
                perhaps: BTreeSet::new(),
                whole: true,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;
    use crate::Category;

    fn policy() -> CookiePolicy {
        CookiePolicy::new([
            Category::necessary("base"),
            Category::exempt("stats"),
            Category::consent("maps"),
            Category::consent("ads"),
        ])
        .unwrap()
    }

    fn read(path: &str, media: &str, body: &'static str) -> Option<Intent> {
        let request = Request::post(path).header("content-type", media);
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Intent::read(&parts, &Bytes::from(body), &policy())
    }

    pub(super) fn saves(yes: &[&str], no: &[&str], whole: bool) -> Intent {
        let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        Intent::Save {
            yes: set(yes),
            no: set(no),
            perhaps: BTreeSet::new(),
            whole,
        }
    }

    #[test]
    fn common_forms_say_what_they_mean() {
        let form = "application/x-www-form-urlencoded";
        for (path, media, body, expected) in [
            ("/cookies", form, "choice=accept", Some(Intent::Accept)),
            (
                "/cookies",
                form,
                "csrf=x&decision=refuse",
                Some(Intent::Refuse),
            ),
            ("/x", form, "consent=Tout+refuser", Some(Intent::Refuse)),
            ("/x", form, "decision=withdraw", Some(Intent::Withdraw)),
            ("/consent/accept-all", form, "", Some(Intent::Accept)),
            (
                "/x",
                "application/json",
                r#"{"decision":"reject_all"}"#,
                Some(Intent::Refuse),
            ),
            (
                "/x",
                form,
                "decision=save&category=maps",
                Some(saves(&["maps"], &[], true)),
            ),
            (
                "/x",
                form,
                "maps=on&ads=off",
                Some(saves(&["maps"], &["ads"], false)),
            ),
            (
                "/x",
                "application/json",
                r#"{"maps":true,"ads":false}"#,
                Some(saves(&["maps"], &["ads"], false)),
            ),
            (
                "/x",
                form,
                "choice=maps",
                Some(saves(&["maps"], &[], false)),
            ),
            // Ambiguous, or about something else.
            ("/x", form, "choice=accept&decision=refuse", None),
            ("/x", form, "choice=accept&category=maps", None),
            ("/poll", form, "vote=yes", None),
            ("/login", form, "user=a&password=accept", None),
            ("/terms", form, "", None),
        ] {
            assert_eq!(read(path, media, body), expected, "{path} {body}");
        }
    }

    #[test]
    fn objections_and_agreements_count_in_their_context() {
        let form = "application/x-www-form-urlencoded";
        for (path, media, body, expected) in [
            ("/x", form, "stats=off", Some(saves(&[], &["stats"], false))),
            (
                "/x",
                form,
                "choice=save&stats=off",
                Some(saves(&[], &["stats"], false)),
            ),
            ("/x", form, "choice=accept&stats=on", Some(Intent::Accept)),
            ("/x", form, "agree=1", Some(Intent::Accept)),
            ("/register", form, "agree=1", None),
            ("/x", form, "stats=on", None),
        ] {
            assert_eq!(read(path, media, body), expected, "{path} {body}");
        }
    }

    #[test]
    fn lists_and_words_of_what_is_refused_are_read_as_such() {
        let (form, json) = ("application/x-www-form-urlencoded", "application/json");
        for (media, body) in [
            (json, r#"{"accepted":["maps"],"rejected":["ads"]}"#),
            (form, "accepted=maps&declined=ads"),
            (form, "maps=granted&ads=rejected"),
            (form, "maps=on&ads=declined"),
        ] {
            let expected = saves(&["maps"], &["ads"], false);
            assert_eq!(read("/x", media, body), Some(expected), "{body}");
        }
        let nested = r#"{"rejected":{"ads":true}}"#;
        assert_eq!(read("/x", json, nested), None);
    }

    #[test]
    fn an_id_and_its_answer_may_be_apart() {
        let (form, json) = ("application/x-www-form-urlencoded", "application/json");
        let (yes, no) = (saves(&["ads"], &[], false), saves(&[], &["ads"], false));
        for (path, media, body, expected) in [
            ("/x", json, r#"{"category":"ads","granted":false}"#, &no),
            ("/x", json, r#"{"category":"ads","granted":true}"#, &yes),
            ("/x", form, "category=ads&allow=0", &no),
            ("/x", form, "service=ads&state=off", &no),
            ("/x", form, "category=ads&page=0", &yes),
            ("/x", form, "category=ads&consent_version=0", &yes),
            ("/consent/ads/accept", form, "", &yes),
            ("/consent/ads/withdraw", form, "", &no),
            ("/consent/ads/off", form, "", &no),
        ] {
            let found = read(path, media, body);
            assert_eq!(found.as_ref(), Some(expected), "{path} {body}");
        }
        assert_eq!(read("/consent/ads/settings", form, ""), None);
    }

    #[test]
    fn requests_of_a_test_say_it_by_their_path_or_one_field() {
        let form = "application/x-www-form-urlencoded";
        let planned = |path: &str, body: &'static str| {
            let request = Request::post(path).header("content-type", form);
            let (parts, ()) = request.body(()).unwrap().into_parts();
            Intent::of_plan(&parts, &Bytes::from(body), &policy())
        };
        for (path, body, expected) in [
            ("/accept", "", Some(Intent::Accept)),
            ("/accept-cookies", "csrf=x", Some(Intent::Accept)),
            ("/reject-all", "", Some(Intent::Refuse)),
            ("/withdraw", "", Some(Intent::Withdraw)),
            ("/cookies", "choice=save", Some(saves(&[], &[], true))),
            ("/cookies", "save=1", Some(saves(&[], &[], true))),
            ("/consent", "consent=granted", Some(Intent::Accept)),
            ("/cookies", "consent=0", Some(Intent::Refuse)),
            (
                "/accept",
                "category=maps",
                Some(saves(&["maps"], &[], false)),
            ),
            // Unclear, or about something else.
            ("/refuse", "category=maps", None),
            ("/accept", "id=7", None),
            ("/accept-terms", "", None),
            ("/friends/accept", "", None),
            ("/maps/consent", "consent=true", None),
            ("/letters", "consent=1", None),
            ("/cart/save", "save=1", None),
            ("/agree", "", None),
        ] {
            assert_eq!(planned(path, body), expected, "{path} {body}");
        }
    }

    #[test]
    fn a_visit_makes_no_choice() {
        let visit = Request::get("/?choice=accept").body(()).unwrap();
        assert_eq!(
            Intent::read(&visit.into_parts().0, &Bytes::new(), &policy()),
            None
        );
    }
}
