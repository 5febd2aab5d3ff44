//! Whether a request is about a choice, or about something else.

use http::request::Parts;

use super::{
    fields::{fields, id_of, words_of},
    hints::{HINTS, SIGNS, SUBJECTS, has_id, is_about},
    personal::is_personal,
};
use crate::{CookiePolicy, policy::CategorySet};

/// Whole words in paths and names of fields of what is about something else.
const OTHERS: [&str; 46] = [
    "address",
    "age",
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

/// Words that may be written together with an id.
const VERBS: [&str; 22] = [
    "accept", "all", "allow", "deny", "disable", "disabled", "embed", "enable", "enabled", "grant",
    "hide", "load", "my", "no", "off", "on", "play", "refuse", "reject", "show", "use", "with",
];

/// The length of an id that few other words contain.
const LONG: usize = 6;

/// Returns `true` for a request whose path or fields name something else than a choice, and none.
pub(super) fn is_of_other(parts: &Parts, body: &[u8]) -> bool {
    let names = fields(parts, body);
    let names = names.iter().map(|(name, _)| &**name);
    let texts: Vec<_> = [parts.uri.path()].into_iter().chain(names).collect();
    let is_other = |text: &&str| words_of(text).any(|word| OTHERS.contains(&&*word));
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
    let ids = ids_of(policy);
    let is_sure = SUBJECTS.iter().chain(&SIGNS).any(has) || has_id(&text, &ids);
    if is_sure {
        return !is_personal(parts, body, &ids);
    }
    let may_be = HINTS.iter().any(has) || is_named(parts, body, &ids);
    may_be && !is_of_other(parts, body) && !is_personal(parts, body, &ids)
}

/// Returns the ids of the categories and services, in lower case.
fn ids_of(policy: &CookiePolicy) -> Vec<String> {
    let ids = (0..CategorySet::CAPACITY).map(|index| id_of(policy, index));
    let ids = ids.filter(|id| !id.is_empty());
    ids.map(str::to_ascii_lowercase).collect()
}

/// Returns `true` if a part of the request may be one of the ids: a path such as `/threads` is not about `ads`.
fn is_named(parts: &Parts, body: &[u8], ids: &[String]) -> bool {
    let pairs = fields(parts, body);
    let body = match pairs.is_empty() {
        true => String::from_utf8_lossy(body).to_ascii_lowercase(),
        false => String::new(),
    };
    let mut names = pairs.iter().map(|(name, _)| name.to_ascii_lowercase());
    let has = |text: &str| ids.iter().any(|id| text.contains(&**id));
    let in_words = |text: &str| {
        let text = text.to_ascii_lowercase();
        ids.iter().any(|id| is_word(&text, id))
    };
    has(&body)
        || names.any(|name| has(&name))
        || in_words(parts.uri.path())
        || pairs.iter().any(|(_, value)| in_words(value))
}

/// Returns `true` if a text has an id as a word, or together with a verb. Longer ones count wherever they are.
fn is_word(text: &str, id: &str) -> bool {
    let of_word = |word: &str| {
        let rest = word.strip_prefix(id).or_else(|| word.strip_suffix(id));
        rest.is_some_and(|rest| rest.is_empty() || VERBS.contains(&rest))
    };
    (id.len() >= LONG && text.contains(id))
        || text.split(|c: char| !c.is_alphanumeric()).any(of_word)
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
            ("/threads", "text=x", false),
            ("/posts", "text=new+roadmaps", false),
            ("/settings", "theme=dark&csrf=x", false),
            ("/preferences", "theme=dark", false),
            ("/profile/save", "bio=x", false),
            ("/age", "accept=18", false),
            ("/settings", "theme=dark&all=1", true),
            ("/settings", "theme=dark&tracking=1", true),
            ("/preferences", "theme=dark&x=1", true),
            ("/cookie-preferences", "theme=dark", true),
            ("/accept", "lang=en", true),
            ("/profile/save", "tracking=1", true),
            ("/x", "showads=1", true),
            ("/x", "myads=1", true),
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
