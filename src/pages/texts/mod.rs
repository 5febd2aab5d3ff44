//! The interface's own words, one file for each language.

mod plural;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::PagesError;
pub(super) use plural::counted;

/// One list of keys: the struct, what each is for, and their names.
macro_rules! words {
    ($($key:ident: $meaning:literal,)*) => {
        /// The words of the interface in one language, as a template sees them under `t`.
        ///
        /// A file of words is a JSON object with each of [`KEYS`](Self::KEYS). Texts in braces are
        /// filled in: `{date}`, `{end}`, `{names}`, `{count}`, `{label}`, and `{day}`, `{month}`, `{year}` in
        /// [`date`](Self::date). Forms of the plural are parted by `|`, in the order in which the
        /// Unicode CLDR names them (zero, one, two, few, many, other), as many as the language has
        /// for whole numbers. [`Pages::language`](super::Pages::language) has an example.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Words {
            $(#[doc = $meaning] pub $key: String,)*
        }

        impl Words {
            /// Every key, with what it is for.
            pub const KEYS: &[(&str, &str)] = &[$((stringify!($key), $meaning)),*];

            /// Every key with its text.
            #[cfg(test)]
            fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
                [$((stringify!($key), self.$key.as_str())),*].into_iter()
            }
        }
    };
}

words! {
    name: "The language's name for itself.",
    date: "A date in digits, of `{day}`, `{month}` and `{year}`.",
    labelled: "What stands between a `{label}` and what it labels: the language's colon.",
    skip: "Link over the heading to the content.",
    languages: "Label of the list of languages.",
    charter_title: "Title of the charter.",
    charter_intro: "First sentence of the charter.",
    what_title: "Heading: what a cookie is.",
    what_text: "What a cookie is.",
    kinds_title: "Heading: the kinds of cookies.",
    kind_necessary: "What necessary cookies are, and that they need no consent.",
    kind_exempt: "On what conditions statistics need no consent, and that one may object.",
    kind_first_party: "What first-party cookies are.",
    kind_third_party: "What third-party cookies are, and that they need consent.",
    purposes_title: "Heading: what cookies are used for here.",
    provider: "Column: who sets the cookie.",
    service: "Column: the service and where it is.",
    cookie_name: "Column: the cookie's name.",
    purpose: "Column: what it is for.",
    retention: "Column: how long it is kept.",
    controller: "Label: who is responsible for the data.",
    privacy_policy: "Link to the provider's privacy policy.",
    no_cookies: "Where a category declares none.",
    others_title: "Heading: trackers that are no cookies.",
    tracker_name: "Column: the tracker's name.",
    tracker_kind: "Column: what kind of tracker.",
    kind_storage: "A key of the browser's storage.",
    kind_pixel: "A tracking pixel.",
    kind_header: "A header from which the browser keeps something.",
    kind_other: "Another kind of tracker.",
    basis_necessary: "A necessary category, in a few words.",
    basis_exempt: "An exempt category, in a few words.",
    basis_consent: "A consent category, in a few words.",
    reason_preferences: "Necessary to keep the choice about cookies.",
    reason_authentication: "Necessary for logging in.",
    reason_security: "Necessary for security.",
    reason_cart: "Necessary for the shopping cart.",
    reason_language: "Necessary to adapt the interface.",
    reason_load_balancing: "Necessary to distribute the load.",
    reason_paywall: "Necessary to count free articles.",
    session: "Kept until the browser is closed.",
    days: "`{count}` days.",
    weeks: "`{count}` weeks.",
    months: "`{count}` months.",
    years: "`{count}` years.",
    change_title: "Heading: changing one's mind.",
    change_text: "That the choice can be changed or withdrawn at any time.",
    form_title: "Title of the form.",
    form_intro: "First sentence of the form.",
    present_title: "Heading: the present choice.",
    present_none: "That nothing was chosen yet, and what holds until then.",
    present_on: "When it was chosen, `{date}`, and until when it counts, `{end}`.",
    present_expired: "That the choice of `{date}` counts no longer.",
    gpc: "That the browser's signal is honoured, and that a yes given here counts.",
    allowed: "State of a category: its cookies are allowed.",
    not_allowed: "State of a category: its cookies are not allowed.",
    always_on: "State of a necessary category.",
    consent: "Label of the box of a consent category.",
    object: "Label of the box of an exempt category.",
    show_cookies: "Label of what folds the cookies of a category open.",
    accept_all: "Button.",
    refuse_all: "Button.",
    save: "Button: keep what is ticked.",
    choose: "Link from the banner to the form.",
    withdraw: "Button: withdraw the consent.",
    manage: "Link to the form, at the foot of each page.",
    read_charter: "Link to the charter.",
    banner_title: "Heading and label of the banner.",
    banner_intro: "What the categories are listed under.",
    recipients: "Who else receives data: `{names}`.",
    any_time: "That the choice can be changed at any time at the foot of each page.",
    saved: "That the choice was saved.",
    error_title: "Title of a page that tells of an error.",
    error_stale: "That the texts have changed, nothing was saved, and to choose again.",
    error_cross_site: "That it is not certain that the choice came from here, and to choose here.",
    error_body: "That the request can't be read and the choice stays.",
    error_large: "That the request is too large and the choice stays.",
    error_type: "That the request is of an unknown type and the choice stays.",
    error_decision: "That the decision is unknown and the choice stays.",
    error_category: "That a category is unknown and the choice stays.",
    error_method: "That the page does not take such requests.",
    error_not_found: "That there is no such page.",
}

/// The 24 official languages of the European Union.
const FILES: [(&str, &str); 24] = [
    ("bg", include_str!("bg.json")),
    ("cs", include_str!("cs.json")),
    ("da", include_str!("da.json")),
    ("de", include_str!("de.json")),
    ("el", include_str!("el.json")),
    ("en", include_str!("en.json")),
    ("es", include_str!("es.json")),
    ("et", include_str!("et.json")),
    ("fi", include_str!("fi.json")),
    ("fr", include_str!("fr.json")),
    ("ga", include_str!("ga.json")),
    ("hr", include_str!("hr.json")),
    ("hu", include_str!("hu.json")),
    ("it", include_str!("it.json")),
    ("lt", include_str!("lt.json")),
    ("lv", include_str!("lv.json")),
    ("mt", include_str!("mt.json")),
    ("nl", include_str!("nl.json")),
    ("pl", include_str!("pl.json")),
    ("pt", include_str!("pt.json")),
    ("ro", include_str!("ro.json")),
    ("sk", include_str!("sk.json")),
    ("sl", include_str!("sl.json")),
    ("sv", include_str!("sv.json")),
];

/// The words of each language that is built in.
pub(super) fn built_in() -> Result<BTreeMap<String, Words>, PagesError> {
    FILES
        .iter()
        .map(|(language, file)| Ok(((*language).to_owned(), parse(language, file)?)))
        .collect()
}

fn parse(language: &str, file: &str) -> Result<Words, PagesError> {
    serde_json::from_str(file).map_err(|error| PagesError::Words {
        language: language.to_owned(),
        problem: error.to_string(),
    })
}

/// The words of `file`, over those that are there already.
pub(super) fn over(
    language: &str,
    present: Option<&Words>,
    file: &str,
) -> Result<Words, PagesError> {
    let wrong = |error: serde_json::Error| PagesError::Words {
        language: language.to_owned(),
        problem: error.to_string(),
    };
    let Some(present) = present else {
        return parse(language, file);
    };
    let mut words = match serde_json::to_value(present).map_err(wrong)? {
        serde_json::Value::Object(words) => words,
        _ => serde_json::Map::new(),
    };
    let new: serde_json::Map<_, _> = serde_json::from_str(file).map_err(wrong)?;
    words.extend(new);
    serde_json::from_value(serde_json::Value::Object(words)).map_err(wrong)
}

/// `text` with each `{key}` replaced. What is filled in is not looked at again.
pub(super) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let found = after.split_once('}').and_then(|(key, after)| {
            let (_, value) = values.iter().find(|(known, _)| *known == key)?;
            Some((*value, after))
        });
        rest = match found {
            Some((value, after)) => {
                filled.push_str(value);
                after
            }
            None => {
                filled.push('{');
                after
            }
        };
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests;
