use serde::Serialize;

use super::{
    asked::{AskCause, AskedAgain},
    change::{ChangeEffect, PolicyChange},
    changes::{Editions, changes},
    fault::DiffFault,
    faults::{Findings, faults},
    parts::parts,
    play::asked_again,
    translation::{Translation, translations},
    visitors::contexts,
};
use crate::policy::CookiePolicy;

/// The differences between two editions of a policy, from [`CookiePolicy::diff`].
///
/// `Display` writes a text for people, of several lines, and serde writes JSON.
///
/// ```
/// use tower_cookie_consent::{Category, CookieDeclaration, CookiePolicy};
///
/// let edition = |cookies: &[&str]| {
///     let cookies = cookies.iter().map(|name| CookieDeclaration::new(*name));
///     CookiePolicy::new([Category::consent("ads").cookies(cookies)])
/// };
/// let diff = edition(&["_ga"])?.diff(&edition(&["_ga", "_fbp"])?);
/// assert_eq!((diff.changes().len(), diff.asked_again().len()), (1, 0));
/// assert!(diff.translations().is_empty());
/// assert!(!diff.is_ok() && diff.faults().len() == 1);
/// assert!(diff.to_string().contains(r#"cookie "_fbp" of category "ads": was added"#));
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyDiff {
    pub(super) revisions: (u32, u32),
    pub(super) changes: Vec<PolicyChange>,
    pub(super) asked_again: Vec<AskedAgain>,
    pub(super) translations: Vec<Translation>,
    pub(super) faults: Vec<DiffFault>,
}

impl CookiePolicy {
    /// Compares the policy with a newer edition: what changed, who is asked again and why, what has to be
    /// translated, and what does not fit.
    ///
    /// It takes milliseconds for a policy of usual size, and is meant for tests and for CI:
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookiePolicy};
    /// # let released = CookiePolicy::new([Category::consent("ads")])?;
    /// # let policy = released.clone();
    /// let diff = released.diff(&policy);
    /// assert!(diff.is_ok(), "{diff}");
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    #[must_use]
    pub fn diff(&self, newer: &Self) -> PolicyDiff {
        let editions = Editions::new(self, newer);
        let mut changes = changes(&editions);
        let contexts = contexts(self, newer);
        let asked_again = asked_again(&contexts);
        for change in &mut changes {
            let because = asked_again
                .iter()
                .filter(|asked| is_because_of(asked, change));
            change.asked = because.cloned().collect();
        }
        let old_parts = parts(self);
        let faults = faults(&Findings {
            old: self,
            new: newer,
            parts: (&old_parts, &editions.new),
            changes: &changes,
            asked: &asked_again,
            contexts: &contexts,
        });
        PolicyDiff {
            revisions: (self.revision(), newer.revision()),
            translations: translations(&editions),
            changes,
            asked_again,
            faults,
        }
    }
}

/// Returns `true` if visitors are asked because of this change, perhaps with others.
fn is_because_of(asked: &AskedAgain, change: &PolicyChange) -> bool {
    let key = change.key.as_deref().unwrap_or_default();
    let is_regime = key.starts_with("regimes.");
    let Some(category) = &change.place.category else {
        return match asked.cause {
            AskCause::ChoiceLost => key.starts_with("preferences_cookie."),
            AskCause::RevisionLowered => key == "revision",
            AskCause::Since | AskCause::ServiceSince => key == "since",
            AskCause::LifetimeShortened => key == "choice_lifetime" || is_regime,
            AskCause::ReaskShortened => key == "reask_after_refusal" || is_regime,
            AskCause::Basis => is_regime,
            AskCause::CategoryAdded => false,
        };
    };
    let is_here = *category == asked.category;
    let is_of_service = match (&change.place.service, &asked.service) {
        (Some(changed), Some(asked)) => changed == asked,
        _ => true,
    };
    match asked.cause {
        AskCause::CategoryAdded | AskCause::Basis => {
            is_here && change.place.group() == Some(category)
        }
        AskCause::Since => is_here && change.effect != ChangeEffect::Neutral,
        AskCause::ServiceSince => {
            let is_service =
                change.place.service.is_some() && change.effect != ChangeEffect::Neutral;
            is_here && is_of_service && (is_service || key == "since")
        }
        AskCause::ChoiceLost
        | AskCause::RevisionLowered
        | AskCause::LifetimeShortened
        | AskCause::ReaskShortened => false,
    }
}

impl PolicyDiff {
    /// Returns what changed, in the order of the newer edition, and then what was removed.
    #[must_use]
    pub fn changes(&self) -> &[PolicyChange] {
        &self.changes
    }

    /// Returns who is asked again, in the order of the categories.
    #[must_use]
    pub fn asked_again(&self) -> &[AskedAgain] {
        &self.asked_again
    }

    /// Returns what has to be translated.
    #[must_use]
    pub fn translations(&self) -> &[Translation] {
        &self.translations
    }

    /// Returns what does not fit, errors before warnings.
    #[must_use]
    pub fn faults(&self) -> &[DiffFault] {
        &self.faults
    }

    /// Returns `true` if there is no error among the faults, and no text lacks a language.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        let lacks = self.translations.iter().any(Translation::is_missing);
        !lacks && !self.faults.iter().any(DiffFault::is_error)
    }
}
