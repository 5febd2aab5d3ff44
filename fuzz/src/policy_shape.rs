//! JSON that is nearly a policy: the right keys, with values that may be anything.

use std::collections::BTreeMap;

use arbitrary::{Arbitrary, Result, Unstructured};
use serde::Serialize;
use serde_json::{Value, json};

/// A policy with the right keys; what is absent is null.
#[derive(Arbitrary, Debug, Serialize)]
pub struct PolicyShape {
    revision: Option<Revision>,
    since: Option<Revision>,
    default_language: Option<Tag>,
    choice_lifetime: Option<Retention>,
    preferences_cookie: Option<Preferences>,
    categories: Vec<Category>,
    #[serde(flatten)]
    others: BTreeMap<OtherKey, Word>,
}

impl PolicyShape {
    /// Returns the JSON, with an id and a name wherever they are missing.
    pub fn json(&self) -> Value {
        let mut policy = json!(self);
        let objects =
            |value: &mut Value| value.as_array_mut().map(std::mem::take).unwrap_or_default();
        let mut categories = objects(&mut policy["categories"]);
        for (number, category) in categories.iter_mut().enumerate() {
            name(&mut category["id"], format!("c{number}"));
            let mut cookies = objects(&mut category["cookies"]);
            for (index, cookie) in cookies.iter_mut().enumerate() {
                name(&mut cookie["name"], format!("n{number}-{index}"));
            }
            category["cookies"] = cookies.into();
        }
        policy["categories"] = categories.into();
        policy
    }
}

fn name(value: &mut Value, name: String) {
    if value.is_null() {
        *value = name.into();
    }
}

#[derive(Arbitrary, Debug, Serialize)]
struct Preferences {
    name: Option<Word>,
    domain: Option<Word>,
    secure: Option<bool>,
    http_only: Option<bool>,
    same_site: Option<SameSite>,
    #[serde(flatten)]
    others: BTreeMap<OtherKey, Word>,
}

#[derive(Arbitrary, Debug, Serialize)]
struct Category {
    id: Option<Word>,
    basis: Basis,
    title: Option<Text>,
    description: Option<Text>,
    since: Option<Revision>,
    consent_mode: Option<Vec<Word>>,
    gpc: Option<bool>,
    cookies: Option<Vec<Cookie>>,
    #[serde(flatten)]
    others: BTreeMap<OtherKey, Word>,
}

#[derive(Arbitrary, Debug, Serialize)]
struct Cookie {
    name: Option<Word>,
    kind: Option<TrackerKind>,
    reason: Option<Reason>,
    purpose: Option<Text>,
    provider: Option<Text>,
    service: Option<Text>,
    controller: Option<Text>,
    retention: Option<Retention>,
    path: Option<Vec<Word>>,
    domain: Option<Vec<Word>>,
    partitioned: Option<bool>,
    privacy_url: Option<Word>,
    #[serde(flatten)]
    others: BTreeMap<OtherKey, Word>,
}

#[derive(Arbitrary, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum SameSite {
    Strict,
    Lax,
    None,
}

#[derive(Arbitrary, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Basis {
    Necessary,
    Exempt,
    Consent,
}

#[derive(Arbitrary, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum TrackerKind {
    Cookie,
    Storage,
    Pixel,
    Other,
    Header,
}

#[derive(Arbitrary, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Reason {
    Preferences,
    Authentication,
    LoadBalancing,
    Paywall,
    Other(Text),
}

#[derive(Arbitrary, Debug, Serialize)]
#[serde(untagged)]
enum Text {
    Plain(Word),
    ByLanguage(BTreeMap<Tag, Word>),
}

/// Small, so that it is often valid.
#[derive(Debug, Serialize)]
struct Revision(u8);

impl<'a> Arbitrary<'a> for Revision {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self(bytes.arbitrary::<u8>()? % 5))
    }
}

/// Returns one of these strings often, and any string now and then.
fn often(bytes: &mut Unstructured<'_>, usual: &[&str]) -> Result<String> {
    match usual.get(usize::from(bytes.arbitrary::<u8>()? % 64) % (usual.len() + 1)) {
        Some(word) => Ok((*word).to_owned()),
        None => bytes.arbitrary(),
    }
}

#[derive(Debug, Serialize)]
struct Word(String);

impl<'a> Arbitrary<'a> for Word {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        #[rustfmt::skip]
        const USUAL: [&str; 39] = [
            "ads", "stats", "a", "_ga", "_ga_*", "_pk*", "a*", "ab*", "__Host-x", "__Host-*",
            "__Secure-*", "cookies_preferences", "prefs", "/", "/a", "example.org", ".Example.org",
            "localhost", "ad_storage", "analytics_storage", "https://example.org/privacy", "", "*",
            "timestamp", "gpc", "é", "a b", "a=b", "\u{202e}", "id", "x", "y", "z", "A", "Z", "B*",
            "ETag", "etag", "Attribution-*",
        ];
        often(bytes, &USUAL).map(Self)
    }
}

/// A language tag.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Tag(String);

impl<'a> Arbitrary<'a> for Tag {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        const USUAL: [&str; 15] = [
            "en",
            "fr",
            "de",
            "pt-BR",
            "zh-Hant-TW",
            "EN",
            "sl-rozaj",
            "it",
            "es",
            "fr-CA",
            "nl",
            "sv",
            "da",
            "fi",
            "pl",
        ];
        often(bytes, &USUAL).map(Self)
    }
}

#[derive(Debug, Serialize)]
struct Retention(String);

impl<'a> Arbitrary<'a> for Retention {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        const USUAL: [&str; 12] = [
            "session",
            "6 months",
            "13 months",
            "400 days",
            "1 day",
            "0 days",
            "401 days",
            "1 days",
            "2 weeks",
            "1 year",
            "4294967295 years",
            "12 months",
        ];
        often(bytes, &USUAL).map(Self)
    }
}

/// An extension key, and an invalid one now and then.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct OtherKey(String);

impl<'a> Arbitrary<'a> for OtherKey {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let key: String = bytes.arbitrary()?;
        let free = bytes.ratio(1, 16)?;
        Ok(Self(if free { key } else { format!("x-{key}") }))
    }
}
