//! What the site declares: the policy, checked when it is built, and compiled for the names on the
//! wire. Knows nothing of requests and choices; everybody else in the crate may call it, and decides
//! by `CookiePolicy::find` and the category sets. It names one trait of `consent`, the codec that a
//! preferences cookie is given, and asks it once whether a full choice fits.

mod builder;
#[cfg(test)]
mod cases;
mod category;
mod category_set;
mod check;
mod codec;
mod compiled;
mod controller;
mod declaration;
mod fingerprint;
mod headers;
mod index;
mod json;
mod lint;
mod lookup;
mod names;
mod patterns;
#[allow(clippy::module_inception)]
mod policy;
mod preferences_cookie;
mod reason;
mod retention;
pub(crate) mod text;

/// Days in the 13 months that an exempt statistics cookie lives at most (CNIL, audience
/// measurement).
pub(crate) const MAX_EXEMPT_DAYS: u32 = 395;

pub use self::{
    builder::CookiePolicyBuilder,
    category::{Basis, Category},
    check::{PolicyError, PolicyProblem, PolicyProblemKind},
    controller::Controller,
    declaration::{CookieDeclaration, TrackerKind},
    fingerprint::Fingerprint,
    lint::{LintWarning, LintWarningKind},
    policy::CookiePolicy,
    preferences_cookie::{PreferencesCookie, SameSite},
    reason::Reason,
    retention::{Retention, RetentionUnit},
    text::Text,
};

pub(crate) use self::{
    category_set::{CategorySet, Named},
    index::Found,
};
