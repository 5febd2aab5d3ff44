use super::{
    format::{Answers, Date, Format, Said},
    reader::reader,
    undated::undated,
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the cookies of [Osano's cookieconsent](https://github.com/osano/cookieconsent),
    /// versions 3 and 4: `cookieconsent_status` (`allow` or `deny`) or, in version 4, one for each
    /// of its categories: `cookieconsent_status_ANALYTICS` (`ALLOW` or `DENY`).
    ///
    /// Its keys are the five categories. Version 3 has one answer for all of them. If there are
    /// cookies of both versions, those of version 4 count. They have no date: see
    /// [`undated`](Self::undated).
    ///
    /// - `dismiss` closes the banner. The tool counts it as consent in some of its modes; here it
    ///   answers nothing.
    /// - Version 4 writes `ALLOW` for `ESSENTIAL`, and `DISMISS` for what was not touched.
    /// - With a `cookie.name` of your own, version 4 writes `name_ANALYTICS` and looks for
    ///   `nameANALYTICS`. This reads what it writes.
    ///
    /// Read in the package `cookieconsent` 3.1.1, `src/cookieconsent.js`, and in the repository at
    /// version 4.0.0, `src/models/Popup.js`.
    ///
    /// ```
    /// use tower_cookie_consent::{
    ///     Category, CookiePolicy, codecs::Osano, preferences::PreferencesCookie,
    /// };
    ///
    /// let banner = Osano::new()
    ///     .answer("statistics", ["ANALYTICS"])
    ///     .answer("ads", ["MARKETING", "UNCATEGORIZED"]);
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::follow(banner))
    ///     .categories(["statistics", "ads"].map(Category::consent))
    ///     .build()?;
    /// assert_eq!(policy.preferences_cookie().name(), "cookieconsent_status");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    Osano: OsanoFormat
}

undated!(Osano: OsanoFormat);

const CATEGORIES: [&str; 5] = [
    "UNCATEGORIZED",
    "ESSENTIAL",
    "PERSONALIZATION",
    "ANALYTICS",
    "MARKETING",
];

impl Format for OsanoFormat {
    const ID: &'static str = "osano";
    const NAME: &'static str = "cookieconsent_status";
    const KEYS: Option<&'static [&'static str]> = Some(&CATEGORIES);

    fn asks_about(&self, key: &str) -> bool {
        key != "ESSENTIAL"
    }

    fn names(&self, own: &str) -> Vec<String> {
        let of_categories = CATEGORIES
            .iter()
            .map(|category| format!("{own}_{category}"));
        std::iter::once(own.to_owned())
            .chain(of_categories)
            .collect()
    }

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        let [own, of_categories @ ..] = values else {
            return Ok(Said::Undecided);
        };
        let mut answers = Answers::new(Vec::new(), Date::None(self.undated));
        for (category, value) in CATEGORIES.iter().zip(of_categories) {
            match value {
                None | Some(b"" | b"DISMISS") => {}
                Some(b"ALLOW") => answers.keys.push(((*category).to_owned(), true)),
                Some(b"DENY") => answers.keys.push(((*category).to_owned(), false)),
                Some(_) => return Err(DecodeError::Answer),
            }
        }
        if of_categories.iter().all(Option::is_none) {
            answers.other_keys = match own {
                None | Some(b"" | b"dismiss") => None,
                Some(b"allow") => Some(true),
                Some(b"deny") => Some(false),
                Some(_) => return Err(DecodeError::Answer),
            };
        }
        match answers.keys.is_empty() && answers.other_keys.is_none() {
            true => Ok(Said::Undecided),
            false => Ok(Said::Answers(answers)),
        }
    }
}
