//! The kit with preferences cookies of other formats than the crate's own.

use std::time::UNIX_EPOCH;

use tower_cookie_consent::{
    Choice,
    conformance::Outcome,
    preferences::{DecodeError, Decoded, PreferencesCodec, PreferencesCookie},
};

use super::*;
use crate::support::at;

/// `all@1790000000`: neither a revision nor the signal is kept.
#[derive(Debug)]
struct AllOrNone {
    /// Another cookie without which nothing is read.
    beside: Option<&'static str>,
}

impl PreferencesCodec for AllOrNone {
    fn names(&self, _: &str) -> Vec<String> {
        let beside = self.beside.into_iter().chain(["p"]);
        beside.map(str::to_owned).collect()
    }

    fn decode(
        &self,
        policy: &CookiePolicy,
        values: &[Option<&[u8]>],
        _: std::time::SystemTime,
    ) -> Result<Decoded, DecodeError> {
        let values: Option<Vec<_>> = values.iter().copied().collect();
        let values = values.ok_or(DecodeError::Format)?;
        let value = values.last().and_then(|value| str::from_utf8(value).ok());
        let parts = value.and_then(|value| value.split_once('@'));
        let (answer, decided) = parts.ok_or(DecodeError::Format)?;
        let decided = decided.parse().map_err(|_| DecodeError::Timestamp)?;
        let mut choice = Choice::new(at(decided));
        for category in policy.categories() {
            choice.answer(policy, category.id(), answer == "all").ok();
        }
        Ok(choice.into())
    }

    fn encode(&self, policy: &CookiePolicy, choice: &Choice, _: Option<&[u8]>) -> Option<String> {
        let all = choice.answers(policy).all(|(_, granted)| granted);
        let decided = choice.decided_at().duration_since(UNIX_EPOCH).unwrap();
        Some(format!(
            "{}@{}",
            if all { "all" } else { "none" },
            decided.as_secs()
        ))
    }
}

fn checked(codec: AllOrNone) -> Report {
    let policy = CookiePolicy::builder()
        .preferences_cookie(PreferencesCookie::new("p").codec(codec))
        .category(Category::consent("ads").cookie(CookieDeclaration::new("_ga")))
        .build()
        .unwrap();
    let app = site().layer(CookieConsentLayer::new(policy.clone()));
    check(Conformance::new(policy).visit(["/"]), app)
}

#[test]
fn what_a_format_cannot_keep_is_not_asked_of_a_correct_app() {
    let report = checked(AllOrNone { beside: None });
    report.assert_ok();
    for requirement in [
        Requirement::NoCookieBeforeConsent,
        Requirement::NoCookieAfterRefusal,
        Requirement::RefusalExpires,
        Requirement::UnclearGrantsNothing,
        Requirement::ChoiceLifetime,
    ] {
        assert_eq!(report.outcome(requirement), Outcome::Held, "{report}");
    }
}

#[test]
fn a_format_that_the_kit_cannot_write_is_reported() {
    let report = checked(AllOrNone { beside: Some("v") });
    report.assert_ok();
    let told = report
        .notes()
        .iter()
        .any(|note| note.contains("does not read"));
    assert!(told, "{report}");
}
