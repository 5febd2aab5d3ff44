//! The texts of the pages, one file for each language, and for each wording of a regime.

mod duration;
mod plural;
mod regimes;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::error::PagesError;
pub(super) use duration::duration;
pub(super) use plural::counted;
pub(super) use regimes::in_regimes;

/// A single list of keys: the struct, their purposes, and their names.
macro_rules! words {
    ($($key:ident: $meaning:literal,)*) => {
        /// The texts of the pages in one language, available in templates as `t`.
        ///
        /// A file of texts is a JSON object with each of [`KEYS`](Self::KEYS). Placeholders in
        /// braces are filled in: `{date}`, `{end}`, `{names}`, `{count}`, `{label}`, `{service}`,
        /// `{controller}`, `{origin}`, `{duration}`, `{after}`, `{refused}`, `{law}`, and `{day}`, `{month}`, `{year}` in `date`. Plural forms are separated by `|`, in the
        /// order of the Unicode CLDR (zero, one, two, few, many, other), as many as the language
        /// has for whole numbers. [`Pages::language`](super::Pages::language) has an example.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Words {
            $(#[doc = $meaning] pub(super) $key: String,)*
        }

        impl Words {
            /// Every key with its purpose.
            pub const KEYS: &[(&str, &str)] = &[$((stringify!($key), $meaning)),*];

            /// Returns the text of a key.
            ///
            /// ```
            /// use tower_cookie_consent::{Category, Consent, CookiePolicy, pages::Pages};
            ///
            /// let ads = Category::consent("ads").title("Advertising").description("Pays for this.");
            /// let policy = CookiePolicy::new([ads])?;
            /// let view = Pages::at("/cookies", policy.clone())?.view(&Consent::undecided(policy), "fr");
            /// assert_eq!(view.t.get("refuse_all"), Some("Tout refuser"));
            /// # Ok::<(), Box<dyn std::error::Error>>(())
            /// ```
            #[must_use]
            pub fn get(&self, key: &str) -> Option<&str> {
                self.iter().find_map(|(known, text)| (known == key).then_some(text))
            }

            /// Returns every key with its text.
            fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
                [$((stringify!($key), self.$key.as_str())),*].into_iter()
            }
        }
    };
}

words! {
    name: "The language's name for itself.",
    date: "A date in digits, of `{day}`, `{month}` and `{year}`.",
    labelled: "The separator between a `{label}` and its value: the language's colon.",
    skip: "Link that skips the heading.",
    languages: "Label of the list of languages.",
    charter_title: "Title of the cookie policy page.",
    charter_intro: "First sentence of the cookie policy page.",
    what_title: "Heading of the section on cookies in general.",
    what_text: "Explains cookies in general.",
    kinds_title: "Heading of the section on kinds of cookies.",
    kind_necessary: "Explains necessary cookies, and that they need no consent.",
    kind_exempt: "The conditions under which statistics need no consent, and the right to object.",
    kind_first_party: "Explains first-party cookies.",
    kind_third_party: "Explains third-party cookies, and that they need consent.",
    purposes_title: "Heading of the section on the purposes of cookies on this site.",
    provider: "Column: the company that sets the cookie.",
    service: "Column: the service and its location.",
    cookie_name: "Column: the cookie's name.",
    purpose: "Column: the purpose.",
    retention: "Column: the retention.",
    controller: "Label of the controller of the data.",
    privacy_policy: "Link to the provider's privacy policy.",
    no_cookies: "For a category without cookies.",
    others_title: "Heading of the section on other trackers.",
    tracker_name: "Column: the tracker's name.",
    tracker_kind: "Column: the kind of tracker.",
    kind_storage: "An entry in the browser's storage.",
    kind_pixel: "A tracking pixel.",
    kind_header: "A header that the browser stores.",
    kind_other: "Another kind of tracker.",
    basis_necessary: "A necessary category, in a few words.",
    basis_exempt: "An exempt category, in a few words.",
    basis_consent: "A consent category, in a few words.",
    basis_opt_out: "An opt-out category, in a few words.",
    reason_preferences: "Necessary to store the choice about cookies.",
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
    change_title: "Heading of the section on changing a choice.",
    change_text: "Says that the choice can be changed or withdrawn at any time.",
    records_title: "Heading of the section on records of choices.",
    records_text: "Says that each choice is recorded, for what purpose, and what is not.",
    records_basis: "The legal basis of the records.",
    records_kept: "For how long records are kept: consent `{after}` its end, and refusals `{refused}`.",
    records_rights: "The rights of those who are recorded.",
    receipt_title: "Heading of the visitor's receipt, on the form.",
    receipt_text: "Says what the receipt proves, and to keep it.",
    receipt_show: "Link to the receipt.",
    receipt_forget_text: "Says what having the receipt forgotten means.",
    receipt_forget: "Button: have the receipt forgotten.",
    receipt_forgotten: "Says that the receipt has been forgotten.",
    contact: "Label of how to reach the controller.",
    dpo: "Label of how to reach the data protection officer.",
    form_title: "Title of the form.",
    form_intro: "First sentence of the form.",
    present_title: "Heading of the current choice.",
    present_none: "Says that no choice has been made, and what applies until then.",
    present_on: "The date of the choice, `{date}`, and of its end, `{end}`.",
    present_expired: "Says that the choice of `{date}` has expired.",
    gpc: "Says that the browser's signal is honoured, and that consent given here counts.",
    allowed: "State of a category: its cookies are allowed.",
    not_allowed: "State of a category: its cookies are not allowed.",
    always_on: "State of a necessary category.",
    consent: "Label of the checkbox of a consent category.",
    object: "Label of the checkbox of an exempt category.",
    services_title: "Heading of the services of a category.",
    services_hint: "Says that each service can be allowed alone, and what is not ticked is refused.",
    countries: "Label of the countries that data is sent to.",
    loads_from: "Label of the addresses that a service loads from.",
    show_cookies: "Label of the control that shows a category's cookies.",
    accept_all: "Button.",
    refuse_all: "Button.",
    save: "Button: store the ticked choices.",
    choose: "Link from the banner to the form.",
    withdraw: "Button: withdraw consent.",
    object_to: "Button: object to the categories `{names}`, which need no consent.",
    manage: "Link to the form, at the bottom of each page.",
    read_charter: "Link to the cookie policy page.",
    banner_title: "Heading and label of the banner.",
    banner_intro: "Introduces the list of categories.",
    recipients: "The other recipients of data: `{names}`.",
    any_time: "Says that the choice can be changed at any time at the bottom of each page.",
    saved: "Says that the choice was saved.",
    held_frame: "Title of a placeholder: content from `{service}`.",
    held_video: "Title of a placeholder: a film from `{service}`.",
    held_map: "Title of a placeholder: a map from `{service}`.",
    held_receives: "Says that it is not loaded, and what `{controller}` receives and stores otherwise.",
    held_scope: "Says that the permission covers everything from `{service}` on this site.",
    held_lasts: "Says for how long the permission is valid: `{duration}`.",
    held_unknown: "Says that nothing from `{origin}` is shown, and why nobody is asked for consent.",
    held_always: "Button of a placeholder: always show `{service}` on this site.",
    held_once: "Button of a placeholder: show this once, and store nothing.",
    held_stop: "Button beside what is shown: stop showing `{service}`.",
    held_small: "Link to the form in place of a placeholder: `{service}` is not shown.",
    opt_out: "Label of the checkbox of an opt-out category.",
    opt_out_link: "Link to the opt-out page, at the bottom of each page.",
    opt_out_title: "Title of the opt-out page.",
    opt_out_intro: "Says what the opt-out page is about, and that opting out takes one click and no proof.",
    opt_out_sale: "Heading of the section on sale and sharing.",
    opt_out_sale_text: "Says that visits are shared with others for `{names}` until the visitor opts out.",
    opt_out_none: "Says that nothing is sold or shared for advertising without consent.",
    opt_out_sensitive: "Heading of the section on sensitive personal information.",
    opt_out_sensitive_text: "Says that `{names}` use sensitive information with consent only.",
    opt_out_sensitive_none: "Says that the site uses no sensitive information for advertising and the like.",
    opt_out_button: "Button: opt out.",
    opted_out: "Heading, for visitors who opted out: says that the opt-out is honoured.",
    opted_out_text: "The date of the opt-out, `{date}`, and what is not shared: `{names}`.",
    signal_honoured: "Says, on every page, that the browser's opt-out signal was processed.",
    signal_overruled: "Says, on every page, that `{names}` are allowed although the browser sends a signal.",
    opt_in_title: "Heading of the confirmation that follows consent after an opt-out.",
    opt_in_text: "Asks whether to allow `{names}` again after an opt-out.",
    opt_in_confirm: "Button: allow again.",
    opt_in_cancel: "Button: stay opted out.",
    notice_title: "Heading and label of the notice, where nothing is asked.",
    notice_text: "Says that cookies are used for `{names}`, and how to object.",
    notice_close: "Button: close the notice.",
    close_refuse: "Accessible name of the X that closes the banner and refuses.",
    close_refuses: "Says that closing the banner refuses what needs consent.",
    rules_title: "Heading of the section on the rules that apply to the visitor.",
    rules_text: "The law that the page follows: `{law}`.",
    rules_unknown: "Says that the visitor's rules are unknown, and that the strictest apply.",
    exemption_law: "Label of the law that exempts a category from consent.",
    exemption_processor: "Label of the company that measures.",
    exemption_data: "Label of how long the measured data are kept.",
    exemption_limits: "The limits of exempt statistics.",
    reach_account: "Says that the choice of a visitor who is logged in counts on all devices.",
    account_latest: "Says that account and device differed about `{names}`, and the later choice counts.",
    account_account: "Says that account and device differed about `{names}`, and the account's choice counts.",
    account_signal: "Says that the browser's signal opted the account out.",
    error_title: "Title of an error page.",
    error_stale: "Says that the texts have changed, nothing was saved, and to choose again.",
    error_not_recorded: "Says that the allowed could not be saved and is off, and that the refused counts.",
    error_cross_site: "Says that the choice may not have been made here, and to choose here.",
    error_body: "Says that the request can't be read and the choice has not changed.",
    error_large: "Says that the request is too large and the choice has not changed.",
    error_type: "Says that the request has an unknown type and the choice has not changed.",
    error_decision: "Says that the decision is unknown and the choice has not changed.",
    error_category: "Says that a category is unknown and the choice has not changed.",
    error_method: "Says that the page does not accept such requests.",
    error_not_found: "Says that there is no such page.",
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

/// Some texts of a language, by key.
pub(super) type Texts = serde_json::Map<String, serde_json::Value>;

/// Returns the texts of each built-in language.
pub(super) fn built_in() -> Result<BTreeMap<String, Words>, PagesError> {
    FILES
        .iter()
        .map(|(language, file)| Ok(((*language).to_owned(), parse(language, file)?)))
        .collect()
}

/// Parses the file of a language: all of its texts, or some.
pub(super) fn parse<T: DeserializeOwned>(language: &str, file: &str) -> Result<T, PagesError> {
    serde_json::from_str(file).map_err(|error| wrong(language, &error))
}

fn wrong(language: &str, error: &serde_json::Error) -> PagesError {
    PagesError::Words {
        language: language.to_owned(),
        problem: error.to_string(),
    }
}

/// Returns `present` with some texts replaced.
pub(super) fn merged(language: &str, present: &Words, new: &Texts) -> Result<Words, PagesError> {
    let wrong = |error| wrong(language, &error);
    let mut words = match serde_json::to_value(present).map_err(wrong)? {
        serde_json::Value::Object(words) => words,
        _ => Texts::new(),
    };
    words.extend(new.clone());
    serde_json::from_value(serde_json::Value::Object(words)).map_err(wrong)
}

/// Replaces each `{key}` in `text`. Inserted values are not expanded again.
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
