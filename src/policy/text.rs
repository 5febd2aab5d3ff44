//! Texts in one or several languages.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeMap};

use crate::work;

/// The most bytes of a language tag. RFC 5646 (section 4.4.1) wants room for 35.
pub(crate) const MAX_TAG: usize = 64;

/// A text that pages show: one string in the policy's default language, or one string per language.
///
/// Languages are BCP 47 tags (`fr`, `fr-CA`), compared ignoring case. In JSON, a text is a string,
/// or an object that maps languages to strings.
///
/// ```
/// use tower_cookie_consent::policy::Text;
///
/// let text = Text::from([("fr", "Cookies nécessaires"), ("en", "Necessary cookies")]);
/// assert_eq!(text.get("fr-CA", "en"), Some(("fr", "Cookies nécessaires")));
/// assert_eq!(text.get("de", "en"), Some(("en", "Necessary cookies")));
///
/// let text = Text::from("Opendatasoft");
/// assert_eq!(text.get("de", "fr"), Some(("fr", "Opendatasoft")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(TextForm);

#[derive(Clone, Debug, PartialEq, Eq)]
enum TextForm {
    One(String),
    /// Sorted by language: JSON objects have no order, and texts that say the same are equal. A
    /// repeated language is kept for the policy's check to report.
    Each(Vec<(String, String)>),
}

impl Text {
    /// Returns the text for a reader of `language`, with its actual language (for `lang="…"`).
    ///
    /// If the language is missing, its prefixes are used (`fr-CA`, then `fr`), then the default
    /// language and its prefixes: the lookup of RFC 4647, section 3.4. A single string is in the
    /// default language. Returns `None` if none of these has a text.
    #[must_use]
    pub fn get<'a>(
        &'a self,
        language: &str,
        default_language: &'a str,
    ) -> Option<(&'a str, &'a str)> {
        match &self.0 {
            TextForm::One(text) => Some((default_language, text)),
            TextForm::Each(texts) => {
                look_up(texts, language).or_else(|| look_up(texts, default_language))
            }
        }
    }

    /// Returns the languages of a text per language; none for a single string.
    pub(crate) fn languages(&self) -> impl Iterator<Item = &str> {
        let texts: &[(String, String)] = match &self.0 {
            TextForm::One(_) => &[],
            TextForm::Each(texts) => texts,
        };
        texts.iter().map(|(language, _)| language.as_str())
    }

    /// Returns each text, with its language unless it is a single string.
    pub(crate) fn written(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        let (one, each): (Option<&str>, &[(String, String)]) = match &self.0 {
            TextForm::One(text) => (Some(text), &[]),
            TextForm::Each(texts) => (None, texts),
        };
        let each = each
            .iter()
            .map(|(language, text)| (Some(language.as_str()), text.as_str()));
        one.map(|text| (None, text)).into_iter().chain(each)
    }

    fn each(mut texts: Vec<(String, String)>) -> Self {
        texts.sort_by_cached_key(|(language, _)| language.to_ascii_lowercase());
        Self(TextForm::Each(texts))
    }
}

fn look_up<'a>(texts: &'a [(String, String)], mut wanted: &str) -> Option<(&'a str, &'a str)> {
    // Anybody may have sent it, and shortening a longer one part by part would take long.
    if wanted.len() > MAX_TAG {
        return None;
    }
    loop {
        work::did(1);
        let found = texts
            .iter()
            .find(|(language, _)| language.eq_ignore_ascii_case(wanted));
        if let Some((language, text)) = found {
            return Some((language, text));
        }
        (wanted, _) = wanted.rsplit_once('-')?;
        // A single letter introduces what was just cut off (`zh-x-private`), so it is cut too.
        if let Some((shorter, [_])) = wanted.rsplit_once('-').map(|(a, b)| (a, b.as_bytes())) {
            wanted = shorter;
        }
    }
}

/// Returns `true` if this has the form of a BCP 47 tag (RFC 5646, section 2.1), in at most 64 bytes: letters
/// first, then parts of one to eight letters or digits. The parts need not be registered.
pub(crate) fn is_language_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    tag.len() <= MAX_TAG
        && parts.next().is_some_and(|first| {
            (2..=8).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        })
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(TextForm::One(text.to_owned()))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(TextForm::One(text))
    }
}

/// Creates a text from pairs of language and text.
impl<const N: usize> From<[(&str, &str); N]> for Text {
    fn from(texts: [(&str, &str); N]) -> Self {
        Self::each(
            texts
                .map(|(language, text)| (language.to_owned(), text.to_owned()))
                .into(),
        )
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            TextForm::One(text) => serializer.serialize_str(text),
            TextForm::Each(texts) => {
                let mut map = serializer.serialize_map(Some(texts.len()))?;
                for (language, text) in texts {
                    map.serialize_entry(language, text)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or an object language → text")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text::from(text))
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<Text, E> {
                Ok(Text::from(text))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Text, A::Error> {
                let mut texts = Vec::new();
                while let Some(language) = map.next_key::<Cow<'de, str>>()? {
                    let text = map
                        .next_value()
                        .map_err(|error| super::json::at(None, &language, &error))?;
                    texts.push((language.into_owned(), text));
                }
                Ok(Text::each(texts))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn falls_back_to_the_prefix_then_to_the_default() {
        let text = Text::from([
            ("zh-Hant", "繁"),
            ("fr", "oui"),
            ("en-GB", "aye"),
            ("en", "yes"),
        ]);
        for (wanted, default, expected) in [
            ("fr", "en", Some(("fr", "oui"))),
            ("FR-ca", "en", Some(("fr", "oui"))),
            ("en-GB", "fr", Some(("en-GB", "aye"))),
            ("en-gb-scotland", "fr", Some(("en-GB", "aye"))),
            ("en-US", "fr", Some(("en", "yes"))),
            ("zh-Hant-TW", "fr", Some(("zh-Hant", "繁"))),
            ("fr-x-private", "en", Some(("fr", "oui"))),
            ("zh", "fr", Some(("fr", "oui"))),
            ("f", "en-IE", Some(("en", "yes"))),
            ("", "fr", Some(("fr", "oui"))),
            ("-", "de", None),
            ("de", "nl", None),
        ] {
            assert_eq!(text.get(wanted, default), expected, "{wanted} {default}");
        }
        assert_eq!(Text::from([]).get("fr", "en"), None);
    }

    #[test]
    fn a_long_tag_takes_no_longer_to_look_up() {
        let text = Text::from([("en", "yes"), ("fr", "oui")]);
        for wanted in ["-".repeat(16_000), "a-".repeat(8_000), "fr-a".repeat(20)] {
            let steps = work::steps(|| assert_eq!(text.get(&wanted, "en"), Some(("en", "yes"))));
            assert!(steps <= MAX_TAG, "{steps}");
        }
        let longest = format!("fr{}", "-12345".repeat(10));
        assert_eq!(text.get(&longest, "en"), Some(("fr", "oui")));
    }

    #[test]
    fn is_equal_whatever_the_order() {
        let text = Text::from([("fr", "oui"), ("en", "yes")]);
        assert_eq!(text, Text::from([("en", "yes"), ("fr", "oui")]));
        assert_eq!(
            serde_json::to_string(&text).unwrap(),
            r#"{"en":"yes","fr":"oui"}"#
        );
        let value = serde_json::to_value(&text).unwrap();
        assert_eq!(serde_json::from_value::<Text>(value).unwrap(), text);
        assert_eq!(
            serde_json::from_str::<Text>(r#""a\n""#).unwrap(),
            Text::from("a\n")
        );
    }

    #[test]
    fn knows_the_form_of_a_tag() {
        for tag in [
            "fr",
            "fr-CA",
            "zh-Hant-TW",
            "de-CH-1996",
            "en-x-private",
            "sl-rozaj-biske",
            &format!("fr{}", "-12345".repeat(10)),
        ] {
            assert!(is_language_tag(tag), "{tag}");
        }
        for tag in [
            "",
            "f",
            "fr_FR",
            "fr-",
            "-fr",
            "fr--CA",
            "f1",
            "français",
            "fr CA",
            "*",
            &format!("fr{}", "-1234567".repeat(8)),
        ] {
            assert!(!is_language_tag(tag), "{tag}");
        }
    }
}
