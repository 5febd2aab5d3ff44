//! Requests about what visitors like, or who they are: the theme, the language, the profile.

use http::request::Parts;

use super::{
    fields::{fields, is_beside, words_of},
    hints::{HINTS, SIGNS, SUBJECTS, has_id},
    words::{ACCEPT, REFUSE, SAVE, WITHDRAW, letters},
};

/// Whole words in paths and names of fields.
const PERSONAL: [&str; 27] = [
    "avatar",
    "bio",
    "birthday",
    "city",
    "color",
    "colour",
    "company",
    "currency",
    "darkmode",
    "density",
    "firstname",
    "font",
    "fontsize",
    "gender",
    "lang",
    "language",
    "lastname",
    "layout",
    "locale",
    "name",
    "nickname",
    "profile",
    "sidebar",
    "size",
    "theme",
    "timezone",
    "username",
];

/// The subject that a path may have without being about cookies.
const ANY: &str = "prefer";

/// Hints that also a path about settings may have.
const OF_SETTINGS: [&str; 4] = ["categor", "save", "service", "setting"];

/// Returns `true` for a request that is about nothing else, whatever its path is: it has no field that may be about
/// a choice.
pub(super) fn is_personal(parts: &Parts, body: &[u8], ids: &[String]) -> bool {
    let path = parts.uri.path().to_ascii_lowercase();
    let of_path = SUBJECTS.iter().chain(&SIGNS).chain(&HINTS);
    let mut of_path = of_path.filter(|part| path.contains(**part));
    let is_open = |part: &&str| *part == ANY || OF_SETTINGS.contains(part);
    if !of_path.all(is_open) || has_id(&path, ids) {
        return false;
    }
    let query = parts.uri.query().unwrap_or_default();
    let said = format!("{query} {}", String::from_utf8_lossy(body)).to_ascii_lowercase();
    let mut may_be = SUBJECTS.iter().chain(&SIGNS).chain(&HINTS);
    if may_be.any(|part| said.contains(part)) || ids.iter().any(|id| said.contains(&**id)) {
        return false;
    }
    let mut pairs = fields(parts, body);
    pairs.retain(|(name, _)| !is_beside(name));
    let words = || {
        [&ACCEPT[..], &REFUSE, &WITHDRAW, &SAVE]
            .into_iter()
            .flatten()
    };
    let is_choice = |text: &str| {
        let text = letters(text);
        words().any(|word| *word == text)
    };
    // "font" may be about the category "fonts".
    let is_of_id = |word: &str| ids.iter().any(|id| id.contains(word));
    let is_own =
        |text: &str| words_of(text).any(|word| PERSONAL.contains(&&*word) && !is_of_id(&word));
    let has_unread = pairs.is_empty() && !body.is_empty();
    if has_unread
        || pairs
            .iter()
            .any(|(name, value)| is_choice(name) || is_choice(value))
    {
        return false;
    }
    let are_own = !pairs.is_empty() && pairs.iter().all(|(name, _)| is_own(name));
    are_own || (is_own(&path) && !path.contains(ANY))
}
