//! What the site declares: the policy, checked when it is built, and compiled for the names on the
//! wire. Knows nothing of requests and choices; everybody else in the crate may call it, and decides
//! by `CookiePolicy::find` and the category sets.

// Used by `consent` and `middleware`.
#![allow(dead_code)]

mod attributes;
mod builder;
#[cfg(test)]
mod cases;
mod category;
pub(crate) mod category_set;
mod check;
mod check_preferences;
mod compiled;
mod declaration;
mod error;
mod fingerprint;
pub(crate) mod index;
mod json;
mod lookup;
pub(crate) mod names;
#[allow(clippy::module_inception)]
mod policy;
mod preferences_cookie;
mod problem;
mod reason;
mod retention;
mod text;

pub use self::{
    builder::CookiePolicyBuilder,
    category::{Basis, Category},
    declaration::{CookieDeclaration, Kind},
    error::PolicyError,
    fingerprint::Fingerprint,
    policy::CookiePolicy,
    preferences_cookie::{PreferencesCookie, SameSite},
    problem::PolicyProblem,
    reason::Reason,
    retention::Retention,
    text::Text,
};
