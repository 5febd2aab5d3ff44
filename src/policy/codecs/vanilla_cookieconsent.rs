use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    dates::iso_time,
    format::{Answers, Date, Format, Said, Undated},
    reader::reader,
    text::{only, percent_encoded_json},
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the cookie of [vanilla-cookieconsent](https://cookieconsent.orestbida.com) 3:
    /// `cc_cookie`, percent-encoded JSON with the granted categories, the date and the revision.
    ///
    /// Its keys are the ids of categories, and `category.service` for a service of one. A category
    /// that the tool does not ask about is not answered. The revision is that of the tool's
    /// configuration: use the same one in the policy. A tool without one writes 0, which counts as 1 here, so its
    /// first one has to be 2.
    ///
    /// - The tool asks again if the cookie lacks `consentId` or one of its two dates, as those of
    ///   version 2 do. Such a cookie counts as undecided.
    /// - A choice in `localStorage` (`useLocalStorage`) does not reach the server.
    ///
    /// Read in the package `vanilla-cookieconsent` 3.1.0, `dist/cookieconsent.umd.js`.
    ///
    /// ```
    /// use tower_cookie_consent::{
    ///     Category, CookiePolicy, codecs::VanillaCookieconsent, preferences::PreferencesCookie,
    /// };
    ///
    /// let banner = VanillaCookieconsent::new()
    ///     .answer("statistics", ["analytics"])
    ///     .answer("films", ["media.youtube"]);
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::follow(banner))
    ///     .categories(["statistics", "films"].map(Category::consent))
    ///     .build()?;
    /// assert_eq!(policy.preferences_cookie().name(), "cc_cookie");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    VanillaCookieconsent: VanillaCookieconsentFormat
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VanillaCookieconsentFormat {}

impl Format for VanillaCookieconsentFormat {
    const ID: &'static str = "vanilla_cookieconsent";
    const NAME: &'static str = "cc_cookie";

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        let Some(value) = only(values) else {
            return Ok(Said::Undecided);
        };
        let object: Map<String, Value> = percent_encoded_json(value)?;
        let text = |name| object.get(name).and_then(Value::as_str).unwrap_or_default();
        // Without these, it asks again.
        let proofs = ["consentId", "consentTimestamp", "lastConsentTimestamp"];
        if proofs.map(text).contains(&"") || !object.contains_key("categories") {
            return Ok(Said::Undecided);
        }
        let granted = names(&object["categories"])?;
        let mut answers = Answers::new(Vec::new(), date(text("lastConsentTimestamp")));
        // It lists every category there, and the services that were accepted.
        match object.get("services") {
            Some(services) => {
                for (category, accepted) in services.as_object().ok_or(DecodeError::Format)? {
                    let accepted = names(accepted)?.into_iter();
                    let accepted = accepted.map(|service| (format!("{category}.{service}"), true));
                    match granted.contains(category) {
                        true => answers.keys.extend(accepted),
                        false => answers.keys.push((category.clone(), false)),
                    }
                    answers.denied_below.push(category.clone());
                }
            }
            None => answers.other_keys = Some(false),
        }
        answers
            .keys
            .extend(granted.into_iter().map(|category| (category, true)));
        answers.revision = Some(revision(object.get("revision"))?);
        Ok(Said::Answers(answers))
    }
}

fn date(text: &str) -> Date {
    iso_time(text).map_or(Date::None(Undated::NoGrants), Date::At)
}

fn names(list: &Value) -> Result<Vec<String>, DecodeError> {
    let list = list.as_array().ok_or(DecodeError::Format)?;
    let names = list.iter().map(|name| name.as_str().map(str::to_owned));
    names.collect::<Option<_>>().ok_or(DecodeError::Answer)
}

fn revision(value: Option<&Value>) -> Result<u32, DecodeError> {
    let number = value.and_then(Value::as_u64);
    let number = number.and_then(|number| u32::try_from(number).ok());
    number.ok_or(DecodeError::Revision)
}
