use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    dates::unix_time,
    format::{Answers, Date, Format, Said, Undated},
    reader::reader,
    text::{only, percent_decoded},
};
use crate::preferences::DecodeError;

reader! {
    /// Reads the cookie of [Real Cookie Banner](https://devowl.io/wordpress-real-cookie-banner/): the
    /// date, identifiers of the choice, a hash of the banner's content, and the ids of the granted
    /// services. A key is the id of a service, such as `22`.
    ///
    /// Read from Real Cookie Banner for WordPress 5.2.14
    /// (`cookie-consent-management/src/consent/Consent.php` and `src/frontend/Frontend.php`,
    /// `inc/settings/Revision.php`).
    ///
    /// - The name has parts that differ between sites, such as
    ///   `real_cookie_banner-v:3_blog:1_path:c2da46c`, and one for each language if there are several:
    ///   set the preferences cookie's name to the one that the browser shows.
    /// - Only what was accepted, saved or unblocked counts as granted (`bc` is `main_all`, `ind_custom`
    ///   or the like). After *continue without consent* the list still has what rests on legitimate
    ///   interest: everything counts as denied.
    /// - A list that was saved or unblocked has those too, and does not mark them: name only services whose
    ///   legal basis is consent.
    /// - Nothing is answered if the banner answered for a visitor that it did not ask
    ///   (`bc` is `implicit_all`), nor in values that are older than `bc`.
    /// - The hash is not compared: when the banner's content changes, the plugin asks again on the next
    ///   page.
    /// - Until the choice is recorded on the server, the plugin keeps it in `localStorage` alone.
    ///
    /// ```
    /// use tower_cookie_consent::{
    ///     Category, CookiePolicy, codecs::RealCookieBanner, preferences::PreferencesCookie,
    /// };
    ///
    /// let banner = RealCookieBanner::new().answer("stats", ["22"]).answer("ads", ["31", "32"]);
    /// let name = "real_cookie_banner-v:3_blog:1_path:c2da46c";
    /// let policy = CookiePolicy::builder()
    ///     .preferences_cookie(PreferencesCookie::new(name).codec(banner))
    ///     .categories(["stats", "ads"].map(Category::consent))
    ///     .build()?;
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    RealCookieBanner: RealCookieBannerFormat
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RealCookieBannerFormat {}

impl Format for RealCookieBannerFormat {
    const ID: &'static str = "real_cookie_banner";
    const NAME: &'static str = "real_cookie_banner";

    fn key_problem(key: &str) -> Option<String> {
        let is_id = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit());
        (!is_id).then(|| format!("{key:?} is not the id of a service: use a number such as \"22\""))
    }

    fn name_problem(own: &str) -> Option<String> {
        let known = own.starts_with("real_cookie_banner-")
            && !own.ends_with("-tcf")
            && !own.ends_with("-gcm");
        (!known).then(|| {
            format!(
                "{own:?} is not a name of the cookie of Real Cookie Banner: use the one that the \
                 browser shows, such as \"real_cookie_banner-v:3_blog:1_path:c2da46c\""
            )
        })
    }

    fn read(&self, values: &[Option<&[u8]>], _: u64) -> Result<Said, DecodeError> {
        let value = only(values).ok_or(DecodeError::Format)?;
        let text = percent_decoded(value)?;
        let (created, json) = parts(&text).ok_or(DecodeError::Format)?;
        let json: Value = serde_json::from_str(json).map_err(|_| DecodeError::Format)?;
        // Older values have only the services, without the button that was clicked.
        let Some(button) = json.get("bc") else {
            return Ok(Said::Undecided);
        };
        let granted = match button.as_str().ok_or(DecodeError::Format)? {
            "main_all" | "main_custom" | "ind_all" | "ind_custom" | "unblock" => {
                services(json.get("d").ok_or(DecodeError::Format)?)?
            }
            "main_essential" | "main_close_icon" | "ind_essential" | "ind_close_icon"
            | "shortcode_revoke" => Vec::new(),
            _ => return Ok(Said::Undecided),
        };
        let keys = granted.into_iter().map(|id| (id.to_string(), true));
        let date = created.map_or(Date::None(Undated::NoGrants), Date::At);
        Ok(Said::Answers(Answers {
            other_keys: Some(false),
            ..Answers::new(keys.collect(), date)
        }))
    }
}

/// Parts a value such as `1790000000:UUID,UUID:HASH:{…}` into its date and its JSON.
fn parts(text: &str) -> Option<(Option<u64>, &str)> {
    let (first, rest) = text.split_once(':')?;
    let (created, rest) = match unix_time(first) {
        Some(created) => (Some(created), rest),
        None => (None, text),
    };
    let (uuids, rest) = rest.split_once(':')?;
    let (hash, json) = rest.split_once(':')?;
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_uuid = |text: &str| text.len() == 36 && text.bytes().all(|b| is_hex(b) || b == b'-');
    let whole = uuids.split(',').all(is_uuid) && hash.len() == 32 && hash.bytes().all(is_hex);
    whole.then_some((created, json))
}

/// Reads `{"16":[22,38],"17":[]}`: the services of each group. PHP writes no groups as `[]`.
fn services(decision: &Value) -> Result<Vec<u64>, DecodeError> {
    if decision.as_array().is_some_and(Vec::is_empty) {
        return Ok(Vec::new());
    }
    let groups = BTreeMap::<String, Vec<u64>>::deserialize(decision);
    let groups = groups.map_err(|_| DecodeError::Format)?;
    Ok(groups.into_values().flatten().collect())
}
