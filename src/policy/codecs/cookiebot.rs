use serde::{Deserialize, Serialize};

use super::{
    dates::seconds,
    format::{Answers, Date, Format, Said, Undated},
    reader::reader,
    text::{only, percent_decoded},
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the cookie of [Cookiebot](https://www.cookiebot.com): `CookieConsent`, a percent-encoded
    /// JavaScript object with the answers `necessary`, `preferences`, `statistics` and `marketing`.
    ///
    /// Read from its documentation and its WordPress plugin (Cookiebot 4.6.5,
    /// `src/lib/Cookie_Consent.php` and `documentation/CookiebotAPI.md`). What the plugin does not
    /// read, such as `method` and `utc`, was taken from captured values.
    ///
    /// Only grants with `method:'explicit'` count. The value `-1`, and objects with `stamp:'-1'`, mean
    /// that the visitor's region needs no consent: nothing was answered, so nothing is granted, although
    /// the object grants everything. Where consent is implied (`method:'implied'`), and in values older
    /// than `method`, denials count and grants do not. The value `0` denies everything.
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookiePolicy, codecs::Cookiebot, preferences::PreferencesCookie};
    ///
    /// let cookiebot = Cookiebot::new()
    ///     .answer("stats", ["statistics"])
    ///     .answer("ads", ["marketing"]);
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::follow(cookiebot))
    ///     .categories(["stats", "ads"].map(Category::consent))
    ///     .build()?;
    /// assert_eq!(policy.preferences_cookie().name(), "CookieConsent");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    Cookiebot: CookiebotFormat
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CookiebotFormat {}

const KEYS: [&str; 4] = ["necessary", "preferences", "statistics", "marketing"];

impl Format for CookiebotFormat {
    const ID: &'static str = "cookiebot";
    const NAME: &'static str = "CookieConsent";
    const KEYS: Option<&'static [&'static str]> = Some(&KEYS);

    fn asks_about(&self, key: &str) -> bool {
        key != "necessary"
    }

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        let value = only(values).ok_or(DecodeError::Format)?;
        let text = percent_decoded(value)?;
        match &*text {
            "-1" => return Ok(Said::Undecided),
            "0" => {
                let optional = KEYS[1..].iter().map(|key| ((*key).to_owned(), false));
                let date = Date::None(Undated::WhileKept);
                return Ok(Said::Answers(Answers::new(optional.collect(), date)));
            }
            _ => {}
        }
        let members = members(&text).ok_or(DecodeError::Format)?;
        let text_of = |name: &str| match find(&members, name) {
            Some(Literal::Text(text)) => *text,
            _ => "",
        };
        if text_of("stamp") == "-1" {
            return Ok(Said::Undecided);
        }
        let mut keys = Vec::new();
        for (name, literal) in &members {
            if KEYS.contains(name) {
                let Literal::Boolean(granted) = literal else {
                    return Err(DecodeError::Answer);
                };
                keys.push(((*name).to_owned(), *granted));
            }
        }
        let date = match find(&members, "utc") {
            Some(Literal::Number(milliseconds)) => Date::At(seconds(*milliseconds)),
            _ => Date::None(Undated::NoGrants),
        };
        let answers = Answers::new(keys, date);
        // Every answered dialogue has a stamp: the key of the proof at Cookiebot.
        let explicit = text_of("method") == "explicit" && !matches!(text_of("stamp"), "" | "0");
        Ok(Said::Answers(match explicit {
            true => answers,
            false => answers.without_grants(),
        }))
    }
}

/// A value of a JavaScript object.
enum Literal<'a> {
    Boolean(bool),
    Number(u64),
    Text(&'a str),
}

/// Returns a member's value, if it has exactly one.
fn find<'a, 'b>(members: &'b [(&str, Literal<'a>)], name: &str) -> Option<&'b Literal<'a>> {
    let mut found = members.iter().filter(|(member, _)| *member == name);
    let (_, literal) = found.next()?;
    found.next().is_none().then_some(literal)
}

/// Reads an object such as `{stamp:'a+b/c==',necessary:true,ver:1}`: bare names, and values without
/// escapes.
fn members(text: &str) -> Option<Vec<(&str, Literal<'_>)>> {
    let mut rest = text.strip_prefix('{')?;
    let mut members = Vec::new();
    loop {
        let (name, value) = rest.split_once(':')?;
        let name = name.trim_matches(' ');
        let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.is_empty() || !name.bytes().all(is_bare) {
            return None;
        }
        let (literal, after) = literal(value.trim_start_matches(' '))?;
        members.push((name, literal));
        let after = after.trim_start_matches(' ');
        if after == "}" {
            return Some(members);
        }
        rest = after.strip_prefix(',')?;
    }
}

fn literal(text: &str) -> Option<(Literal<'_>, &str)> {
    if let Some(text) = text.strip_prefix('\'') {
        let (text, rest) = text.split_once('\'')?;
        return (!text.contains('\\')).then_some((Literal::Text(text), rest));
    }
    let end = text.find([',', '}', ' '])?;
    let (word, rest) = text.split_at(end);
    let literal = match word {
        "true" => Literal::Boolean(true),
        "false" => Literal::Boolean(false),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Literal::Number(digits.parse().ok()?)
        }
        _ => return None,
    };
    Some((literal, rest))
}
