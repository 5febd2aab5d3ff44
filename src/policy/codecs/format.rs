//! The format of a tool's cookies, as far as it differs from that of other tools.

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::tc_string::TcString;
use crate::preferences::DecodeError;

/// The format of a tool's cookies, with the settings that its reading needs. These are keys of the
/// codec's object in JSON, next to the tool's name.
pub(super) trait Format:
    Clone + fmt::Debug + Default + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// The tool's name in a policy's JSON.
    const ID: &'static str;

    /// The tool's own name for its cookie.
    const NAME: &'static str;

    /// The keys that the tool's values can have, if they are always the same.
    const KEYS: Option<&'static [&'static str]> = None;

    /// Returns the names of the cookies that it reads; `own` is the preferences cookie's name.
    fn names(&self, own: &str) -> Vec<String> {
        vec![own.to_owned()]
    }

    /// Returns the reason why the tool has no such key, for formats whose keys have a form.
    fn key_problem(_: &str) -> Option<String> {
        None
    }

    /// Returns the reason why the tool's cookie can't have this name, for tools that name it in a
    /// certain way on each site.
    fn name_problem(_: &str) -> Option<String> {
        None
    }

    /// Returns `false` for a key that the tool grants without a question. Such a key can't answer for
    /// what needs consent.
    fn asks_about(&self, key: &str) -> bool {
        let _ = key;
        true
    }

    /// Reads one value for each name, at most 4,096 bytes each, and otherwise unchecked. `now` is in
    /// seconds since 1970.
    ///
    /// # Errors
    ///
    /// The values do not clearly say what was chosen.
    fn read(&self, values: &[Option<&[u8]>], now: u64) -> Result<Said, DecodeError>;
}

/// The meaning of a tool's values.
#[derive(Clone, Debug, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "one at a time, and most values have answers"
)]
pub(super) enum Said {
    /// Nothing was answered yet.
    Undecided,
    Answers(Answers),
}

/// The visitor's answers, by the tool's own keys.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answers {
    /// A key that is repeated counts as denied if one of its answers denies it.
    pub(super) keys: Vec<(String, bool)>,
    /// The answer for keys that are not among them: only for formats that list what was granted.
    pub(super) other_keys: Option<bool>,
    /// The prefixes of keys that are denied if they are not listed: `ads` for `ads.pixel`.
    pub(super) denied_below: Vec<String>,
    /// The answers of a TC string, whose keys are too many to list.
    pub(super) tc_string: Option<TcString>,
    pub(super) date: Date,
    /// The revision of the policy that the visitor saw, if the format has any.
    pub(super) revision: Option<u32>,
}

impl Answers {
    pub(super) fn new(keys: Vec<(String, bool)>, date: Date) -> Self {
        Self {
            keys,
            other_keys: None,
            denied_below: Vec::new(),
            tc_string: None,
            date,
            revision: None,
        }
    }

    /// Returns the answer for a key, if there is one.
    pub(super) fn get(&self, key: &str) -> Option<bool> {
        let answers = self.keys.iter().filter(|(name, _)| name == key);
        let answer = answers.map(|(_, granted)| *granted).reduce(|a, b| a && b);
        let in_tc_string = || self.tc_string.as_ref()?.get(key);
        let is_below = |prefix: &String| {
            let rest = key.strip_prefix(prefix.as_str());
            rest.is_some_and(|rest| rest.starts_with('.'))
        };
        let below = || self.denied_below.iter().any(is_below).then_some(false);
        answer
            .or_else(in_tc_string)
            .or_else(below)
            .or(self.other_keys)
    }

    /// Keeps only the denials, because the grants are not the visitor's or no longer count.
    pub(super) fn without_grants(mut self) -> Self {
        self.keys.retain(|(_, granted)| !granted);
        self.tc_string = None;
        self
    }
}

/// The time of the choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Date {
    /// In seconds since 1970.
    At(u64),
    /// The format has none.
    None(Undated),
}

/// The rule for choices in a format that has no date.
///
/// ```
/// use tower_cookie_consent::codecs::{Klaro, Undated};
///
/// let strict = Klaro::new().undated(Undated::NoGrants);
/// assert_ne!(strict, Klaro::new());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Undated {
    /// They count for as long as the browser keeps the cookie, as the tool itself has it (the default).
    #[default]
    WhileKept,
    /// Their grants do not count, since nobody knows how old they are; their denials do.
    NoGrants,
}
