//! The law that a receipt names.

use serde_json::{Value, json};

use crate::{
    policy::{Basis, CookiePolicy},
    regimes::Place,
};

/// The presets of countries where the GDPR applies.
const OF_GDPR: [&str; 6] = ["eu", "fr", "it", "es", "nl", "de"];

/// The law under which a choice was made, as far as the record and its policy say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Law {
    Gdpr,
    /// The regime's own text.
    Other(String),
    Unknown,
}

impl Law {
    /// The policy is the one in the regime of the record, if it has one.
    pub(super) fn of(policy: &CookiePolicy, regime: Option<&str>, language: &str) -> Self {
        let jurisdiction = policy.controller().and_then(|it| it.get_jurisdiction());
        let of_place = jurisdiction.and_then(|code| Place::parse(code)?.preset());
        if regime.or(of_place).is_some_and(|id| OF_GDPR.contains(&id)) {
            return Self::Gdpr;
        }
        let declared = policy.regime().filter(|it| regime == Some(it.id()));
        let text = declared.and_then(|it| policy.text(it.law(), language));
        text.map_or(Self::Unknown, |(_, text)| Self::Other(text.to_owned()))
    }

    pub(super) fn member(&self) -> Option<Value> {
        match self {
            Self::Gdpr => Some("eu-gdpr:GDPR".into()),
            Self::Other(text) => Some(json!({"@type": "dpv:Law", "dct:title": text})),
            Self::Unknown => None,
        }
    }

    /// Returns the profile of the receipt, and that of the record in it.
    pub(super) const fn profiles(&self) -> [&'static str; 2] {
        match self {
            Self::Gdpr => [
                "https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr",
                "https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr",
            ],
            Self::Other(_) | Self::Unknown => [
                "https://w3id.org/dpv/schema/dpv-27560#receipt-record",
                "https://w3id.org/dpv/schema/dpv-27560#record",
            ],
        }
    }

    /// Returns the legal basis of a category. `None` where the vocabulary has no word for it.
    pub(super) const fn basis(&self, basis: Basis) -> Option<&'static str> {
        match (self, basis) {
            (Self::Gdpr, Basis::Consent) => Some("eu-gdpr:A6-1-a"),
            (Self::Gdpr, Basis::Exempt | Basis::OptOut | Basis::Necessary) => {
                Some("eu-gdpr:A6-1-f")
            }
            (_, Basis::Consent) => Some("dpv:Consent"),
            _ => None,
        }
    }

    /// Returns the right that a visitor has used by an objection.
    pub(super) const fn objection(&self) -> &'static str {
        match self {
            Self::Gdpr => "eu-gdpr:A21",
            Self::Other(_) | Self::Unknown => "dpv:DataSubjectRight",
        }
    }
}
