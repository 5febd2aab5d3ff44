//! A policy read from JSON: the file of a site, or the document of a record.

use serde::{Deserialize, Deserializer, de::Error};

use super::{CookiePolicy, CookiePolicyBuilder, declared::Declared};

/// Reads a policy's JSON without checking it.
impl<'de> Deserialize<'de> for CookiePolicyBuilder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Declared::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for CookiePolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        CookiePolicyBuilder::deserialize(deserializer)?
            .build()
            .map_err(D::Error::custom)
    }
}

#[cfg(feature = "records")]
impl CookiePolicyBuilder {
    /// Reads the policy as the document of a record, which may be one in a regime, and may ask for a
    /// signature whose key nobody needs for it.
    pub(crate) fn of_document(mut self) -> Self {
        self.0.is_document = true;
        self.0.preferences_cookie.signed = super::signing::Signing::default();
        self
    }
}

#[cfg(all(test, feature = "records"))]
mod tests {
    use super::*;
    use crate::{
        Category,
        policy::{
            Basis, CookieDeclaration, Retention,
            regimes::{Exemption, Regime},
        },
    };

    #[test]
    fn earlier_policies_are_read_without_their_key() {
        let file = r#"{"preferences_cookie": {"signed": true}, "categories": [
            {"id": "ads", "basis": "consent"}]}"#;
        assert!(serde_json::from_str::<CookiePolicy>(file).is_err());
        let builder: CookiePolicyBuilder = serde_json::from_str(file).unwrap();
        assert!(builder.clone().build().is_err());
        assert!(builder.of_document().build().is_ok());
    }

    #[test]
    fn the_policy_of_every_regime_can_be_read_again() {
        let exempt = Exemption::new(["uk"], "Counts visits", "Us", Retention::months(13));
        let cookie = CookieDeclaration::new("_pk_id").retention(Retention::months(13));
        let statistics = Category::consent("stats").exemption(exempt).cookie(cookie);
        let policy = CookiePolicyBuilder::default()
            .category(statistics)
            .category(Category::exempt("plain").gpc(true))
            .category(Category::opt_out("ads"))
            .reask_after_refusal(Retention::months(2))
            .regime("uk", Regime::preset("uk").basis("stats", Basis::Exempt))
            .regime("here", Regime::preset("none").basis("stats", Basis::Exempt))
            .build()
            .unwrap();
        for id in policy.regimes() {
            let policy = policy.in_regime(id).unwrap();
            let text = serde_json::to_string(&policy).unwrap();
            let builder: CookiePolicyBuilder = serde_json::from_str(&text).unwrap();
            let error = builder.clone().build().unwrap_err().to_string();
            assert!(
                error.contains("`regime` is only in the documents"),
                "{error}"
            );
            let read = builder.of_document().build().unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), text);
            let again = policy.to_builder().build().unwrap();
            assert_eq!(serde_json::to_string(&again).unwrap(), text);
        }
    }
}
