//! The language in which a visitor is addressed.

use std::{collections::BTreeMap, sync::Arc};

use http::{
    HeaderMap,
    header::{ACCEPT_LANGUAGE, COOKIE},
};

use super::{
    accept::thousandths,
    error::PagesError,
    texts::{self, Words},
    wordings::Wordings,
};
use crate::{
    policy::{regimes::AppliedRegime, text::MAX_TAG},
    wire,
};

/// The available languages with their texts.
#[derive(Clone, Debug)]
pub(super) struct Languages(BTreeMap<String, Wordings>);

impl Languages {
    pub(super) fn built_in() -> Result<Self, PagesError> {
        let words = texts::built_in()?.into_iter();
        let wordings = words.map(|(tag, words)| {
            let wordings = Wordings::new(&tag, words)?;
            Ok((tag, wordings))
        });
        wordings.collect::<Result<_, _>>().map(Self)
    }

    /// Returns the texts of a language in a regime, or the English ones.
    pub(super) fn words(&self, tag: &str, regime: Option<&AppliedRegime>) -> Arc<Words> {
        // English is built in and always available.
        let wordings = self.0.get(tag).or_else(|| self.0.get("en"));
        let words = wordings.map(|wordings| Arc::clone(wordings.words_in(regime)));
        words.unwrap_or_default()
    }

    /// Returns the languages with replaced texts, or with a language that they lack.
    pub(super) fn with(mut self, tag: &str, file: &str) -> Result<Self, PagesError> {
        let wordings = match self.0.remove(tag) {
            Some(wordings) => wordings.replace(tag, texts::parse(tag, file)?),
            None => Wordings::new(tag, texts::parse(tag, file)?),
        };
        self.0.insert(tag.to_owned(), wordings?);
        Ok(self)
    }

    /// Returns the languages with texts of one regime replaced, `None` if they lack the language.
    pub(super) fn with_in(
        mut self,
        regime: &str,
        tag: &str,
        file: &str,
    ) -> Result<Option<Self>, PagesError> {
        let Some(wordings) = self.0.remove(tag) else {
            return Ok(None);
        };
        let wordings = wordings.replace_in(regime, tag, texts::parse(tag, file)?)?;
        self.0.insert(tag.to_owned(), wordings);
        Ok(Some(self))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Wordings)> {
        let all = self.0.iter();
        all.map(|(tag, wordings)| (tag.as_str(), wordings))
    }

    /// Finds the language for a requested tag: the tag itself, or its prefixes (the lookup of RFC
    /// 4647, section 3.4).
    pub(super) fn look_up(&self, mut wanted: &str) -> Option<&str> {
        // Longer tags are invalid, and shortening them would take long.
        if wanted.len() > MAX_TAG {
            return None;
        }
        loop {
            if let Some((tag, _)) = self
                .0
                .iter()
                .find(|(tag, _)| tag.eq_ignore_ascii_case(wanted))
            {
                return Some(tag);
            }
            (wanted, _) = wanted.rsplit_once('-')?;
        }
    }

    /// Chooses the language: `?lang=`, then the cookie, then `Accept-Language`, then the policy's
    /// default.
    pub(super) fn choose(
        &self,
        explicit: Option<&str>,
        cookie: &str,
        headers: &HeaderMap,
        default: &str,
    ) -> &str {
        explicit
            .and_then(|wanted| self.look_up(wanted))
            .or_else(|| self.look_up(cookie_value(headers, cookie)?))
            .or_else(|| self.accepted(headers))
            .or_else(|| self.look_up(default))
            .unwrap_or("en")
    }

    fn accepted(&self, headers: &HeaderMap) -> Option<&str> {
        let fields = headers.get_all(ACCEPT_LANGUAGE).iter();
        // Invalid weights are removed first: the crate reads them as any kind of number, and sorts
        // by them.
        let ranges: Vec<_> = fields
            .filter_map(|field| field.to_str().ok())
            .flat_map(|field| field.split(','))
            .filter(|range| match range.split_once(';') {
                None => true,
                Some((_, weight)) => {
                    let weight = weight.trim().strip_prefix(['q', 'Q']);
                    weight
                        .and_then(|weight| weight.trim().strip_prefix('='))
                        .is_some_and(|weight| thousandths(weight.trim()) > 0)
                }
            })
            .take(32)
            .collect();
        accept_language::parse(&ranges.join(","))
            .iter()
            .find_map(|wanted| self.look_up(wanted))
    }
}

/// Returns the value of the first cookie of this name.
fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .flat_map(|field| wire::values(field.as_bytes(), name.as_bytes()))
        .find_map(|value| str::from_utf8(value).ok())
}

/// Returns `rtl` for languages written from right to left, and otherwise `ltr`.
pub(super) fn direction(tag: &str) -> &'static str {
    // By script if the tag has one, otherwise by the usual script of the language (CLDR).
    const LANGUAGES: [&str; 12] = [
        "ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "syr", "ug", "ur",
    ];
    const SCRIPTS: [&str; 6] = ["adlm", "arab", "hebr", "nkoo", "syrc", "thaa"];
    let tag = tag.to_ascii_lowercase();
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    let script = parts.find(|part| part.len() == 4);
    let right_to_left = match script {
        Some(script) => SCRIPTS.contains(&script),
        None => LANGUAGES.contains(&language) || language == "yi",
    };
    if right_to_left { "rtl" } else { "ltr" }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn chosen(explicit: Option<&str>, cookie: &str, accept: &str) -> String {
        let languages = Languages::built_in().unwrap();
        let headers: HeaderMap = [(COOKIE, cookie), (ACCEPT_LANGUAGE, accept)]
            .into_iter()
            .map(|(name, value)| (name, HeaderValue::from_str(value).unwrap()))
            .collect();
        languages
            .choose(explicit, "django_language", &headers, "pt-BR")
            .to_owned()
    }

    #[test]
    fn the_language_is_chosen_in_a_fixed_order() {
        let cookie = "a=b; django_language=fr";
        assert_eq!(chosen(Some("de-AT"), cookie, "it"), "de");
        assert_eq!(chosen(Some("xx"), cookie, "it"), "fr");
        assert_eq!(chosen(None, cookie, "it"), "fr");
        assert_eq!(chosen(None, "django_language=xx", "it"), "it");
        assert_eq!(chosen(None, "", "zh"), "pt");
        assert_eq!(chosen(None, "", ""), "pt");
    }

    #[test]
    fn the_weights_of_accept_language_decide() {
        for (accept, expected) in [
            ("da, en-GB;q=0.8, en;q=0.7", "da"),
            ("en;q=0.1, fr;q=0.2", "fr"),
            ("zh, SV-fi;q=0.5, en;q=0.4", "sv"),
            ("de;q=0, en;q=0.1", "en"),
            ("de;q=nan, en;q=inf, el ; q=0.3", "el"),
            ("*", "pt"),
            (",,;q=1,-", "pt"),
        ] {
            assert_eq!(chosen(None, "", accept), expected, "{accept}");
        }
    }

    #[test]
    fn no_header_makes_it_panic() {
        let many = "a;q=nan,b;q=0.5,".repeat(200);
        assert_eq!(chosen(None, "", &many), "pt");
        assert_eq!(chosen(Some(&"a-".repeat(10_000)), "", ""), "pt");
    }

    #[test]
    fn scripts_that_run_from_right_to_left_are_known() {
        for tag in ["ar", "he-IL", "FA", "az-Arab"] {
            assert_eq!(direction(tag), "rtl", "{tag}");
        }
        for tag in ["en", "fr", "ar-Latn", "mt"] {
            assert_eq!(direction(tag), "ltr", "{tag}");
        }
    }
}
