use serde::{Deserialize, Serialize};

use crate::policy::{Retention, Text, json::object};

/// The laws under which a category is exempt: in JSON one text, or a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(in crate::policy) enum Laws {
    One(String),
    Many(Vec<String>),
    #[default]
    Missing,
}

impl Laws {
    pub(in crate::policy) fn iter(&self) -> impl Iterator<Item = &str> {
        let laws = match self {
            Self::One(law) => std::slice::from_ref(law),
            Self::Many(laws) => laws,
            Self::Missing => &[],
        };
        laws.iter().map(String::as_str)
    }
}

object! {
    /// The conditions under which an exempt category needs no consent. Each has to be declared, and the
    /// policy is not built if one is not met: cookies of one site for one purpose, without tracking
    /// individuals and without advertising, whose data are kept for 25 months at most.
    ///
    /// The laws are those of the presets `fr`, `it`, `es`, `nl`, `uk`, `ch`, `quebec` and `brazil`.
    /// If the law of the visitor's regime is not named, the category needs consent there. The cookie
    /// policy page prints the conditions.
    ///
    /// Sources: CNIL, audience measurement (July 2025); Data (Use and Access) Act 2025, schedule A1,
    /// paragraph 5; DSK on section 25 TDDDG.
    ///
    /// ```
    /// use tower_cookie_consent::{Category, policy::Retention, regimes::Exemption};
    ///
    /// let exemption = Exemption::new(["fr", "uk"], "Counts visits", "Example Ltd", Retention::months(25));
    /// assert_eq!(exemption.laws().collect::<Vec<_>>(), ["fr", "uk"]);
    /// assert_eq!(exemption.data_retention(), Some(Retention::months(25)));
    /// assert!(exemption.purpose().is_some() && exemption.processor().is_some());
    /// let statistics = Category::exempt("statistics").exemption(exemption);
    /// assert!(statistics.get_exemption().is_some());
    /// ```
    #[must_use]
    pub struct Exemption: "an exemption" {
        keys {
            law: Laws = Laws::Missing,
            #[serde(skip_serializing_if = "Option::is_none")]
            purpose: Option<Text> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            processor: Option<Text> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            data_retention: Option<Retention> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            cross_site: Option<bool> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            individual_tracking: Option<bool> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            advertising: Option<bool> = None,
        }
        others {}
    }
}

impl Exemption {
    /// Declares the laws, the sole purpose, who measures, and for how long the data are kept; and with it
    /// that nothing is combined with other sites' data, no individual is tracked, and nothing serves
    /// advertising.
    pub fn new<L: Into<String>>(
        laws: impl IntoIterator<Item = L>,
        purpose: impl Into<Text>,
        processor: impl Into<Text>,
        data_retention: Retention,
    ) -> Self {
        Self {
            law: Laws::Many(laws.into_iter().map(Into::into).collect()),
            purpose: Some(purpose.into()),
            processor: Some(processor.into()),
            data_retention: Some(data_retention),
            cross_site: Some(false),
            individual_tracking: Some(false),
            advertising: Some(false),
            ..Self::empty()
        }
    }

    /// Returns the laws that it is exempt under.
    pub fn laws(&self) -> impl Iterator<Item = &str> {
        self.law.iter()
    }

    /// Returns the sole purpose.
    #[must_use]
    pub const fn purpose(&self) -> Option<&Text> {
        self.purpose.as_ref()
    }

    /// Returns who measures.
    #[must_use]
    pub const fn processor(&self) -> Option<&Text> {
        self.processor.as_ref()
    }

    /// Returns for how long the data are kept.
    #[must_use]
    pub const fn data_retention(&self) -> Option<Retention> {
        self.data_retention
    }

    /// Returns the declared conditions that have to be `false`, by key.
    pub(in crate::policy) fn limits(&self) -> [(&'static str, Option<bool>); 3] {
        [
            ("cross_site", self.cross_site),
            ("individual_tracking", self.individual_tracking),
            ("advertising", self.advertising),
        ]
    }

    pub(in crate::policy) fn texts(&self) -> impl Iterator<Item = (&'static str, &Text)> {
        [
            ("purpose", self.purpose.as_ref()),
            ("processor", self.processor.as_ref()),
        ]
        .into_iter()
        .filter_map(|(key, text)| Some((key, text?)))
    }
}
