//! What the site declares: the policy, checked when it is built, and compiled for the names on the
//! wire. Knows nothing of requests and choices; everybody else in the crate may call it, and decides
//! by `CookiePolicy::find` and the category sets. It names one trait of `consent`, the codec that a
//! preferences cookie is given, and asks it once whether a full choice fits.

mod attributes;
mod builder;
#[cfg(test)]
mod cases;
mod category;
mod category_set;
mod check;
mod check_preferences;
mod compiled;
mod declaration;
mod error;
mod exact;
mod fingerprint;
mod index;
mod json;
mod lint;
mod lint_warning;
mod lookup;
mod names;
mod origins;
#[allow(clippy::module_inception)]
mod policy;
mod preferences_cookie;
mod problem;
mod reason;
mod retention;
pub(crate) mod text;
mod trackers;

pub use self::{
    builder::CookiePolicyBuilder,
    category::{Basis, Category},
    declaration::{CookieDeclaration, Kind},
    error::PolicyError,
    fingerprint::Fingerprint,
    lint_warning::LintWarning,
    policy::CookiePolicy,
    preferences_cookie::{PreferencesCookie, SameSite},
    problem::PolicyProblem,
    reason::Reason,
    retention::{Retention, RetentionUnit},
    text::Text,
};

pub(crate) use self::{category_set::CategorySet, index::Found};
