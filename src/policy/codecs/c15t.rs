use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    dates::unix_time,
    format::{Answers, Date, Format, Said, Undated},
    reader::reader,
    text::only,
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the cookie of [c15t](https://c15t.com) 2: `c15t`, with the granted categories and the
    /// date: `c.necessary:1,c.measurement:1,i.t:1790000000000,i.sid:sub_…`.
    ///
    /// Its keys are `necessary`, `functionality`, `measurement`, `experience` and `marketing`. The
    /// tool leaves out what was denied, so a key that is absent is denied.
    ///
    /// - A cookie without `i.sid` is one of version 1, for which the tool asks again. It counts as
    ///   undecided, and so does one without categories, which `identifyUser` writes.
    /// - What the tool grants where its policy does not ask, it does not store.
    /// - If its policy changes (`i.mpf`), the tool asks again when the page has loaded; the server
    ///   follows the stored choice until then.
    /// - If scripts can't set cookies, it uses `localStorage`, which does not reach the server.
    ///
    /// Read in the package `c15t` 2.2.1, and in its source at version 2.1.0:
    /// `packages/core/src/libs/cookie/` and `libs/save-consents.ts`.
    ///
    /// ```
    /// use tower_cookie_consent::{
    ///     Category, CookiePolicy, codecs::C15t, preferences::PreferencesCookie,
    /// };
    ///
    /// let banner = C15t::new()
    ///     .answer("statistics", ["measurement"])
    ///     .answer("ads", ["marketing"]);
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::follow(banner))
    ///     .categories(["statistics", "ads"].map(Category::consent))
    ///     .build()?;
    /// assert_eq!(policy.preferences_cookie().name(), "c15t");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    C15t: C15tFormat
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct C15tFormat {}

impl Format for C15tFormat {
    const ID: &'static str = "c15t";
    const NAME: &'static str = "c15t";
    const KEYS: Option<&'static [&'static str]> = Some(&[
        "necessary",
        "functionality",
        "measurement",
        "experience",
        "marketing",
    ]);

    fn asks_about(&self, key: &str) -> bool {
        key != "necessary"
    }

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        let value = only(values).unwrap_or_default();
        if value.is_empty() {
            return Ok(Said::Undecided);
        }
        let text = std::str::from_utf8(value).map_err(|_| DecodeError::Format)?;
        let mut members = BTreeMap::new();
        for pair in text.split(',') {
            let (key, value) = pair.split_once(':').ok_or(DecodeError::Format)?;
            if members.insert(key, value).is_some() {
                return Err(DecodeError::Duplicate);
            }
        }
        let mut keys = Vec::new();
        for (key, value) in &members {
            match (key.strip_prefix("c."), *value) {
                (None, _) => {}
                (Some(category), "1" | "0") => keys.push((category.to_owned(), *value == "1")),
                (Some(_), _) => return Err(DecodeError::Answer),
            }
        }
        let has_subject = members.get("i.sid").is_some_and(|id| !id.is_empty());
        if !has_subject || keys.is_empty() {
            return Ok(Said::Undecided);
        }
        let date = members.get("i.t").and_then(|time| unix_time(time));
        let date = date.map_or(Date::None(Undated::NoGrants), Date::At);
        Ok(Said::Answers(Answers {
            other_keys: Some(false),
            ..Answers::new(keys, date)
        }))
    }
}
