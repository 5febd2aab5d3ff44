//! Whether a request is about a choice, or about something else.

use http::request::Parts;

use super::fields::{fields, id_of};
use crate::{CookiePolicy, policy::CategorySet};

/// Parts of the names of fields, and of paths, that are about a choice.
const SUBJECTS: [&str; 9] = [
    "cookie", "consent", "choice", "decision", "prefer", "privacy", "charte", "rgpd", "gdpr",
];

/// Parts of a request that are about a choice as well.
const SIGNS: [&str; 3] = ["choose", "decide", "dsgvo"];

/// Parts of a request that may be about a choice, or about anything.
const HINTS: [&str; 14] = [
    "accept",
    "agree",
    "allow",
    "banner",
    "categor",
    "grant",
    "marketing",
    "opt",
    "refuse",
    "reject",
    "save",
    "service",
    "setting",
    "tracking",
];

/// Whole words in paths and names of fields of what is about something else.
const OTHERS: [&str; 45] = [
    "address",
    "basket",
    "billing",
    "booking",
    "cart",
    "checkout",
    "comment",
    "comments",
    "contact",
    "contest",
    "coupon",
    "delivery",
    "email",
    "feedback",
    "friend",
    "friends",
    "invite",
    "item",
    "letters",
    "login",
    "logout",
    "lottery",
    "mail",
    "message",
    "newsletter",
    "order",
    "orders",
    "password",
    "payment",
    "phone",
    "poll",
    "quantity",
    "rating",
    "register",
    "registration",
    "reply",
    "review",
    "search",
    "shipping",
    "signin",
    "signup",
    "subscribe",
    "terms",
    "upload",
    "vote",
];

pub(super) fn is_about(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    SUBJECTS.iter().any(|subject| text.contains(subject))
}

/// Returns `true` for a request whose path or fields name something else than a choice, and none.
pub(super) fn is_of_other(parts: &Parts, body: &[u8]) -> bool {
    let names = fields(parts, body);
    let names = names.iter().map(|(name, _)| &**name);
    let texts: Vec<_> = [parts.uri.path()].into_iter().chain(names).collect();
    let is_other = |text: &&str| {
        let mut words = text.split(|c: char| !c.is_ascii_alphabetic());
        words.any(|word| OTHERS.contains(&&*word.to_ascii_lowercase()))
    };
    texts.iter().any(is_other) && !texts.iter().any(|text| is_about(text))
}

/// Returns `true` if the request may be about a choice.
pub(in crate::conformance) fn is_of_choice(
    parts: &Parts,
    body: &[u8],
    policy: &CookiePolicy,
) -> bool {
    let query = parts.uri.query().unwrap_or_default();
    let text = format!(
        "{} {query} {}",
        parts.uri.path(),
        String::from_utf8_lossy(body)
    );
    let text = text.to_ascii_lowercase();
    let has = |part: &&str| text.contains(*part);
    let ids = (0..CategorySet::CAPACITY).map(|index| id_of(policy, index));
    let ids = ids.filter(|id| !id.is_empty());
    let ids: Vec<_> = ids.map(str::to_ascii_lowercase).collect();
    let is_known = |word: &str| ids.iter().any(|id| id == word);
    let is_sure = SUBJECTS.iter().chain(&SIGNS).any(has)
        || text
            .split(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_'))
            .any(is_known);
    let may_be = HINTS.iter().any(has) || ids.iter().any(|id| text.contains(id));
    is_sure || (may_be && !is_of_other(parts, body))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;
    use crate::Category;

    #[test]
    fn requests_about_something_else_make_no_choice() {
        let policy = CookiePolicy::new([
            Category::necessary("base"),
            Category::consent("maps"),
            Category::consent("ads"),
        ])
        .unwrap();
        for (path, body, expected) in [
            ("/login", "user=a&password=b", false),
            ("/cart/save", "item=1", false),
            ("/register", "agree=1", false),
            ("/order", "option=2&service=express", false),
            ("/x", "email=a&allow=1", false),
            ("/friends/accept", "", false),
            ("/downloads/comment", "text=x", false),
            ("/logout", "", false),
            ("/cookies", "", true),
            ("/login", "user=a&ads=1", true),
            ("/checkout", "item=1&cookie_consent=yes", true),
            ("/banner", "agree=1", true),
            ("/api/accept", "", true),
            ("/settings/save", "a=1", true),
            ("/enableads", "", true),
            ("/account", r#"{"tracking":true}"#, true),
        ] {
            let (parts, ()) = Request::post(path).body(()).unwrap().into_parts();
            let is_of_choice = is_of_choice(&parts, body.as_bytes(), &policy);
            assert_eq!(is_of_choice, expected, "{path} {body}");
        }
    }
}
