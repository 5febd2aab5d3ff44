use serde::Serialize;
use serde_json::Value;

use super::{asked::AskedAgain, place::Place};

/// The kinds of [`PolicyChange`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PolicyChangeKind {
    /// The category, service or declaration is new.
    Added,
    /// It is not declared any more.
    Removed,
    /// A category or service has another id, and most of what it declares is the same.
    Renamed,
    /// A service or declaration belongs to another category or service.
    Moved,
    /// A key has another value.
    Changed,
}

/// The effect of a [`PolicyChange`] on what consent means, as far as a program can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChangeEffect {
    /// Consent that was given before would now cover more: another cookie, service, country or purpose, a
    /// longer retention, or what did not need consent.
    Widens,
    /// It may cover more, which only a reader can judge: other words for a purpose, another recipient.
    MayWiden,
    /// It covers less.
    Narrows,
    /// It is about asking: a revision, a period, a regime, the preferences cookie.
    Asking,
    /// It is none of these: a translation that was missing, an address, another order.
    Neutral,
}

/// One difference between two editions of a policy, with who is asked again because of it.
///
/// `Display` writes it on one line. As JSON it has the values before and after.
///
/// ```
/// use tower_cookie_consent::{
///     Category, CookiePolicy, diff::{ChangeEffect, PolicyChangeKind},
/// };
///
/// let old = CookiePolicy::new([Category::consent("ads").title("Ads")])?;
/// let new = CookiePolicy::new([Category::consent("ads").title("Advertising")])?;
/// let diff = old.diff(&new);
/// let change = &diff.changes()[0];
/// assert_eq!((change.kind(), change.effect()), (PolicyChangeKind::Changed, ChangeEffect::MayWiden));
/// assert_eq!((change.place().as_str(), change.key()), (r#"category "ads""#, Some("title")));
/// assert_eq!(change.languages(), ["en"]);
/// assert_eq!(change.before().as_deref(), Some(r#""Ads""#));
/// assert_eq!(change.after().as_deref(), Some(r#""Advertising""#));
/// assert!(change.asked_again().is_empty(), "nobody");
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyChange {
    #[serde(rename = "change")]
    pub(super) kind: PolicyChangeKind,
    #[serde(flatten)]
    pub(super) place: Place,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) languages: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<Value>,
    pub(super) effect: ChangeEffect,
    pub(super) asked: Vec<AskedAgain>,
}

impl PolicyChange {
    pub(super) fn new(kind: PolicyChangeKind, place: &Place, effect: ChangeEffect) -> Self {
        Self {
            kind,
            place: place.clone(),
            key: None,
            languages: Vec::new(),
            before: None,
            after: None,
            effect,
            asked: Vec::new(),
        }
    }

    /// Returns the kind of change.
    #[must_use]
    pub const fn kind(&self) -> PolicyChangeKind {
        self.kind
    }

    /// Returns the part of the policy that changed, such as `category "ads"`, by its new name.
    #[must_use]
    pub fn place(&self) -> String {
        self.place.to_string()
    }

    /// Returns the key that changed, as in the policy's JSON, with dots: `preferences_cookie.name`.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Returns the languages in which a text changed.
    #[must_use]
    pub fn languages(&self) -> &[String] {
        &self.languages
    }

    /// Returns the value before as JSON, or where it belonged.
    #[must_use]
    pub fn before(&self) -> Option<String> {
        self.before.as_ref().map(Value::to_string)
    }

    /// Returns the value after as JSON, or where it belongs.
    #[must_use]
    pub fn after(&self) -> Option<String> {
        self.after.as_ref().map(Value::to_string)
    }

    /// Returns the effect on what consent means.
    #[must_use]
    pub const fn effect(&self) -> ChangeEffect {
        self.effect
    }

    /// Returns who is asked again because of it; nobody if it is empty.
    #[must_use]
    pub fn asked_again(&self) -> &[AskedAgain] {
        &self.asked
    }
}
